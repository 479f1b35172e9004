//! The store: each call is one statement on a connection of the pool.

use loquet::store::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};
use loquet_policy::{AccountId, UnixTime};
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgTransaction};

use crate::clock::DatabaseClock;
use crate::fault::{ended, is_left_open, to_fault};
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
            Self::Connection(connection) => Place {
                connection,
                keeps_statements: true,
                is_alone: true,
            },
            Self::Transaction(transaction) => Place {
                connection: transaction,
                keeps_statements: false,
                is_alone: false,
            },
        }
    }

    /// Keeps the connection from the next user.
    fn close(&mut self) {
        if let Self::Connection(connection) = self {
            connection.close_on_drop();
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

/// The work goes on with another connection where one turns out to be unfit: after a restart of the server, all that wait in
/// the pool are broken.
struct Tries(u32);

impl Tries {
    fn again(&mut self, mut taken: Taken, error: sqlx::Error) -> Result<(), Fault> {
        taken.close();
        self.0 = self.0.checked_sub(1).ok_or_else(|| to_fault(error))?;
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
            let asked = self.clock.elapsed();
            match read::load(taken.place(), keys).await {
                Ok(loaded) => {
                    let loaded = loaded.checked().inspect_err(|_| taken.close())?;
                    self.clock.set(loaded.now, asked);
                    // It has changed nothing.
                    taken.finish().await.ok();
                    return Ok(loaded.rows);
                }
                Err(error) if is_lost(&error) || is_left_open(&error) => {
                    tries.again(taken, error)?;
                }
                Err(error) => return Err(to_fault(error)),
            }
        }
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        let mut tries = Tries(self.pool.size());
        loop {
            let mut taken = self.take().await?;
            match write::commit(taken.place(), &writes).await {
                Ok(false) => return Ok(Commit::Stale),
                Ok(true) => {
                    let ended = taken
                        .finish()
                        .await
                        .map_or_else(ended, |()| Ok(Commit::Done));
                    return ended;
                }
                Err(error) if is_left_open(&error) => tries.again(taken, error)?,
                Err(error) => return ended(error),
            }
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
                Err(error) if is_lost(&error) || is_left_open(&error) => {
                    tries.again(taken, error)?;
                }
                Err(error) => return Err(to_fault(error)),
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
