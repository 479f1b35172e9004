//! What a verifier does with time-based codes, case by case.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use loquet_otp::{
    Algorithm, Code, Drift, DriftError, Key, Match, Period, Reach, ReachError, Resync, Secret,
    Totp, TypedCode, Verdict, Window, WindowError,
};

const STEP: u64 = 55_555_555;
/// The first second of `STEP`.
const NOW: u64 = STEP * 30;

fn key() -> Key {
    Secret::from(*b"12345678901234567890").key(Algorithm::Sha1)
}

fn code_of(step: u64) -> TypedCode {
    let code: Code = Totp::default().generate(&key(), step * 30);
    code.into()
}

fn verify(typed: TypedCode, now: u64, window: Window, after: Option<u64>) -> Verdict {
    Totp::default().verify(&key(), typed, now, window, Drift::NONE, after)
}

fn accepted(step: u64, offset: i64) -> Verdict {
    Verdict::Accepted(Match { step, offset })
}

#[test]
fn the_default_window_is_exact_to_the_second_at_both_edges() {
    // The code of STEP is good from one period before its step to one period after it (RFC 6238 §5.2; T10).
    let window = Window::default();
    let first = NOW - 30;
    let last = NOW + 59;
    assert_eq!(
        verify(code_of(STEP), first - 1, window, None),
        Verdict::Wrong
    );
    assert_eq!(
        verify(code_of(STEP), first, window, None),
        accepted(STEP, 1)
    );
    assert_eq!(verify(code_of(STEP), NOW, window, None), accepted(STEP, 0));
    assert_eq!(
        verify(code_of(STEP), last, window, None),
        accepted(STEP, -1)
    );
    assert_eq!(
        verify(code_of(STEP), last + 1, window, None),
        Verdict::Wrong
    );
}

#[test]
fn the_strict_window_accepts_one_period_and_no_second_more() {
    assert_eq!(
        verify(code_of(STEP), NOW - 1, Window::STRICT, None),
        Verdict::Wrong
    );
    assert_eq!(
        verify(code_of(STEP), NOW, Window::STRICT, None),
        accepted(STEP, 0)
    );
    assert_eq!(
        verify(code_of(STEP), NOW + 29, Window::STRICT, None),
        accepted(STEP, 0)
    );
    assert_eq!(
        verify(code_of(STEP), NOW + 30, Window::STRICT, None),
        Verdict::Wrong
    );
}

#[test]
fn the_window_may_differ_on_both_sides() {
    let window = Window::new(3, 0).unwrap();
    assert_eq!((window.past(), window.future()), (3, 0));
    for (offset, found) in [(-4, false), (-3, true), (-1, true), (0, true), (1, false)] {
        let step = STEP.checked_add_signed(offset).unwrap();
        let expected = if found {
            accepted(step, offset)
        } else {
            Verdict::Wrong
        };
        assert_eq!(
            verify(code_of(step), NOW, window, None),
            expected,
            "offset {offset}"
        );
    }
}

#[test]
fn a_window_over_the_cap_is_refused() {
    assert!(Window::new(Window::MAX, Window::MAX).is_ok());
    let error = Window::new(11, 0).unwrap_err();
    assert_eq!(
        error,
        WindowError {
            past: 11,
            future: 0
        }
    );
    assert_eq!(
        error.to_string(),
        "a window of 11 steps back and 0 ahead: 10 are allowed on each side"
    );
    assert_eq!(
        Window::new(0, 11),
        Err(WindowError {
            past: 0,
            future: 11
        })
    );
}

#[test]
fn a_used_code_is_refused_as_long_as_its_window_lasts() {
    // T1 and T2: not only in its own step.
    for now in NOW - 30..NOW + 60 {
        let verdict = verify(code_of(STEP), now, Window::default(), Some(STEP));
        assert_eq!(
            verdict,
            Verdict::AlreadyUsed {
                step: STEP,
                fresh_at: NOW + 30
            }
        );
    }
}

#[test]
fn a_code_older_than_the_last_used_one_is_refused_too() {
    let verdict = verify(code_of(STEP - 1), NOW, Window::default(), Some(STEP));
    assert_eq!(
        verdict,
        Verdict::AlreadyUsed {
            step: STEP - 1,
            fresh_at: NOW + 30
        }
    );
}

#[test]
fn the_next_code_is_accepted_after_a_used_one() {
    assert_eq!(
        verify(code_of(STEP), NOW, Window::default(), Some(STEP - 1)),
        accepted(STEP, 0)
    );
    assert_eq!(
        verify(code_of(STEP + 1), NOW + 30, Window::default(), Some(STEP)),
        accepted(STEP + 1, 0)
    );
}

#[test]
fn a_fresh_code_may_already_be_shown_while_an_old_one_is_refused() {
    // The code of the step before was used and is typed again: the phone shows the next one now, nobody has to wait.
    let verdict = verify(
        code_of(STEP - 1),
        NOW + 5,
        Window::default(),
        Some(STEP - 1),
    );
    assert_eq!(
        verdict,
        Verdict::AlreadyUsed {
            step: STEP - 1,
            fresh_at: NOW
        }
    );
}

#[test]
fn fresh_at_is_told_by_the_clock_of_the_phone() {
    // Two steps behind: the phone shows the code of STEP two periods late, and the next one three periods after NOW.
    let behind = Drift::new(-2).unwrap();
    let totp = Totp::default();
    let verdict = totp.verify(
        &key(),
        code_of(STEP),
        NOW + 60,
        Window::STRICT,
        behind,
        Some(STEP),
    );
    assert_eq!(
        verdict,
        Verdict::AlreadyUsed {
            step: STEP,
            fresh_at: NOW + 90
        }
    );
    let ahead = Drift::new(2).unwrap();
    let verdict = totp.verify(
        &key(),
        code_of(STEP),
        NOW - 60,
        Window::STRICT,
        ahead,
        Some(STEP),
    );
    assert_eq!(
        verdict,
        Verdict::AlreadyUsed {
            step: STEP,
            fresh_at: NOW - 30
        }
    );
}

#[test]
fn a_wrong_code_is_wrong_whatever_was_used() {
    let wrong = TypedCode::parse("000000", Totp::default().digits).unwrap();
    for after in [None, Some(0), Some(STEP), Some(u64::MAX)] {
        assert_eq!(verify(wrong, NOW, Window::default(), after), Verdict::Wrong);
    }
}

/// Steps of this secret that share a code, found by search: neighbours, and with one step between.
const TWINS: [(u64, u64, &str); 2] = [(910_737, 910_738, "911617"), (153_567, 153_569, "468457")];

#[test]
fn of_several_matching_steps_the_newest_above_the_bound_wins() {
    for (older, newer, text) in TWINS {
        let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
        assert_eq!((code_of(older), code_of(newer)), (typed, typed));
        let now = (older + 1) * 30;
        let offset_of_newer = if newer == older + 1 { 0 } else { 1 };
        let verify = |after| verify(typed, now, Window::default(), after);
        // Were the older one stored, the same code would work once more.
        assert_eq!(verify(None), accepted(newer, offset_of_newer));
        assert_eq!(verify(Some(older - 1)), accepted(newer, offset_of_newer));
        assert_eq!(verify(Some(older)), accepted(newer, offset_of_newer));
        let used = Verdict::AlreadyUsed {
            step: newer,
            fresh_at: (newer + 1) * 30,
        };
        assert_eq!(verify(Some(newer)), used);
    }
}

#[test]
fn of_several_matching_steps_a_fresh_one_trumps_a_used_newer_one_never() {
    // The bound lies between the twins: only the newer is fresh. Above both: neither is.
    let (older, newer, text) = TWINS[1];
    let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
    let now = (older + 1) * 30;
    assert_eq!(
        verify(typed, now, Window::default(), Some(older + 1)),
        accepted(newer, 1)
    );
}

#[test]
fn a_known_drift_moves_the_window_and_keeps_the_present_inside() {
    let totp = Totp::default();
    for drift in [-7, -2, 2, 7] {
        let known = Drift::new(drift).unwrap();
        for offset in -10..=10 {
            let step = STEP.checked_add_signed(offset).unwrap();
            let inside = (drift - 1..=drift + 1).contains(&offset) || offset == 0;
            let expected = if inside {
                accepted(step, offset)
            } else {
                Verdict::Wrong
            };
            let verdict = totp.verify(&key(), code_of(step), NOW, Window::default(), known, None);
            assert_eq!(verdict, expected, "drift {drift}, offset {offset}");
        }
    }
}

#[test]
fn the_newest_match_wins_on_whichever_side_of_the_drift_the_present_is() {
    let (older, newer, text) = TWINS[0];
    let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
    let verify = |present: u64, drift| {
        let drift = Drift::new(drift).unwrap();
        Totp::default().verify(&key(), typed, present * 30, Window::STRICT, drift, None)
    };
    assert_eq!(verify(older, 1), accepted(newer, 1));
    assert_eq!(verify(newer, -1), accepted(newer, 0));
}

#[test]
fn drift_and_reach_are_capped() {
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
fn two_or_three_consecutive_codes_find_a_clock_in_either_direction() {
    let totp = Totp::default();
    let reach = Reach::new(20).unwrap();
    for drift in -21..=21 {
        let last = STEP.checked_add_signed(drift).unwrap();
        let codes = [code_of(last - 2), code_of(last - 1), code_of(last)];
        let expected = (drift.abs() <= 20).then(|| Resync {
            step: last,
            drift: Drift::new(drift).unwrap(),
        });
        assert_eq!(
            totp.resynchronise(&key(), &codes, NOW, reach, None),
            expected,
            "{drift}"
        );
        assert_eq!(
            totp.resynchronise(&key(), &[codes[1], codes[2]], NOW, reach, None),
            expected,
            "{drift}"
        );
    }
}

#[test]
fn codes_that_are_not_consecutive_find_no_clock() {
    let totp = Totp::default();
    let find =
        |steps: [u64; 2]| totp.resynchronise(&key(), &steps.map(code_of), NOW, Reach::MAX, None);
    assert!(find([STEP, STEP + 1]).is_some());
    assert_eq!(find([STEP, STEP]), None, "the same code twice");
    assert_eq!(find([STEP + 1, STEP]), None, "in the wrong order");
    assert_eq!(find([STEP, STEP + 2]), None, "with a gap");
    let three = [STEP, STEP + 1, STEP + 3].map(code_of);
    assert_eq!(
        totp.resynchronise(&key(), &three, NOW, Reach::MAX, None),
        None
    );
}

#[test]
fn resynchronising_refuses_every_step_up_to_the_last_used_one() {
    // T8, CVE-2019-12887: recorded codes must not set the clock back.
    let totp = Totp::default();
    let codes = [STEP - 1, STEP].map(code_of);
    let find = |after| totp.resynchronise(&key(), &codes, NOW, Reach::MAX, after);
    assert!(find(Some(STEP - 2)).is_some());
    assert_eq!(find(Some(STEP - 1)), None, "the first of the two is used");
    assert_eq!(find(Some(STEP)), None);
    assert_eq!(find(Some(u64::MAX)), None);
}

#[test]
fn a_found_drift_lets_the_next_code_in() {
    let totp = Totp::default();
    let phone = |now: u64| code_of((now - 400) / 30); // 400 seconds behind
    let codes = [phone(NOW), phone(NOW + 30)];
    let found = totp
        .resynchronise(&key(), &codes, NOW + 30, Reach::MAX, None)
        .unwrap();
    assert_eq!(found.drift.steps(), -14);
    for later in [60, 300, 3000] {
        let now = NOW + later;
        let verdict = totp.verify(
            &key(),
            phone(now),
            now,
            Window::default(),
            found.drift,
            Some(found.step),
        );
        assert!(matches!(verdict, Verdict::Accepted(_)), "{later}");
    }
}

#[test]
fn the_diagnosis_says_how_far_behind_a_clock_is_and_never_looks_ahead() {
    let totp = Totp::default();
    let reach = Reach::new(10).unwrap();
    for offset in -12..=12 {
        let typed = code_of(STEP.checked_add_signed(offset).unwrap());
        let expected = (-10..0).contains(&offset).then(|| offset.unsigned_abs());
        assert_eq!(
            totp.steps_behind(&key(), typed, NOW, reach, None),
            expected,
            "{offset}"
        );
    }
}

#[test]
fn the_diagnosis_is_silent_about_used_codes() {
    let find =
        |after| Totp::default().steps_behind(&key(), code_of(STEP - 5), NOW, Reach::MAX, after);
    assert_eq!(find(Some(STEP - 6)), Some(5));
    assert_eq!(find(Some(STEP - 5)), None);
    assert_eq!(find(Some(u64::MAX)), None);
}

#[test]
fn the_diagnosis_takes_the_smallest_lag() {
    let (older, newer, text) = TWINS[0];
    let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
    let now = (older + 10) * 30;
    let lag = Totp::default().steps_behind(&key(), typed, now, Reach::MAX, None);
    assert_eq!(lag, Some(older + 10 - newer));
}

#[test]
fn the_countdown_ends_where_the_next_code_begins() {
    let totp = Totp {
        period: Period::new(45).unwrap(),
        t0: 7,
        ..Totp::default()
    };
    for now in NOW..NOW + 100 {
        let readout = totp.readout(&key(), now);
        assert_eq!(readout.code, totp.generate(&key(), now));
        assert_eq!(readout.countdown, totp.countdown(now));
        assert_eq!(readout.countdown.period.seconds(), 45);
        assert!((1..=45).contains(&readout.countdown.remaining));
        assert_eq!(readout.countdown.next_at, now + readout.countdown.remaining);
        assert_eq!(
            readout.next_code,
            totp.generate(&key(), readout.countdown.next_at)
        );
        assert_eq!(
            readout.code,
            totp.generate(&key(), readout.countdown.next_at - 1)
        );
    }
}

#[test]
fn steps_are_counted_from_t0() {
    // RFC 6238 §4.2, with its own example: T0 = 0 and X = 30 give T = 1 at 59 seconds and T = 2 at 60 seconds.
    let totp = Totp::default();
    assert_eq!((totp.step(59), totp.step(60)), (1, 2));
    let later = Totp { t0: 1000, ..totp };
    assert_eq!(
        (later.step(0), later.step(1029), later.step(1030)),
        (0, 0, 1)
    );
    assert_eq!((later.starts_at(0), later.starts_at(2)), (1000, 1060));
}
