//! Rows of another store.

use loquet::store::{Cursor, Fault, MemoryStore, Query, Receive as _, Store as _, copy};
use loquet_postgres::{OpenError, PostgresStore, Receiver, migrate, pool_options};
use loquet_testkit::fixture::{ANNE, Fixture};
use std::sync::Arc;

use crate::support::Postgres;

/// All goes on in the copy where it was; tables with rows in them are left alone.
#[test]
fn service_goes_on_in_a_copy() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let from = Arc::new(MemoryStore::new());
        let fixture = Fixture::over(Arc::clone(&from)).await;
        let (phone, session) = fixture.imposed().await;
        let pool = postgres.empty(pool_options()).await;
        // A service may have made the tables, and nothing else.
        migrate(&pool).await.unwrap();
        let to = Receiver::create(pool.clone()).await.unwrap();
        assert!(copy(&from, to, |_| ()).await.unwrap() > 10);

        let again = Receiver::create(pool.clone()).await.unwrap_err();
        assert!(matches!(again, OpenError::NotEmpty), "{again}");
        let store = PostgresStore::open(pool).await.unwrap();
        let copied = Fixture::at(store, fixture.clock.clone()).await;
        copied.user(&session).await;
        copied.enter(ANNE, &phone).await;
        copied.operator.verify_audit(ANNE.into()).await.unwrap();
    });
}

/// What was copied before an interruption has changed since: the copy is not finished, and no store opens it.
#[test]
fn copy_of_a_store_in_use_is_never_finished() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let from = Arc::new(MemoryStore::new());
        let fixture = Fixture::over(Arc::clone(&from)).await;
        let (phone, _) = fixture.enabled().await;
        let pool = postgres.empty(pool_options()).await;
        let mut to = Receiver::create(pool.clone()).await.unwrap();
        let accounts = from.scan(&Query::AllAccounts, &Cursor::default()).await;
        to.receive(&accounts.unwrap().items).await.unwrap();

        fixture.enter(ANNE, &phone).await;
        let to = Receiver::create(pool.clone()).await.unwrap();
        let differs = copy(&from, to, |_| ()).await.unwrap_err();
        assert!(matches!(&differs, Fault::NotCommitted(_)), "{differs}");
        assert!(
            differs.to_string().contains("copy into a new database"),
            "{differs}"
        );
        let refused = PostgresStore::open(pool).await.unwrap_err();
        assert!(matches!(refused, OpenError::Unversioned), "{refused}");
    });
}
