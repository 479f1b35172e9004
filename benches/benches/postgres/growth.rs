//! The same log-ins among more and more accounts.

use std::time::Instant;

use loquet_benches::users::{User, median, users};
use loquet_testkit::postgres::Server;
use sqlx::postgres::PgPool;
use sqlx::types::Uuid;

use crate::{database, store};

const TIMES: usize = 400;
const BY_MONTH: &str = include_str!("../../../crates/loquet-postgres/schema/audit_by_month.sql");

pub(crate) async fn growth(server: &Server, most: u64) {
    let pool = database(server, "growth", 2).await;
    let mut logging_in = users(store(&pool).await, 64).await;
    println!("\n## Among many accounts\n");
    println!(
        "| accounts | filled in | bytes an account, indexes | any account read | a code accepted | ratio |"
    );
    println!(
        "|---------:|----------:|--------------------------:|-----------------:|----------------:|------:|"
    );
    // Later ones have more sessions that go on.
    let template =
        "CREATE TABLE template AS SELECT * FROM loquet_account WHERE used_step > 0 LIMIT 1";
    sqlx::query(template).execute(&pool).await.unwrap();
    let mut base = None;
    let mut there = 64;
    for size in std::iter::successors(Some(1000), |size| Some(size * 100))
        .take_while(|size| *size < most)
        .chain([most])
    {
        let begun = Instant::now();
        fill(&pool, there, size).await;
        there = size;
        let filled = begun.elapsed().as_secs_f64();
        let read = any_read(&pool).await;
        let time = accepted(&mut logging_in).await;
        let ratio = time / *base.get_or_insert(time);
        println!(
            "| {size} | {filled:.0} s | {}, {} | {read:.0} µs | {time:.0} µs | {ratio:.2} |",
            bytes_each(&pool, "pg_total_relation_size", "loquet_account").await,
            bytes_each(&pool, "pg_indexes_size", "loquet_account").await
        );
    }
    let roles = "CREATE ROLE app; CREATE ROLE app_operator";
    for script in [roles, BY_MONTH] {
        sqlx::raw_sql(script).execute(&pool).await.unwrap();
    }
    let time = accepted(&mut logging_in).await;
    let ratio = time / base.unwrap_or(time);
    println!("\nWith the audit log by month: {time:.0} µs, ratio {ratio:.2}.");
    let (attempt, record) = (
        bytes_each(&pool, "pg_total_relation_size", "loquet_attempt").await,
        bytes_each(&pool, "pg_total_relation_size", "mfa_audit_first").await,
    );
    println!("An attempt takes {attempt} bytes, an audit record {record}, indexes included.");
}

/// The median time of a code that is accepted, in microseconds.
async fn accepted(users: &mut [User]) -> f64 {
    let mut times = Vec::new();
    for number in 0..TIMES {
        let user = &mut users[(number * 37) % 64];
        let session = user.enter().await;
        let begun = Instant::now();
        user.verify_code(&session).await;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    median(times)
}

/// The median time in which the row of any account is read, in microseconds: what its first log-in of the day takes more.
async fn any_read(pool: &PgPool) -> f64 {
    let sql = "SELECT body FROM loquet_account WHERE id >= $1 ORDER BY id LIMIT 1";
    let mut times = Vec::new();
    let mut id = 1_u128;
    for _ in 0..TIMES {
        id = id.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let next = sqlx::query_scalar(sql).bind(Uuid::from_u128(id));
        let begun = Instant::now();
        let _: Option<String> = next.fetch_optional(pool).await.unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    median(times)
}

/// What a row takes on disk, by a function of PostgreSQL: with its part of the indexes, or that part alone.
async fn bytes_each(pool: &PgPool, function: &str, table: &str) -> i64 {
    let sql = format!("SELECT {function}('{table}') / greatest(count(*), 1) FROM {table}");
    let sql = sqlx::AssertSqlSafe(sql);
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// Adds rows of other users, as large as a real one, with ids as scattered.
async fn fill(pool: &PgPool, from: u64, to: u64) {
    let sql = "INSERT INTO loquet_account (id, version, org, external_id, ever, epoch, used_step, audited, body)
      SELECT gen_random_uuid(), 1, a.org, n || '@example.com', true, a.epoch, NULL, 0, a.body
      FROM generate_series($1, $2 - 1) AS n, template AS a";
    sqlx::query(sql)
        .bind(i64::try_from(from).unwrap())
        .bind(i64::try_from(to).unwrap())
        .execute(pool)
        .await
        .unwrap();
    for sql in ["VACUUM ANALYZE loquet_account", "CHECKPOINT"] {
        sqlx::raw_sql(sql).execute(pool).await.unwrap();
    }
}
