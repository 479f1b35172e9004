//! The whole path in a real browser: headless Chromium, a QR code read back from its picture by an independent
//! decoder, codes from an independent authenticator, the true program over a new SQLite file, the true clock.
//!
//! Pictures of every step lie in `target/screenshots/` afterwards, as a desk and as a phone shows them.
//! Chromium and its driver come with Debian's packages `chromium` and `chromium-driver`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may fail loudly"
)]

mod browser;
mod demo;
mod devices;
mod journey;
mod passes;
mod passkeys;
mod path;
mod phone;
mod places;
