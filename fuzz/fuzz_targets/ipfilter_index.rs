//! The index: its decisions equal the rules that it finds, at every boundary of many networks.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    support::check_index_of_many_networks(bytes);
});
