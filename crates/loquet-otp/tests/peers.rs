//! Faults that were found in other libraries, each as a test that it is not ours.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use loquet_otp::{
    Algorithm, CodeError, Digits, Drift, Hotp, HotpVerdict, Key, LookAhead, Match, Period, Secret,
    Totp, TypedCode, Verdict, Window,
};

fn key() -> Key {
    Secret::from(*b"12345678901234567890").key(Algorithm::Sha1)
}

/// hectorm/otpauth, issue 3: the digit count came from the typed token, so that one digit was compared with one digit.
#[test]
fn one_digit_is_not_a_code() {
    for digit in 0..10 {
        let typed = TypedCode::parse(&digit.to_string(), Digits::Six);
        assert_eq!(
            typed,
            Err(CodeError::Count {
                found: 1,
                expected: 6
            })
        );
    }
}

/// The same class: a code of one length must not pass where another is expected, not even with leading zeros.
#[test]
fn a_code_of_another_length_is_wrong() {
    let totp = Totp {
        digits: Digits::Eight,
        ..Totp::default()
    };
    // RFC 6238, Appendix B: 07081804 at 1111111109.
    let seven = TypedCode::parse("7081804", Digits::Seven).unwrap();
    let eight = TypedCode::parse("07081804", Digits::Eight).unwrap();
    let now = 1_111_111_109;
    let verify = |typed| totp.verify(&key(), typed, now, Window::STRICT, Drift::NONE, None);
    assert_eq!(verify(seven), Verdict::Wrong);
    assert_eq!(
        verify(eight),
        Verdict::Accepted(Match {
            step: now / 30,
            offset: 0
        })
    );
    assert_ne!(seven, eight);
}

/// Codes kept as numbers lose their zeros: 25193 has the code 000039 under this secret.
#[test]
fn leading_zeros_are_kept() {
    let code = Hotp::default().generate(&key(), 25_193);
    assert_eq!(code.to_string(), "000039");
    assert_eq!(code.digits(), Digits::Six);
    assert_eq!(
        TypedCode::parse("39", Digits::Six),
        Err(CodeError::Count {
            found: 2,
            expected: 6
        })
    );
    let typed = TypedCode::parse("000039", Digits::Six).unwrap();
    let accepted = HotpVerdict::Accepted {
        counter: 25_193,
        next: 25_194,
    };
    assert_eq!(
        Hotp::default().verify(&key(), typed, 25_193, LookAhead::default()),
        accepted
    );
}

/// slauth 0.7 pads every code to six digits (`{:0>6}`): a code of eight loses its leading zero.
#[test]
fn leading_zeros_are_kept_in_eight_digits() {
    let totp = Totp {
        digits: Digits::Eight,
        ..Totp::default()
    };
    assert_eq!(totp.generate(&key(), 1_111_111_109).to_string(), "07081804");
}

/// slauth 0.7 leaves the last step of the window out (`a..b` for `a..=b`).
#[test]
fn the_last_step_of_the_window_is_inside() {
    let totp = Totp::default();
    for offset in [-1, 0, 1] {
        let now = 1_700_000_000;
        let step = totp.step(now).checked_add_signed(offset).unwrap();
        let typed = totp.generate(&key(), totp.starts_at(step)).into();
        let verdict = totp.verify(&key(), typed, now, Window::default(), Drift::NONE, None);
        assert_eq!(verdict, Verdict::Accepted(Match { step, offset }));
    }
}

/// slauth 0.7 and libreauth 0.18 subtract the tolerance from the step unchecked: near the epoch that underflows.
#[test]
fn step_zero_minus_the_window_does_not_underflow() {
    let totp = Totp::default();
    let typed = totp.generate(&key(), 0).into();
    let window = Window::new(10, 10).unwrap();
    let verdict = totp.verify(&key(), typed, 0, window, Drift::NONE, None);
    assert_eq!(verdict, Verdict::Accepted(Match { step: 0, offset: 0 }));
}

/// totp-rs 6.0 multiplies the step by the period again and adds the skew unchecked: at the end of time that overflows.
#[test]
fn time_times_period_does_not_overflow() {
    for period in [1, 7, 3600] {
        let totp = Totp {
            period: Period::new(period).unwrap(),
            ..Totp::default()
        };
        let readout = totp.readout(&key(), u64::MAX);
        let typed = readout.code.into();
        let verdict = totp.verify(
            &key(),
            typed,
            u64::MAX,
            Window::default(),
            Drift::NONE,
            None,
        );
        assert_eq!(
            verdict,
            Verdict::Accepted(Match {
                step: u64::MAX / period,
                offset: 0
            })
        );
    }
}

/// 10¹⁰ does not fit in 32 bits: `10_u32.pow(10)` panics or wraps in several crates.
#[test]
fn ten_digits_are_refused_instead_of_a_panic() {
    assert!(Digits::new(9).is_err());
    assert!(Digits::new(10).is_err());
}

/// A secret was printed by `Display` elsewhere, and went to the log with the error that held it.
#[test]
fn a_secret_is_not_displayed() {
    let secret = Secret::from(*b"12345678901234567890");
    assert_eq!(secret.to_string(), "[secret, 20 bytes]");
}

/// totp-rs before 1.1 compared codes byte by byte (CVE-2022-29185); it still stops at the first step that matches, and
/// returns the *oldest*: a code that two steps share is accepted twice. See `tests/timing.rs` for the time it takes.
#[test]
fn a_code_that_two_steps_share_is_accepted_once() {
    let totp = Totp::default();
    let typed = TypedCode::parse("911617", Digits::Six).unwrap();
    let now = 910_737 * 30;
    let Verdict::Accepted(first) =
        totp.verify(&key(), typed, now, Window::default(), Drift::NONE, None)
    else {
        panic!("the code of this step and of the next one")
    };
    let again = totp.verify(
        &key(),
        typed,
        now + 30,
        Window::default(),
        Drift::NONE,
        Some(first.step),
    );
    assert!(matches!(again, Verdict::AlreadyUsed { .. }));
}

/// Vault and OpenBao, CVE-2025-6014: a blank in the code dodged the list of used codes and the limit.
#[test]
fn all_spellings_are_one_code() {
    let spellings = [
        "123456",
        " 123456",
        "123 456",
        "123-456",
        "1 2 3 4 5 6",
        "123\u{2009}456",
    ];
    let codes = spellings.map(|text| TypedCode::parse(text, Digits::Six).unwrap());
    assert!(codes.iter().all(|code| *code == codes[0]));
}

/// Keycloak, CVE-2024-7318: with a window of none, a code lived for two periods.
#[test]
fn without_a_window_a_code_lives_one_period() {
    let totp = Totp::default();
    let now = 1_700_000_010; // a multiple of thirty
    let typed = totp.generate(&key(), now).into();
    let alive = (now - 90..now + 90)
        .filter(|now| {
            totp.verify(&key(), typed, *now, Window::STRICT, Drift::NONE, None) != Verdict::Wrong
        })
        .count();
    assert_eq!(alive, 30);
}
