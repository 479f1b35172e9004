//! Tables, indices and triggers that are not as Loquet makes them.

use std::fs;

use loquet_sqlite::{OpenError, Restore, SqliteStore};
use rusqlite::Connection;

use crate::open::refusal;
use crate::support::{done, everything, expected, found};

/// A trigger that undoes what is written would switch the limit on wrong codes off, and nothing else would show it.
#[test]
fn t79_altered_tables_are_refused() {
    let undo = "AFTER UPDATE ON loquet_account BEGIN UPDATE loquet_account SET body = OLD.body WHERE n = OLD.n; END";
    for (change, named) in [
        (&*format!("CREATE TRIGGER a {undo}"), "trigger a is not"),
        (
            &format!("CREATE TRIGGER a {}", undo.to_uppercase()),
            "trigger a is not",
        ),
        (
            &format!(
                "DROP TRIGGER loquet_account_update; CREATE TRIGGER loquet_account_update {undo}"
            ),
            "trigger loquet_account_update is not",
        ),
        (
            "DROP TRIGGER loquet_audit_delete",
            "trigger loquet_audit_delete is missing",
        ),
        (
            "DROP INDEX loquet_account_by_id",
            "index loquet_account_by_id is missing",
        ),
        (
            "CREATE UNIQUE INDEX a ON loquet_audit (account)",
            "index a is not",
        ),
        (
            "ALTER TABLE loquet_outbox ADD COLUMN a TEXT",
            "table loquet_outbox is not",
        ),
        (
            "CREATE VIEW loquet_all AS SELECT * FROM loquet_audit",
            "view loquet_all is not",
        ),
        (
            "CREATE TABLE mine (a); CREATE TRIGGER mine_a AFTER INSERT ON mine BEGIN DELETE FROM loquet_outbox; END",
            "trigger mine_a is not",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let [path, backup] = ["loquet.db", "backup"].map(|name| folder.path().join(name));
        done(&SqliteStore::open(&path).unwrap(), everything(1));
        Connection::open(&path)
            .unwrap()
            .execute_batch(change)
            .unwrap();
        let refused = refusal(folder.path(), &path);
        assert!(
            matches!(&refused, OpenError::Altered { detail, .. } if detail.contains(named)),
            "{change}: {refused}"
        );
        fs::rename(&path, &backup).unwrap();
        let refused = Restore::begin(&backup, &path, false).unwrap_err();
        assert!(refused.to_string().contains(named), "{change}: {refused}");
    }
}

#[test]
fn hosts_own_triggers_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    done(&SqliteStore::open(&path).unwrap(), everything(1));
    let own = "CREATE TABLE mine (a, account REFERENCES loquet_account (id)); CREATE INDEX mine_a ON mine (a);
        CREATE TRIGGER mine_b AFTER INSERT ON mine BEGIN DELETE FROM mine WHERE a = NEW.a - 1; END;
        CREATE VIEW report AS SELECT count(*) FROM loquet_audit; ANALYZE";
    Connection::open(&path).unwrap().execute_batch(own).unwrap();
    let copy = folder.path().join("copy");
    loquet_sqlite::backup(&path, &copy).unwrap();
    drop(Restore::begin(copy, folder.path().join("new.db"), false).unwrap());
    assert_eq!(found(&SqliteStore::open(&path).unwrap(), 1), expected(1));
}
