//! The rules: every command in every state, what each writes and whom it tells, the numbers between which the explorer
//! does not look, and an independent reading of the same rules.
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
    reason = "a test may fail loudly, says what it found, and two of these write their files"
)]

mod advisories;
mod conformance;
mod deeds;
mod defender;
mod differential;
mod facts;
mod grid;
mod house;
mod life;
mod numbers;
#[cfg(feature = "scenario")]
mod scenario;
mod scenes;
mod siege;
mod simulate;
#[cfg(feature = "serde")]
mod stored;
