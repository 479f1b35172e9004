//! The service as a host sees it, over the memory store and stores that fail.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

mod access;
mod addresses;
mod article;
mod attempts;
mod blocking;
mod canary;
mod clock;
mod codes;
mod conformance;
mod devices;
mod faults;
mod floods;
mod letters;
mod machine;
mod observed;
mod operations;
mod provision;
mod sessions;
mod tenants;
mod transaction;
