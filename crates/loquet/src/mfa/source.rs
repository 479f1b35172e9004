//! Where rows are read, and how much of an account is decrypted.

use std::future::Future;

use loquet_policy::{AccountId, SessionId};

use super::Mfa;
use crate::disk::Decrypt;
use crate::provision::host_tx::HostTx;
use crate::store::{Fault, RowKey, Versioned};

/// Where rows are read: the store, or the host's transaction.
pub(crate) trait Source {
    fn rows(&mut self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Versioned>, Fault>>;
}

/// The store itself. By way of the service: with two lifetimes in `&dyn Erased` no future that awaits it would be `Send`.
impl Source for &Mfa {
    async fn rows(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.store().load(keys).await
    }
}

impl<S: Source> Source for &mut S {
    async fn rows(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        S::rows(self, keys).await
    }
}

/// Whose account a decision is about, and whether its secrets are decrypted.
#[derive(Clone, Copy)]
pub(crate) enum Actor {
    /// No account is read.
    None,
    /// Its secrets are left encrypted: enough to say who is there.
    Encrypted(AccountId),
    /// The secret that a session enrolls is decrypted, to show it.
    Enrolling(AccountId, SessionId),
    /// Its secrets are decrypted: to check a code, and to write its row.
    Decrypted(AccountId),
}

impl Actor {
    pub(crate) const fn id(self) -> Option<AccountId> {
        match self {
            Self::None => None,
            Self::Encrypted(id) | Self::Enrolling(id, _) | Self::Decrypted(id) => Some(id),
        }
    }

    pub(crate) const fn decrypts(self) -> Decrypt {
        match self {
            Self::Decrypted(_) => Decrypt::All,
            Self::Enrolling(_, session) => Decrypt::Pending(session),
            Self::None | Self::Encrypted(_) => Decrypt::Nothing,
        }
    }
}

/// The host's transaction as a source.
pub(crate) struct InTransaction<'a, T>(pub(crate) &'a mut T);

impl<T: HostTx> Source for InTransaction<'_, T> {
    async fn rows(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.0.load(keys).await
    }
}
