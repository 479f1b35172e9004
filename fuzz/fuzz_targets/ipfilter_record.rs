//! The audit line: what is read is written and read again.
#![no_main]

#[path = "../../crates/loquet-ipfilter/tests/suite/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|line: &str| {
    support::an_audit_line_reads_back(line);
});
