<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
//! The scenarios of `loquet-testkit` over SQLite: past advisories, operations, keys, audit log.
========
//! The past advisories about replay, races and counters, and other stories, over SQLite.
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs

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
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn lost_connection_scenarios_pass() {
========
async fn connection_lost_at_each_step_over_sqlite() {
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
    let folder = Folder::new();
    loquet_testkit::cut::at_each_step(|| folder.open()).await;
}

#[tokio::test]
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn operation_scenarios_pass() {
========
async fn operations_over_sqlite() {
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
    let folder = Folder::new();
    loquet_testkit::letters::all(|| folder.open()).await;
    loquet_testkit::operations::all(|| folder.open()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn key_scenarios_pass() {
    let folder = Folder::new();
    loquet_testkit::keys::all(|| folder.again_and_again()).await;
}

#[tokio::test]
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn audit_scenarios_pass() {
========
async fn audit_log_over_sqlite() {
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
    let folder = Folder::new();
    loquet_testkit::audit::all(|| folder.again_and_again()).await;
}

/// A stolen file alone contains no code, recovery code, reset code, device cookie or link.
#[tokio::test]
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn leaked_file_contains_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let fixture = House::over(SqliteStore::open(&path).unwrap()).await;
    let (canaries, _) = loquet_testkit::canaries::story(&fixture).await;
    let copy = folder.path().join("loquet.backup");
    fixture.service.mark_backup().await.unwrap();
    loquet_sqlite::backup(&path, &copy).unwrap();
    let log = folder.path().join("loquet.db-wal");
========
async fn leaked_file_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
    let (canaries, _) = loquet_testkit::canaries::story(&fixture).await;
    let copy = folder.path().join("app.backup");
    fixture.operator.mark_backup().await.unwrap();
    loquet_sqlite::backup(&path, &copy).unwrap();
    let log = folder.path().join("app.db-wal");
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
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

/// An attacker who replaces the file with an older one leaves chains that verify. A checkpoint kept elsewhere detects it,
/// except for records after the checkpoint.
#[tokio::test]
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn external_checkpoint_detects_truncated_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let fixture = House::over(SqliteStore::open(&path).unwrap()).await;
    let clock = fixture.clock.clone();
    fixture.imposed().await;
    let org = fixture.org;
    drop(fixture);
    std::fs::copy(&path, &copy).unwrap();

    let fixture = House::at(SqliteStore::open(&path).unwrap(), clock.clone()).await;
    fixture.log_in(CHLOE).await;
    let eve = "eve@example.org";
    let added = fixture.service.ensure_account(
        org,
        NewAccount {
            id: 9_u64.into(),
            external_id: "eve",
            label: eve,
            roles: &[],
        },
    );
    added.await.unwrap();
    let kept = fixture.service.checkpoint().await.unwrap();
    fixture.log_in(DENIS).await;
    drop(fixture);

    // The older file in place of the newer one: every chain in it verifies.
    let fixture = House::at(SqliteStore::open(&copy).unwrap(), clock).await;
========
async fn kept_checkpoint_finds_missing_records() {
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
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
    assert_eq!(broken(&fixture, None).await, []);
    let cut = |name: &str, expected, found| (name.to_owned(), Broken::CutOff { expected, found });
    assert_eq!(
        broken(&fixture, Some(&kept)).await,
        [cut("chloe", 1, 0), cut("", 0, 0)]
    );
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
    // With new records, the chain is long enough again, but differs.
========
    // Written on, the chain is long enough again, and another one.
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
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

<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
/// Returns the chains that do not verify.
async fn broken(fixture: &House, against: Option<&Checkpoint>) -> Vec<(String, Broken)> {
    let found = verified(&fixture.service, against).await.into_iter();
========
/// The chains that do not verify.
async fn broken(fixture: &Fixture, against: Option<&Checkpoint>) -> Vec<(String, Broken)> {
    let found = verified(&fixture.operator, against).await.into_iter();
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
    found
        .filter_map(|(name, chain)| Some((name, chain.err()?)))
        .collect()
}

#[tokio::test]
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn forged_ledger_page_is_detected() {
    let folder = Folder::new();
    let path = folder.path();
    let fixture = House::over(SqliteStore::open(&path).unwrap()).await;
========
async fn forged_metadata_forgets_no_records() {
    let folder = Folder::new();
    let path = folder.path();
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
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
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
    let fixture = House::over(SqliteStore::open(&path).unwrap()).await;
========
    let fixture = Fixture::over(SqliteStore::open(&path).unwrap()).await;
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
    assert_eq!(
        broken(&fixture, None).await,
        [("chloe".to_owned(), Broken::Unsigned)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
<<<<<<<< HEAD:crates/loquet-sqlite/tests/sqlite/scenarios.rs
async fn decisions_survive_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let fixture = House::over(SqliteStore::open(&path).unwrap()).await;
    let (phone, stamp) = fixture.imposed().await;
    let clock = fixture.clock.clone();
    let records = fixture.service.verify_audit(ANNE.into()).await.unwrap();
    drop(fixture);

    let fixture = House::at(SqliteStore::open(&path).unwrap(), clock).await;
    assert_eq!(
        fixture.service.verify_audit(ANNE.into()).await.unwrap(),
        records
    );
    assert!(
        fixture.service.check(&stamp, None).await.unwrap().is_ok(),
        "the session goes on"
    );
    let half = fixture.log_in(ANNE).await.stamp;
    let typed = fixture.code(&phone).into();
    let code = loquet::flow::VerifyCode { stamp: half, typed };
    assert!(fixture.run(code).await.is_ok());
========
async fn decisions_survive_a_restart() {
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
>>>>>>>> porttests:crates/loquet-sqlite/tests/sqlite/stories.rs
}
