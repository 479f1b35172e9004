//! "My account": what its owner sees and changes.

pub(crate) mod address_code;
pub(crate) mod addresses;
mod authenticator_state;
mod handle;
pub(crate) mod notice_addresses;
pub(crate) mod operations;
mod overview;

pub use authenticator_state::AuthenticatorState;
pub use handle::AccountHandle;
pub use overview::{AccountOverview, OrganizationOverview, SessionEntry};
