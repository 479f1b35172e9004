//! Backup of a file in use, and restore.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use loquet::audit::Broken;
use loquet::store::{Commit, Store as _};
use loquet::wait;
use loquet_sqlite::{BackupError, OpenError, Restore, SqliteStore, backup};
use rusqlite::Connection;

use crate::support::{done, everything, expected, files, found};

#[tokio::test]
async fn restore_revokes_possibly_used_factors_and_reports_losses() {
    let folder = tempfile::tempdir().unwrap();
    let (db, copy) = (folder.path().join("a.db"), folder.path().join("a.backup"));
    let (restored, made) = loquet_testkit::restore::story(
        SqliteStore::open(&db).unwrap(),
        || backup(&db, &copy).unwrap(),
        |fixture| {
            let in_use = Restore::begin(&copy, &db, true).unwrap_err();
            assert!(matches!(in_use, BackupError::InUse { .. }), "{in_use}");
            drop(fixture);
            let restore = Restore::begin(&copy, &db, true).unwrap();
            assert!(SqliteStore::open(restore.path()).is_ok());
            let aside = restore.finish().unwrap();
            assert_eq!(aside.unwrap(), folder.path().join("a.db.before-1"));
            SqliteStore::open(&db).unwrap()
        },
    )
    .await;
    let lost: Vec<_> = restored
        .lost
        .into_iter()
        .map(|account| (account.external_id, account.chain.unwrap_err()))
        .collect();
    let missing = Broken::CutOff {
        expected: made,
        found: made - 2,
    };
    assert_eq!(lost, [("chloe".to_owned(), missing)]);
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    assert_eq!(
        names
            .iter()
            .filter(|name| !name.ends_with("-wal"))
            .collect::<Vec<_>>(),
        ["a.backup", "a.db", "a.db.before-1"]
    );
}

#[tokio::test]
async fn t37_backup_from_before_enabling_unlatches_nothing() {
    for is_readable in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (db, copy) = (folder.path().join("a.db"), folder.path().join("a.backup"));
        loquet_testkit::restore::backup_from_before_enabling(
            SqliteStore::open(&db).unwrap(),
            || backup(&db, &copy).unwrap(),
            || SqliteStore::open(&copy).unwrap(),
            is_readable,
        )
        .await;
    }
}

#[tokio::test]
async fn restore_carries_the_relying_party() {
    let folder = tempfile::tempdir().unwrap();
    let (db, copy) = (folder.path().join("a.db"), folder.path().join("a.backup"));
    loquet_testkit::passkeys::backup_from_before_passkeys(
        SqliteStore::open(&db).unwrap(),
        || backup(&db, &copy).unwrap(),
        || SqliteStore::open(&copy).unwrap(),
    )
    .await;
}

#[test]
fn backup_of_file_in_use_is_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("a.db");
    let store = SqliteStore::open(&db).unwrap();
    let host = Connection::open(&db).unwrap();
    host.execute_batch("PRAGMA user_version = 7; CREATE TABLE person (name TEXT); INSERT INTO person VALUES ('Ada');")
        .unwrap();
    let stop = AtomicBool::new(false);
    let mut number = 0;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) {
                written += 1;
                assert_eq!(
                    wait(store.commit(everything(written))).unwrap(),
                    Commit::Done
                );
            }
            written
        });
        for round in 0..5 {
            let copy = folder.path().join(format!("{round}.backup"));
            backup(&db, &copy).unwrap();
            let copied = SqliteStore::open(&copy).unwrap();
            // The copy contains a prefix of the changes, each of them whole.
            number = (1..)
                .find(|number| found(&copied, *number).is_empty())
                .unwrap();
            assert!((1..number).all(|number| found(&copied, number) == expected(number)));
        }
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() >= number - 1);
    });
    let copied = Connection::open(folder.path().join("4.backup")).unwrap();
    let host: (i64, String) = copied
        .query_row(
            "SELECT user_version, name FROM pragma_user_version, person",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(host, (7, "Ada".to_owned()));
}

#[test]
fn invalid_backups_and_existing_targets_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    done(&SqliteStore::open(at("a.db")).unwrap(), everything(1));
    backup(at("a.db"), at("a.backup")).unwrap();
    fs::write(at("other"), "not a database").unwrap();
    Connection::open(at("host.db"))
        .unwrap()
        .execute_batch("CREATE TABLE a (b)")
        .unwrap();
    let mut cut = fs::read(at("a.backup")).unwrap();
    cut.truncate(cut.len() / 2);
    fs::write(at("cut"), cut).unwrap();
    fs::copy(at("a.backup"), at("live")).unwrap();
    fs::write(at("live-wal"), "a log").unwrap();
    let before = files(folder.path());

    let refused =
        |from: &str, to: &str, replace| Restore::begin(at(from), at(to), replace).unwrap_err();
    assert!(matches!(
        refused("a.backup", "a.db", false),
        BackupError::Exists { .. }
    ));
    assert!(matches!(
        backup(at("a.db"), at("a.backup")),
        Err(BackupError::Exists { .. })
    ));
    assert!(matches!(
        refused("live", "new.db", false),
        BackupError::HasLog { .. }
    ));
    assert!(matches!(
        refused("absent", "new.db", false),
        BackupError::File { .. }
    ));
    assert!(matches!(
        refused("a.backup", "no/new.db", false),
        BackupError::File { .. }
    ));
    for from in ["other", "cut", "host.db"] {
        let refused = refused(from, "new.db", false);
        assert!(
            matches!(
                refused,
                BackupError::Open(OpenError::Damaged { .. } | OpenError::NotADatabase { .. })
            ),
            "{from}: {refused}"
        );
    }
    assert!(backup(at("absent"), at("new")).is_err());
    // An abandoned restore leaves nothing, and the next one succeeds.
    let given_up = Restore::begin(at("a.backup"), at("new.db"), false).unwrap();
    drop(given_up);
    assert!(files(folder.path()) == before, "something was changed");
    fs::write(at("new.db.part"), "left by an interrupted run").unwrap();
    let restore = Restore::begin(at("a.backup"), at("new.db"), false).unwrap();
    assert_eq!(restore.finish().unwrap(), None);
    assert_eq!(
        found(&SqliteStore::open(at("new.db")).unwrap(), 1),
        expected(1)
    );
}

/// A damaged file may be the reason for the restore. It is kept aside with its log.
#[test]
fn damaged_database_is_replaced_and_kept() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    done(&SqliteStore::open(at("a.db")).unwrap(), everything(1));
    backup(at("a.db"), at("a.backup")).unwrap();
    fs::write(at("a.db"), vec![0xa5; 5000]).unwrap();
    fs::write(at("a.db-wal"), "what was in the log").unwrap();
    fs::write(at("a.db.before-1"), "an older one").unwrap();
    let restore = Restore::begin(at("a.backup"), at("a.db"), true).unwrap();
    assert_eq!(restore.finish().unwrap(), Some(at("a.db.before-2")));
    assert_eq!(fs::read(at("a.db.before-2")).unwrap(), vec![0xa5; 5000]);
    assert_eq!(fs::read(at("a.db.before-1")).unwrap(), b"an older one");
    assert_eq!(
        found(&SqliteStore::open(at("a.db")).unwrap(), 1),
        expected(1)
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&at("a.db")), mode(&at("a.backup"))), (0o600, 0o600));
}
