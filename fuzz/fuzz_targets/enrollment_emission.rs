//! Whatever is emitted, we and `totp-rs` read back as the same value.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    support::Emission::from_bytes(bytes).holds();
});
