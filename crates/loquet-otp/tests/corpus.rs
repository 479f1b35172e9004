//! Replays the fuzzer's corpus, where the repository is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail loudly and read files"
)]

mod support;

use support::{Situation, typed_text_is_read_exactly};

/// Hands every input of one target to `check`.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("no corpus at {folder}: nothing to replay");
    };
    let inputs: Vec<_> = entries
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "{folder} is empty");
    inputs.iter().for_each(|input| check(input));
}

#[test]
fn situations_of_the_fuzzer_hold() {
    replay("otp_situation", |bytes| {
        Situation::from_bytes(bytes).holds()
    });
}

#[test]
fn texts_of_the_fuzzer_are_read_exactly() {
    replay("otp_typed", |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            typed_text_is_read_exactly(text);
        }
    });
}
