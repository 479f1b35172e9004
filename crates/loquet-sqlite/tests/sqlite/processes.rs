//! Several processes, some of which are killed. They are this program, started again with a task.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use loquet::contract::{self, Claim};
use loquet::store::{
    AccountRow, AttemptId, AttemptRow, Commit, Cursor, Fault, Item, Query, Row, RowKey, Store as _,
    Version, Writes,
};
use loquet::wait;
use loquet_policy::{AccountId, UnixTime};
use loquet_sqlite::{Options, SqliteStore};

use crate::child::{TASK, child};
use crate::support::{account, audit, id};
use crate::{concurrent_codes, power};

const THREADS: u32 = 4;
const ROUNDS: u64 = 300;

/// The entry point of child processes. As a test it has no task and does nothing.
#[test]
fn child_process() {
    let Ok(task) = env::var(TASK) else { return };
    let (task, path) = task.split_once(' ').unwrap();
    let path = Path::new(path);
    match task {
        "open" => match SqliteStore::open(path) {
            Ok(_) => say("Opened"),
            Err(refused) => say(&format!("{refused:?}")),
        },
        "load" => work_until_killed(path),
        "full" => work_until_it_fails(path),
        "alone" => power::change_one_after_the_other(path),
        "fault" => power::change_until_it_fails_and_on(path),
        "contest" => concurrent_codes::contest(path),
        "enter" => concurrent_codes::log_in_until_killed(path),
        contender => compete(path, contender.parse().unwrap()),
    }
}

/// Prints a line in one write, so that a killed process prints it whole or not at all.
pub(crate) fn say(words: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {words}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn compete(path: &Path, process: u32) {
    let store = Options::default()
        .busy(Duration::from_secs(30))
        .open(path)
        .unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                let claims = wait(contract::contend(
                    store,
                    id(1),
                    ROUNDS,
                    process * THREADS + thread,
                ))
                .unwrap();
                for (change, attempt) in claims {
                    say(&format!("{change} {}", u128::from_be_bytes(attempt.0)));
                }
                say("finished");
            });
        }
    });
}

#[test]
fn one_contender_wins_each_change() {
    const PROCESSES: u32 = 3;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    drop(SqliteStore::open(&path).unwrap());
    let running: Vec<_> = (0..PROCESSES)
        .map(|process| {
            let path = path.clone();
            thread::spawn(move || child(&process.to_string(), &path).output().unwrap())
        })
        .collect();
    let said: Vec<String> = running
        .into_iter()
        .map(|running| running.join().unwrap())
        .collect();
    let claims: Vec<Claim> = said
        .iter()
        .flat_map(|said| said.lines())
        .filter_map(|line| line.split_once(' '))
        .map(|(change, attempt)| {
            (
                change.parse().unwrap(),
                AttemptId(attempt.parse::<u128>().unwrap().to_be_bytes()),
            )
        })
        .collect();
    let finished = said
        .iter()
        .flat_map(|said| said.lines())
        .filter(|line| *line == "finished")
        .count();
    assert_eq!(finished, (PROCESSES * THREADS) as usize);
    let store = SqliteStore::open(&path).unwrap();
    wait(contract::verify_claims(&store, id(1), ROUNDS, &claims)).unwrap();
    let winners: BTreeSet<u128> = claims
        .iter()
        .map(|(_, attempt)| u128::from_be_bytes(attempt.0) >> 64)
        .collect();
    println!(
        "{} of {} contenders won at least once",
        winners.len(),
        PROCESSES * THREADS
    );
}

/// Returns the change of an account: it raises version and count, appends an audit record, and adds an attempt.
pub(crate) fn change(number: u64, at: Version, attempt: u64) -> Writes {
    let row = Row::Account(AccountRow {
        audited: at.0 + 1,
        body: "x".repeat(500),
        ..account(number)
    });
    let attempt = AttemptRow {
        id: AttemptId(u128::from(attempt).to_be_bytes()),
        account: AccountId::from(number),
        at: UnixTime(at.0 + 1),
        body: "{}".to_owned(),
    };
    Writes {
        expect: vec![
            (row.key(), at),
            (RowKey::Attempt(attempt.id), Version::ABSENT),
        ],
        put: vec![row, Row::Attempt(attempt)],
        audit: vec![audit(number, at.0 + 1)],
        outbox: Vec::new(),
    }
}

pub(crate) fn version(store: &SqliteStore, number: u64) -> Version {
    let found = wait(store.load(&[RowKey::Account(id(number))])).unwrap();
    found.first().map_or(Version::ABSENT, |found| found.version)
}

/// Writes as fast as possible and prints acknowledged changes, until it is killed.
fn work_until_killed(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    // The process id makes attempts unique, also those of killed processes.
    let attempts = AtomicU64::new(u64::from(process::id()) << 32);
    thread::scope(|scope| {
        for number in 0..8 {
            let (store, attempts) = (&store, &attempts);
            scope.spawn(move || {
                for at in version(store, number).0.. {
                    let attempt = attempts.fetch_add(1, Ordering::Relaxed);
                    let ended = wait(store.commit(change(number, Version(at), attempt))).unwrap();
                    assert_eq!(ended, Commit::Done);
                    say(&format!("{attempt} {number} {}", at + 1));
                }
            });
        }
    });
}

/// Writes until the first change that is not acknowledged.
fn work_until_it_fails(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let over = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for number in 0..4 {
            let (store, over) = (&store, &over);
            scope.spawn(move || {
                for at in 0.. {
                    let attempt = number << 32 | at;
                    match wait(store.commit(change(number, Version(at), attempt))) {
                        Ok(Commit::Done) => say(&format!("{attempt} {number} {}", at + 1)),
                        ended => {
                            over.lock().unwrap().insert(number, format!("{ended:?}"));
                            return;
                        }
                    }
                }
            });
        }
    });
    // Acknowledged changes can still be read when nothing can be written.
    for (number, ended) in over.into_inner().unwrap() {
        say(&format!(
            "{number} ended in {ended} at {}",
            version(&store, number).0
        ));
    }
    let ended = wait(store.commit(change(9, Version::ABSENT, 1 << 40)));
    say(&match ended {
        Err(Fault::NotCommitted(_) | Fault::Unknown(_)) => "and cannot go on".to_owned(),
        other => format!("and goes on: {other:?}"),
    });
}

/// The acknowledged changes: attempt to account and version.
pub(crate) type Acknowledged = BTreeMap<u64, (u64, u64)>;

/// Checks that every acknowledged change is there, and that no account has half of one.
pub(crate) fn nothing_lost(store: &SqliteStore, acknowledged: &Acknowledged) {
    let all: Vec<_> = acknowledged.iter().collect();
    for some in all.chunks(500) {
        let attempt_id = |attempt: u64| AttemptId(u128::from(attempt).to_be_bytes());
        let keys: Vec<_> = some
            .iter()
            .map(|(attempt, _)| RowKey::Attempt(attempt_id(**attempt)))
            .collect();
        let found: BTreeMap<_, _> = wait(store.load(&keys))
            .unwrap()
            .into_iter()
            .filter_map(|found| match found.row {
                Row::Attempt(row) => Some((row.id, (row.account, row.at))),
                _ => None,
            })
            .collect();
        for (attempt, (number, version)) in some {
            assert_eq!(
                found.get(&attempt_id(**attempt)),
                Some(&(id(*number), UnixTime(*version))),
                "change {version} to account {number} was acknowledged"
            );
        }
    }
    for number in 0..8 {
        let newest = version(store, number).0;
        let acknowledged = acknowledged
            .values()
            .filter(|(of, _)| *of == number)
            .map(|(_, version)| *version)
            .max();
        assert!(
            newest >= acknowledged.unwrap_or(0),
            "account {number} is at {newest}, {acknowledged:?} was acknowledged"
        );
        let mut seqs = Vec::new();
        let mut at = Some(Cursor::default());
        while let Some(cursor) = at {
            let page = wait(store.scan(&Query::Audit(id(number)), &cursor)).unwrap();
            seqs.extend(page.items.iter().filter_map(|item| match item {
                Item::Audit(record) => Some(record.seq),
                _ => None,
            }));
            at = page.next;
        }
        assert!(
            seqs.iter().copied().eq(1..=newest),
            "account {number} is at {newest} with {} records",
            seqs.len()
        );
    }
}

pub(crate) fn acknowledgement(line: &str) -> Option<(u64, (u64, u64))> {
    let mut numbers = line.strip_prefix("> ")?.split(' ').map(str::parse::<u64>);
    let (Some(Ok(attempt)), Some(Ok(number)), Some(Ok(version)), None) = (
        numbers.next(),
        numbers.next(),
        numbers.next(),
        numbers.next(),
    ) else {
        return None;
    };
    Some((attempt, (number, version)))
}

/// Kills a writing process repeatedly. Returns how many changes were acknowledged.
pub(crate) fn kill_at_random(times: u64) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let mut acknowledged = BTreeMap::new();
    for round in 0..times {
        let mut working = child("load", &path)
            .command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(working.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        acknowledged.extend(lines.by_ref().find_map(|line| acknowledgement(&line)));
        // Spread over several commits, and different in every round.
        thread::sleep(Duration::from_micros(round.wrapping_mul(7919) % 60_000));
        working.kill().unwrap();
        acknowledged.extend(lines.filter_map(|line| acknowledgement(&line)));
        working.wait().unwrap();
        let store = SqliteStore::open(&path).unwrap();
        nothing_lost(&store, &acknowledged);
    }
    acknowledged.len()
}

#[test]
fn acknowledged_changes_survive_kill() {
    assert!(kill_at_random(20) > 20);
}

/// The operating system limits the file size, which fails like a full disk, also within a commit.
#[cfg(unix)]
#[test]
fn file_size_limit_loses_nothing() {
    for blocks in [200, 333, 512, 700] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loquet.db");
        drop(SqliteStore::open(&path).unwrap());
        let plain = child("full", &path);
        let mut limited = Command::new("sh");
        limited.args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"",
            &blocks.to_string(),
        ]);
        limited.arg(&plain.program).args(plain.command.get_args());
        limited.envs(
            plain
                .command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let output = limited.stderr(Stdio::inherit()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            said.contains("> and cannot go on"),
            "{blocks} blocks: {said}"
        );
        let acknowledged: BTreeMap<_, _> = said.lines().filter_map(acknowledgement).collect();
        assert!(!acknowledged.is_empty(), "{blocks} blocks: {said}");
        // Without the limit, writing continues.
        let store = SqliteStore::open(&path).unwrap();
        nothing_lost(&store, &acknowledged);
        let at = version(&store, 0);
        assert_eq!(
            wait(store.commit(change(0, at, 1 << 50))).unwrap(),
            Commit::Done
        );
    }
}
