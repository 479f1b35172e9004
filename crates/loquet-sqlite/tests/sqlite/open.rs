//! Opening: accepted and refused files, and that a refusal changes nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use loquet::store::{Cursor, Item, Query, Store as _};
use loquet::wait;
use loquet_sqlite::{OpenError, Options, SqliteStore};
use rusqlite::Connection;

use crate::child::child;
use crate::support::{account, audit, done, everything, expected, files, found, id};

/// Opens a file that must be refused, and checks that the folder is unchanged and that the message names the file.
pub(crate) fn refusal(folder: &Path, path: &Path) -> OpenError {
    let before = files(folder);
    let refusal = Options::default()
        .busy(Duration::from_millis(50))
        .open(path)
        .expect_err("refused");
    assert!(
        files(folder) == before,
        "a refused file was changed: {refusal}"
    );
    let message = refusal.to_string();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(
        message.contains(name) && message.len() > name.len() + 20,
        "{message}"
    );
    refusal
}

fn schema(connection: &Connection) -> Vec<(String, String)> {
    let mut statement = connection
        .prepare("SELECT name, sql FROM sqlite_master WHERE name GLOB 'loquet_*' AND sql IS NOT NULL ORDER BY name")
        .unwrap();
    statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn changes_survive_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    for round in 1..4 {
        let store = SqliteStore::open(&path).unwrap();
        assert!((1..round).all(|number| found(&store, number) == expected(number)));
        done(&store, everything(round));
        drop(store);
        // Dropping the store has written the log back, so the file is alone.
        assert_eq!(
            files(folder.path()).into_keys().collect::<Vec<_>>(),
            ["loquet.db"]
        );
    }
}

#[test]
fn unusual_file_names_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "été 漢字.db",
        "file:x?mode=memory",
        ":memory:",
        "a'b\"c.db",
        "%41.db",
    ] {
        let path = folder.path().join(name);
        done(&SqliteStore::open(&path).unwrap(), everything(1));
        assert!(path.is_file(), "{name}");
        assert_eq!(
            found(&SqliteStore::open(&path).unwrap(), 1),
            expected(1),
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn new_file_is_readable_by_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(1));
    for name in ["loquet.db", "loquet.db-wal", "loquet.db-shm"] {
        let mode = fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
    // Permissions that the owner has changed stay.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
    drop(SqliteStore::open(&path).unwrap());
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o660
    );
}

#[test]
fn version_1_database_opens_with_current_tables() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    drop(SqliteStore::open(&fresh).unwrap());
    let path = folder.path().join("golden.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(include_str!("../golden/version-1.sql"))
        .unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(found(&store, 1), expected(1));
    let log = wait(store.scan(&Query::Audit(id(1)), &Cursor::default())).unwrap();
    assert_eq!(log.items, [Item::Audit(audit(1, 1))]);
    let outbox = wait(store.scan(&Query::Outbox, &Cursor::default())).unwrap();
    assert_eq!(outbox.items.len(), 1);
    let named = Query::ExternalId(crate::support::org(), account(1).external_id);
    let named = wait(store.scan(&named, &Cursor::default())).unwrap();
    assert_eq!(named.items.len(), 1);
    drop(store);

    let [golden, fresh] = [path, fresh].map(|path| Connection::open(path).unwrap());
    assert_eq!(schema(&golden), schema(&fresh));
    let version = |of: &Connection| -> i64 {
        of.query_row("SELECT version FROM loquet_schema", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((version(&golden), version(&fresh)), (1, 1));
}

#[test]
fn newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    done(&SqliteStore::open(&path).unwrap(), everything(1));
    let shell = Connection::open(&path).unwrap();
    shell
        .execute("UPDATE loquet_schema SET version = 4711", [])
        .unwrap();
    let refused = refusal(folder.path(), &path);
    assert!(
        matches!(
            refused,
            OpenError::Newer {
                found: 4711,
                known: 1,
                ..
            }
        ),
        "{refused}"
    );
    drop(shell);
    // Also if its log was not written back.
    let refused = refusal(folder.path(), &path);
    assert!(matches!(refused, OpenError::Newer { .. }), "{refused}");
}

/// As after a crash: a refusal does not lose what is in the log.
#[test]
fn refused_database_keeps_its_log() {
    // So many that the last change touches only few pages.
    const ROWS: u64 = 300;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    (1..ROWS).for_each(|number| done(&store, everything(number)));
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(ROWS));
    let crashed = tempfile::tempdir().unwrap();
    for (name, content) in files(folder.path()) {
        fs::write(crashed.path().join(name), content).unwrap();
    }
    let path = crashed.path().join("loquet.db");
    let whole = fs::read(&path).unwrap();
    for length in [100, 3 * 4096, whole.len() / 2] {
        fs::write(&path, &whole[..length]).unwrap();
        let refused = refusal(crashed.path(), &path);
        assert!(
            matches!(refused, OpenError::Damaged { .. }),
            "{length}: {refused}"
        );
    }
    fs::write(&path, whole).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert!((1..=ROWS).all(|number| found(&store, number) == expected(number)));
}

#[test]
fn tables_without_a_version_are_refused() {
    for damage in [
        "DROP TABLE loquet_schema",
        "DROP TRIGGER loquet_schema_delete; DELETE FROM loquet_schema",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loquet.db");
        done(&SqliteStore::open(&path).unwrap(), everything(1));
        Connection::open(&path)
            .unwrap()
            .execute_batch(damage)
            .unwrap();
        let refused = refusal(folder.path(), &path);
        assert!(
            matches!(refused, OpenError::Damaged { .. }),
            "{damage}: {refused}"
        );
    }
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    for content in [
        "xy".to_owned(),
        "Dear all,\n".repeat(1000),
        "SQLite format 3\0".to_owned(),
        "\0".repeat(8192),
    ] {
        fs::write(&path, content).unwrap();
        let refused = refusal(folder.path(), &path);
        assert!(
            matches!(
                refused,
                OpenError::NotADatabase { .. } | OpenError::Damaged { .. }
            ),
            "{refused}"
        );
    }
    let below = path.join("loquet.db");
    let refused = SqliteStore::open(below).expect_err("a file is no folder");
    assert!(matches!(refused, OpenError::Path { .. }), "{refused}");
    let refused = refusal(folder.path(), folder.path());
    assert!(matches!(refused, OpenError::NotAFile { .. }), "{refused}");
    let missing = folder.path().join("no").join("where").join("loquet.db");
    let refused = SqliteStore::open(missing).expect_err("no folder");
    assert!(
        matches!(&refused, OpenError::NoFolder { path } if path.ends_with("no/where")),
        "{refused}"
    );
    for odd in ["", "a\0b"] {
        let refused = SqliteStore::open(odd).expect_err("no path");
        assert!(
            matches!(refused, OpenError::Path { .. } | OpenError::Sqlite { .. }),
            "{refused}"
        );
    }
}

/// SQLite takes an empty file for a new database, and deletes a log without a database. Either would silently remove every
/// user's second factor.
#[test]
fn empty_or_orphaned_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    // SQLite takes one byte for an empty file too.
    for nothing in ["", "x"] {
        fs::write(&path, nothing).unwrap();
        let refused = refusal(folder.path(), &path);
        assert!(matches!(refused, OpenError::Empty { .. }), "{refused}");
    }
    fs::remove_file(&path).unwrap();

    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(1));
    let crashed = tempfile::tempdir().unwrap();
    for (name, content) in files(folder.path()) {
        fs::write(crashed.path().join(name), content).unwrap();
    }
    let path = crashed.path().join("loquet.db");
    let content = fs::read(&path).unwrap();
    fs::write(&path, "").unwrap();
    let refused = refusal(crashed.path(), &path);
    assert!(
        matches!(refused, OpenError::OrphanedLog { .. }),
        "{refused}"
    );
    fs::remove_file(&path).unwrap();
    let refused = refusal(crashed.path(), &path);
    assert!(
        matches!(refused, OpenError::OrphanedLog { .. }),
        "{refused}"
    );
    // With the file back, everything is there.
    fs::write(&path, content).unwrap();
    assert_eq!(found(&SqliteStore::open(&path).unwrap(), 1), expected(1));
}

/// Permissions do not bind root, so a child of another user tries.
#[cfg(unix)]
#[test]
fn unwritable_database_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    done(&SqliteStore::open(&path).unwrap(), everything(1));
    let attempt = |path: &Path| child("open", path).unprivileged().output();

    mode(folder.path(), 0o755);
    for (file, folder_mode, what) in [
        (0o444, 0o777, "a file"),
        (0o666, 0o555, "a folder"),
        (0o000, 0o777, "an unreadable file"),
    ] {
        mode(&path, file);
        mode(folder.path(), folder_mode);
        let before = files(folder.path());
        let Some(said) = attempt(&path) else {
            println!("skipped: no other user is available to test permissions");
            return;
        };
        assert!(said.starts_with("Unwritable"), "{what}: {said}");
        mode(folder.path(), 0o755);
        assert!(files(folder.path()) == before, "{what} was changed");
    }
    mode(folder.path(), 0o555);
    let said = attempt(&folder.path().join("new.db")).unwrap();
    assert!(said.starts_with("Unwritable"), "a new file: {said}");
    mode(folder.path(), 0o000);
    let said = attempt(&path).unwrap();
    assert!(said.starts_with("Path"), "a closed folder: {said}");
    mode(folder.path(), 0o755);
    mode(&path, 0o600);
    assert_eq!(found(&SqliteStore::open(&path).unwrap(), 1), expected(1));
}
