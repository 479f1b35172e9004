//! The past advisories about replay, races and counters, and other stories, over SQLite.

use loquet::audit::Broken;
use loquet::{Checkpoint, NewAccount};
use loquet_sqlite::SqliteStore;
use loquet_testkit::audit::verified;
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture};

use crate::support::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn advisory_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::advisories::all(|| folder.open()).await;
}

#[tokio::test]
async fn lost_connection_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::cut::at_each_step(|| folder.open()).await;
}

#[tokio::test]
async fn operation_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::letters::all(|| folder.open()).await;
    loquet_testkit::addresses::all(|| folder.open()).await;
    loquet_testkit::operations::all(|| folder.open()).await;
    loquet_testkit::imports::all(|| folder.open()).await;
    loquet_testkit::tokens::all(|| folder.open()).await;
}

#[tokio::test]
async fn session_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::sessions::all(|| folder.open()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn key_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::keys::all(|| folder.again_and_again()).await;
}

#[tokio::test]
async fn forgery_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::forgery::all(|| folder.open()).await;
}

#[tokio::test]
async fn audit_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::audit::all(|| folder.again_and_again()).await;
}

/// A stolen file alone gives no code, recovery code, reset code, device cookie or link.
#[tokio::test]
async fn leaked_file_contains_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    let (canaries, _) = loquet_testkit::canaries::story(&fixture).await;
    let copy = folder.path().join("app.backup");
    fixture.operator.mark_backup().await.unwrap();
    loquet_sqlite::backup(&path, &copy).unwrap();
    let log = folder.path().join("app.db-wal");
    let mut seen = 0;
    for file in [&path, &log, &copy] {
        let bytes = std::fs::read(file).unwrap();
        seen += bytes.len();
        loquet_testkit::canaries::assert_absent(&canaries, &file.display().to_string(), &bytes);
    }
    assert!(
        canaries.len() > 25 && seen > 100_000,
        "{} {seen}",
        canaries.len()
    );
}

/// A thief who writes the file, with the triggers dropped, leaves chains that verify; a checkpoint that was kept
/// elsewhere finds it, and nothing finds what came after it.
#[tokio::test]
async fn external_checkpoint_detects_truncated_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    let clock = fixture.clock.clone();
    fixture.imposed().await;
    drop(fixture);
    std::fs::copy(&path, &copy).unwrap();

    let fixture = Fixture::at(SqliteStore::open(&path).unwrap(), clock.clone()).await;
    fixture.log_in(CHLOE).await;
    let eve = NewAccount::new(9_u64, "eve").label("eve@example.org");
    let provision = fixture.mfa.provision();
    provision.ensure_account(eve).await.unwrap();
    let kept = fixture.operator.checkpoint().await.unwrap();
    fixture.log_in(DENIS).await;
    drop(fixture);

    // The older file in place of the newer one: every chain in it is whole.
    let fixture = Fixture::at(SqliteStore::open(&copy).unwrap(), clock).await;
    assert_eq!(broken(&fixture, None).await, []);
    let cut = |name: &str, expected, found| (name.to_owned(), Broken::CutOff { expected, found });
    assert_eq!(
        broken(&fixture, Some(&kept)).await,
        [cut("chloe", 1, 0), cut("", 0, 0)]
    );
    // Written on, the chain is long enough again, and another one.
    fixture.clock.advance(60);
    fixture.log_in(CHLOE).await;
    fixture.log_in(CHLOE).await;
    assert_eq!(
        broken(&fixture, Some(&kept)).await,
        [
            ("chloe".to_owned(), Broken::Replaced { seq: 1 }),
            cut("", 0, 0)
        ]
    );
}

/// The chains that do not verify.
async fn broken(fixture: &Fixture, against: Option<&Checkpoint>) -> Vec<(String, Broken)> {
    let found = verified(&fixture.operator, against).await.into_iter();
    found
        .filter_map(|(name, chain)| Some((name, chain.err()?)))
        .collect()
}

#[tokio::test]
async fn forged_metadata_row_is_detected() {
    let folder = Folder::new();
    let path = folder.path();
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    fixture.log_in(CHLOE).await;
    fixture.log_in(CHLOE).await;
    drop(fixture);

    let shell = rusqlite::Connection::open(&path).unwrap();
    let chloe = loquet::AccountId::from(CHLOE).to_bytes();
    let body = format!(
        r#"{{"v":1,"head":"{0}","signature":"{0}"}}"#,
        "07".repeat(32)
    );
    shell
        .execute(
            "INSERT INTO loquet_metadata VALUES (1, ?1, 1, 2, ?2)",
            rusqlite::params![chloe, body],
        )
        .unwrap();
    assert_eq!(
        shell
            .execute(
                "DELETE FROM loquet_audit WHERE account = ?1 AND seq < 2",
                [chloe]
            )
            .unwrap(),
        1
    );
    drop(shell);
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    assert_eq!(
        broken(&fixture, None).await,
        [("chloe".to_owned(), Broken::Unsigned)]
    );
}

/// What is erased is overwritten too, once the log is written back.
#[tokio::test]
async fn erased_account_leaves_no_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    let address = "chloe@example.com".parse().unwrap();
    let provision = fixture.mfa.provision();
    provision.set_address(CHLOE, address).await.unwrap();
    fixture.log_in(CHLOE).await;
    provision.erase(CHLOE).await.unwrap();
    drop(fixture);
    // The last connection that closes writes the log back.
    rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        seen += bytes.len();
        let found = bytes.windows(5).any(|window| window == b"chloe");
        assert!(!found, "{} shows a name", file.display());
    }
    assert!(seen > 10_000, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn decisions_survive_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    let (phone, session) = fixture.imposed().await;
    let clock = fixture.clock.clone();
    let records = fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    drop(fixture);

    let fixture = Fixture::at(SqliteStore::open(&path).unwrap(), clock).await;
    assert_eq!(
        fixture.operator.verify_audit(ANNE.into()).await.unwrap(),
        records
    );
    assert!(
        fixture.authorize(&session).await.is_ok(),
        "the session goes on"
    );
    fixture.enter(ANNE, &phone).await;
}
