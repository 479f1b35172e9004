//! Headers: a naive second reader agrees on every client that ours names, and nothing written by a stranger matters.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    support::a_named_client_depends_on_proxies_alone(data);
});
