//! The host's user management, alone or in the host's own transaction.

mod assignment;
mod find;
pub(crate) mod handle;
pub(crate) mod host_tx;
pub(crate) mod import;
mod new_account;
pub(crate) mod operations;
mod token;
mod transaction;

pub use handle::{Provision, SyncReport};
pub use import::ImportedAuthenticator;
pub use new_account::NewAccount;
pub use token::{HardwareToken, TokenEntry, TokenState};
pub use transaction::{CommittingIn, ProvisionIn};
