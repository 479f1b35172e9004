//! Log-ins on disk beside their ceilings: `cargo bench --features store --bench store`.
//!
//! A log-in here is two operations, the password's and the code's, each durable before it is answered: both insert the
//! attempt, update the account and append to the audit log, after reading four rows. *Raw* is the same statements on the
//! same tables by hand, without Loquet: no code is checked, nothing encrypted, decided or authenticated. The candidates
//! take turns, so that a busy machine slows them all alike; trust ratios.
//!
//! `-- authorize` runs the gate alone, `-- passkeys` what passkeys cost, `-- accounts` the part with up to a million accounts, `-- quick` a hundredth of it.

mod authorize;
mod passkeys;
mod raw;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use loquet::{UnixTime, Wait, wait};
use loquet_benches::users::{User, median, turn, users};
use loquet_sqlite::SqliteStore;
use loquet_testkit::fixture::Fixture;
use rusqlite::Connection;

use crate::raw::{Raw, naive_pool};

const USERS: usize = 256;
/// One turn of one candidate.
const TURN: Duration = Duration::from_millis(1500);
const ROUNDS: usize = 5;

fn main() {
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!(
        "\nfdatasync of 32 KB appended to a file in this folder: {:.0} µs (median)",
        sync_time(folder.path())
    );
    if asked("authorize") {
        return authorize::measure(folder.path());
    }
    if asked("passkeys") {
        return passkeys::measure();
    }
    if !asked("accounts") {
        authorize::measure(folder.path());
        passkeys::measure();
        in_flight(folder.path());
        alone(folder.path());
        django(folder.path());
    }
    accounts(folder.path(), if asked("quick") { 100 } else { 1 });
}

/// The disk's own time.
fn sync_time(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("sync")).unwrap();
    let times = (0..200).map(|_| {
        file.write_all(&[7; 32 << 10]).unwrap();
        let begun = Instant::now();
        file.sync_data().unwrap();
        begun.elapsed().as_secs_f64() * 1e6
    });
    median(times.collect())
}

/// A database with users who have enrolled.
fn users_in(path: &Path, count: usize) -> Vec<User> {
    wait(users(SqliteStore::open(path).unwrap(), count))
}

/// Log-ins by Loquet with so many in flight, for a turn; the answer is log-ins a second.
fn loquet(runtime: &tokio::runtime::Runtime, users: &mut Vec<User>, in_flight: usize) -> f64 {
    runtime.block_on(turn(users, in_flight, TURN))
}

fn in_flight(folder: &Path) {
    let (ours, by_hand, pool) = (
        folder.join("ours.db"),
        folder.join("raw.db"),
        folder.join("pool.db"),
    );
    let mut users = users_in(&ours, USERS);
    for copy in [&by_hand, &pool] {
        drop(users_in(copy, USERS));
    }
    let mut raw = Raw::open(&by_hand, 0, |_| true);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let mut turns: Vec<[f64; 6]> = Vec::new();
    for round in 0..ROUNDS {
        turns.push([
            raw.turn(256),
            loquet(&runtime, &mut users, 256),
            raw.turn(16),
            loquet(&runtime, &mut users, 16),
            raw.turn(1),
            naive_pool(&pool, round),
        ]);
    }
    let column = |which: usize| median(turns.iter().map(|turn| turn[which]).collect());
    let ratio = |one: usize, other: usize| {
        median(turns.iter().map(|turn| turn[one] / turn[other]).collect())
    };
    println!("\n## Log-ins a second, each two durable changes\n");
    println!(
        "| candidate                                | log-ins/s | of its ceiling | of the batches of 256 |"
    );
    println!(
        "|------------------------------------------|----------:|---------------:|----------------------:|"
    );
    for (name, which, ceiling) in [
        ("raw, batches of 256: the ceiling", 0, 0),
        ("Loquet, 256 in flight", 1, 0),
        ("raw, batches of 16", 2, 2),
        ("Loquet, 16 in flight", 3, 2),
        ("raw, a transaction for each change", 4, 4),
        ("raw, the same through a pool of 8", 5, 4),
    ] {
        println!(
            "| {name:40} | {:9.0} | {:12.0} % | {:19.0} % |",
            column(which),
            100.0 * ratio(which, ceiling),
            100.0 * ratio(which, 0)
        );
    }
    target("256 in flight", ratio(1, 0), 0.65);
    target("16 in flight", ratio(3, 2), 0.50);
}

fn target(name: &str, found: f64, at_least: f64) {
    let verdict = if found >= at_least { "met" } else { "MISSED" };
    println!("target {name} ≥ {at_least:.2}: {verdict} with {found:.2}");
}

/// One code at a time.
fn alone(folder: &Path) {
    const TIMES: usize = 400;
    let (ours, by_hand) = (folder.join("alone.db"), folder.join("alone-raw.db"));
    let mut users = users_in(&ours, 16);
    drop(users_in(&by_hand, 16));
    let mut raw = Raw::open(&by_hand, 0, |_| true);
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..TIMES {
        let user = &mut users[number % 16];
        let session = wait(user.enter());
        let begun = Instant::now();
        wait(user.verify_code(&session));
        times[0].push(begun.elapsed().as_secs_f64() * 1e6);
        let begun = Instant::now();
        raw.batch(1);
        times[1].push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let more = median(
        times[0]
            .iter()
            .zip(&times[1])
            .map(|(ours, raw)| ours - raw)
            .collect(),
    );
    let [ours, raw] = times.map(median);
    println!(
        "\n## A code alone\n\nraw {raw:.0} µs, Loquet {ours:.0} µs: median difference {more:.0} µs"
    );
    println!(
        "target raw + ≤ 120 µs: {}",
        if more <= 120.0 { "met" } else { "MISSED" }
    );
}

/// django-otp over the same disk, if there is a Python that can install it.
fn django(folder: &Path) {
    println!(
        "\n## django-otp: a code verified and saved, SQLite in WAL mode, synchronous = FULL\n"
    );
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("django-otp");
    let python = home.join("bin").join("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join("django_otp_peer.py");
    let run = |program: &Path, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .status()
            .is_ok_and(|status| status.success())
    };
    let there = run(&python, &["-c", "import django_otp"])
        || (run(
            Path::new("python3"),
            &["-m", "venv", home.to_str().unwrap()],
        ) && run(
            &python,
            &["-m", "pip", "install", "--quiet", "django-otp>=1.6,<2"],
        ));
    let database = folder.join("django.db");
    if !there
        || !run(
            &python,
            &[script.to_str().unwrap(), database.to_str().unwrap()],
        )
    {
        println!("left out: it needs python3 with venv, and the package django-otp");
    }
}

/// The same verification among more and more accounts.
fn accounts(folder: &Path, divisor: usize) {
    const TIMES: usize = 600;
    let sizes = [1_000, 100_000 / divisor, 1_000_000 / divisor];
    let mut worlds: Vec<(usize, PathBuf, Vec<User>)> = Vec::new();
    for size in sizes {
        let path = folder.join(format!("many-{}.db", worlds.len()));
        let users = users_in(&path, USERS);
        fill(&path, size - USERS);
        worlds.push((size, path, users));
    }
    // Checked and refused without a write: reading, opening, verifying and deciding alone.
    let mut checked = vec![Vec::new(); sizes.len()];
    let mut written = vec![Vec::new(); sizes.len()];
    for number in 0..TIMES {
        for (which, (_, _, users)) in worlds.iter_mut().enumerate() {
            let user = &mut users[(number * 97) % USERS];
            let session = wait(user.enter());
            let begun = Instant::now();
            wait(user.verify_code(&session));
            written[which].push(begun.elapsed().as_secs_f64() * 1e6);
            let code = user.phone.code(UnixTime(user.now));
            let again = user.mfa.verify_code(&session, code, Fixture::client());
            let begun = Instant::now();
            let refused = again.wait();
            checked[which].push(begun.elapsed().as_secs_f64() * 1e6);
            assert!(refused.is_err());
        }
    }
    show_accounts(worlds, &checked, &written);
}

/// The table: how long each took among how many, by the fewest, and what an account takes on disk.
fn show_accounts(
    worlds: Vec<(usize, PathBuf, Vec<User>)>,
    checked: &[Vec<f64>],
    written: &[Vec<f64>],
) {
    println!("\n## Among many accounts\n");
    println!(
        "| accounts | a used code refused | ratio | a code accepted, durable | ratio | bytes an account on disk |"
    );
    println!(
        "|---------:|--------------------:|------:|-------------------------:|------:|-------------------------:|"
    );
    let base = [checked, written].map(|times| median(times[0].clone()));
    let mut worst: f64 = 0.0;
    for (which, (size, path, users)) in worlds.into_iter().enumerate() {
        drop(users);
        let [one, other] = [checked, written].map(|times| median(times[which].clone()));
        worst = worst.max(one / base[0]);
        let connection = Connection::open(&path).unwrap();
        let used: i64 = connection
            .query_row(
                "SELECT sum(pgsize) FROM dbstat WHERE name GLOB 'loquet_account*'",
                [],
                |row| row.get(0),
            )
            .unwrap_or_else(|_| fs::metadata(&path).unwrap().len() as i64);
        println!(
            "| {size:8} | {one:16.0} µs | {:5.2} | {other:21.0} µs | {:5.2} | {:24} |",
            one / base[0],
            other / base[1],
            used / size as i64
        );
    }
    println!(
        "target flat within 1.3: {} with {worst:.2}",
        if worst <= 1.3 { "met" } else { "MISSED" }
    );
}

/// Adds rows of other users, as large as a real one, with ids as scattered.
fn fill(path: &Path, rows: usize) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
             INSERT INTO loquet_account (id, version, org, external_id, ever, epoch, used_step, audited, body)
             SELECT randomblob(16), 1, a.org, number.n || '@example.com', 1, a.epoch, NULL, 0, a.body
               FROM number, (SELECT * FROM loquet_account WHERE used_step > 0 LIMIT 1) AS a",
            [rows as i64],
        )
        .unwrap();
    connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
}
