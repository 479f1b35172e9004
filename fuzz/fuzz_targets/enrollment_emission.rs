//! Whatever is emitted, we and `totp-rs` read back as the same value.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/enrollment/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::Emission::from_bytes(bytes).holds();
});
