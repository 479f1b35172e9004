//! Wrong clocks: known drift, resynchronization and diagnosis.

use loquet_otp::{
    Acceptance, Drift, DriftError, Reach, ReachError, Search, Totp, TypedCode, Verdict, Window,
};

use crate::accepting;
use crate::verifier::{NOW, STEP, TWINS, accepted, code_of, key};

#[test]
fn drift_moves_window_and_keeps_present_step() {
    let totp = Totp::default();
    for drift in [-7, -2, 2, 7] {
        let known = Drift::new(drift).unwrap();
        for offset in -10..=10 {
            let step = STEP.checked_add_signed(offset).unwrap();
            for only_drifted in [false, true] {
                let around = (drift - 1..=drift + 1).contains(&offset);
                let expected = if around || offset == 0 && !only_drifted {
                    accepted(step, offset)
                } else {
                    Verdict::Wrong
                };
                let accept = Acceptance {
                    only_drifted,
                    ..accepting(Window::default(), known, None)
                };
                let verdict = totp.verify(&key(), code_of(step), NOW, accept);
                assert_eq!(verdict, expected, "drift {drift}, offset {offset}");
            }
        }
    }
}

#[test]
fn newest_match_wins_on_either_side_of_drift() {
    let (older, newer, text) = TWINS[0];
    let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
    let verify = |present: u64, drift| {
        let drift = Drift::new(drift).unwrap();
        Totp::default().verify(
            &key(),
            typed,
            present * 30,
            accepting(Window::STRICT, drift, None),
        )
    };
    assert_eq!(verify(older, 1), accepted(newer, 1));
    assert_eq!(verify(newer, -1), accepted(newer, 0));
}

#[test]
fn drift_and_reach_are_limited() {
    assert_eq!(Drift::new(120).unwrap().steps(), 120);
    assert_eq!(Drift::new(-120).unwrap().steps(), -120);
    let error = Drift::new(-121).unwrap_err();
    assert_eq!(error, DriftError { steps: -121 });
    assert_eq!(
        error.to_string(),
        "a drift of -121 steps: at most 120 are allowed in either direction"
    );
    assert!(
        Drift::new(121).is_err() && Drift::new(i64::MIN).is_err() && Drift::new(i64::MAX).is_err()
    );
    assert_eq!(Reach::new(120), Ok(Reach::MAX));
    assert_eq!(Reach::new(0), Err(ReachError { steps: 0 }));
    assert_eq!(
        Reach::new(121).unwrap_err().to_string(),
        "a search of 121 steps: it must be 1 to 120"
    );
}

#[test]
fn resynchronization_requires_consecutive_codes() {
    let totp = Totp::default();
    let find = |steps: [u64; 2]| {
        totp.resynchronize(
            &key(),
            &steps.map(code_of),
            NOW,
            Search {
                reach: Reach::MAX,
                after: None,
            },
        )
    };
    assert!(find([STEP, STEP + 1]).is_some());
    assert_eq!(find([STEP, STEP]), None, "the same code twice");
    assert_eq!(find([STEP + 1, STEP]), None, "in the wrong order");
    assert_eq!(find([STEP, STEP + 2]), None, "with a gap");
    let three = [STEP, STEP + 1, STEP + 3].map(code_of);
    assert_eq!(
        totp.resynchronize(
            &key(),
            &three,
            NOW,
            Search {
                reach: Reach::MAX,
                after: None
            }
        ),
        None
    );
}

#[test]
fn resynchronization_refuses_used_steps() {
    // T8, CVE-2019-12887: recorded codes must not reset the drift.
    let totp = Totp::default();
    let codes = [STEP - 1, STEP].map(code_of);
    let find = |after| {
        totp.resynchronize(
            &key(),
            &codes,
            NOW,
            Search {
                reach: Reach::MAX,
                after,
            },
        )
    };
    assert!(find(Some(STEP - 2)).is_some());
    assert_eq!(find(Some(STEP - 1)), None, "the first of the two is used");
    assert_eq!(find(Some(STEP)), None);
    assert_eq!(find(Some(u64::MAX)), None);
}

#[test]
fn next_code_is_accepted_after_resynchronization() {
    let totp = Totp::default();
    let phone = |now: u64| code_of((now - 400) / 30); // 400 seconds behind
    let codes = [phone(NOW), phone(NOW + 30)];
    let found = totp
        .resynchronize(
            &key(),
            &codes,
            NOW + 30,
            Search {
                reach: Reach::MAX,
                after: None,
            },
        )
        .unwrap();
    assert_eq!(found.drift.steps(), -14);
    for later in [60, 300, 3000] {
        let now = NOW + later;
        let verdict = totp.verify(
            &key(),
            phone(now),
            now,
            accepting(Window::default(), found.drift, Some(found.step)),
        );
        assert!(matches!(verdict, Verdict::Accepted(_)), "{later}");
    }
}

#[test]
fn steps_behind_returns_smallest_lag() {
    let (older, newer, text) = TWINS[0];
    let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
    let now = (older + 10) * 30;
    let lag = Totp::default().steps_behind(
        &key(),
        typed,
        now,
        Search {
            reach: Reach::MAX,
            after: None,
        },
    );
    assert_eq!(lag, Some(older + 10 - newer));
}
