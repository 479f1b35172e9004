//! The rules: every command in every state, its writes and notices, exact numbers, and a comparison with an
//! independent reference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    unused_must_use,
    unreachable_pub,
    reason = "a test may panic and print, and two of these write their files"
)]

mod advisories;
mod aim;
mod attack;
mod authority;
mod clock;
mod conformance;
mod defender;
mod demanded;
mod differential;
mod facts;
mod fixture;
mod grid;
mod history;
mod numbers;
mod passkeys;
mod quotas;
mod reports;
mod restores;
#[cfg(feature = "scenario")]
mod scenario;
mod scenes;
mod several;
mod simulate;
mod steps;
#[cfg(feature = "serde")]
mod stored;
mod trace;
