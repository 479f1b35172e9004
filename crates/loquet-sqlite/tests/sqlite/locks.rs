//! Other connections on the same file.

use std::thread;
use std::time::{Duration, Instant};

use loquet::store::{Fault, Store as _};
use loquet::wait;
use loquet_sqlite::{OpenError, Options, SqliteStore};
use rusqlite::Connection;

use crate::support::{done, everything, expected, files, found};

const BUSY: Duration = Duration::from_millis(100);

#[test]
fn locked_database_is_refused_after_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE host (x); BEGIN EXCLUSIVE; INSERT INTO host VALUES (1)")
        .unwrap();
    let before = files(folder.path());
    let refused = Options::default()
        .busy(BUSY)
        .open(&path)
        .expect_err("locked");
    assert!(
        matches!(refused, OpenError::Locked { waited: BUSY, .. }),
        "{refused}"
    );
    assert!(files(folder.path()) == before, "a locked file was changed");
    other.execute_batch("COMMIT").unwrap();
    drop(Options::default().busy(BUSY).open(&path).unwrap());

    // In WAL mode readers are not blocked, but a writer blocks others.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = Options::default()
        .busy(BUSY)
        .open(&path)
        .expect_err("locked");
    assert!(matches!(refused, OpenError::Locked { .. }), "{refused}");
}

#[test]
fn store_is_busy_after_waiting_for_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = Options::default().busy(BUSY).open(&path).unwrap();
    done(&store, everything(1));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let started = Instant::now();
    let ended = wait(store.commit(everything(2)));
    assert!(matches!(ended, Err(Fault::Busy)), "{ended:?}");
    assert!(matches!(wait(store.delivered(1)), Err(Fault::Busy)));
    let waited = started.elapsed();
    assert!(
        waited >= BUSY && waited < Duration::from_secs(5),
        "{waited:?}"
    );
    // Readers are not blocked.
    assert_eq!(found(&store, 1), expected(1));

    other.execute_batch("ROLLBACK").unwrap();
    assert!(found(&store, 2).is_empty());
    done(&store, everything(2));

    // A lock that is released in time goes unnoticed.
    let patient = SqliteStore::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        scope.spawn(|| done(&patient, everything(3)));
        thread::sleep(BUSY);
        other.execute_batch("COMMIT").unwrap();
    });
    assert_eq!(found(&patient, 3), expected(3));
}

#[test]
fn two_stores_see_each_others_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let one = SqliteStore::open(&path).unwrap();
    let other = SqliteStore::open(&path).unwrap();
    for number in 0..20 {
        let (writes, reads) = if number % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        done(writes, everything(number));
        assert_eq!(found(reads, number), expected(number));
    }
    // The remaining store keeps the changes of the closed one.
    drop(one);
    done(&other, everything(20));
    assert!((0..=20).all(|number| found(&other, number) == expected(number)));
}

#[test]
fn simultaneous_starts_create_one_store() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5u64 {
        let path = folder.path().join(format!("{round}.db"));
        thread::scope(|scope| {
            for number in 0..6 {
                let path = &path;
                scope.spawn(move || done(&SqliteStore::open(path).unwrap(), everything(number)));
            }
        });
        let store = SqliteStore::open(&path).unwrap();
        assert!((0..6).all(|number| found(&store, number) == expected(number)));
    }
}

#[test]
fn last_store_to_close_writes_log_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    for number in 0..30 {
        let store = Options::default().readers(4).open(&path).unwrap();
        done(&store, everything(number));
        assert_eq!(found(&store, number), expected(number));
        drop(store);
        let left: Vec<String> = files(folder.path()).into_keys().collect();
        assert_eq!(left, ["loquet.db"]);
    }
}
