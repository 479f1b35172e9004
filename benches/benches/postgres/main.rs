//! Log-ins in PostgreSQL beside their ceiling: `cargo bench --features postgres --bench postgres`.
//!
//! A log-in is two operations, the password's and the code's; each reads what it needs in one round trip, and writes in
//! another. *By hand* is the same statements without Loquet: no code is checked, nothing encrypted, decided or
//! authenticated. Their ceiling is a connection that the task keeps; from the pool, sqlx asks each connection that is given back
//! whether it is alive. Server and load share this machine. The candidates take turns; trust ratios.
//!
//! `-- contested 1000000` lets four node processes submit codes that all of them have; `-- accounts 10000000` fills the table.

mod growth;
mod nodes;
mod peer;
mod raw;

use std::time::{Duration, Instant};

use loquet_benches::users::{median, turn, users};
use loquet_postgres::{PostgresStore, migrate, pool_options};
use loquet_testkit::postgres::Server;
use sqlx::postgres::PgPool;
use tokio::runtime::Runtime;

use crate::raw::By;

/// One turn of one candidate.
const TURN: Duration = Duration::from_millis(2000);
const ROUNDS: usize = 5;
const IN_FLIGHT: usize = 64;
/// The candidates.
const NAMES: [&str; 4] = [
    "Loquet",
    "the statements by hand, sqlx, a connection that is kept",
    "the statements by hand, sqlx, from the pool",
    "the statements by hand, tokio-postgres, a connection that is kept",
];

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
    let settings = [
        "max_connections = 300",
        "shared_buffers = 1GB",
        "max_wal_size = 8GB",
    ];
    if let Some(submissions) = value("contested") {
        // What is counted here does not depend on the disk, and no one pulls the plug.
        let server = Server::start(&[&settings[..], &["fsync = off"]].concat());
        return nodes::contested(&runtime, &server, submissions.parse().unwrap());
    }
    let server = Server::start(&settings);
    if let Some(accounts) = value("accounts") {
        return runtime.block_on(growth::growth(&server, accounts.parse().unwrap()));
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

async fn in_flight(server: &Server) {
    let ours = database(server, "ours", IN_FLIGHT).await;
    let by_hand = database(server, "by_hand", IN_FLIGHT).await;
    let mut logging_in = users(store(&ours).await, IN_FLIGHT).await;
    drop(users(store(&by_hand).await, IN_FLIGHT).await);
    let mut kept = raw::open(&by_hand, IN_FLIGHT, By::Kept).await;
    let mut pooled = raw::open(&by_hand, IN_FLIGHT, By::Pool).await;
    let url = server.url("by_hand");
    let mut peer = raw::open(&by_hand, IN_FLIGHT, By::TokioPostgres(&url)).await;
    let mut turns = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        turns[0].push(turn(&mut logging_in, IN_FLIGHT, TURN).await);
        turns[1].push(turn(&mut kept, IN_FLIGHT, TURN).await);
        turns[2].push(turn(&mut pooled, IN_FLIGHT, TURN).await);
        turns[3].push(turn(&mut peer, IN_FLIGHT, TURN).await);
    }
    println!("\n## {IN_FLIGHT} log-ins in flight, over as many connections\n");
    println!("| | log-ins/s | Loquet to it |");
    println!("|:--|---:|---:|");
    let to = |raw: &[f64]| {
        median(
            turns[0]
                .iter()
                .zip(raw)
                .map(|(ours, raw)| ours / raw)
                .collect(),
        )
    };
    for (name, turns) in NAMES.iter().zip(&turns) {
        println!(
            "| {name} | {:.0} | {:.2} |",
            median(turns.clone()),
            to(turns)
        );
    }
    println!();
    let ratio = to(&turns[1]);
    let verdict = if ratio >= 0.6 { "met" } else { "MISSED" };
    println!("target of the kept connections ≥ 0.60: {verdict} with {ratio:.2}");
}

/// One code at a time.
async fn alone(server: &Server) {
    const TIMES: usize = 600;
    let ours = database(server, "alone", 2).await;
    let by_hand = database(server, "alone_by_hand", 2).await;
    let mut logging_in = users(store(&ours).await, 16).await;
    drop(users(store(&by_hand).await, 16).await);
    let url = server.url("alone_by_hand");
    let mut raws = [
        raw::open(&by_hand, 1, By::Kept).await,
        raw::open(&by_hand, 1, By::Pool).await,
        raw::open(&by_hand, 1, By::TokioPostgres(&url)).await,
    ];
    let mut times = [const { Vec::new() }; 4];
    for number in 0..TIMES {
        let user = &mut logging_in[number % 16];
        let session = user.enter().await;
        let begun = Instant::now();
        user.verify_code(&session).await;
        times[0].push(begun.elapsed().as_secs_f64() * 1e6);
        for (raw, times) in raws.iter_mut().zip(&mut times[1..]) {
            let begun = Instant::now();
            raw[0].step().await;
            times.push(begun.elapsed().as_secs_f64() * 1e6);
        }
    }
    println!("\n## A code alone\n");
    println!("| | µs | Loquet's median difference in µs |");
    println!("|:--|---:|---:|");
    let more = |raw: &[f64]| {
        median(
            times[0]
                .iter()
                .zip(raw)
                .map(|(ours, raw)| ours - raw)
                .collect(),
        )
    };
    for (name, times) in NAMES.iter().zip(&times) {
        println!(
            "| {name} | {:.0} | {:.0} |",
            median(times.clone()),
            more(times)
        );
    }
    println!();
    for (name, raw) in [("a kept connection", 1), ("the pool", 2)] {
        let verdict = if more(&times[raw]) <= 150.0 {
            "met"
        } else {
            "MISSED"
        };
        println!("target {name} + ≤ 150 µs: {verdict}");
    }
}
