//! Any text is base32 as a naive reader reads it, or has a fault at its first stray character.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/enrollment/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    checks::check_base32_text(text);
});
