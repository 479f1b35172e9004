//! Any parameters, any time, any bound: every answer is that of the naive oracle.
#![no_main]

#[path = "../../crates/loquet-otp/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    support::Situation::from_bytes(bytes).holds();
});
