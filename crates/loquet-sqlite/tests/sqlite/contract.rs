//! The contract of a store, tested on SQLite.

use std::cell::RefCell;

use loquet::contract;
use loquet::wait;
use loquet_sqlite::Options;

use crate::support::Folder;

#[test]
fn store_contract_holds() {
    let folder = Folder::new();
    contract::run(|| folder.open()).unwrap();
}

#[test]
fn store_contract_holds_in_host_database() {
    let folder = Folder::new();
    let paths = RefCell::new(Vec::new());
    contract::run(|| {
        let path = folder.path();
        paths.borrow_mut().push(path.clone());
        let host = rusqlite::Connection::open(&path).unwrap();
        host.execute_batch(
            "PRAGMA user_version = 7; CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO person (name) VALUES ('Ada');",
        )
        .unwrap();
        Options::default().readers(4).open(path).unwrap()
    })
    .unwrap();
    for path in paths.into_inner() {
        let host = rusqlite::Connection::open(path).unwrap();
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
fn monotonic_columns_are_guarded() {
    let folder = Folder::new();
    wait(contract::guards_hold(&folder.open())).unwrap();
}

#[test]
#[ignore = "a thousand histories take a minute"]
fn many_histories_agree_with_memory_store() {
    let folder = Folder::new();
    for seed in 1000..2000 {
        wait(contract::histories_agree(&folder.open(), seed)).unwrap();
    }
}
