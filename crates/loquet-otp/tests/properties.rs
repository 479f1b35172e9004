//! The crate beside a naive oracle, over the whole range of every number.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod support;

use proptest::prelude::*;
use support::{Situation, typed_text_is_read_exactly};

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
