//! The audit line: a parsed record is displayed and parsed again.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|line: &str| {
    support::check_audit_line(line);
});
