//! The checks beside a naive oracle, over the whole range of every number and over the corpus of the fuzz targets, where
//! the repository is at hand.

use crate::checks::{Situation, typed_text_is_read_exactly};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_that_of_the_oracle(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Situation::from_bytes(&bytes).holds();
    }

    /// Codes near the window are where off-by-one errors live: a quarter of the full range is not enough for them.
    #[test]
    fn every_answer_near_the_window_is_that_of_the_oracle(
        bytes in prop::collection::vec(any::<u8>(), 60),
        typed_at in -14i64..=14,
        bound in -14i64..=14,
    ) {
        let mut situation = Situation::from_bytes(&bytes);
        situation.typed_at = typed_at + situation.drift.steps();
        let present = situation.totp.step(situation.now);
        situation.after = situation.after.map(|_| present.saturating_add_signed(typed_at + bound / 5));
        situation.holds();
    }

    #[test]
    fn any_text_is_read_exactly(text in ".*") {
        typed_text_is_read_exactly(&text);
    }

    #[test]
    fn text_that_looks_like_a_code_is_read_exactly(text in "[0-9 \u{a0}\u{202f}\u{2009}\u{200b}\n-]{0,12}[0-9٣３²Ⅳx.]{0,3}[0-9 -]{0,5}") {
        typed_text_is_read_exactly(&text);
    }
}

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
