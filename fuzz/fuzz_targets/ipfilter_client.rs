//! Headers: a naive second resolver agrees on every client, and a client's own text changes nothing.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    support::check_client_resolution(data);
});
