//! Any parameters, any time, any bound: every answer is that of the naive oracle.
#![no_main]

#[path = "../../crates/loquet-otp/tests/otp/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::Situation::from_bytes(bytes).holds();
});
