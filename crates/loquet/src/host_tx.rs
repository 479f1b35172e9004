//! The host's own transaction: its rows and Loquet's become durable together, or neither.
//!
//! A service that deletes a record only with a fresh code wants both or nothing: a code used up for a deletion that was
//! rolled back would be lost, and a deletion whose code was used elsewhere must not stand. So the host begins a
//! transaction in the database where Loquet's tables live, writes its rows, and hands the transaction over *by value*;
//! [`Granted::commit_in`] writes what the grant needs, commits, and only then is anything told.
//!
//! ```
//! # use loquet::{AccountId, Keyring, NewAccount, Request, RoleId, Service, blocking, flow};
//! # use loquet::store::{Commit, Fault, MemoryStore, Store, Writes};
//! # use std::sync::Arc;
//! # struct Transaction(Arc<MemoryStore>, Writes);
//! # impl Transaction { fn execute(&self, _: &str) -> Result<(), Fault> { Ok(()) } }
//! # impl loquet::HostTx for Transaction {
//! #     fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> { self.1 = writes.clone(); Ok(Commit::Done) }
//! #     fn commit(self) -> Result<(), Fault> { blocking::wait(self.0.commit(self.1)).map(|_| ()) }
//! # }
//! # let store = Arc::new(MemoryStore::new());
//! # let begin = || -> Result<Transaction, Fault> { Ok(Transaction(Arc::clone(&store), Writes::default())) };
//! # let service = Service::new(Arc::clone(&store), Keyring::single(1, [7; 32]))?;
//! # blocking::wait(async {
//! # let org = service.ensure_organization(1_u64.into(), "Host").await?;
//! # let marie = service.ensure_account(org, NewAccount { id: 2_u64.into(), external_id: "m", label: "m@example.org", roles: &[RoleId::PARENT] }).await?;
//! let form = Request::new(None)?;
//! let settled = service
//!     .run_in(flow::LogIn { account: marie }, &form, |granted| {
//!         let transaction = begin()?;
//!         transaction.execute("INSERT INTO visit VALUES ('marie')")?;
//!         granted.commit_in(transaction)
//!     })
//!     .await?;
//! assert!(settled.granted().is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What was committed cannot be claimed: a [`Committed`] belongs to the very grant that it committed.
//!
//! ```compile_fail
//! use loquet::{Committed, Granted, store::Fault};
//! fn host<'a>(_: Granted<'a>, earlier: Committed<'static>) -> Result<Committed<'a>, Fault> {
//!     Ok(earlier) // another grant's
//! }
//! ```

use std::marker::PhantomData;

use crate::store::{Commit, Fault, Writes};

/// A transaction of the host's, in the database in which the service's store lives. Dropped without
/// [`commit`](Self::commit) it is rolled back.
pub trait HostTx {
    /// Checks every expected version and writes all of `writes` inside the transaction, as
    /// [`Store::commit`](crate::store::Store::commit) does. After `Stale` or an error the transaction is dropped.
    ///
    /// # Errors
    /// [`Fault`].
    fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault>;

    /// Commits. `Ok` only when everything survives a loss of power.
    ///
    /// # Errors
    /// [`Fault::Unknown`] when it may have been committed or not.
    fn commit(self) -> Result<(), Fault>;
}

/// What was decided in favour of the person, not durable yet and told to nobody.
#[derive(Debug)]
#[must_use = "what is not committed was not granted"]
pub struct Granted<'a> {
    writes: &'a Writes,
    brand: Brand<'a>,
}

/// Says how the host's transaction ended. Only [`Granted::commit_in`] makes one, and only for the same grant.
#[derive(Debug)]
#[must_use = "return it from the closure"]
pub struct Committed<'a> {
    ended: Commit,
    brand: Brand<'a>,
}

/// Neither longer nor shorter than the one grant.
type Brand<'a> = PhantomData<fn(&'a ()) -> &'a ()>;

impl<'a> Granted<'a> {
    pub(crate) const fn new(writes: &'a Writes) -> Self {
        Self {
            writes,
            brand: PhantomData,
        }
    }

    /// Writes what the grant needs into the host's transaction and commits it.
    ///
    /// When somebody else was faster, the transaction is rolled back, the service decides again, and its closure is
    /// called again.
    ///
    /// # Errors
    /// The transaction's. After [`Fault::Unknown`] the service finds out what became of it.
    pub fn commit_in<T: HostTx>(self, mut transaction: T) -> Result<Committed<'a>, Fault> {
        let ended = transaction.apply(self.writes)?;
        if ended == Commit::Done {
            transaction.commit()?;
        }
        Ok(Committed {
            ended,
            brand: self.brand,
        })
    }
}

impl Committed<'_> {
    pub(crate) const fn ended(self) -> Commit {
        self.ended
    }
}
