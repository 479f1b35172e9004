//! Stray statements on the tables.

use loquet::store::Row;
use loquet_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::support::{done, dump, everything, metadata, put};

/// Statements that are refused. `X'…01'` and `X'…02'` are the two rows of each table.
const REFUSED: &[&str] = &[
    // An id never changes.
    "UPDATE loquet_organization SET id = randomblob(16), version = version + 1",
    "UPDATE loquet_roster SET org = randomblob(16), version = version + 1",
    "UPDATE loquet_account SET id = randomblob(16), version = version + 1",
    "UPDATE loquet_account SET n = n + 100, version = version + 1",
    "UPDATE loquet_account SET rowid = rowid + 100, version = version + 1",
    "UPDATE loquet_account SET org = randomblob(16), version = version + 1",
    "UPDATE loquet_metadata SET page = randomblob(16), version = version + 1",
    "UPDATE loquet_metadata SET kind = 1, version = version + 1",
    "UPDATE loquet_attempt SET id = randomblob(16)",
    "UPDATE loquet_audit SET account = randomblob(16)",
    // Nothing goes back.
    "UPDATE loquet_organization SET enabled = 0, version = version + 1",
    "UPDATE loquet_account SET ever = 0, version = version + 1",
    "UPDATE loquet_account SET epoch = epoch - 1, version = version + 1",
    "UPDATE loquet_account SET epoch = 0, used_step = 9999, version = version + 1",
    "UPDATE loquet_account SET used_step = used_step - 1, version = version + 1",
    "UPDATE loquet_account SET used_step = NULL, version = version + 1",
    "UPDATE loquet_account SET audited = 0, version = version + 1",
    "UPDATE loquet_metadata SET mark = mark - 1, version = version + 1",
    "UPDATE loquet_schema SET version = 0",
    // A version rises by one, so that a row is never overwritten by a writer that has not read it.
    "UPDATE loquet_organization SET body = '{}'",
    "UPDATE loquet_organization SET version = version + 2",
    "UPDATE loquet_roster SET version = version - 1",
    "UPDATE loquet_roster SET version = version",
    "UPDATE loquet_metadata SET body = '[]'",
    "UPDATE loquet_account SET version = 1",
    "UPDATE loquet_account SET version = version + 2",
    // Written once.
    "UPDATE loquet_attempt SET body = '[]'",
    "UPDATE loquet_attempt SET at = 0",
    "UPDATE loquet_audit SET body = '[]'",
    "UPDATE loquet_audit SET seq = seq + 1",
    "UPDATE loquet_audit SET mac = zeroblob(32)",
    "UPDATE loquet_audit SET n = n + 100",
    "UPDATE loquet_outbox SET recipient = randomblob(16)",
    // Never deleted.
    "DELETE FROM loquet_organization",
    "DELETE FROM loquet_roster",
    "DELETE FROM loquet_account",
    "DELETE FROM loquet_audit",
    "DELETE FROM loquet_audit WHERE seq = 1",
    "DELETE FROM loquet_metadata",
    "DELETE FROM loquet_schema",
    // A conflict clause bypasses nothing, neither by key nor by row number nor by external id.
    "INSERT OR REPLACE INTO loquet_schema VALUES (1, 1)",
    "INSERT OR REPLACE INTO loquet_organization VALUES (X'00000000000000000000000000000001', 1, 0, '{}')",
    "INSERT OR REPLACE INTO loquet_organization VALUES (X'00000000000000000000000000000001', 2, 0, '{}')",
    "INSERT OR IGNORE INTO loquet_organization VALUES (X'00000000000000000000000000000001', 1, 0, '{}')",
    "INSERT INTO loquet_organization VALUES (X'00000000000000000000000000000001', 1, 0, '{}')
       ON CONFLICT DO UPDATE SET enabled = 0, version = version + 1",
    "REPLACE INTO loquet_roster VALUES (X'00000000000000000000000000000001', 1, '{}')",
    "REPLACE INTO loquet_account SELECT n, id, 1, org, external_id, 0, 0, NULL, 0, '{}' FROM loquet_account",
    "REPLACE INTO loquet_account SELECT NULL, id, 1, org, external_id, 0, 0, NULL, 0, '{}' FROM loquet_account",
    "REPLACE INTO loquet_account SELECT n, randomblob(16), 1, org, 'other', 0, 0, NULL, 0, '{}' FROM loquet_account",
    "REPLACE INTO loquet_account
       SELECT NULL, randomblob(16), 1, org, external_id, 0, 0, NULL, 0, '{}' FROM loquet_account",
    "UPDATE OR REPLACE loquet_account SET external_id = 'person 2', version = version + 1
       WHERE external_id = 'person 1'",
    "UPDATE OR IGNORE loquet_account SET epoch = 0, version = version + 1",
    "UPDATE OR FAIL loquet_account SET ever = 0, version = version + 1",
    "REPLACE INTO loquet_attempt SELECT n, id, account, at, '[]' FROM loquet_attempt",
    "REPLACE INTO loquet_attempt SELECT NULL, id, account, at, '[]' FROM loquet_attempt",
    "REPLACE INTO loquet_attempt SELECT n, randomblob(16), account, at, '[]' FROM loquet_attempt",
    "REPLACE INTO loquet_audit SELECT n, account, seq, org, at, '[]', mac FROM loquet_audit",
    "REPLACE INTO loquet_audit SELECT NULL, account, seq, org, at, '[]', mac FROM loquet_audit",
    "REPLACE INTO loquet_audit SELECT n, account, seq + 100, org, at, '[]', mac FROM loquet_audit",
    "REPLACE INTO loquet_audit (rowid, account, seq, org, at, body, mac)
       SELECT rowid, account, seq + 100, org, at, '[]', mac FROM loquet_audit",
    "REPLACE INTO loquet_outbox SELECT number, recipient, org, at, '[]' FROM loquet_outbox",
    "REPLACE INTO loquet_metadata SELECT kind, page, 1, 0, '{}' FROM loquet_metadata",
    // New rows start with version 1.
    "INSERT INTO loquet_organization VALUES (randomblob(16), 2, 1, '{}')",
    "INSERT INTO loquet_roster VALUES (randomblob(16), 0, '{}')",
    "INSERT INTO loquet_account SELECT NULL, randomblob(16), 7, org, 'new', 0, 0, NULL, 0, '{}' FROM loquet_account",
];

#[test]
fn stray_statement_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(1));
    done(&store, everything(2));
    done(&store, put(Row::Metadata(metadata(1)), 0));
    drop(store);

    let shell = Connection::open(&path).unwrap();
    let before = dump(&shell);
    for recursive in ["OFF", "ON"] {
        shell
            .execute_batch(&format!("PRAGMA recursive_triggers = {recursive}"))
            .unwrap();
        for statement in REFUSED {
            let refusal = shell
                .execute(statement, [])
                .expect_err(statement)
                .to_string();
            assert!(refusal.contains("loquet: "), "{statement}: {refusal}");
            assert_eq!(dump(&shell), before, "{statement}");
        }
    }
}

/// Values of the wrong type are refused by constraints, with SQLite's own messages.
#[test]
fn row_of_wrong_type_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(1));
    drop(store);
    let shell = Connection::open(&path).unwrap();
    let before = dump(&shell);
    for statement in [
        "UPDATE loquet_organization SET enabled = 2, version = version + 1",
        "UPDATE loquet_account SET epoch = 4294967296, version = version + 1",
        "UPDATE loquet_account SET used_step = 'later', version = version + 1",
        "UPDATE loquet_account SET body = NULL, version = version + 1",
        "UPDATE loquet_account SET body = X'00', version = version + 1",
        "UPDATE loquet_account SET external_id = printf('%257d', 0), version = version + 1",
        "INSERT INTO loquet_organization VALUES (X'01', 1, 0, '{}')",
        "INSERT INTO loquet_organization VALUES ('0123456789abcdef', 1, 0, '{}')",
        "INSERT INTO loquet_audit SELECT -1, account, 9, org, at, body, mac FROM loquet_audit",
        "INSERT INTO loquet_audit SELECT NULL, account, 0, org, at, body, mac FROM loquet_audit",
        "INSERT INTO loquet_audit SELECT NULL, account, 9, org, at, body, X'00' FROM loquet_audit",
        "INSERT INTO loquet_attempt SELECT NULL, randomblob(16), account, -1, body FROM loquet_attempt",
    ] {
        shell.execute(statement, []).expect_err(statement);
        assert_eq!(dump(&shell), before, "{statement}");
    }
}

#[test]
fn statements_of_the_store_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(1));
    drop(store);
    let shell = Connection::open(&path).unwrap();
    for statement in [
        "UPDATE loquet_organization SET version = version + 1",
        "UPDATE loquet_roster SET body = '[]', version = version + 1",
        "UPDATE loquet_account SET used_step = used_step, version = version + 1",
        "UPDATE loquet_account SET used_step = used_step + 1, version = version + 1",
        "UPDATE loquet_account SET epoch = epoch + 1, used_step = NULL, version = version + 1",
        "UPDATE loquet_account SET used_step = 3, version = version + 1",
        "UPDATE loquet_account SET external_id = 'renamed', version = version + 1",
        "INSERT INTO loquet_audit SELECT NULL, account, 2, org, at, body, mac FROM loquet_audit",
        "DELETE FROM loquet_attempt",
        "DELETE FROM loquet_outbox",
        "INSERT INTO loquet_metadata VALUES (1, X'00000000000000000000000000000001', 1, 2, '{}')",
        "DELETE FROM loquet_audit WHERE seq = 1",
    ] {
        assert_eq!(
            shell.execute(statement, []).expect(statement),
            1,
            "{statement}"
        );
    }
}
