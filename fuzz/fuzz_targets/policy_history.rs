//! Any commands in any order, with any evidence: nothing panics, and what rises never falls.
#![no_main]

#[path = "../../crates/loquet-policy/tests/rules/aim.rs"]
mod aim;
#[path = "../../crates/loquet-policy/tests/rules/history.rs"]
mod history;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    history::check_history(bytes);
});
