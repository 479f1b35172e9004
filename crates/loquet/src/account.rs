//! "My account": what its owner sees and changes.

pub(crate) mod address_code;
pub(crate) mod addresses;
mod authenticator_state;
mod authenticators;
mod handle;
pub(crate) mod notice_addresses;
pub(crate) mod operations;
mod overview;
mod session_entry;

pub use authenticator_state::AuthenticatorState;
pub use authenticators::{AuthenticatorEntry, MAX_AUTHENTICATOR_NAME};
pub use handle::AccountHandle;
pub use overview::{AccountOverview, OrganizationOverview};
pub use session_entry::SessionEntry;
