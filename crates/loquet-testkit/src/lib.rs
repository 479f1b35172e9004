//! What Loquet's own tests share. Used from `tests/` alone, never from unit tests: the types would exist twice.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

pub mod addresses;
pub mod advisories;
pub mod audit;
pub mod break_glass;
pub mod canaries;
pub mod cut;
pub mod fixture;
pub mod flaky;
pub mod forgery;
pub mod imports;
pub mod keys;
pub mod letters;
pub mod operations;
pub mod passkeys;
pub mod policy_reference;
#[cfg(unix)]
pub mod postgres;
pub mod pretend;
mod put_back;
pub mod recovery;
pub mod restore;
pub mod sessions;
pub mod several;
pub mod tampered;
pub mod tokens;
