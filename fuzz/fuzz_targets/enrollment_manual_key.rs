//! Any typed key comes back in every grouping.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|text: &str| {
    support::typed_text_comes_back_in_every_grouping(text);
});
