//! Two changes that each read what the other writes: one of them is stale. In one statement, or without the locks that
//! `loquet_commit` takes, both would go through under `READ COMMITTED`.

use std::time::Duration;

use loquet::HostTx as _;
use loquet::store::{
    AccountRow, Commit, Fault, MetadataId, MetadataRow, OrganizationRow, Row, RowKey, Store as _,
    Version, Writes,
};
use loquet::{AccountId, OrgId};
use loquet_postgres::{HostTransaction, PostgresStore};
use sqlx::postgres::PgPool;

use crate::support::Postgres;

fn org() -> Row {
    Row::Organization(OrganizationRow {
        id: OrgId::from(1u64),
        enabled: false,
        body: "{}".to_owned(),
    })
}

fn account() -> Row {
    Row::Account(AccountRow {
        id: AccountId::from(1u64),
        org: OrgId::from(1u64),
        external_id: "ada".to_owned(),
        ever: false,
        epoch: 0,
        used_step: None,
        audited: 0,
        body: "{}".to_owned(),
    })
}

fn metadata(page: u8) -> Row {
    Row::Metadata(MetadataRow {
        id: MetadataId {
            kind: 7,
            page: [page; 16],
        },
        mark: 0,
        body: "{}".to_owned(),
    })
}

/// Expects both rows at this version and writes the first.
fn writes(write: Row, read: &Row, at: Version) -> Writes {
    Writes {
        expect: vec![(write.key(), at), (read.key(), at)],
        put: vec![write],
        ..Writes::default()
    }
}

/// One change is in a transaction that has not committed yet when the other comes.
async fn second_of_two(pool: &PgPool, first: Writes, second: Writes) -> Result<Commit, Fault> {
    let store = PostgresStore::open(pool.clone()).await.unwrap();
    let mut open = HostTransaction::from(pool.begin().await.unwrap());
    assert_eq!(open.apply(&first).await.unwrap(), Commit::Done);
    let second = tokio::spawn(async move { store.commit(second).await });
    until_one_waits(pool).await;
    open.into_inner().commit().await.unwrap();
    second.await.unwrap()
}

/// Waits for a connection that waits for a lock.
async fn until_one_waits(pool: &PgPool) {
    for _ in 0..200 {
        let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')";
        if sqlx::query_scalar(waits).fetch_one(pool).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn two_changes_that_read_what_the_other_writes_are_not_both_done() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pairs = [
            (org(), account()),
            (account(), org()),
            (org(), metadata(1)),
            (metadata(1), metadata(2)),
        ];
        for (one, other) in pairs {
            for at in [Version::ABSENT, Version(1)] {
                let pool = postgres.pool().await;
                if at != Version::ABSENT {
                    let store = PostgresStore::open(pool.clone()).await.unwrap();
                    for row in [&one, &other] {
                        let new = writes(row.clone(), row, Version::ABSENT);
                        assert_eq!(store.commit(new).await.unwrap(), Commit::Done);
                    }
                }
                let first = writes(one.clone(), &other, at);
                let second = writes(other.clone(), &one, at);
                let ended = second_of_two(&pool, first, second).await;
                let (one, other) = (one.key(), other.key());
                assert!(
                    matches!(ended, Ok(Commit::Stale)),
                    "{one} and {other}: {ended:?}"
                );
            }
        }
    });
}

/// A log-in reads the organization and never writes it: not even a lock is left on the row.
#[test]
fn organization_is_read_without_a_lock() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let store = PostgresStore::open(pool.clone()).await.unwrap();
        for row in [org(), account()] {
            let new = writes(row.clone(), &row, Version::ABSENT);
            assert_eq!(store.commit(new).await.unwrap(), Commit::Done);
        }
        let log_in = writes(account(), &org(), Version(1));
        assert_eq!(store.commit(log_in).await.unwrap(), Commit::Done);
        let locked = "SELECT xmax <> 0 FROM loquet_organization";
        let locked: bool = sqlx::query_scalar(locked).fetch_one(&pool).await.unwrap();
        assert!(!locked);
    });
}

/// In another level a change would be checked against an old view.
#[test]
fn only_read_committed_is_accepted() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        for (level, done) in [
            ("READ COMMITTED", true),
            ("REPEATABLE READ", false),
            ("SERIALIZABLE", false),
        ] {
            let begin = sqlx::AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {level}"));
            let transaction = pool.begin_with(begin).await.unwrap();
            let mut transaction = HostTransaction::from(transaction);
            let new = writes(org(), &org(), Version::ABSENT);
            let ended = transaction.apply(&new).await;
            assert_eq!(ended.is_ok(), done, "{level}: {ended:?}");
        }
    });
}

/// Where the session has `synchronous_commit = off`, a change turns it on for its transaction.
#[test]
fn change_is_durable_where_the_session_is_not() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let mut transaction = HostTransaction::from(pool.begin().await.unwrap());
        let setting = "SET LOCAL synchronous_commit = off";
        sqlx::query(setting)
            .execute(&mut *transaction)
            .await
            .unwrap();
        let new = writes(org(), &org(), Version::ABSENT);
        assert_eq!(transaction.apply(&new).await.unwrap(), Commit::Done);
        let setting: String = sqlx::query_scalar("SHOW synchronous_commit")
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        assert_eq!(setting, "on");
    });
}

#[test]
fn keys_are_found_in_any_number() {
    let postgres = Postgres::start();
    let store = postgres.store();
    postgres.runtime.block_on(async {
        let keys: Vec<_> = (0..5000u64)
            .map(|n| RowKey::Account(AccountId::from(n)))
            .collect();
        assert!(store.load(&keys).await.unwrap().is_empty());
    });
}
