//! The store: each call is one statement on a connection of the pool.

use loquet::store::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};
use loquet_policy::{AccountId, UnixTime};
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgTransaction};

use crate::clock::DatabaseClock;
use crate::fault::{ended, to_fault};
use crate::open::{OpenError, verify};
use crate::read::Place;
use crate::{read, write};

/// A store in a PostgreSQL database, which other nodes use at the same time.
///
/// It shares the service's pool, and needs a Tokio runtime as the pool does.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    clock: DatabaseClock,
    pooled_by_transaction: bool,
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
        verify(&mut *pool.begin().await?).await?;
        Ok(Self {
            pool,
            clock: DatabaseClock::new(),
            pooled_by_transaction: false,
        })
    }

    /// Puts each statement into a transaction of its own, because a pooler between the service and the server gives each
    /// transaction another connection and keeps no prepared statements: PgBouncer before 1.21 in transaction mode, or a later
    /// one with `max_prepared_statements = 0`. It costs three round trips more a statement.
    #[must_use]
    pub const fn pooled_by_transaction(mut self) -> Self {
        self.pooled_by_transaction = true;
        self
    }

    async fn take(&self) -> Result<Taken, Fault> {
        let taken = if self.pooled_by_transaction {
            self.pool.begin().await.map(Taken::Transaction)
        } else {
            self.pool.acquire().await.map(Taken::Connection)
        };
        taken.map_err(to_fault)
    }
}

/// Where a statement runs.
enum Taken {
    Connection(PoolConnection<Postgres>),
    Transaction(PgTransaction<'static>),
}

impl Taken {
    fn place(&mut self) -> Place<'_> {
        match self {
            Self::Connection(connection) => Place::keeping(connection),
            Self::Transaction(transaction) => Place {
                connection: transaction,
                keeps_statements: false,
            },
        }
    }

    /// Commits what the statement has changed, unless it has done that itself.
    async fn finish(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Connection(_) => Ok(()),
            Self::Transaction(transaction) => transaction.commit().await,
        }
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
            let mut taken = self.take().await?;
            match read::load(taken.place(), keys).await {
                Ok(loaded) => {
                    self.clock.set(loaded.now);
                    // It has changed nothing.
                    taken.finish().await.ok();
                    return Ok(loaded.rows);
                }
                Err(error) => tries.again(error)?,
            }
        }
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        let mut taken = self.take().await?;
        match write::commit(taken.place(), &writes).await? {
            Commit::Stale => Ok(Commit::Stale),
            Commit::Done => taken
                .finish()
                .await
                .map_or_else(ended, |()| Ok(Commit::Done)),
        }
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
            let mut taken = self.take().await?;
            match read::scan(taken.place(), query, at).await {
                Ok(page) => {
                    taken.finish().await.ok();
                    return Ok(page);
                }
                Err(error) => tries.again(error)?,
            }
        }
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        let mut taken = self.take().await?;
        write::delivered(taken.place(), notice)
            .await
            .map_err(to_fault)?;
        taken.finish().await.map_err(to_fault)
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        let mut taken = self.take().await?;
        let forgotten = write::forget_attempts(taken.place(), before, limit).await;
        let forgotten = forgotten.map_err(to_fault)?;
        taken.finish().await.map_err(to_fault)?;
        Ok(forgotten)
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        let mut taken = self.take().await?;
        let forgotten = write::forget_audit(taken.place(), account, limit).await;
        let forgotten = forgotten.map_err(to_fault)?;
        taken.finish().await.map_err(to_fault)?;
        Ok(forgotten)
    }

    fn now(&self) -> Option<UnixTime> {
        self.clock.now()
    }
}
