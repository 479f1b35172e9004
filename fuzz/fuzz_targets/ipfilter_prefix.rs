//! Prefixes: what is read is written and read again, and agrees with the standard library's addresses.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|text: &str| {
    support::a_network_reads_back_and_an_imported_list_is_sorted(text);
});
