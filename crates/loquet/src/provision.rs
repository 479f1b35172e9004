//! The host's user management, alone or in the host's own transaction.

mod handle;
pub(crate) mod host_tx;
pub(crate) mod operations;
mod transaction;

pub use handle::{NewAccount, Provision, SyncReport};
pub use transaction::{CommittingIn, ProvisionIn};
