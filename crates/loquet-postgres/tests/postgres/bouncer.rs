//! PgBouncer between the stores and the server, in transaction mode, with fewer connections than it is asked for.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use loquet::contract;
use loquet_postgres::{PostgresStore, migrate, pool_options};
use loquet_testkit::fixture::{ANNE, Fixture};
use loquet_testkit::postgres::{SUPERUSER, free_port};
use sqlx::postgres::{PgConnectOptions, PgPool};

use crate::support::Postgres;

/// PgBouncer; ends with this value.
struct Bouncer {
    process: Child,
    port: u16,
    databases: AtomicU32,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Bouncer {
    fn before(postgres: &Postgres) -> Self {
        let port = free_port();
        let server = postgres.server.port();
        let file = postgres.server.folder().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={SUPERUSER}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\n\
             ignore_startup_parameters = extra_float_digits\n"
        );
        let mut ini = fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&file)
            .unwrap();
        ini.write_all(settings.as_bytes()).unwrap();
        ini.set_permissions(fs::Permissions::from_mode(0o644))
            .unwrap();
        let process = postgres
            .server
            .command("/usr/sbin/pgbouncer")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            port,
            databases: AtomicU32::new(0),
        }
    }

    /// A store in a database of its own, behind the pooler.
    async fn store(&self, postgres: &Postgres) -> PostgresStore {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let direct = postgres.options();
        let all = PgPool::connect_with(direct.clone()).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} STRATEGY file_copy"));
        sqlx::query(create).execute(&all).await.unwrap();
        all.close().await;
        let pooled: PgConnectOptions = direct.port(self.port).database(&name);
        let pool = pool_options()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(20));
        let pool = pool.connect_with(pooled).await.unwrap();
        migrate(&pool).await.unwrap();
        PostgresStore::open(pool)
            .await
            .unwrap()
            .pooled_by_transaction()
    }
}

#[test]
fn store_contract_holds_behind_pgbouncer() {
    let postgres = Postgres::start();
    let bouncer = Bouncer::before(&postgres);
    let runtime = &postgres.runtime;
    let make = || {
        std::thread::scope(|scope| {
            let opened = scope.spawn(|| runtime.block_on(bouncer.store(&postgres)));
            opened.join().unwrap()
        })
    };
    contract::run_on(make, &|work| runtime.block_on(work)).unwrap();
}

#[test]
fn log_ins_pass_pgbouncer() {
    let postgres = Postgres::start();
    let bouncer = Bouncer::before(&postgres);
    postgres.runtime.block_on(async {
        let fixture = Fixture::over(bouncer.store(&postgres).await).await;
        let (phone, _) = fixture.enabled().await;
        for _ in 0..10 {
            fixture.enter(ANNE, &phone).await;
        }
        fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    });
}
