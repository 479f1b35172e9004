//! The contract of a store, over SQLite.

use std::sync::atomic::{AtomicU32, Ordering};

use loquet::blocking::wait;
use loquet::contract;
use loquet_sqlite::{Options, SqliteStore};

/// Opens a new store for each rule.
struct Folder {
    folder: tempfile::TempDir,
    stores: AtomicU32,
}

impl Folder {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            stores: AtomicU32::new(0),
        }
    }

    fn open(&self, options: &Options) -> SqliteStore {
        let number = self.stores.fetch_add(1, Ordering::Relaxed);
        options
            .open(self.folder.path().join(format!("{number}.db")))
            .unwrap()
    }
}

#[test]
fn the_contract_holds() {
    let folder = Folder::new();
    contract::run(|| folder.open(&Options::default())).unwrap();
}

#[test]
fn the_contract_holds_in_the_hosts_database() {
    let folder = Folder::new();
    contract::run(|| {
        let number = folder.stores.load(Ordering::Relaxed);
        let path = folder.folder.path().join(format!("{number}.db"));
        let host = rusqlite::Connection::open(path).unwrap();
        host.execute_batch(
            "PRAGMA user_version = 7; CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('Ada');",
        )
        .unwrap();
        folder.open(&Options::default().readers(4))
    })
    .unwrap();
    for number in 0..folder.stores.load(Ordering::Relaxed) {
        let host =
            rusqlite::Connection::open(folder.folder.path().join(format!("{number}.db"))).unwrap();
        let version: i64 = host
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        let name: String = host
            .query_row("SELECT name FROM person", [], |row| row.get(0))
            .unwrap();
        assert_eq!((version, name.as_str()), (7, "Ada"));
    }
}

#[test]
fn facts_that_never_go_back_are_guarded() {
    let folder = Folder::new();
    wait(contract::guards_hold(&folder.open(&Options::default()))).unwrap();
}

#[test]
#[ignore = "a thousand histories take a minute"]
fn many_histories_agree() {
    let folder = Folder::new();
    for seed in 1000..2000 {
        wait(contract::histories_agree(
            &folder.open(&Options::default()),
            seed,
        ))
        .unwrap();
    }
}
