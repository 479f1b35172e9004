//! Sessions: the log-in, what a session may do, and how it ends.

pub(crate) mod attempt;
mod authorize;
pub(crate) mod live;
mod log_in;
pub(crate) mod mfa_session;
pub(crate) mod operations;
pub(crate) mod progress;
pub(crate) mod reports;

pub use authorize::Authorized;
pub use mfa_session::{MfaSession, SessionError};
pub use progress::LoginProgress;
