//! MaxMind databases: any bytes are read or refused, without a panic, a hang or a huge allocation.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    support::check_database(bytes);
});
