//! `loquet-postgres` over a server of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unreachable,
    reason = "a test may fail loudly"
)]

mod bouncer;
mod contract;
mod copy;
mod faults;
mod host;
mod isolation;
mod log_in;
mod months;
mod open;
mod proxy;
mod soak;
mod support;
