//! Any text: a code in its canonical form, or an error at the right place.
#![no_main]

#[path = "../../crates/loquet-otp/tests/otp/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    checks::typed_text_is_read_exactly(text);
});
