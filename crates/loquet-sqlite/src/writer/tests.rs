//! Groups, and what becomes of the others when one goes wrong.
#![allow(
    clippy::disallowed_methods,
    reason = "the log is read to count what is in it"
)]

use std::fs;
use std::path::Path;

use loquet::store::{Commit, RosterRow, Row, RowKey, Version, Writes};
use loquet_policy::{OrgId, UnixTime};

use super::*;
use crate::open::{self, Options};
use crate::read::version_of;

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

/// Settles changes as one group, and says how each ended.
fn settle(writer: &mut Writer, changes: Vec<Change>) -> Vec<Result<Commit, Fault>> {
    let (jobs, answers): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .map(|change| {
            let (reply, answer) = oneshot::channel();
            (Job { change, reply }, answer)
        })
        .unzip();
    writer.settle(jobs);
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

/// Transactions in the log: each ends with a frame that states the size of the database.
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
    let ended = settle(
        &mut writer,
        (0..100).map(|number| roster(number, 0, "{}")).collect(),
    );
    assert!(ended.iter().all(|ended| matches!(ended, Ok(Commit::Done))));
    assert_eq!(transactions(&writer), before + 1);
    settle(&mut writer, vec![roster(200, 0, "{}")]);
    assert_eq!(transactions(&writer), before + 2);
}

#[test]
fn later_changes_see_earlier_ones_of_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let before = transactions(&writer);
    let ended = settle(
        &mut writer,
        vec![
            roster(1, 0, "a"),
            roster(1, 0, "b"),
            roster(1, 1, "c"),
            roster(1, 1, "d"),
            roster(1, 2, "e"),
        ],
    );
    let ended: Vec<_> = ended.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        ended,
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
        "a stale change costs the others nothing"
    );
}

#[test]
fn unwritable_change_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let hopeless = Change::Commit(Writes {
        put: vec![Row::Roster(RosterRow {
            org: OrgId::from(9u64),
            body: String::new(),
        })],
        ..Writes::default()
    });
    let changes = vec![
        roster(1, 0, "{}"),
        hopeless,
        roster(2, 0, "{}"),
        Change::Forget(UnixTime(9), 9),
    ];
    let ended = settle(&mut writer, changes);
    assert!(
        matches!(
            ended.as_slice(),
            [
                Ok(Commit::Done),
                Err(Fault::NotCommitted(_)),
                Ok(Commit::Done),
                Ok(_)
            ]
        ),
        "{ended:?}"
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
    let ended = settle(
        &mut writer,
        vec![roster(1, 0, "{}"), roster(2, 0, &large), roster(3, 0, "{}")],
    );
    let [
        Ok(Commit::Done),
        Err(Fault::NotCommitted(why)),
        Ok(Commit::Done),
    ] = ended.as_slice()
    else {
        panic!("{ended:?}");
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
    let ended = settle(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        ended.iter().all(|ended| matches!(ended, Err(Fault::Busy))),
        "{ended:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    let ended = settle(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        ended.iter().all(|ended| matches!(ended, Ok(Commit::Done))),
        "{ended:?}"
    );
}

/// A commit can be made to fail from outside by a constraint that is only checked then.
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
    let ended = settle(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        ended
            .iter()
            .all(|ended| matches!(ended, Err(Fault::Unknown(_)))),
        "{ended:?}"
    );
    assert!(writer.connection.is_none());
    assert_eq!((version(&writer, 1), version(&writer, 2)), (0, 0));
    Connection::open(&writer.path)
        .unwrap()
        .execute_batch("DROP TRIGGER orphan")
        .unwrap();
    let ended = settle(&mut writer, vec![roster(1, 0, "{}"), roster(2, 0, "{}")]);
    assert!(
        ended.iter().all(|ended| matches!(ended, Ok(Commit::Done))),
        "{ended:?}"
    );
}

#[test]
fn missing_file_is_refused_and_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let path = writer.path.clone();
    writer.connection = None;
    fs::rename(&path, folder.path().join("moved.db")).unwrap();
    let ended = settle(&mut writer, vec![roster(1, 0, "{}")]);
    assert!(
        matches!(ended.as_slice(), [Err(Fault::NotCommitted(_))]),
        "{ended:?}"
    );
    assert!(!path.exists());
    fs::rename(folder.path().join("moved.db"), &path).unwrap();
    assert!(matches!(
        settle(&mut writer, vec![roster(1, 0, "{}")]).as_slice(),
        [Ok(Commit::Done)]
    ));
}
