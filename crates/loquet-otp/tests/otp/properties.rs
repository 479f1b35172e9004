//! Property tests against the oracle, and replay of the fuzz corpus if the repository is available.

use crate::checks::{Situation, check_typed_code};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_results_agree_with_oracle(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Situation::from_bytes(&bytes).holds();
    }

    /// Off-by-one errors occur near the window, which a quarter of the full range rarely hits.
    #[test]
    fn results_near_window_agree_with_oracle(
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
    fn any_text_parses_exactly(text in ".*") {
        check_typed_code(&text);
    }

    #[test]
    fn code_like_text_parses_exactly(text in "[0-9 \u{a0}\u{202f}\u{2009}\u{200b}\n-]{0,12}[0-9٣３²Ⅳx.]{0,3}[0-9 -]{0,5}") {
        check_typed_code(&text);
    }
}

/// Calls `check` with every input of a fuzz target's corpus.
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
fn fuzz_corpus_agrees_with_oracle() {
    replay("otp_situation", |bytes| {
        Situation::from_bytes(bytes).holds()
    });
}

#[test]
fn fuzz_corpus_texts_parse_exactly() {
    replay("otp_typed", |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            check_typed_code(text);
        }
    });
}
