//! Addresses, networks and ranges of addresses.

pub(crate) mod number;
pub(crate) mod prefix;
pub(crate) mod ranges;
pub(crate) mod special;
