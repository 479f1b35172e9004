//! Any text is a key URI or has a fault inside it; what was read can be emitted and read again.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/enrollment/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    checks::check_uri_text(text);
});
