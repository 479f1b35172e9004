//! The tests of loquet-ipfilter through its public face, in one program: each links but once.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may fail loudly, and some read files"
)]

mod addresses;
mod analysis;
mod built;
mod client_address;
mod common;
mod corpus;
mod databases;
mod forwarded;
mod generated;
mod golden;
mod import;
mod lint;
#[cfg(feature = "maxmind")]
mod maxmind;
mod oracle;
mod planes;
mod prefixes;
mod strangers;
mod support;
mod text;
mod trusted_proxies;
mod whole_table;
