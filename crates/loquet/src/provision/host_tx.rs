//! The host's own transaction: its rows and Loquet's become durable together, or neither.
//!
//! A service that deletes a record only with a fresh code wants both or nothing: a code used up for a deletion that was
//! rolled back would be lost, and a deletion whose code was used elsewhere must not stand. So the host begins a
//! transaction in the database where Loquet's tables live, writes its rows, and hands the transaction over *by value* to
//! [`Mfa::committing_in`](crate::Mfa::committing_in): Loquet writes what the grant needs, commits, and only then is
//! anything told. What only prepares ([`Mfa::provision_in`](crate::Mfa::provision_in)) borrows the transaction, and the
//! host commits.

use std::future::Future;

use crate::store::{Commit, Fault, RowKey, Versioned, Writes};

/// A transaction of the host's, in the database in which the store lives. Dropped without [`commit`](Self::commit) it is
/// rolled back.
///
/// The futures need not be `Send`, so that a connection bound to its thread can take part.
pub trait HostTx {
    /// Reads rows inside the transaction, as [`Store::load`](crate::store::Store::load) does.
    ///
    /// # Errors
    /// [`Fault`].
    fn load(&mut self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Versioned>, Fault>>;

    /// Checks every expected version and writes all of `writes` inside the transaction, as
    /// [`Store::commit`](crate::store::Store::commit) does. After `Stale` or an error the transaction is rolled back.
    ///
    /// # Errors
    /// [`Fault`].
    fn apply(&mut self, writes: &Writes) -> impl Future<Output = Result<Commit, Fault>>;

    /// Commits. `Ok` only when everything survives a loss of power.
    ///
    /// # Errors
    /// [`Fault::Unknown`] when it may have been committed or not.
    fn commit(self) -> impl Future<Output = Result<(), Fault>>;

    /// Rolls back, and then writes `writes` in a transaction of their own, on the same connection: a wrong code counts although
    /// the host's work does not. Were another connection needed, it would not count while there is none.
    ///
    /// # Errors
    /// [`Fault`]: that the host's work is rolled back, or that the writes are durable, is not known.
    fn refuse(self, writes: &Writes) -> impl Future<Output = Result<Commit, Fault>>;

    /// Rolls back.
    ///
    /// # Errors
    /// [`Fault`].
    fn rollback(self) -> impl Future<Output = Result<(), Fault>>;
}
