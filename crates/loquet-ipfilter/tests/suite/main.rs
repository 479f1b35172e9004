//! Tests of the public API of loquet-ipfilter, linked into one program. Prefixes of test names such as `h1_` are the
//! requirements in `docs/requirements.md`.
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
mod audience;
mod built_rules;
mod client_address;
mod common;
mod corpus;
mod databases;
mod forwarded;
mod generated;
mod import;
mod limits;
mod lint;
#[cfg(feature = "maxmind")]
mod maxmind;
mod opens;
mod oracle;
mod other_sources;
mod planes;
mod precedence;
mod prefixes;
mod support;
mod text;
mod trusted_proxies;
mod whole_table;
