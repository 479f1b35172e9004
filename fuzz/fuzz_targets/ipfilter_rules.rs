//! The text of rules: written again it reads the same, and the compiled filter answers as the rules asked one by one.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|text: &str| {
    support::rules_read_back_and_the_filter_answers_as_the_rules_do(text);
});
