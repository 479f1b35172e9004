//! Prefixes: a parsed prefix is displayed and parsed again, and agrees with the standard library's addresses.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|text: &str| {
    support::check_prefix_and_import(text);
});
