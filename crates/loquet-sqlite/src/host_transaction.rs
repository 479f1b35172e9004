//! The host's own transaction.

use std::ops::Deref;

use loquet::HostTx;
use loquet::store::{Commit, Fault, RowKey, Versioned, Writes};
use rusqlite::{Connection, DropBehavior, ErrorCode, Transaction};

use crate::fault::{SharedError, is_busy};
use crate::rows::read::load;
use crate::rows::write::{Change, ChangeError, apply};

/// A transaction of the host's, for [`Mfa::provision_in`](loquet::Mfa::provision_in) and
/// [`Mfa::committing_in`](loquet::Mfa::committing_in).
///
/// It must be one of the database that the [`SqliteStore`](crate::SqliteStore) is open on, by any connection. Begin it as
/// `IMMEDIATE`: one that reads first and writes later may find that another connection wrote in between, and is
/// [`Fault::Busy`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use loquet::{Client, Keyring, Mfa, NewAccount, Wait};
/// # use loquet_sqlite::{HostTransaction, SqliteStore};
/// # use rusqlite::TransactionBehavior::Immediate;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// let mut app = rusqlite::Connection::open(&path)?;
/// app.execute_batch("CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE visit (user INTEGER)")?;
/// let store = SqliteStore::open(&path)?;
/// let mfa = Mfa::builder(store).keyring(Keyring::single(1, [7; 32])).issuer("Shop").open().wait()?;
///
/// // A user's row and the account, or neither. The host commits.
/// let mut transaction = HostTransaction::from(app.transaction_with_behavior(Immediate)?);
/// transaction.execute("INSERT INTO user VALUES (42, 'marie')", [])?;
/// let marie = mfa.provision_in(&mut transaction).ensure_account(NewAccount::new(42_u64, "marie")).wait()?;
/// transaction.into_inner().commit()?;
///
/// // A visit and the log-in, or neither. Loquet commits.
/// let transaction = app.transaction_with_behavior(Immediate)?;
/// transaction.execute("INSERT INTO visit VALUES (42)", [])?;
/// mfa.committing_in(HostTransaction::from(transaction)).log_in(marie, Client::default()).wait()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HostTransaction<'c>(Transaction<'c>);

impl<'c> From<Transaction<'c>> for HostTransaction<'c> {
    /// Takes the transaction over and sets it to roll back when dropped.
    fn from(mut transaction: Transaction<'c>) -> Self {
        transaction.set_drop_behavior(DropBehavior::Rollback);
        Self(transaction)
    }
}

impl<'c> HostTransaction<'c> {
    /// Returns the host's transaction, to commit it or to roll it back.
    #[must_use]
    pub fn into_inner(self) -> Transaction<'c> {
        self.0
    }
}

impl Deref for HostTransaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl HostTx for HostTransaction<'_> {
    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        load(&self.0, keys).map_err(to_fault)
    }

    async fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        durable(&self.0)?;
        apply(&self.0, &Change::Commit(writes.clone()))
            .map(|applied| applied.commit)
            .map_err(|error| match error {
                ChangeError::Sql(error) => to_fault(error),
                other => Fault::NotCommitted(Box::new(other)),
            })
    }

    /// # Errors
    /// [`Fault::Unknown`] when the commit failed: open the connection anew, for after a failed sync it may take pages for
    /// written that are not.
    async fn commit(self) -> Result<(), Fault> {
        self.0.commit().map_err(|error| {
            // A deferred constraint fails before anything is written.
            let refused = is_busy(&error)
                || error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation);
            let error = SharedError::from(error);
            if refused {
                error.not_committed()
            } else {
                error.unknown()
            }
        })
    }

    async fn refuse(mut self, writes: &Writes) -> Result<Commit, Fault> {
        self.0
            .execute_batch("ROLLBACK; BEGIN IMMEDIATE")
            .map_err(to_fault)?;
        let applied = self.apply(writes).await?;
        if applied == Commit::Done {
            self.commit().await?;
        }
        Ok(applied)
    }

    async fn rollback(self) -> Result<(), Fault> {
        self.0.rollback().map_err(to_fault)
    }
}

/// Converts an error of SQLite before the commit, such as an error of the host's own statement.
pub fn to_fault(error: rusqlite::Error) -> Fault {
    SharedError::from(error).not_committed()
}

/// Checks that a commit on the host's connection is durable. The setting cannot change inside a transaction.
fn durable(connection: &Connection) -> Result<(), Fault> {
    const FULL: i64 = 2;
    let level: i64 = connection
        .query_row("PRAGMA synchronous", [], |row| row.get(0))
        .map_err(to_fault)?;
    if level < FULL {
        let why = "the host's connection has PRAGMA synchronous below FULL: a power loss could undo the use of a code";
        return Err(Fault::NotCommitted(why.into()));
    }
    Ok(())
}
