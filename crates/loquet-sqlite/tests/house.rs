//! The past advisories about replay, races and counters, and other stories of the house, over SQLite.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use loquet_sqlite::SqliteStore;
use loquet_testkit::house::{ANNE, House};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn past_advisories_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = 0..;
    loquet_testkit::advisories::all(|| {
        let path = folder.path().join(format!("{}.db", files.next().unwrap()));
        SqliteStore::open(path).unwrap()
    })
    .await;
}

#[tokio::test]
async fn the_ceremonies_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = 0..;
    let mut store = || {
        let path = folder.path().join(format!("{}.db", files.next().unwrap()));
        SqliteStore::open(path).unwrap()
    };
    loquet_testkit::letters::all(&mut store).await;
    loquet_testkit::ceremonies::all(&mut store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = 0..;
    loquet_testkit::keys::all(|| {
        let path = folder.path().join(format!("{}.db", files.next().unwrap()));
        move || SqliteStore::open(&path).unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_decided_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("house.db");
    let house = House::over(SqliteStore::open(&path).unwrap()).await;
    let (phone, stamp) = house.imposed().await;
    let clock = house.clock.clone();
    let records = house.service.verify_audit(ANNE.into()).await.unwrap();
    drop(house);

    let house = House::at(SqliteStore::open(&path).unwrap(), clock).await;
    assert_eq!(
        house.service.verify_audit(ANNE.into()).await.unwrap(),
        records
    );
    assert!(
        house.service.check(&stamp, None).await.unwrap().is_ok(),
        "the session goes on"
    );
    let half = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone);
    let code = loquet::flow::GiveCode { stamp: half, typed };
    assert!(house.run(code).await.is_ok());
}
