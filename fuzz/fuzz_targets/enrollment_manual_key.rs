//! Any typed key comes back in every grouping.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/enrollment/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    checks::typed_text_comes_back_in_every_grouping(text);
});
