//! The store as others see it: one binary, which is also the other processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and this one needs files, processes and a clock"
)]

mod backup;
mod child;
mod codes;
mod contract;
mod damage;
mod disks;
mod guards;
mod host;
mod locks;
mod open;
mod power;
mod processes;
mod soak;
mod stories;
mod support;
