//! Groups of changes, and failures within a group.
#![allow(clippy::disallowed_methods, reason = "tests read the log")]

use std::fs;
use std::path::Path;

use loquet::store::{Commit, RosterRow, Row, RowKey, Version, Writes};
use loquet_policy::{OrgId, UnixTime};

use super::*;
use crate::open::{self, Options};
use crate::rows::read::version_of;

fn writer(folder: &Path) -> Writer {
    let (path, connection) = open::open(&folder.join("loquet.db"), &Options::default()).unwrap();
    Writer::new(path, Duration::ZERO, connection).unwrap()
}

fn roster(number: u64, version: u64, body: &str) -> Change {
    let row = Row::Roster(RosterRow {
        org: OrgId::from(number),
        body: body.to_owned(),
    });
    Change::Commit(Writes {
        expect: vec![(row.key(), Version(version))],
        put: vec![row],
        ..Writes::default()
    })
}

/// Writes changes as one group. Returns the result of each.
fn write_group(writer: &mut Writer, changes: Vec<Change>) -> Vec<Result<Commit, Fault>> {
    let (jobs, answers): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .map(|change| {
            let (reply, answer) = oneshot::channel();
            (Job { change, reply }, answer)
        })
        .unzip();
    writer.write_group(jobs);
    answers
        .into_iter()
        .map(|mut answer| answer.try_recv().unwrap().map(|applied| applied.commit))
        .collect()
}

fn version(writer: &Writer, number: u64) -> u64 {
    let other = Connection::open(&writer.path).unwrap();
    version_of(&other, RowKey::Roster(OrgId::from(number)))
        .unwrap()
        .0
}

/// Returns the number of transactions in the log. Each ends with a frame that holds the size of the database.
fn transactions(writer: &Writer) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let mut log = writer.path.clone().into_os_string();
    log.push("-wal");
    let log = fs::read(log).unwrap();
    log[HEADER..]
        .chunks(FRAME)
        .filter(|frame| frame[4..8] != [0; 4])
        .count()
}

#[test]
fn group_is_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let before = transactions(&writer);
    let results = write_group(
        &mut writer,
        (0..100).map(|number| roster(number, 0, "{}")).collect(),
    );
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Ok(Commit::Done)))
    );
    assert_eq!(transactions(&writer), before + 1);
    write_group(&mut writer, vec![roster(200, 0, "{}")]);
    assert_eq!(transactions(&writer), before + 2);
}

#[test]
fn later_changes_see_earlier_ones_of_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let before = transactions(&writer);
    let results = write_group(
        &mut writer,
        vec![
            roster(1, 0, "a"),
            roster(1, 0, "b"),
            roster(1, 1, "c"),
            roster(1, 1, "d"),
            roster(1, 2, "e"),
        ],
    );
    let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        results,
        [
            Commit::Done,
            Commit::Stale,
            Commit::Done,
            Commit::Stale,
            Commit::Done
        ]
    );
    assert_eq!(version(&writer, 1), 3);
    assert_eq!(
        transactions(&writer),
        before + 1,
        "a stale change does not affect the others"
    );
}

#[test]
fn unwritable_change_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let unwritable = Change::Commit(Writes {
        put: vec![Row::Roster(RosterRow {
            org: OrgId::from(9u64),
            body: String::new(),
        })],
        ..Writes::default()
    });
    let changes = vec![
        roster(1, 0, "{}"),
        unwritable,
        roster(2, 0, "{}"),
        Change::DeleteAttempts(UnixTime(9), 9),
    ];
    let results = write_group(&mut writer, changes);
    assert!(
        matches!(
            results.as_slice(),
            [
                Ok(Commit::Done),
                Err(Fault::NotCommitted(_)),
                Ok(Commit::Done),
                Ok(_)
            ]
        ),
        "{results:?}"
    );
    assert_eq!(
        (
            version(&writer, 1),
            version(&writer, 9),
            version(&writer, 2)
        ),
        (1, 0, 1)
    );
}

#[test]
fn oversized_change_fails_alone_on_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let connection = writer.connection.as_ref().unwrap();
    let pages: i64 = connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    connection
        .query_row(
            &format!("PRAGMA max_page_count = {}", pages + 3),
            [],
            |_| Ok(()),
        )
        .unwrap();
    let large = "x".repeat(64 * 1024);
    let results = write_group(
        &mut writer,
        vec![roster(1, 0, "{}"), roster(2, 0, &large), roster(3, 0, "{}")],
    );
    let [
        Ok(Commit::Done),
        Err(Fault::NotCommitted(why)),
        Ok(Commit::Done),
    ] = results.as_slice()
    else {
        panic!("{results:?}");
    };
    assert!(why.to_string().contains("full"), "{why}");
    assert_eq!(
        (
            version(&writer, 1),
            version(&writer, 2),
            version(&writer, 3)
        ),
        (1, 0, 1)
    );
}

#[test]
fn locked_file_is_busy_for_whole_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let other = Connection::open(&writer.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let results = write_group(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Err(Fault::Busy))),
        "{results:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    let results = write_group(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Ok(Commit::Done))),
        "{results:?}"
    );
}

/// A deferred constraint makes the commit fail.
#[test]
fn failed_commit_is_unknown_and_replaces_connection() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let connection = writer.connection.as_ref().unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER orphan AFTER INSERT ON loquet_roster BEGIN INSERT INTO child VALUES (4711); END;",
        )
        .unwrap();
    let results = write_group(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Err(Fault::Unknown(_)))),
        "{results:?}"
    );
    assert!(writer.connection.is_none());
    assert_eq!((version(&writer, 1), version(&writer, 2)), (0, 0));
    Connection::open(&writer.path)
        .unwrap()
        .execute_batch("DROP TRIGGER orphan")
        .unwrap();
    let results = write_group(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Ok(Commit::Done))),
        "{results:?}"
    );
}

#[test]
fn missing_file_is_refused_and_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let path = writer.path.clone();
    writer.connection = None;
    fs::rename(&path, folder.path().join("moved.db")).unwrap();
    let results = write_group(&mut writer, vec![roster(1, 0, "{}")]);
    assert!(
        matches!(results.as_slice(), [Err(Fault::NotCommitted(_))]),
        "{results:?}"
    );
    assert!(!path.exists());
    fs::rename(folder.path().join("moved.db"), &path).unwrap();
    assert!(matches!(
        write_group(&mut writer, vec![roster(1, 0, "{}")]).as_slice(),
        [Ok(Commit::Done)]
    ));
}
