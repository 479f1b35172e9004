//! Tests of the public interface.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read files"
)]

mod checks;
mod codes;
mod counters;
mod differential;
mod drift;
mod extremes;
#[cfg(feature = "totp-rs")]
mod interop;
mod parameters;
mod printing;
mod properties;
#[cfg(feature = "serde")]
mod serde;
mod vectors;
mod verifier;

use loquet_otp::{Acceptance, Drift, Window};

const fn accepting(window: Window, drift: Drift, after: Option<u64>) -> Acceptance {
    Acceptance {
        window,
        drift,
        after,
        only_drifted: false,
    }
}
