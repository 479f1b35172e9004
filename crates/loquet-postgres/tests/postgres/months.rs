//! The audit log in partitions by month.

use loquet::UnixTime;
use loquet_postgres::PostgresStore;
use loquet_testkit::fixture::{ANNE, Fixture};
use sqlx::postgres::PgPool;

use crate::support::{Postgres, run};

const BY_MONTH: &str = include_str!("../../schema/audit_by_month.sql");
const EACH_MONTH: &str = "-- Partitions of the next three months";

async fn partitions(pool: &PgPool) -> Vec<String> {
    let sql = "SELECT DISTINCT tableoid::regclass::text FROM loquet_audit ORDER BY 1";
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

/// How many chains are as their accounts say.
async fn sound_chains(fixture: &Fixture) -> usize {
    let mut sound = 0;
    let verified = fixture.operator.verify_audits(None, |account| {
        assert!(account.chain.is_ok(), "{account:?}");
        sound += 1;
    });
    verified.await.unwrap();
    sound
}

/// T79: a trigger on a partition acts too.
async fn trigger_on_a_partition_is_refused(pool: &PgPool) {
    let quiet = "
      CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RETURN NULL; END $$;
      CREATE TRIGGER quiet BEFORE INSERT ON mfa_audit_later
        FOR EACH ROW EXECUTE FUNCTION quiet()";
    run(pool, quiet).await.unwrap();
    let refused = PostgresStore::open(pool.clone())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("trigger quiet on a partition of loquet_audit"),
        "{refused}"
    );
    run(pool, "DROP TRIGGER quiet ON mfa_audit_later")
        .await
        .unwrap();
}

#[test]
fn audit_log_by_month_is_whole_and_a_forgotten_month_is_dropped() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let roles = "CREATE ROLE app; CREATE ROLE app_operator";
        run(&pool, roles).await.unwrap();
        let fixture = Fixture::over(PostgresStore::open(pool.clone()).await.unwrap()).await;
        let (phone, _) = fixture.enabled().await;
        let chains = sound_chains(&fixture).await;

        run(&pool, BY_MONTH).await.unwrap();
        let (_, each_month) = BY_MONTH.split_once(EACH_MONTH).unwrap();
        run(&pool, &format!("--{each_month}")).await.unwrap();
        PostgresStore::open(pool.clone()).await.unwrap();
        let next =
            "SELECT extract(epoch FROM date_trunc('month', now()) + interval '40 days')::bigint";
        let next: i64 = sqlx::query_scalar(next).fetch_one(&pool).await.unwrap();
        fixture.clock.set(next.unsigned_abs());
        fixture.enter(ANNE, &phone).await;
        let both = partitions(&pool).await;
        assert!(
            both.len() == 2 && both.contains(&"mfa_audit_first".to_owned()),
            "{both:?}"
        );
        assert!(!both.contains(&"mfa_audit_later".to_owned()), "{both:?}");
        assert_eq!(sound_chains(&fixture).await, chains);
        for stray in [
            "UPDATE loquet_audit SET at = at",
            "DELETE FROM loquet_audit",
            "TRUNCATE loquet_audit",
        ] {
            let refused = run(&pool, stray).await.unwrap_err().to_string();
            assert!(refused.contains("loquet: "), "{stray}: {refused}");
        }

        trigger_on_a_partition_is_refused(&pool).await;

        let signed = fixture.operator.checkpoint().await.unwrap();
        let before = UnixTime(next.unsigned_abs());
        let forgotten = fixture
            .operator
            .forget_audit(&signed, before)
            .await
            .unwrap();
        assert!(forgotten > 0);
        assert_eq!(partitions(&pool).await.len(), 1);
        let drop = "
          ALTER TABLE loquet_audit DETACH PARTITION mfa_audit_first;
          DROP TABLE mfa_audit_first";
        run(&pool, drop).await.unwrap();
        PostgresStore::open(pool.clone()).await.unwrap();
        fixture.enter(ANNE, &phone).await;
        assert_eq!(sound_chains(&fixture).await, chains);
    });
}
