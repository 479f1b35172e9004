//! Sample rows, and access to files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use loquet::store::{
    AccountRow, AttemptId, AttemptRow, AuditRow, Commit, MetadataId, MetadataRow, NoticeRow,
    OrganizationRow, RosterRow, Row, RowKey, Store, Version, Versioned, Writes,
};
use loquet::wait;
use loquet_policy::{AccountId, OrgId, UnixTime};
use loquet_sqlite::SqliteStore;
use rusqlite::Connection;
use rusqlite::types::Value;

/// A folder with a new database for each caller.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    databases: AtomicU32,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            databases: AtomicU32::new(0),
        }
    }

    /// Returns the path of the next database.
    pub(crate) fn path(&self) -> PathBuf {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{number}.db"))
    }

    pub(crate) fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path()).unwrap()
    }

    /// Returns a function that opens the next database repeatedly.
    pub(crate) fn again_and_again(&self) -> impl Fn() -> SqliteStore + use<> {
        let path = self.path();
        move || SqliteStore::open(&path).unwrap()
    }
}

pub(crate) fn org() -> OrgId {
    OrgId::from(1u64)
}

pub(crate) fn id(number: u64) -> AccountId {
    AccountId::from(number)
}

pub(crate) fn account(number: u64) -> AccountRow {
    AccountRow {
        id: id(number),
        org: org(),
        external_id: format!("person {number}"),
        ever: true,
        epoch: 5,
        used_step: Some(1000),
        audited: 1,
        body: format!("{{\"n\":{number}}}"),
    }
}

pub(crate) fn roster(number: u64, body: &str) -> Row {
    Row::Roster(RosterRow {
        org: OrgId::from(number),
        body: body.to_owned(),
    })
}

pub(crate) fn attempt(number: u64) -> AttemptRow {
    AttemptRow {
        id: AttemptId(u128::from(number).to_be_bytes()),
        account: id(number),
        at: UnixTime(number),
        body: "{}".to_owned(),
    }
}

pub(crate) fn audit(number: u64, seq: u64) -> AuditRow {
    AuditRow {
        account: id(number),
        seq,
        org: org(),
        at: UnixTime(seq),
        body: "{}".to_owned(),
        mac: [7; 32],
    }
}

pub(crate) fn metadata(number: u64) -> MetadataRow {
    MetadataRow {
        id: MetadataId {
            kind: 7,
            page: u128::from(number).to_be_bytes(),
        },
        mark: 3,
        body: "{}".to_owned(),
    }
}

pub(crate) fn put(row: Row, version: u64) -> Writes {
    Writes {
        expect: vec![(row.key(), Version(version))],
        put: vec![row],
        ..Writes::default()
    }
}

/// Returns a change with a row in each table.
pub(crate) fn everything(number: u64) -> Writes {
    let rows = [
        Row::Organization(OrganizationRow {
            id: OrgId::from(number),
            enabled: true,
            body: "{}".to_owned(),
        }),
        roster(number, "{}"),
        Row::Account(account(number)),
        Row::Attempt(attempt(number)),
    ];
    Writes {
        expect: rows
            .iter()
            .map(|row| (row.key(), Version::ABSENT))
            .collect(),
        put: rows.to_vec(),
        audit: vec![audit(number, 1)],
        outbox: vec![NoticeRow {
            to: id(number),
            org: org(),
            at: UnixTime(1),
            body: "{}".to_owned(),
        }],
    }
}

pub(crate) fn done(store: &SqliteStore, writes: Writes) {
    assert_eq!(wait(store.commit(writes)).unwrap(), Commit::Done);
}

/// Returns the rows of [`everything`] that exist.
pub(crate) fn found(store: &SqliteStore, number: u64) -> Vec<Versioned> {
    let keys: Vec<RowKey> = everything(number).put.iter().map(Row::key).collect();
    wait(store.load(&keys)).unwrap()
}

pub(crate) fn expected(number: u64) -> Vec<Versioned> {
    everything(number)
        .put
        .into_iter()
        .map(|row| Versioned {
            version: Version(1),
            row,
        })
        .collect()
}

/// Returns every file of a folder with its bytes, except for the log's index, which is a cache.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, path)| !name.ends_with("-shm") && path.is_file())
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

/// Returns all rows of Loquet's tables.
pub(crate) fn dump(connection: &Connection) -> Vec<Vec<Value>> {
    let tables = [
        "schema",
        "organization",
        "roster",
        "account",
        "attempt",
        "audit",
        "outbox",
        "metadata",
    ];
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM loquet_{table} ORDER BY 1"))
            .unwrap();
        let columns = statement.column_count();
        let found = statement
            .query_map([], |row| {
                (0..columns).map(|column| row.get(column)).collect()
            })
            .unwrap();
        rows.extend(found.map(|row| row.unwrap()));
    }
    rows
}
