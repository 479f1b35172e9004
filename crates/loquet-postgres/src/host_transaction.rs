//! The host's own transaction.

use std::ops::{Deref, DerefMut};

use loquet::HostTx;
use loquet::store::{Commit, Fault, RowKey, Versioned, Writes};
use sqlx::postgres::{PgConnection, PgTransaction};

use crate::fault::{ended, outcome, to_fault};
use crate::read::Place;
use crate::{read, write};

/// A transaction of the host's, for [`Mfa::provision_in`](loquet::Mfa::provision_in) and
/// [`Mfa::committing_in`](loquet::Mfa::committing_in).
///
/// It must be one of the database in which the [`PostgresStore`](crate::PostgresStore) is, and `READ COMMITTED`, PostgreSQL's
/// default. Where Loquet commits, it must be the outermost: sqlx gives a savepoint the same type, and what is committed there can
/// still be taken back.
///
/// ```no_run
/// # use loquet::{Client, Mfa, NewAccount};
/// # use loquet_postgres::HostTransaction;
/// # use sqlx::PgPool;
/// # async fn f(pool: PgPool, mfa: Mfa) -> Result<(), Box<dyn std::error::Error>> {
/// // A user's row and the account, or neither. The host commits.
/// let mut transaction = HostTransaction::from(pool.begin().await?);
/// sqlx::query("INSERT INTO person VALUES (42, 'marie')").execute(&mut *transaction).await?;
/// let marie = mfa.provision_in(&mut transaction).ensure_account(NewAccount::new(42_u64, "marie")).await?;
/// transaction.into_inner().commit().await?;
///
/// // A visit and the log-in, or neither. Loquet commits.
/// let mut transaction = HostTransaction::from(pool.begin().await?);
/// sqlx::query("INSERT INTO visit VALUES (42)").execute(&mut *transaction).await?;
/// mfa.committing_in(transaction).log_in(marie, Client::default()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HostTransaction<'c> {
    transaction: PgTransaction<'c>,
    keeps_statements: bool,
}

impl<'c> From<PgTransaction<'c>> for HostTransaction<'c> {
    fn from(transaction: PgTransaction<'c>) -> Self {
        Self {
            transaction,
            keeps_statements: true,
        }
    }
}

impl<'c> HostTransaction<'c> {
    /// Keeps no prepared statements, where a pooler in between does not either; see
    /// [`PostgresStore::pooled_by_transaction`](crate::PostgresStore::pooled_by_transaction).
    #[must_use]
    pub const fn pooled_by_transaction(mut self) -> Self {
        self.keeps_statements = false;
        self
    }

    async fn say(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        let said = sqlx::raw_sql(statement);
        said.execute(&mut *self.transaction).await.map(drop)
    }

    fn place(&mut self) -> Place<'_> {
        Place {
            connection: &mut self.transaction,
            keeps_statements: self.keeps_statements,
            is_alone: false,
        }
    }

    /// Returns the host's transaction, to commit it or to roll it back.
    #[must_use]
    pub fn into_inner(self) -> PgTransaction<'c> {
        self.transaction
    }
}

impl Deref for HostTransaction<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.transaction
    }
}

impl DerefMut for HostTransaction<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

impl HostTx for HostTransaction<'_> {
    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let loaded = read::load(self.place(), keys).await.map_err(to_fault)?;
        Ok(loaded.checked()?.rows)
    }

    async fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        match write::commit(self.place(), writes).await {
            Ok(holds) => Ok(outcome(holds)),
            Err(error) => ended(error).map_err(|fault| match fault {
                // Without its commit, which was not sent, nothing stays.
                Fault::Unknown(error) => Fault::NotCommitted(error),
                fault => fault,
            }),
        }
    }

    async fn commit(self) -> Result<(), Fault> {
        // A conflict or a deferred constraint has written nothing.
        self.transaction
            .commit()
            .await
            .or_else(|error| match ended(error)? {
                Commit::Done => Ok(()),
                Commit::Stale => Err(Fault::Busy),
            })
    }

    async fn refuse(mut self, writes: &Writes) -> Result<Commit, Fault> {
        // Said to the server alone: sqlx would hand the connection back to the pool.
        self.say("ROLLBACK").await.map_err(to_fault)?;
        if !self.keeps_statements {
            // Behind a pooler a transaction keeps the server.
            self.say("BEGIN").await.map_err(to_fault)?;
            let applied = self.apply(writes).await?;
            let said = self.say("COMMIT").await;
            return said.map_or_else(ended, |()| Ok(applied));
        }
        let place = Place {
            is_alone: true,
            ..self.place()
        };
        write::commit(place, writes)
            .await
            .map_or_else(ended, |holds| Ok(outcome(holds)))
    }

    async fn rollback(self) -> Result<(), Fault> {
        self.transaction.rollback().await.map_err(to_fault)
    }
}
