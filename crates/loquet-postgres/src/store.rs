//! The store: each call is one statement on a connection of the pool.

use loquet::store::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};
use loquet_policy::{AccountId, UnixTime};
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;

use crate::clock::DatabaseClock;
use crate::fault::to_fault;
use crate::open::{OpenError, verify};
use crate::{read, write};

/// A store in a PostgreSQL database, which other nodes use at the same time.
///
/// It shares the service's pool, and needs a Tokio runtime as the pool does.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    clock: DatabaseClock,
}

impl PostgresStore {
    /// Opens the store in the database of this pool. The tables are looked for and not changed: see
    /// [`migrate`](crate::migrate).
    ///
    /// # Errors
    /// [`OpenError`] says what is missing.
    ///
    /// # Security
    /// Secrets are encrypted before they reach the store; names, roles and the audit log are not.
    pub async fn open(pool: PgPool) -> Result<Self, OpenError> {
        verify(&mut *pool.acquire().await?).await?;
        Ok(Self {
            pool,
            clock: DatabaseClock::new(),
        })
    }

    async fn connection(&self) -> Result<PoolConnection<Postgres>, Fault> {
        self.pool.acquire().await.map_err(to_fault)
    }
}

/// Reading goes on with another connection where one turns out to be broken: after a restart of the server, all that wait in
/// the pool are.
struct Tries(u32);

impl Tries {
    fn again(&mut self, error: sqlx::Error) -> Result<(), Fault> {
        match self.0.checked_sub(1) {
            Some(left) if is_lost(&error) => self.0 = left,
            _ => return Err(to_fault(error)),
        }
        Ok(())
    }
}

/// The connection is gone. sqlx closes it, and the pool opens another one.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        _ => false,
    }
}

impl Store for PostgresStore {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let mut tries = Tries(self.pool.size());
        loop {
            match read::load(&mut *self.connection().await?, keys).await {
                Ok(loaded) => {
                    self.clock.set(loaded.now);
                    return Ok(loaded.rows);
                }
                Err(error) => tries.again(error)?,
            }
        }
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        write::commit(&mut *self.connection().await?, &writes).await
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        if matches!(query, Query::ExternalId(_, name) if name.contains('\0')) {
            // PostgreSQL's texts hold no NUL character, so none has this name.
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        let mut tries = Tries(self.pool.size());
        loop {
            match read::scan(&mut *self.connection().await?, query, at).await {
                Ok(page) => return Ok(page),
                Err(error) => tries.again(error)?,
            }
        }
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        let Ok(number) = i64::try_from(notice) else {
            return Ok(());
        };
        sqlx::query("DELETE FROM loquet_outbox WHERE number = $1")
            .bind(number)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(to_fault)
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        let deleted = sqlx::query(
            "DELETE FROM loquet_attempt WHERE id IN
               (SELECT id FROM loquet_attempt WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        )
        .bind(i64::try_from(before.0).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .execute(&self.pool)
        .await
        .map_err(to_fault)?;
        Ok(u32::try_from(deleted.rows_affected()).unwrap_or(u32::MAX))
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        let deleted: i64 = sqlx::query_scalar("SELECT loquet_forget_audit($1, $2)")
            .bind(read::uuid(account.to_bytes()))
            .bind(i64::from(limit))
            .fetch_one(&self.pool)
            .await
            .map_err(to_fault)?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }

    fn now(&self) -> Option<UnixTime> {
        self.clock.now()
    }
}
