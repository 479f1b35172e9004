//! The host's rows and Loquet's in one transaction of the host's.

use loquet::testing::Phone;
use loquet::{Error, LoggedIn, MfaSession, NewAccount, Refusal};
use loquet_postgres::{HostTransaction, PostgresStore, pool_options, to_fault};
use loquet_testkit::fixture::{ANNE, Fixture, refusal};
use sqlx::postgres::PgPool;

use crate::support::Postgres;

/// A host with tables of its own beside the store's.
struct Host {
    pool: PgPool,
    fixture: Fixture,
    phone: Phone,
}

impl Host {
    async fn on(postgres: &Postgres) -> Self {
        let pool = postgres.pool().await;
        let tables = "CREATE TABLE deletion (child text NOT NULL UNIQUE);
            CREATE TABLE person (id bigint PRIMARY KEY, name text NOT NULL);
            CREATE TABLE visit (person bigint NOT NULL REFERENCES person DEFERRABLE INITIALLY DEFERRED)";
        sqlx::raw_sql(tables).execute(&pool).await.unwrap();
        let store = PostgresStore::open(pool.clone()).await.unwrap();
        let fixture = Fixture::over(store).await;
        let (phone, _) = fixture.enabled().await;
        Self {
            pool,
            fixture,
            phone,
        }
    }

    async fn begin(&self) -> HostTransaction<'static> {
        HostTransaction::from(self.pool.begin().await.unwrap())
    }

    /// Deletes a child's file, which needs a code.
    async fn delete(
        &self,
        child: &str,
        session: &MfaSession,
        typed: &str,
    ) -> Result<LoggedIn, Error> {
        let mut transaction = self.begin().await;
        let sql = "INSERT INTO deletion VALUES ($1)";
        sqlx::query(sql)
            .bind(child)
            .execute(&mut *transaction)
            .await
            .map_err(to_fault)?;
        let committing = self.fixture.mfa.committing_in(transaction);
        committing
            .verify_code(session, typed, Fixture::client())
            .await
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

#[test]
fn host_rows_and_code_commit_together() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let host = Host::on(&postgres).await;
        let first = host.fixture.log_in(ANNE).await.session;
        let second = host.fixture.log_in(ANNE).await.session;
        let wrong = host.fixture.wrong_code(&host.phone);
        for counted in 1..=3 {
            let refused = refusal(host.delete("ada", &first, &wrong).await);
            assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
            assert_eq!(host.fixture.failures(ANNE).await, counted);
        }
        assert_eq!(host.count("deletion").await, 0);
        let typed = host.fixture.code(&host.phone);
        host.delete("ada", &first, &typed).await.unwrap();
        assert_eq!(host.count("deletion").await, 1);
        let refused = refusal(host.delete("bob", &second, &typed).await);
        assert!(
            matches!(refused, Refusal::AlreadyUsed { .. }),
            "{refused:?}"
        );
        assert_eq!(host.count("deletion").await, 1);
        host.fixture
            .operator
            .verify_audit(ANNE.into())
            .await
            .unwrap();
    });
}

/// The host's deferred constraint fails when Loquet commits: the code is not used up.
#[test]
fn code_stays_unused_when_host_fails() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let host = Host::on(&postgres).await;
        let session = host.fixture.log_in(ANNE).await.session;
        let typed = host.fixture.code(&host.phone);
        let mut transaction = host.begin().await;
        sqlx::query("INSERT INTO visit VALUES (42)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        let committing = host.fixture.mfa.committing_in(transaction);
        let ended = committing
            .verify_code(&session, &*typed, Fixture::client())
            .await;
        assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
        assert_eq!(host.count("visit").await, 0);
        host.delete("ada", &session, &typed).await.unwrap();
    });
}

#[test]
fn user_and_account_are_created_together() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let host = Host::on(&postgres).await;
        for (id, commits) in [(10u64, true), (11, false)] {
            let mut transaction = host.begin().await;
            let sql = "INSERT INTO person VALUES ($1, 'eve')";
            let id_number = i64::try_from(id).unwrap();
            sqlx::query(sql)
                .bind(id_number)
                .execute(&mut *transaction)
                .await
                .unwrap();
            let external_id = id.to_string();
            let new = NewAccount::new(id, &external_id);
            host.fixture
                .mfa
                .provision_in(&mut transaction)
                .ensure_account(new)
                .await
                .unwrap();
            if commits {
                transaction.into_inner().commit().await.unwrap();
            }
        }
        assert_eq!(host.count("person").await, 1);
        for (id, is_there) in [(10u64, true), (11, false)] {
            let found = host
                .fixture
                .mfa
                .provision()
                .find(&id.to_string())
                .await
                .unwrap();
            assert_eq!(found.is_some(), is_there);
        }
    });
}

/// A handler of a multi-threaded server awaits a committing transaction.
#[test]
fn committing_futures_are_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let host = Host::on(&postgres).await;
        let transaction = host.begin().await;
        let committing = host.fixture.mfa.committing_in(transaction);
        is_send(committing.log_in(ANNE, Fixture::client()))
            .await
            .unwrap();
        let mut transaction = host.begin().await;
        let mut provision = host.fixture.mfa.provision_in(&mut transaction);
        is_send(provision.ensure_account(NewAccount::new(12u64, "flo")))
            .await
            .unwrap();
    });
}

/// A pool of one connection, which the host's transaction has.
async fn alone(postgres: &Postgres) -> (PgPool, Fixture) {
    let options = (*postgres.pool().await.connect_options()).clone();
    let pool = pool_options().max_connections(1).connect_with(options);
    let pool = pool.await.unwrap();
    let store = PostgresStore::open(pool.clone()).await.unwrap();
    (pool, Fixture::over(store).await)
}

/// T89: a wrong code in a host's transaction counts although the pool has no second connection, and someone waits for this one.
#[test]
fn t89_wrong_code_counts_without_a_second_connection() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let (pool, fixture) = alone(&postgres).await;
        let (phone, _) = fixture.enabled().await;
        let session = fixture.log_in(ANNE).await.session;
        let wrong = fixture.wrong_code(&phone);
        for counted in 1..=3 {
            let transaction = HostTransaction::from(pool.begin().await.unwrap());
            let waits = tokio::spawn({
                let pool = pool.clone();
                async move { drop(pool.acquire().await) }
            });
            tokio::task::yield_now().await;
            let committing = fixture.mfa.committing_in(transaction);
            let verify = committing.verify_code(&session, wrong.as_str(), Fixture::client());
            let refused = refusal(verify.await);
            assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
            waits.await.unwrap();
            assert_eq!(fixture.failures(ANNE).await, counted);
        }
        fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    });
}

/// T90: an account that is created in the host's transaction needs no second connection, so that sign-ups do not wait for each
/// other.
#[test]
fn t90_sign_up_needs_one_connection() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let (pool, fixture) = alone(&postgres).await;
        let mut transaction = HostTransaction::from(pool.begin().await.unwrap());
        let mut inside = fixture.mfa.provision_in(&mut transaction);
        inside
            .ensure_account(NewAccount::new(20_u64, "lea"))
            .await
            .unwrap();
        transaction.into_inner().commit().await.unwrap();
        let found = fixture.mfa.provision().find("lea").await.unwrap();
        assert_eq!(found, Some(20_u64.into()));
    });
}
