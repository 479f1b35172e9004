//! Data that others publish: lists of networks and MaxMind databases.

pub(crate) mod geo;
#[cfg(feature = "json")]
mod json;
pub(crate) mod list_reader;
#[cfg(feature = "maxmind")]
pub(crate) mod maxmind;
pub(crate) mod network_list;
