//! Time-based codes: windows, used codes, and steps that share a code.

use loquet_otp::{
    Algorithm, Code, Drift, Key, Match, Secret, Totp, TypedCode, Verdict, Window, WindowError,
};

use crate::accepting;

pub(crate) const STEP: u64 = 55_555_555;
/// The first second of `STEP`.
pub(crate) const NOW: u64 = STEP * 30;

pub(crate) fn key() -> Key {
    Secret::from(*b"12345678901234567890").key(Algorithm::Sha1)
}

pub(crate) fn code_of(step: u64) -> TypedCode {
    let code: Code = Totp::default().generate(&key(), step * 30);
    code.into()
}

fn verify(typed: TypedCode, now: u64, window: Window, after: Option<u64>) -> Verdict {
    Totp::default().verify(&key(), typed, now, accepting(window, Drift::NONE, after))
}

pub(crate) fn accepted(step: u64, offset: i64) -> Verdict {
    Verdict::Accepted(Match { step, offset })
}

#[test]
fn default_window_is_exact_to_the_second() {
    // The code of STEP is valid from one period before its step to one period after it (RFC 6238 §5.2; T10).
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

/// Keycloak, CVE-2024-7318: with a window of zero, a code was valid for two periods.
#[test]
fn strict_window_accepts_exactly_one_period() {
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
fn window_over_limit_is_refused() {
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
        "a window of 11 steps back and 0 ahead: at most 10 are allowed on each side"
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
fn used_code_is_refused_throughout_its_window() {
    // T1 and T2: in the whole window, not only in the code's own step.
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

/// Steps of this secret that share a code, found by search: neighbors, and with one step between.
pub(crate) const TWINS: [(u64, u64, &str); 2] =
    [(910_737, 910_738, "911617"), (153_567, 153_569, "468457")];

/// totp-rs 6.0 returns the oldest step, so that the code is accepted twice.
#[test]
fn newest_matching_step_above_last_used_wins() {
    for (older, newer, text) in TWINS {
        let typed = TypedCode::parse(text, Totp::default().digits).unwrap();
        assert_eq!((code_of(older), code_of(newer)), (typed, typed));
        let now = (older + 1) * 30;
        let offset_of_newer = if newer == older + 1 { 0 } else { 1 };
        let verify = |after| verify(typed, now, Window::default(), after);
        // If the older step were stored, the same code would be accepted once more.
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
