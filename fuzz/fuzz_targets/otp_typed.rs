//! Any text: a code in its canonical form, or an error at the right place.
#![no_main]

#[path = "../../crates/loquet-otp/tests/otp/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    checks::check_typed_code(text);
});
