//! What keeps a service from deciding.

use loquet_enrollment::LabelError;
use loquet_policy::TooManyRoles;

use super::bounds::MAX_EXTERNAL_ID;
use crate::audit::{Broken, CheckpointError};
use crate::disk::DiskError;
use crate::edge::NoEntropy;
use crate::flow;
use crate::seal::SealError;
use crate::store::{BoxError, Fault};

/// Nothing was decided, or nobody may know what was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] Fault),
    /// A row that cannot be read or opened.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The key ring is another store's, or lacks a key.
    #[error("these are not the keys of this store: {0}")]
    Keys(#[source] SealError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// Too many want to change the same account at once. Nothing is known of the outcome of a code.
    #[error("too many changes to one account at once")]
    Busy,
    /// An organization or account that is not there.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// A name that no authenticator app could show.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Too many roles for one account.
    #[error("an account holds at most {} roles", loquet_policy::limits::ROLES)]
    TooManyRoles,
    /// The host's name for an account is empty or too long.
    #[error("an external id has 1 to {MAX_EXTERNAL_ID} bytes, this one has {0}")]
    ExternalId(usize),
    /// Where multi-factor log-in is enabled, administrators are made by administrators alone.
    #[error(
        "where multi-factor log-in is enabled, an administrator promotes another: add the account without that role first"
    )]
    NotByTheHost,
    /// The enrollment cannot be shown.
    #[error(transparent)]
    Offer(#[from] flow::NoOffer),
    /// A letter could not be delivered; it waits.
    #[error("a notice could not be delivered: {0}")]
    Delivery(#[source] BoxError),
    /// The audit log was tampered with.
    #[error(transparent)]
    Audit(#[from] Broken),
    /// A checkpoint that this store did not sign.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl From<SealError> for ServiceError {
    fn from(error: SealError) -> Self {
        Self::Disk(error.into())
    }
}

impl From<TooManyRoles> for ServiceError {
    fn from(_: TooManyRoles) -> Self {
        Self::TooManyRoles
    }
}
