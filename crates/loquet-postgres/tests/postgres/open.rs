//! The tables: created once, found in any schema, refused where they are not this program's.

use loquet::store::{Row, RowKey, Store as _, Version};
use loquet::{AccountId, OrgId};
use loquet_postgres::{OpenError, PostgresStore, ROLES, migrate, pool_options};
use loquet_testkit::fixture::{ANNE, Fixture};
use loquet_testkit::letters::Mailbox;
use sqlx::postgres::PgPool;

use crate::support::{Postgres, run};

/// A database as a program of version 1 left it: each script is never edited once released.
const GOLDEN: [&str; 2] = [
    include_str!("../../schema/0001_loquet.sql"),
    include_str!("golden/1.sql"),
];

/// A pool on that database.
async fn golden(postgres: &Postgres) -> PgPool {
    let pool = postgres.empty(pool_options()).await;
    for script in GOLDEN {
        run(&pool, script).await.unwrap();
    }
    pool
}

#[test]
fn tables_are_created_once_by_many_nodes() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.empty(pool_options()).await;
        let missing = PostgresStore::open(pool.clone()).await.unwrap_err();
        assert!(matches!(missing, OpenError::NoTables), "{missing}");
        let nodes: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn({
                    let pool = pool.clone();
                    async move { migrate(&pool).await }
                })
            })
            .collect();
        for node in nodes {
            node.await.unwrap().unwrap();
        }
        let store = PostgresStore::open(pool.clone()).await.unwrap();
        let fixture = Fixture::over(store).await;
        migrate(&pool).await.unwrap();
        fixture.log_in(ANNE).await;
    });
}

#[test]
fn tables_of_another_version_are_refused() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        run(&pool, "UPDATE loquet_schema SET version = 2")
            .await
            .unwrap();
        for refused in [
            PostgresStore::open(pool.clone()).await.err(),
            migrate(&pool).await.err(),
        ] {
            let refused = refused.unwrap();
            assert!(
                matches!(refused, OpenError::Newer { found: 2, known: 1 }),
                "{refused}"
            );
        }
        let back = run(&pool, "UPDATE loquet_schema SET version = 1")
            .await
            .unwrap_err();
        assert!(
            back.to_string().contains("the schema only goes forward"),
            "{back}"
        );
    });
}

#[test]
fn golden_database_is_read() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = golden(&postgres).await;
        let store = PostgresStore::open(pool.clone()).await.unwrap();
        let keys = [
            RowKey::Organization(OrgId::from(1u64)),
            RowKey::Account(AccountId::from(1u64)),
        ];
        let found = store.load(&keys).await.unwrap();
        let [organization, account] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(organization.version, Version(1));
        let Row::Account(account) = &account.row else {
            panic!("{account:?}");
        };
        assert_eq!(
            (account.external_id.as_str(), account.used_step),
            ("person 1", Some(1000))
        );
    });
}

#[test]
#[ignore = "writes what `open` compares with; for a change of the schema"]
fn write_the_objects() {
    let postgres = Postgres::start();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/objects.txt");
    let objects: Vec<String> = postgres.runtime.block_on(async {
        let pool = postgres.empty(pool_options()).await;
        run(&pool, GOLDEN[0]).await.unwrap();
        let sql = include_str!("../../schema/objects.sql");
        sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
    });
    std::fs::write(path, objects.join("\n") + "\n").unwrap();
}

/// T91: whoever may create a function in the tables' schema could put it in the place of PostgreSQL's own.
#[test]
fn t91_schema_in_which_every_role_creates_is_refused() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = postgres.pool().await;
        let schema: String = sqlx::query_scalar("SELECT current_schema()::text")
            .fetch_one(&pool)
            .await
            .unwrap();
        let grant = format!("GRANT CREATE ON SCHEMA {schema} TO PUBLIC");
        run(&pool, &grant).await.unwrap();
        let refused = PostgresStore::open(pool.clone()).await.unwrap_err();
        let named = matches!(&refused, OpenError::OpenSchema(it) if *it == schema);
        assert!(named, "{refused}");
        run(&pool, "CREATE ROLE app; CREATE ROLE app_operator")
            .await
            .unwrap();
        run(&pool, ROLES).await.unwrap();
        PostgresStore::open(pool).await.unwrap();
    });
}

/// T79: a trigger in the database, or in a backup, undoes what is written.
#[test]
fn t79_altered_tables_are_refused_in_postgresql() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        for (alteration, named) in [
            ("CREATE TRIGGER forget BEFORE UPDATE ON loquet_account FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", "trigger forget on loquet_account"),
            ("ALTER TABLE loquet_account DISABLE TRIGGER loquet_account_update", "trigger loquet_account_update on loquet_account"),
            ("DROP TRIGGER loquet_audit_update ON loquet_audit", "trigger loquet_audit_update on loquet_audit"),
            ("CREATE RULE quiet AS ON INSERT TO loquet_audit DO INSTEAD NOTHING", "rule quiet on loquet_audit"),
            ("ALTER TABLE loquet_account ENABLE ROW LEVEL SECURITY", "row security on loquet_account"),
            ("CREATE OR REPLACE FUNCTION loquet_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$", "function loquet_keep_audit"),
            ("ALTER FUNCTION loquet_check_transaction() SET search_path = public", "function loquet_check_transaction"),
            ("CREATE FUNCTION loquet_commit(a uuid) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$", "function loquet_commit"),
            ("CREATE VIEW loquet_all AS SELECT 1", "relation loquet_all"),
            ("ALTER TABLE loquet_attempt SET UNLOGGED", "unlogged table loquet_attempt"),
            ("CREATE OR REPLACE TRIGGER loquet_account_update BEFORE UPDATE ON loquet_account FOR EACH ROW WHEN (false) EXECUTE FUNCTION loquet_refuse_account()", "trigger loquet_account_update on loquet_account"),
            ("CREATE TABLE shadow () INHERITS (loquet_account)", "shadow that inherits from loquet_account"),
            ("ALTER TABLE loquet_account ADD CHECK (version < 3)", "constraint loquet_account_version_check on loquet_account"),
            ("ALTER TABLE loquet_attempt DROP CONSTRAINT loquet_attempt_pkey", "constraint loquet_attempt_pkey on loquet_attempt"),
            ("ALTER TABLE loquet_audit ALTER COLUMN at SET DEFAULT 1", "default of loquet_audit.at"),
            ("CREATE INDEX slow ON loquet_account (lower(external_id))", "index CREATE INDEX slow"),
        ] {
            let pool = postgres.pool().await;
            run(&pool, alteration).await.unwrap();
            let refused = PostgresStore::open(pool).await.unwrap_err();
            assert!(matches!(&refused, OpenError::Altered(found) if found.contains(named)), "{alteration}: {refused}");
        }
        // The service's own triggers on its own tables are none of Loquet's.
        let pool = postgres.pool().await;
        let own = "CREATE TABLE person (id bigint); CREATE TRIGGER own BEFORE UPDATE ON person FOR EACH ROW
          EXECUTE FUNCTION suppress_redundant_updates_trigger()";
        run(&pool, own).await.unwrap();
        PostgresStore::open(pool).await.unwrap();
    });
}

/// Stray statements of the tables' owner, one for each rule that SQLite's triggers have too.
#[test]
fn stray_statements_are_refused() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let pool = golden(&postgres).await;
        for stray in [
            "UPDATE loquet_organization SET enabled = false, version = version + 1",
            "UPDATE loquet_organization SET body = ''",
            "UPDATE loquet_organization SET id = gen_random_uuid(), version = version + 1",
            "UPDATE loquet_roster SET org = gen_random_uuid(), version = version + 1",
            "UPDATE loquet_account SET org = gen_random_uuid(), version = version + 1",
            "UPDATE loquet_account SET ever = false, version = version + 1",
            "UPDATE loquet_account SET epoch = epoch - 1, version = version + 1",
            "UPDATE loquet_account SET used_step = NULL, version = version + 1",
            "UPDATE loquet_account SET audited = 0, version = version + 1",
            "UPDATE loquet_attempt SET body = ''",
            "UPDATE loquet_metadata SET mark = 0, version = version + 1",
            "UPDATE loquet_audit SET at = 0",
            "UPDATE loquet_outbox SET body = ''",
            "INSERT INTO loquet_account SELECT gen_random_uuid(), 2, org, 'x', ever, epoch, used_step, audited, body FROM loquet_account",
            "INSERT INTO loquet_audit SELECT * FROM loquet_audit ON CONFLICT (account, seq) DO UPDATE SET body = ''",
            "DELETE FROM loquet_organization",
            "DELETE FROM loquet_roster",
            "DELETE FROM loquet_account",
            "DELETE FROM loquet_metadata",
            "DELETE FROM loquet_audit",
            "DELETE FROM loquet_schema",
            "TRUNCATE loquet_organization",
            "TRUNCATE loquet_roster",
            "TRUNCATE loquet_account",
            "TRUNCATE loquet_metadata",
            "TRUNCATE loquet_audit",
        ] {
            let refused = run(&pool, stray).await.unwrap_err().to_string();
            assert!(refused.contains("loquet: "), "{stray}: {refused}");
        }
    });
}

/// Calls the function that deletes audit records where the caller has made tables of the same names. It does not look there.
async fn forget_by_forged_mark(operator: &PgPool) -> i64 {
    let forged = "CREATE TEMP TABLE loquet_metadata AS SELECT 1 AS kind, account AS page, 1000::bigint AS mark
        FROM loquet_audit; GRANT SELECT ON loquet_metadata TO PUBLIC";
    let mut connection = operator.acquire().await.unwrap().detach();
    sqlx::raw_sql(forged)
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query_scalar("SELECT loquet_forget_audit($1, 10)")
        .bind(sqlx::types::Uuid::from_u128(ANNE.into()))
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

/// The service's role does all that a service does, and nothing to the tables or to the audit log.
#[test]
fn service_role_has_the_least_rights() {
    let postgres = Postgres::start();
    postgres.runtime.block_on(async {
        let owner = postgres.pool().await;
        run(
            &owner,
            "CREATE ROLE app LOGIN; CREATE ROLE app_operator LOGIN",
        )
        .await
        .unwrap();
        run(&owner, ROLES).await.unwrap();
        let schema: String = sqlx::query_scalar("SELECT current_schema::text")
            .fetch_one(&owner)
            .await
            .unwrap();
        run(
            &owner,
            &format!("GRANT USAGE ON SCHEMA {schema} TO app, app_operator"),
        )
        .await
        .unwrap();
        let options = (*owner.connect_options()).clone();
        let app = PgPool::connect_with(options.clone().username("app"))
            .await
            .unwrap();
        let store = PostgresStore::open(app.clone()).await.unwrap();
        let fixture = Fixture::over(store).await;
        let (phone, _) = fixture.imposed().await;
        fixture.enter(ANNE, &phone).await;
        fixture.operator.deliver(&Mailbox::default()).await.unwrap();
        for forbidden in [
            "DROP TABLE loquet_outbox",
            "ALTER TABLE loquet_audit DISABLE TRIGGER ALL",
            "UPDATE loquet_audit SET at = at",
            "DELETE FROM loquet_audit",
            "TRUNCATE loquet_audit",
            "DELETE FROM loquet_account",
            "SELECT loquet_forget_audit(gen_random_uuid(), 1)",
            "UPDATE loquet_schema SET version = 2",
            "CREATE TABLE loquet_new ()",
            "CREATE TEMPORARY TABLE loquet_account ()",
        ] {
            let refused = run(&app, forbidden).await.unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(|error| error.code().map(|code| code.into_owned()));
            assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
        }
        let operator = PgPool::connect_with(options.username("app_operator"))
            .await
            .unwrap();
        let temporary = "GRANT TEMPORARY ON DATABASE postgres TO app_operator";
        run(&owner, temporary).await.unwrap();
        assert_eq!(forget_by_forged_mark(&operator).await, 0);
        let store = PostgresStore::open(operator).await.unwrap();
        assert_eq!(store.forget_audit(ANNE.into(), 10).await.unwrap(), 0);
    });
}
