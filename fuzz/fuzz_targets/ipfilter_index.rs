//! The frozen index: at every boundary of many networks it answers as the spans it was built from.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    support::many_networks_are_decided_as_their_spans_say(bytes);
});
