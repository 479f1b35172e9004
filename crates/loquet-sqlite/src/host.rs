//! In the host's own transaction.

use loquet::HostTx;
use loquet::store::{Commit, Fault, Writes};
use rusqlite::{Connection, DropBehavior, Transaction};

use crate::fault::{Shared, is_busy};
use crate::write::{Change, Impossible, apply};

/// A transaction of the host's, for [`Service::run_in`](loquet::Service::run_in).
///
/// It must be one of the database that the service's [`SqliteStore`](crate::SqliteStore) is open on, by any connection.
/// Begin it as `IMMEDIATE`: one that reads first and writes later may find that somebody else wrote in between, and is
/// [`Fault::Busy`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use loquet::{Keyring, NewAccount, Request, RoleId, blocking, flow, store::Fault};
/// # use loquet_sqlite::{HostTransaction, SqliteStore, refused};
/// # use rusqlite::TransactionBehavior;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// let mut app = rusqlite::Connection::open(&path)?;
/// app.execute_batch("CREATE TABLE visit (person TEXT)")?;
/// let mfa = blocking::Service::open(SqliteStore::open(&path)?, Keyring::single(1, [7; 32]))?;
/// # let org = mfa.ensure_organization(1_u64.into(), "Host")?;
/// # let marie = mfa.ensure_account(org, NewAccount { id: 2_u64.into(), external_id: "marie", label: "marie@example.org", roles: &[RoleId::PARENT] })?;
/// let settled = mfa.run_in(flow::LogIn { account: marie }, &Request::new(None)?, |granted| {
///     let transaction = app.transaction_with_behavior(TransactionBehavior::Immediate).map_err(refused)?;
///     transaction.execute("INSERT INTO visit VALUES ('marie')", []).map_err(refused)?;
///     granted.commit_in(HostTransaction::from(transaction))
/// })?;
/// assert!(settled.granted().is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct HostTransaction<'c>(Transaction<'c>);

impl<'c> From<Transaction<'c>> for HostTransaction<'c> {
    /// Takes it over; dropped, it is rolled back whatever was set before.
    fn from(mut transaction: Transaction<'c>) -> Self {
        transaction.set_drop_behavior(DropBehavior::Rollback);
        Self(transaction)
    }
}

impl HostTx for HostTransaction<'_> {
    fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        durable(&self.0)?;
        apply(&self.0, &Change::Commit(writes.clone()))
            .map(|applied| applied.commit)
            .map_err(|error| match error {
                Impossible::Sql(error) => refused(error),
                other => Fault::NotCommitted(Box::new(other)),
            })
    }

    /// # Errors
    /// [`Fault::Unknown`] when the commit failed: open the connection anew, for after a failed sync it may take pages for
    /// written that are not.
    fn commit(self) -> Result<(), Fault> {
        self.0.commit().map_err(|error| {
            let busy = is_busy(&error);
            let error = Shared::from(error);
            if busy {
                error.refused()
            } else {
                error.unknown()
            }
        })
    }
}

/// SQLite's error before anything was committed: what a host's own statement failed with.
pub fn refused(error: rusqlite::Error) -> Fault {
    Shared::from(error).refused()
}

/// The host's connection decides what a commit is worth; it cannot be changed inside a transaction.
fn durable(connection: &Connection) -> Result<(), Fault> {
    const FULL: i64 = 2;
    let level: i64 = connection
        .query_row("PRAGMA synchronous", [], |row| row.get(0))
        .map_err(refused)?;
    if level < FULL {
        let why = "the host's connection has PRAGMA synchronous below FULL: an accepted code could be lost with the power";
        return Err(Fault::NotCommitted(why.into()));
    }
    Ok(())
}
