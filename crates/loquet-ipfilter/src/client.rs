//! The client's address behind proxies.

pub(crate) mod header;
mod hops;
pub(crate) mod proxies;
pub(crate) mod reason;
pub(crate) mod resolve;
