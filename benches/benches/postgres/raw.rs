//! The same by hand: two statements a step, and nothing else.

use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::types::Uuid;

const READ: &str = "SELECT a.version, a.used_step, a.body, o.version, o.body, r.version, r.body
  FROM loquet_account AS a JOIN loquet_organization AS o ON o.id = a.org JOIN loquet_roster AS r ON r.org = a.org
  LEFT JOIN loquet_attempt AS t ON t.id = $2 WHERE a.id = $1";
const WRITE: &str = "WITH changed AS (
    UPDATE loquet_account SET version = version + 1, used_step = used_step + 1, audited = audited + 1, body = $3
      WHERE id = $1 AND version = $2 RETURNING id, org, audited),
  outcome AS (INSERT INTO loquet_attempt (id, account, at, body) SELECT $4, id, 1790000000, $5 FROM changed),
  record AS (INSERT INTO loquet_audit (account, seq, org, at, body, mac)
    SELECT id, audited, org, 1790000000, $6, $7 FROM changed)
  SELECT count(*) FROM changed";

/// As long as Loquet's.
const ATTEMPT: usize = 300;
const RECORD: usize = 330;

/// Connections, each with an account of its own.
pub(crate) struct Raw(Vec<Task>);

struct Task {
    connection: PgConnection,
    account: Uuid,
    next: u128,
}

impl Raw {
    pub(crate) async fn open(pool: &PgPool, count: usize) -> Self {
        let sql = "SELECT id FROM loquet_account WHERE used_step > 0 LIMIT $1";
        let accounts: Vec<Uuid> = sqlx::query_scalar(sql)
            .bind(i64::try_from(count).unwrap())
            .fetch_all(pool)
            .await
            .unwrap();
        let mut tasks = Vec::new();
        for account in accounts {
            let connection = pool.acquire().await.unwrap().detach();
            let next = account.as_u128().wrapping_mul(0x9e37_79b9_7f4a_7c15);
            tasks.push(Task {
                connection,
                account,
                next,
            });
        }
        Self(tasks)
    }

    /// One step of one account.
    pub(crate) async fn step(&mut self) {
        self.0[0].step().await;
    }

    /// Steps for a turn; the answer is log-ins a second, each two steps.
    pub(crate) async fn turn(&mut self, turn: Duration) -> f64 {
        let begun = Instant::now();
        let tasks: Vec<_> = self
            .0
            .drain(..)
            .map(|mut task| {
                tokio::spawn(async move {
                    let mut steps = 0;
                    while begun.elapsed() < turn {
                        task.step().await;
                        steps += 1;
                    }
                    (task, steps)
                })
            })
            .collect();
        let mut steps = 0;
        for task in tasks {
            let (task, own) = task.await.unwrap();
            self.0.push(task);
            steps += own;
        }
        f64::from(steps) / 2.0 / begun.elapsed().as_secs_f64()
    }
}

impl Task {
    async fn step(&mut self) {
        self.next = self
            .next
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            | 1;
        let attempt = Uuid::from_u128(self.next);
        type Found = (i64, Option<i64>, String, i64, String, i64, String);
        let found: Found = sqlx::query_as(READ)
            .bind(self.account)
            .bind(attempt)
            .fetch_one(&mut self.connection)
            .await
            .unwrap();
        let written: i64 = sqlx::query_scalar(WRITE)
            .bind(self.account)
            .bind(found.0)
            .bind(found.2)
            .bind(attempt)
            .bind("x".repeat(ATTEMPT))
            .bind("x".repeat(RECORD))
            .bind([7_u8; 32].as_slice())
            .fetch_one(&mut self.connection)
            .await
            .unwrap();
        assert_eq!(written, 1);
    }
}

/// Adds rows of other users, as large as a real one, with ids as scattered.
pub(crate) async fn fill(pool: &PgPool, from: u64, to: u64) {
    let sql = "INSERT INTO loquet_account (id, version, org, external_id, ever, epoch, used_step, audited, body)
      SELECT gen_random_uuid(), 1, a.org, n || '@example.com', true, a.epoch, NULL, 0, a.body
      FROM generate_series($1, $2 - 1) AS n, (SELECT * FROM loquet_account WHERE used_step > 0 LIMIT 1) AS a";
    sqlx::query(sql)
        .bind(i64::try_from(from).unwrap())
        .bind(i64::try_from(to).unwrap())
        .execute(pool)
        .await
        .unwrap();
    sqlx::raw_sql("VACUUM ANALYZE loquet_account; CHECKPOINT")
        .execute(pool)
        .await
        .unwrap();
}
