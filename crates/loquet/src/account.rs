//! "My account": what its owner sees and changes.

pub(crate) mod address_code;
pub(crate) mod addresses;
mod handle;
pub(crate) mod notice_addresses;
pub(crate) mod operations;
mod overview;

pub use handle::AccountHandle;
pub use overview::{AccountOverview, AuthenticatorState, OrganizationOverview, SessionEntry};
