//! The same by hand: two statements a step, and nothing else.

use loquet_benches::users::Worker;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgExecutor, PgPool};
use sqlx::types::Uuid;

use crate::peer;

/// The statements of a log-in's step.
pub(crate) const READ: &str = include_str!("../../../crates/loquet-postgres/src/sql/load_one.sql");
pub(crate) const WRITE: &str =
    include_str!("../../../crates/loquet-postgres/src/sql/commit_one.sql");

/// That of the users.
pub(crate) const ORGANIZATION: Uuid = Uuid::from_u128(9);

pub(crate) const NOW: i64 = 1_790_000_000;

/// As long as Loquet's.
pub(crate) const ATTEMPT: usize = 300;
pub(crate) const RECORD: usize = 330;

/// Does the statements of log-ins, with an account of its own.
pub(crate) struct Task {
    connection: Connection,
    account: Uuid,
    next: u128,
}

/// Where the statements run.
#[derive(Clone, Copy)]
pub(crate) enum By<'s> {
    /// A connection of sqlx that the task keeps.
    Kept,
    /// Whichever connection sqlx's pool has, for each statement.
    Pool,
    /// A connection of tokio-postgres that the task keeps.
    TokioPostgres(&'s str),
}

enum Connection {
    Kept(Box<PgConnection>),
    Pool(PgPool),
    TokioPostgres(peer::Connection),
}

/// What the step of a log-in reads.
pub(crate) struct Read {
    pub(crate) organization_version: i64,
    pub(crate) roster_version: i64,
    pub(crate) version: i64,
    pub(crate) external_id: String,
    pub(crate) ever: bool,
    pub(crate) epoch: i64,
    pub(crate) used_step: i64,
    pub(crate) audited: i64,
    pub(crate) body: String,
}

pub(crate) async fn open(pool: &PgPool, count: usize, by: By<'_>) -> Vec<Task> {
    let sql = "SELECT id FROM loquet_account WHERE used_step > 0 LIMIT $1";
    let accounts: Vec<Uuid> = sqlx::query_scalar(sql)
        .bind(i64::try_from(count).unwrap())
        .fetch_all(pool)
        .await
        .unwrap();
    let mut tasks = Vec::new();
    for account in accounts {
        let connection = match by {
            By::Kept => Connection::Kept(Box::new(pool.acquire().await.unwrap().detach())),
            By::Pool => Connection::Pool(pool.clone()),
            By::TokioPostgres(url) => Connection::TokioPostgres(peer::connect(url).await),
        };
        // No two candidates give an attempt the same id.
        let own: u128 = match by {
            By::Kept => 1,
            By::Pool => 2,
            By::TokioPostgres(_) => 3,
        };
        let next = (account.as_u128() << 2 | own).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        tasks.push(Task {
            connection,
            account,
            next,
        });
    }
    tasks
}

impl Worker for Task {
    /// The two steps of a log-in.
    async fn work(&mut self) {
        self.step().await;
        self.step().await;
    }
}

impl Task {
    /// One step: the password's, or the code's.
    pub(crate) async fn step(&mut self) {
        self.next = self
            .next
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let attempt = Uuid::from_u128(self.next);
        let written = match &mut self.connection {
            Connection::Kept(connection) => {
                let read = read(&mut **connection, self.account, attempt).await;
                write(&mut **connection, self.account, attempt, read).await
            }
            Connection::Pool(pool) => {
                let read = read(&*pool, self.account, attempt).await;
                write(&*pool, self.account, attempt, read).await
            }
            Connection::TokioPostgres(connection) => {
                let read = connection.read(self.account, attempt).await;
                connection.write(self.account, attempt, read).await
            }
        };
        assert!(written);
    }
}

/// The rows of both libraries are read alike, but have no trait in common.
macro_rules! read_of {
    ($rows:expr) => {{
        let of = |kind: i32| {
            let found = $rows.iter().find(|row| {
                let this: i32 = row.get("kind");
                this == kind
            });
            found.unwrap()
        };
        Read {
            organization_version: of(1).get("version"),
            roster_version: of(2).get("version"),
            version: of(3).get("version"),
            external_id: of(3).get("external_id"),
            ever: of(3).get("flag"),
            epoch: of(3).get("epoch"),
            used_step: of(3).get("used_step"),
            audited: of(3).get("number"),
            body: of(3).get("body"),
        }
    }};
}
pub(crate) use read_of;

async fn read(by: impl PgExecutor<'_>, account: Uuid, attempt: Uuid) -> Read {
    let rows = sqlx::query(READ)
        .bind(ORGANIZATION)
        .bind(ORGANIZATION)
        .bind(account)
        .bind(attempt)
        .fetch_all(by)
        .await
        .unwrap();
    read_of!(rows)
}

async fn write(by: impl PgExecutor<'_>, account: Uuid, attempt: Uuid, read: Read) -> bool {
    sqlx::query_scalar(WRITE)
        .bind(true)
        .bind(ORGANIZATION)
        .bind(read.organization_version)
        .bind(ORGANIZATION)
        .bind(read.roster_version)
        .bind(account)
        .bind(read.version)
        .bind(ORGANIZATION)
        .bind(read.external_id)
        .bind(read.ever)
        .bind(read.epoch)
        .bind(read.used_step + 1)
        .bind(read.audited + 1)
        .bind(read.body)
        .bind(attempt)
        .bind(NOW)
        .bind("x".repeat(ATTEMPT))
        .bind(read.audited + 1)
        .bind(ORGANIZATION)
        .bind(NOW)
        .bind("x".repeat(RECORD))
        .bind([7_u8; 32].as_slice())
        .fetch_one(by)
        .await
        .unwrap()
}
