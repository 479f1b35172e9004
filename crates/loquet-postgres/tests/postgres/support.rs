//! A server for the whole of a test, and stores in it.

use std::sync::atomic::{AtomicU32, Ordering};

use loquet_postgres::{PostgresStore, migrate, pool_options};
use loquet_testkit::postgres::Server;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::runtime::Runtime;

/// A server, and what runs the futures.
pub(crate) struct Postgres {
    pub(crate) server: Server,
    pub(crate) runtime: Runtime,
    schemas: AtomicU32,
}

impl Postgres {
    /// Fast: a commit is not synced, which no test that kills only processes can notice.
    pub(crate) fn start() -> Self {
        Self::with(&["fsync = off", "max_connections = 200"])
    }

    pub(crate) fn with(settings: &[&str]) -> Self {
        Self {
            server: Server::start(settings),
            runtime: Runtime::new().unwrap(),
            schemas: AtomicU32::new(0),
        }
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        self.server.url("postgres").parse().unwrap()
    }

    /// A pool on an empty schema of its own.
    pub(crate) async fn empty(&self, pool: PgPoolOptions) -> PgPool {
        let name = format!("loquet_{}", self.schemas.fetch_add(1, Ordering::Relaxed));
        let path = format!("{name},pg_catalog");
        let options = self.options().options([("search_path", path)]);
        let pool = pool.connect_with(options).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}"));
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool
    }

    /// A pool on new tables.
    pub(crate) async fn pool(&self) -> PgPool {
        let pool = self.empty(pool_options().max_connections(12)).await;
        migrate(&pool).await.unwrap();
        pool
    }

    /// An empty store, also where this is called from inside the runtime.
    pub(crate) fn store(&self) -> PostgresStore {
        let open = async { PostgresStore::open(self.pool().await).await.unwrap() };
        std::thread::scope(|scope| {
            let opened = scope.spawn(|| self.runtime.block_on(open));
            opened.join().unwrap()
        })
    }
}

/// Runs a script.
pub(crate) async fn run(pool: &PgPool, sql: &str) -> Result<(), sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(sql).execute(pool).await.map(drop)
}
