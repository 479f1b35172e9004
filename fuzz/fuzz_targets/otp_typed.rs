//! Any text: a code in its canonical form, or an error at the right place.
#![no_main]

#[path = "../../crates/loquet-otp/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|text: &str| {
    support::typed_text_is_read_exactly(text);
});
