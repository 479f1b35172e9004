//! Tests of the public interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

mod app_rules;
mod apps;
mod checks;
#[cfg(feature = "qr-png")]
mod decoders;
mod emission;
#[cfg(feature = "import-migration")]
mod export_checks;
mod import;
#[cfg(feature = "import-migration")]
mod migration;
mod offer;
mod printed_code;
mod properties;
mod qr;
mod reports;
mod users;
