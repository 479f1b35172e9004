//! Log-ins over one and several nodes.

use std::time::{SystemTime, UNIX_EPOCH};

use loquet::testing::{Phone, TestClock};
use loquet::{Clock as _, Keyring, Mfa, NewAccount, Refusal, RoleId, UnixTime};
use loquet_postgres::{PostgresStore, migrate, pool_options};
use loquet_testkit::fixture::{ANNE, Fixture, refusal};
use sqlx::postgres::PgPool;

use crate::proxy::Proxy;
use crate::support::Postgres;

/// A step is one statement that reads and one that writes, once a node has seen the account and prepared both.
#[test]
fn log_in_step_takes_two_round_trips() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let proxy = Proxy::before(postgres.server.port()).await;
        let options = postgres.options().port(proxy.port);
        let pool = pool_options()
            .max_connections(1)
            .connect_with(options)
            .await
            .unwrap();
        migrate(&pool).await.unwrap();
        let fixture = Fixture::over(PostgresStore::open(pool).await.unwrap()).await;
        let (phone, _) = fixture.enabled().await;
        fixture.enter(ANNE, &phone).await;

        proxy.round_trips();
        let session = fixture.log_in(ANNE).await.session;
        assert_eq!(proxy.round_trips(), 2, "the password");
        let wrong = fixture.wrong_code(&phone);
        fixture.verify(&session, &wrong).await.unwrap_err();
        assert_eq!(proxy.round_trips(), 2, "a wrong code");
        let code = fixture.code(&phone);
        let session = fixture.verify(&session, &code).await.unwrap().session;
        assert_eq!(proxy.round_trips(), 2, "the code");
        fixture.user(&session).await;
        assert_eq!(proxy.round_trips(), 1, "an authorized request");
    });
}

/// A node over a store of its own, with the clock of the database.
async fn node(pool: &PgPool) -> Fixture {
    let operator = Mfa::builder(PostgresStore::open(pool.clone()).await.unwrap())
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .open_operator()
        .await
        .unwrap();
    let org = operator.mfa().organization_id().unwrap();
    Fixture::of(&operator, org, TestClock::at(0))
}

#[expect(clippy::disallowed_methods, reason = "the clock that must not decide")]
fn system_time() -> UnixTime {
    UnixTime(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
}

/// The database's clock is an hour ahead of both nodes'. Its time decides at both, whatever their own clocks say.
#[test]
fn database_clock_decides_at_each_node() {
    const HOUR: u64 = 3600;
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        // What is found first in the search_path is called in place of PostgreSQL's own.
        let fast = "CREATE TABLE fast (ahead interval); INSERT INTO fast VALUES ('0');
          CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
            $$ SELECT pg_catalog.clock_timestamp() + ahead FROM fast $$";
        sqlx::raw_sql(fast).execute(&pool).await.unwrap();
        let (one, other) = (node(&pool).await, node(&pool).await);
        let anne = NewAccount::new(ANNE, "anne").role(RoleId::ADMINISTRATOR);
        one.mfa.provision().ensure_account(anne).await.unwrap();
        let session = one.log_in(ANNE).await.session;
        one.enable(&one.user(&session).await).await;
        let phone = Phone::scan(&one.begin(&session).await).unwrap();
        let code = phone.code(one.mfa.now());
        let confirmed = one
            .mfa
            .confirm_enrollment(&session, code, Fixture::client());
        confirmed.await.unwrap();

        let ahead = "UPDATE fast SET ahead = interval '1 hour'";
        sqlx::query(ahead).execute(&pool).await.unwrap();
        for (node, is_first) in [(&one, true), (&other, false)] {
            let session = node.log_in(ANNE).await.session;
            let now = node.mfa.now();
            assert!(now.0.abs_diff(system_time().0 + HOUR) <= 2, "{now:?}");
            let old = node.verify(&session, &phone.code(system_time())).await;
            assert!(old.is_err(), "{old:?}");
            let new = node.verify(&session, &phone.code(now)).await;
            assert_eq!(new.is_ok(), is_first, "{new:?}");
        }
    });
}

/// Both nodes get each code at the same time: it is accepted once, and each other session learns that it was used.
#[test]
fn code_typed_at_two_nodes_is_accepted_once() {
    const CODES: u32 = 40;
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let clock = TestClock::at(1_790_000_000);
        let store = PostgresStore::open(pool.clone()).await.unwrap();
        let fixture = Fixture::at(store, clock.clone()).await;
        let store = PostgresStore::open(pool).await.unwrap();
        let other = Fixture::at(store, clock.clone()).await;
        let (phone, _) = fixture.enabled().await;
        for _ in 0..CODES {
            let one = fixture.log_in(ANNE).await.session;
            let two = other.log_in(ANNE).await.session;
            let code = fixture.code(&phone);
            let (first, second) =
                tokio::join!(fixture.verify(&one, &code), other.verify(&two, &code));
            let (won, lost) = if first.is_ok() {
                (first, second)
            } else {
                (second, first)
            };
            // A log-in at one node goes on at the other.
            let session = won.unwrap().session;
            other.user(&session).await;
            fixture.user(&session).await;
            let lost = refusal(lost);
            assert!(
                matches!(lost, Refusal::AlreadyUsed { .. }),
                "{lost:?} at {:?}",
                clock.now()
            );
        }
        fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    });
}

/// Nodes that start at once create the same accounts. Each finds them created.
#[test]
fn account_ensured_at_two_nodes_is_created_once() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let (one, other) = (node(&pool).await, node(&pool).await);
        for id in 100..160_u64 {
            let name = id.to_string();
            let ensure = |at: &Fixture| {
                let (mfa, new) = (at.mfa.clone(), NewAccount::new(id, &name));
                async move { mfa.provision().ensure_account(new).await }
            };
            let (first, second) = tokio::join!(ensure(&one), ensure(&other));
            assert_eq!((first.unwrap(), second.unwrap()), (id.into(), id.into()));
        }
    });
}
