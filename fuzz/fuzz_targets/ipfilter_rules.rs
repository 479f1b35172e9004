//! The text of rules: displayed rules parse to the same rules, and the filter agrees with rule-by-rule evaluation.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|text: &str| {
    support::check_rules_and_filter(text);
});
