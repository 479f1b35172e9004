//! Any typed key comes back in every grouping.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/enrollment/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    checks::check_typed_text(text);
});
