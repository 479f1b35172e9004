//! "My account": what its owner sees and changes.

pub(crate) mod addresses;
mod handle;
pub(crate) mod operations;
mod overview;

pub use handle::AccountHandle;
pub use overview::{AccountOverview, AuthenticatorState, OrganizationOverview, SessionEntry};
