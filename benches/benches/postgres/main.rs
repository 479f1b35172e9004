//! Log-ins in PostgreSQL beside their ceiling: `cargo bench --features postgres --bench postgres`.
//!
//! A log-in is two operations, the password's and the code's; each reads what it needs in one round trip, and writes in
//! another. *Raw* is two statements by hand that read the same rows and write as many, on a connection that the task keeps,
//! without a pool and without Loquet: no version but the account's is compared, no code is checked, nothing encrypted, decided
//! or authenticated. Server and load share this machine. The candidates take turns; trust ratios.
//!
//! `-- contested 1000000` lets four node processes submit codes that all of them have; `-- accounts 10000000` fills the table.

mod nodes;
mod raw;

use std::time::{Duration, Instant};

use loquet_benches::users::{User, median, users};
use loquet_postgres::{PostgresStore, migrate, pool_options};
use loquet_testkit::postgres::Server;
use sqlx::postgres::PgPool;
use tokio::runtime::Runtime;

use crate::raw::Raw;

/// One turn of one candidate.
const TURN: Duration = Duration::from_millis(2000);
const ROUNDS: usize = 5;
const IN_FLIGHT: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |word: &str| {
        let at = arguments.iter().position(|argument| argument == word)?;
        arguments.get(at + 1).cloned()
    };
    let runtime = Runtime::new().unwrap();
    if let Some(url) = value("node") {
        return runtime.block_on(nodes::node(&url));
    }
    let server = Server::start(&[
        "max_connections = 300",
        "shared_buffers = 1GB",
        "max_wal_size = 8GB",
    ]);
    if let Some(submissions) = value("contested") {
        return nodes::contested(&runtime, &server, submissions.parse().unwrap());
    }
    if let Some(accounts) = value("accounts") {
        return runtime.block_on(growth(&server, accounts.parse().unwrap()));
    }
    runtime.block_on(in_flight(&server));
    runtime.block_on(alone(&server));
    nodes::spread(&runtime, &server);
}

/// A pool on a new database with Loquet's tables.
async fn database(server: &Server, name: &str, connections: usize) -> PgPool {
    let all = PgPool::connect(&server.url("postgres")).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&all).await.unwrap();
    let pool = pool(&server.url(name), connections).await;
    migrate(&pool).await.unwrap();
    pool
}

async fn pool(url: &str, connections: usize) -> PgPool {
    let options = pool_options().max_connections(u32::try_from(connections).unwrap());
    options.connect(url).await.unwrap()
}

async fn store(pool: &PgPool) -> PostgresStore {
    PostgresStore::open(pool.clone()).await.unwrap()
}

/// Log-ins by Loquet for a turn; the answer is log-ins a second.
async fn loquet(users: &mut Vec<User>) -> f64 {
    let begun = Instant::now();
    let tasks: Vec<_> = users
        .drain(..)
        .map(|mut user| {
            tokio::spawn(async move {
                let mut done = 0;
                while begun.elapsed() < TURN {
                    user.log_in().await;
                    done += 1;
                }
                (user, done)
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        let (user, own) = task.await.unwrap();
        users.push(user);
        done += own;
    }
    f64::from(done) / begun.elapsed().as_secs_f64()
}

async fn in_flight(server: &Server) {
    let ours = database(server, "ours", IN_FLIGHT).await;
    let by_hand = database(server, "by_hand", IN_FLIGHT).await;
    let mut logging_in = users(store(&ours).await, IN_FLIGHT).await;
    drop(users(store(&by_hand).await, IN_FLIGHT).await);
    let mut raw = Raw::open(&by_hand, IN_FLIGHT).await;
    let mut turns = Vec::new();
    for _ in 0..ROUNDS {
        turns.push((raw.turn(TURN).await, loquet(&mut logging_in).await));
    }
    let by_hand = median(turns.iter().map(|turn| turn.0).collect());
    let ours = median(turns.iter().map(|turn| turn.1).collect());
    let ratio = median(turns.iter().map(|turn| turn.1 / turn.0).collect());
    println!("\n## {IN_FLIGHT} log-ins in flight, over as many connections\n");
    println!(
        "raw {by_hand:.0} log-ins/s, Loquet {ours:.0}: {:.0} %",
        100.0 * ratio
    );
    target("of the raw ceiling", ratio, 0.6);
}

fn target(name: &str, found: f64, at_least: f64) {
    let verdict = if found >= at_least { "met" } else { "MISSED" };
    println!("target {name} ≥ {at_least:.2}: {verdict} with {found:.2}");
}

/// One code at a time.
async fn alone(server: &Server) {
    const TIMES: usize = 600;
    let ours = database(server, "alone", 2).await;
    let by_hand = database(server, "alone_by_hand", 2).await;
    let mut logging_in = users(store(&ours).await, 16).await;
    drop(users(store(&by_hand).await, 16).await);
    let mut raw = Raw::open(&by_hand, 1).await;
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..TIMES {
        let user = &mut logging_in[number % 16];
        let session = user.enter().await;
        let begun = Instant::now();
        user.verify_code(&session).await;
        times[0].push(begun.elapsed().as_secs_f64() * 1e6);
        let begun = Instant::now();
        raw.step().await;
        times[1].push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let more = times[0].iter().zip(&times[1]).map(|(ours, raw)| ours - raw);
    let more = median(more.collect());
    let [ours, raw] = times.map(median);
    println!("\n## A code alone\n");
    println!("raw {raw:.0} µs, Loquet {ours:.0} µs: median difference {more:.0} µs");
    println!(
        "target raw + ≤ 150 µs: {}",
        if more <= 150.0 { "met" } else { "MISSED" }
    );
}

/// The same log-ins among more and more accounts.
async fn growth(server: &Server, most: u64) {
    const TIMES: usize = 400;
    let pool = database(server, "growth", 2).await;
    let mut logging_in = users(store(&pool).await, 64).await;
    println!("\n## Among many accounts\n");
    println!("| accounts | filled in | bytes an account | a code accepted | ratio |");
    println!("|---------:|----------:|-----------------:|----------------:|------:|");
    let mut base = None;
    let mut there = 64;
    for size in std::iter::successors(Some(1000), |size| Some(size * 100))
        .take_while(|size| *size < most)
        .chain([most])
    {
        let begun = Instant::now();
        raw::fill(&pool, there, size).await;
        there = size;
        let filled = begun.elapsed().as_secs_f64();
        let mut times = Vec::new();
        for number in 0..TIMES {
            let user = &mut logging_in[(number * 37) % 64];
            let session = user.enter().await;
            let begun = Instant::now();
            user.verify_code(&session).await;
            times.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        let time = median(times);
        let ratio = time / *base.get_or_insert(time);
        let sql = "SELECT pg_total_relation_size('loquet_account')";
        let bytes: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        println!(
            "| {size} | {filled:.0} s | {} | {time:.0} µs | {ratio:.2} |",
            bytes / i64::try_from(size).unwrap()
        );
    }
}
