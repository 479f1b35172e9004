//! Tests of the public interface, in a program that also serves as the child processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may panic, print, and use files, processes and a clock"
)]

mod altered;
mod backup;
mod child;
mod concurrent_codes;
mod contract;
mod damage;
mod disks;
mod guards;
mod host;
mod locks;
mod open;
mod power;
mod processes;
mod restores;
mod scenarios;
mod soak;
mod support;
