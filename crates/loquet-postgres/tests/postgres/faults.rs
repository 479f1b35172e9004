//! A server, a connection or a pool that fails: each outcome is one that a caller can act on, and no code is used twice.

use std::time::Duration;

use loquet::store::{AccountRow, Commit, Fault, Row, RowKey, Store as _, Version, Writes};
use loquet::testing::Phone;
use loquet::{AccountId, Attempt, Clock as _, Error, MfaSession, OrgId, Refusal};
use loquet_postgres::{OpenError, PostgresStore, migrate, pool_options};
use loquet_testkit::fixture::{ANNE, Fixture, refusal};
use sqlx::postgres::{PgPool, PgPoolOptions};

use crate::proxy::Proxy;
use crate::support::Postgres;

fn options() -> PgPoolOptions {
    pool_options().acquire_timeout(Duration::from_secs(2))
}

async fn fixture(pool: &PgPool) -> Fixture {
    Fixture::over(PostgresStore::open(pool.clone()).await.unwrap()).await
}

/// Types a code, and sends the same form again while the answer is one after which that helps.
async fn verify_until_told(
    fixture: &Fixture,
    session: &MfaSession,
    typed: &str,
) -> Result<(), Refusal> {
    const TRIES: u32 = 500;
    let attempt = Attempt::new(Fixture::client()).idempotency_key("form");
    for _ in 0..TRIES {
        match fixture.mfa.verify_code(session, typed, attempt).await {
            Ok(_) | Err(Error::Refused(Refusal::AlreadyCompleted)) => return Ok(()),
            Err(Error::Refused(refusal)) => return Err(refusal),
            Err(Error::Busy | Error::Unavailable(_)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(other) => panic!("nobody can act on this: {other:?}"),
        }
    }
    panic!("the attempt never ends");
}

/// After whatever has happened: the code was used once, nothing is counted, and the audit log is whole.
async fn is_used_once(fixture: &Fixture, phone: &Phone, typed: &str) {
    let other = fixture.log_in(ANNE).await.session;
    let again = refusal(fixture.verify(&other, typed).await);
    assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
    assert_eq!(fixture.failures(ANNE).await, 0);
    fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    fixture.enter(ANNE, phone).await;
}

/// Verifies a code over connections that are cut after every so many bytes.
async fn cut_at_each(postgres: &Postgres, stride: i64) {
    let proxy = Proxy::before(postgres.server.port()).await;
    let pool = postgres.pool().await;
    let direct = (*pool.connect_options()).clone();
    let through = options()
        .connect_with(direct.port(proxy.port))
        .await
        .unwrap();
    let fixture = fixture(&through).await;
    let (phone, _) = fixture.enabled().await;
    for bytes in (0..).step_by(usize::try_from(stride).unwrap()) {
        let session = fixture.log_in(ANNE).await.session;
        let typed = fixture.code(&phone);
        proxy.cut_after(bytes);
        verify_until_told(&fixture, &session, &typed).await.unwrap();
        let was_cut = proxy.heal();
        is_used_once(&fixture, &phone, &typed).await;
        if !was_cut {
            assert!(bytes > 1000, "a step has more than {bytes} bytes");
            break;
        }
    }
}

#[test]
fn code_is_used_once_however_connections_are_cut() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(cut_at_each(&postgres, 211));
}

#[test]
#[ignore = "thousands of log-ins take minutes"]
fn code_is_used_once_wherever_connections_are_cut() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(cut_at_each(&postgres, 3));
}

/// The server ends connections while codes are typed.
#[test]
fn code_is_used_once_while_backends_are_terminated() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let other = PgPool::connect_with(postgres.options()).await.unwrap();
        let fixture = fixture(&pool).await;
        let (phone, _) = fixture.enabled().await;
        let terminating = tokio::spawn(async move {
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.3";
            loop {
                sqlx::query(sql).execute(&other).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut typed = String::new();
        for _ in 0..30 {
            let session = loop {
                match fixture.mfa.log_in(ANNE, Fixture::client()).await {
                    Ok(login) => break login.session,
                    Err(Error::Busy | Error::Unavailable(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            };
            typed = fixture.code(&phone);
            verify_until_told(&fixture, &session, &typed).await.unwrap();
        }
        terminating.abort();
        assert!(terminating.await.is_err());
        is_used_once(&fixture, &phone, &typed).await;
    });
}

/// The server is killed and started again: what was acknowledged is there, and the pool's dead connections are passed over.
#[test]
fn log_ins_go_on_after_the_server_was_killed() {
    let postgres = Postgres::with(&["max_connections = 50"]);
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let fixture = fixture(&pool).await;
        let (phone, _) = fixture.enabled().await;
        for kill in [true, false] {
            // All connections of the pool are open.
            let held: Vec<_> = (0..8).map(|_| pool.acquire()).collect();
            for connection in held {
                drop(connection.await.unwrap());
            }
            let session = fixture.log_in(ANNE).await.session;
            let typed = fixture.code(&phone);
            if kill {
                postgres.server.kill();
            } else {
                postgres.server.stop();
            }
            let down = fixture.verify(&session, &typed).await.unwrap_err();
            assert!(
                matches!(down, Error::Busy | Error::Unavailable(_)),
                "{down:?}"
            );
            postgres.server.run();
            verify_until_told(&fixture, &session, &typed).await.unwrap();
            is_used_once(&fixture, &phone, &typed).await;
        }
    });
}

fn new_account(number: u64) -> Writes {
    let row = Row::Account(AccountRow {
        id: AccountId::from(number),
        org: OrgId::from(1u64),
        external_id: number.to_string(),
        ever: false,
        epoch: 0,
        used_step: None,
        audited: 0,
        body: "{}".to_owned(),
    });
    Writes {
        expect: vec![(row.key(), Version::ABSENT)],
        put: vec![row],
        ..Writes::default()
    }
}

/// A pool whose connections are all taken, a lock that is held too long, a statement that takes too long: busy, and nothing
/// is written.
#[test]
fn waits_end_as_busy() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let direct = (*pool.connect_options()).clone();
        for setting in ["statement_timeout", "lock_timeout"] {
            let options = direct.clone().options([(setting, "100")]);
            let one = pool_options()
                .max_connections(1)
                .acquire_timeout(Duration::from_millis(100))
                .connect_with(options)
                .await
                .unwrap();
            let store = PostgresStore::open(one.clone()).await.unwrap();
            let mut holding = pool.begin().await.unwrap();
            let lock = "LOCK TABLE loquet_account IN EXCLUSIVE MODE";
            sqlx::query(lock).execute(&mut *holding).await.unwrap();
            let ended = store.commit(new_account(7)).await;
            assert!(matches!(ended, Err(Fault::Busy)), "{setting}: {ended:?}");
            holding.rollback().await.unwrap();

            let taken = one.acquire().await.unwrap();
            let ended = store.commit(new_account(7)).await;
            assert!(matches!(ended, Err(Fault::Busy)), "{ended:?}");
            let ended = store.load(&[RowKey::Account(AccountId::from(7u64))]).await;
            assert!(matches!(ended, Err(Fault::Busy)), "{ended:?}");
            drop(taken);
        }
        let store = PostgresStore::open(pool).await.unwrap();
        assert_eq!(store.commit(new_account(7)).await.unwrap(), Commit::Done);
    });
}

/// A replica takes no changes, and the error says what to do.
#[test]
fn replica_takes_no_changes() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let options = (*pool.connect_options()).clone();
        let options = options.options([("default_transaction_read_only", "on")]);
        let pool = options_pool(options).await;
        let store = PostgresStore::open(pool).await.unwrap();
        let refused = store.commit(new_account(7)).await.unwrap_err();
        assert!(
            refused.to_string().contains("connect to the primary"),
            "{refused}"
        );
    });
}

/// T88: a standby may not know yet which sessions have ended.
#[test]
fn t88_standby_authorizes_nothing() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let fixture = fixture(&pool).await;
        let (phone, _) = fixture.enabled().await;
        let session = fixture.enter(ANNE, &phone).await;
        postgres.server.stop();
        std::fs::write(postgres.server.folder().join("standby.signal"), "").unwrap();
        postgres.server.run();
        let refused = fixture.authorize(&session).await.unwrap_err();
        assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
        assert!(refused.to_string().contains("a standby"), "{refused}");
        let refused = PostgresStore::open(pool).await.unwrap_err();
        assert!(matches!(refused, OpenError::Standby), "{refused}");
    });
}

/// T87: the standby that every commit waits for is away. `statement_timeout` must not make a change out to be done that only the
/// primary has; the caller waits, or gives up and asks again.
#[test]
fn t87_statement_timeout_cuts_no_wait_for_a_standby_short() {
    let postgres = Postgres::with(&["synchronous_standby_names = 'away'"]);
    postgres.runtime.block_on(async {
        let with = |setting| {
            let options = postgres.options().options([setting]);
            async { self::options().connect_with(options).await.unwrap() }
        };
        // These do not wait for it.
        let pool = with(("synchronous_commit", "local")).await;
        migrate(&pool).await.unwrap();
        let here = fixture(&pool).await;
        let (phone, _) = here.enabled().await;
        let hasty = fixture(&with(("statement_timeout", "300ms")).await).await;
        let session = here.log_in(ANNE).await.session;
        let code = here.code(&phone);
        hasty.clock.set(here.clock.now().0);
        let verified = hasty.verify(&session, &code);
        let waits = tokio::time::timeout(Duration::from_secs(2), verified).await;
        assert!(waits.is_err(), "{waits:?}");
        let end = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        let ended: i64 = sqlx::query_scalar(end).fetch_one(&pool).await.unwrap();
        assert!(ended > 0);
        is_used_once(&here, &phone, &code).await;
    });
}

/// T87: a future of the service's that is dropped while it begins a transaction can leave the transaction open (sqlx 0.9.0 does).
/// What is then written on that connection would go with it, after it was answered for.
#[test]
fn t87_transaction_left_open_swallows_nothing() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let direct = (*pool.connect_options()).clone();
        let one = options().max_connections(1);
        let one = one.connect_with(direct.clone()).await.unwrap();
        let (here, elsewhere) = (fixture(&one).await, fixture(&pool).await);
        let (phone, _) = here.enabled().await;
        for left_open in [
            "BEGIN",
            "BEGIN ISOLATION LEVEL REPEATABLE READ",
            "BEGIN; SELECT 1/0",
        ] {
            drop(sqlx::raw_sql(left_open).execute(&one).await);
            let session = loop {
                // At another level nothing is decided, and the connection is closed.
                match here.mfa.log_in(ANNE, Fixture::client()).await {
                    Ok(login) => break login.session,
                    Err(error) => assert!(error.to_string().contains("READ COMMITTED"), "{error}"),
                }
            };
            drop(sqlx::raw_sql(left_open).execute(&one).await);
            let code = here.code(&phone);
            let session = loop {
                match here.verify(&session, &code).await {
                    Ok(login) => break login.session,
                    Err(error) => assert!(error.to_string().contains("READ COMMITTED"), "{error}"),
                }
            };
            elsewhere.clock.set(here.mfa.now().0);
            elsewhere.user(&session).await;
        }
    });
}

async fn options_pool(options: sqlx::postgres::PgConnectOptions) -> PgPool {
    pool_options().connect_with(options).await.unwrap()
}

/// Failover to a replica that lacks the last commit: whoever logged in with it logs in again, and the rest goes on.
#[test]
fn failover_that_loses_the_last_commit_ends_its_session() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let url = |database: &str| postgres.server.url(database);
        let all = PgPool::connect(&url("postgres")).await.unwrap();
        let run = async |sql: &'static str| sqlx::query(sql).execute(&all).await.unwrap();
        run("CREATE DATABASE first").await;
        let pool = options().connect(&url("first")).await.unwrap();
        migrate(&pool).await.unwrap();
        let fixture = fixture(&pool).await;
        let (phone, _) = fixture.enabled().await;
        let kept = fixture.enter(ANNE, &phone).await;

        // What the replica has, and what only the primary has.
        pool.set_connect_options(url("first").parse().unwrap());
        let end =
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'first'";
        run(end).await;
        run("CREATE DATABASE replica TEMPLATE first").await;
        let lost = fixture.enter(ANNE, &phone).await;

        pool.set_connect_options(url("replica").parse().unwrap());
        run(end).await;
        let ended = fixture.authorize(&lost).await;
        assert!(matches!(
            refusal(ended),
            Refusal::StaleLogIn | Refusal::LogInRequired
        ));
        fixture.user(&kept).await;
        fixture.operator.verify_audit(ANNE.into()).await.unwrap();
        fixture.enter(ANNE, &phone).await;
    });
}
