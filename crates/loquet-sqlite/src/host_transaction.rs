//! The host's own transaction.

use loquet::HostTx;
use loquet::store::{Commit, Fault, Writes};
use rusqlite::{Connection, DropBehavior, Transaction};

use crate::fault::{SharedError, is_busy};
use crate::rows::write::{Change, ChangeError, apply};

/// A transaction of the host, for [`Service::run_in`](loquet::Service::run_in).
///
/// It must belong to the database of the service's [`SqliteStore`](crate::SqliteStore), on any connection. Begin it as
/// `IMMEDIATE`: if a transaction reads first and another connection writes before it does, it fails with
/// [`Fault::Busy`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use loquet::{Keyring, NewAccount, Request, RoleId, blocking, flow, store::Fault};
/// # use loquet_sqlite::{HostTransaction, SqliteStore, to_fault};
/// # use rusqlite::TransactionBehavior;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// let mut app = rusqlite::Connection::open(&path)?;
/// app.execute_batch("CREATE TABLE visit (person TEXT)")?;
/// let mfa = blocking::Service::open(SqliteStore::open(&path)?, Keyring::single(1, [7; 32]))?;
/// # let org = mfa.ensure_organization(1_u64.into(), "Host")?;
/// # let marie = mfa.ensure_account(org, NewAccount { id: 2_u64.into(), external_id: "marie", label: "marie@example.org", roles: &[RoleId::PARENT] })?;
/// let settled = mfa.run_in(flow::LogIn { account: marie }, &Request::new(None)?, |granted| {
///     let transaction = app.transaction_with_behavior(TransactionBehavior::Immediate).map_err(to_fault)?;
///     transaction.execute("INSERT INTO visit VALUES ('marie')", []).map_err(to_fault)?;
///     granted.commit_in(HostTransaction::from(transaction))
/// })?;
/// assert!(settled.granted().is_ok());
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

impl HostTx for HostTransaction<'_> {
    fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        durable(&self.0)?;
        apply(&self.0, &Change::Commit(writes.clone()))
            .map(|applied| applied.commit)
            .map_err(|error| match error {
                ChangeError::Sql(error) => to_fault(error),
                other => Fault::NotCommitted(Box::new(other)),
            })
    }

    /// # Errors
    /// [`Fault::Unknown`] if the commit failed. Open a new connection then: after a failed sync this one may treat
    /// unwritten pages as written.
    fn commit(self) -> Result<(), Fault> {
        self.0.commit().map_err(|error| {
            let busy = is_busy(&error);
            let error = SharedError::from(error);
            if busy {
                error.not_committed()
            } else {
                error.unknown()
            }
        })
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
