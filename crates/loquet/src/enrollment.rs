//! Enrolling an authenticator, replacing it, and the codes for when it is lost.

pub(crate) mod codes;
pub(crate) mod operations;
pub(crate) mod recovery;
pub(crate) mod token;
