//! Hostile numbers and hostile text: nothing panics, nothing wraps around.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use loquet_otp::{
    Algorithm, CodeError, Digits, DigitsError, Drift, Hotp, HotpVerdict, Key, LookAhead,
    LookAheadError, Match, Period, PeriodError, Reach, Secret, SecretError, Totp, TypedCode,
    UnknownAlgorithm, Verdict, Window,
};

fn key() -> Key {
    Secret::from([0xa5; 20]).key(Algorithm::Sha1)
}

fn totp(period: u64, t0: u64) -> Totp {
    Totp {
        period: Period::new(period).unwrap(),
        t0,
        ..Totp::default()
    }
}

const WIDEST: Window = match Window::new(Window::MAX, Window::MAX) {
    Ok(window) => window,
    Err(_) => Window::STRICT,
};

#[test]
fn every_extreme_of_time_is_survived_and_its_own_code_accepted() {
    let times = [
        0,
        1,
        29,
        30,
        31,
        u64::from(u32::MAX),
        1 << 62,
        i64::MAX as u64,
        u64::MAX - 1,
        u64::MAX,
    ];
    for now in times {
        for t0 in times {
            for period in [1, 30, Period::MAX] {
                for drift in [-120, -1, 0, 1, 120] {
                    let totp = totp(period, t0);
                    let drift = Drift::new(drift).unwrap();
                    let typed: TypedCode = totp.generate(&key(), now).into();
                    let verdict = totp.verify(&key(), typed, now, WIDEST, drift, None);
                    let step = totp.step(now);
                    assert_eq!(verdict, Verdict::Accepted(Match { step, offset: 0 }));
                    let used = totp.verify(&key(), typed, now, WIDEST, drift, Some(u64::MAX));
                    assert!(matches!(used, Verdict::AlreadyUsed { .. }));
                    let readout = totp.readout(&key(), now);
                    assert_eq!(
                        readout.countdown.next_at,
                        now.saturating_add(readout.countdown.remaining)
                    );
                    assert_eq!(
                        totp.resynchronise(&key(), &[typed, typed], now, Reach::MAX, None),
                        None
                    );
                    assert_eq!(
                        totp.steps_behind(&key(), typed, now, Reach::MAX, Some(now)),
                        None
                    );
                }
            }
        }
    }
}

#[test]
fn the_window_is_cut_at_the_beginning_of_time() {
    let (totp, key) = (totp(30, 0), key());
    let one: TypedCode = totp.generate(&key, 30).into();
    assert_eq!(
        totp.verify(&key, one, 0, WIDEST, Drift::NONE, None),
        Verdict::Accepted(Match { step: 1, offset: 1 })
    );
    // The step before the first one does not exist; wrapped around it would be the last one of all.
    let last: TypedCode = Hotp::default().generate(&key, u64::MAX).into();
    assert_eq!(
        totp.verify(&key, last, 0, WIDEST, Drift::NONE, None),
        Verdict::Wrong
    );
    assert_eq!(totp.steps_behind(&key, last, 0, Reach::MAX, None), None);
}

#[test]
fn a_window_that_lies_before_the_beginning_of_time_is_empty_but_for_the_present() {
    let (totp, key) = (totp(30, 0), key());
    let drift = Drift::new(-20).unwrap();
    let step_of = |step: u64| -> TypedCode { totp.generate(&key, step * 30).into() };
    let verify = |step, present: u64| {
        totp.verify(
            &key,
            step_of(step),
            present * 30,
            Window::default(),
            drift,
            None,
        )
    };
    assert_eq!(verify(0, 5), Verdict::Wrong);
    assert_eq!(
        verify(5, 5),
        Verdict::Accepted(Match { step: 5, offset: 0 })
    );
    assert_eq!(
        verify(0, 19),
        Verdict::Accepted(Match {
            step: 0,
            offset: -19
        })
    );
}

#[test]
fn the_window_is_cut_at_the_end_of_time() {
    let (totp, key) = (totp(1, 0), key());
    let first: TypedCode = Hotp::default().generate(&key, 0).into();
    assert_eq!(
        totp.verify(&key, first, u64::MAX, WIDEST, Drift::NONE, None),
        Verdict::Wrong
    );
    let last: TypedCode = totp.generate(&key, u64::MAX).into();
    assert_eq!(
        totp.verify(&key, last, u64::MAX - 10, WIDEST, Drift::NONE, None),
        Verdict::Accepted(Match {
            step: u64::MAX,
            offset: 10
        })
    );
    let drift = Drift::new(120).unwrap();
    assert_eq!(
        totp.verify(&key, last, u64::MAX - 10, WIDEST, drift, None),
        Verdict::Wrong
    );
}

#[test]
fn the_end_of_time_has_no_next_code_to_wait_for() {
    let (totp, key) = (totp(1, 0), key());
    let countdown = totp.countdown(u64::MAX);
    assert_eq!((countdown.remaining, countdown.next_at), (0, u64::MAX));
    let last: TypedCode = totp.generate(&key, u64::MAX).into();
    let verdict = totp.verify(
        &key,
        last,
        u64::MAX,
        Window::STRICT,
        Drift::NONE,
        Some(u64::MAX),
    );
    assert_eq!(
        verdict,
        Verdict::AlreadyUsed {
            step: u64::MAX,
            fresh_at: u64::MAX
        }
    );
}

#[test]
fn starts_at_saturates() {
    assert_eq!(totp(30, 0).starts_at(u64::MAX), u64::MAX);
    assert_eq!(totp(1, 1).starts_at(u64::MAX), u64::MAX);
    assert_eq!(totp(1, 0).starts_at(u64::MAX), u64::MAX);
    assert_eq!(totp(2, 10).starts_at(5), 20);
}

#[test]
fn the_last_counter_of_all_is_never_accepted() {
    let (hotp, key) = (Hotp::default(), key());
    let at = |counter| -> TypedCode { hotp.generate(&key, counter).into() };
    let verify = |counter, expected| hotp.verify(&key, at(counter), expected, LookAhead::default());
    assert_eq!(verify(u64::MAX, u64::MAX), HotpVerdict::Wrong);
    assert_eq!(verify(u64::MAX, u64::MAX - 3), HotpVerdict::Wrong);
    let accepted = HotpVerdict::Accepted {
        counter: u64::MAX - 1,
        next: u64::MAX,
    };
    assert_eq!(verify(u64::MAX - 1, u64::MAX - 3), accepted);
    let find =
        |end: u64| hotp.resynchronise(&key, &[at(end - 1), at(end)], u64::MAX - 9, Reach::MAX);
    assert_eq!(find(u64::MAX - 1), Some(u64::MAX));
    assert_eq!(find(u64::MAX), None);
}

#[test]
fn look_ahead_is_exact_and_capped() {
    let (hotp, key) = (Hotp::default(), key());
    for ahead in [0, 1, 10, LookAhead::MAX] {
        let look_ahead = LookAhead::new(ahead).unwrap();
        let verify =
            |counter| hotp.verify(&key, hotp.generate(&key, counter).into(), 1000, look_ahead);
        let last = 1000 + u64::from(ahead);
        assert_eq!(verify(999), HotpVerdict::Wrong);
        assert_eq!(
            verify(1000),
            HotpVerdict::Accepted {
                counter: 1000,
                next: 1001
            }
        );
        assert_eq!(
            verify(last),
            HotpVerdict::Accepted {
                counter: last,
                next: last + 1
            }
        );
        assert_eq!(verify(last + 1), HotpVerdict::Wrong);
    }
    assert_eq!(LookAhead::default().counters(), 10);
    let error = LookAhead::new(101).unwrap_err();
    assert_eq!(error, LookAheadError { counters: 101 });
    assert_eq!(
        error.to_string(),
        "a look-ahead of 101 counters: at most 100 are allowed"
    );
}

#[test]
fn of_several_matching_counters_the_first_wins() {
    // These neighbours share a code, found by search.
    let key = Secret::from(*b"12345678901234567890").key(Algorithm::Sha1);
    let typed = TypedCode::parse("911617", Digits::Six).unwrap();
    assert_eq!(
        TypedCode::from(Hotp::default().generate(&key, 910_738)),
        typed
    );
    let verdict = Hotp::default().verify(&key, typed, 910_730, LookAhead::default());
    assert_eq!(
        verdict,
        HotpVerdict::Accepted {
            counter: 910_737,
            next: 910_738
        }
    );
}

#[test]
fn hotp_resynchronises_ahead_only() {
    let (hotp, key) = (Hotp::default(), key());
    let at = |counter| -> TypedCode { hotp.generate(&key, counter).into() };
    let find = |first: u64| {
        hotp.resynchronise(
            &key,
            &[at(first), at(first + 1), at(first + 2)],
            500,
            Reach::MAX,
        )
    };
    assert_eq!(find(499), None);
    assert_eq!(find(500), Some(503));
    assert_eq!(find(618), Some(621));
    assert_eq!(find(619), None);
}

#[test]
fn digits_other_than_six_to_eight_are_refused() {
    for count in 0..=u8::MAX {
        match Digits::new(count) {
            Ok(digits) => assert!((6..=8).contains(&count) && digits.count() == count),
            Err(error) => {
                assert!(!(6..=8).contains(&count));
                assert_eq!(error, DigitsError { count });
            }
        }
    }
    assert_eq!(
        Digits::new(10).unwrap_err().to_string(),
        "10 digits asked for: a code has 6, 7 or 8"
    );
    assert_eq!(Digits::default(), Digits::Six);
}

#[test]
fn periods_other_than_a_second_to_an_hour_are_refused() {
    for seconds in [1, 30, 60, 3600] {
        assert_eq!(Period::new(seconds).unwrap().seconds(), seconds);
    }
    // 65,536 and 65,566 would be 0 and 30 in sixteen bits.
    for seconds in [0, 3601, 65_536, 65_566, u64::MAX] {
        assert_eq!(Period::new(seconds), Err(PeriodError { seconds }));
    }
    assert_eq!(
        Period::new(0).unwrap_err().to_string(),
        "a period of 0 s asked for: it must be 1 to 3600 s"
    );
    assert_eq!(Period::default(), Period::THIRTY);
    assert_eq!(Period::THIRTY.seconds(), 30);
}

#[test]
fn secrets_are_measured_in_bytes() {
    // T12: sixteen bytes are 128 bits; a unit lost elsewhere made them 120 (CVE-2024-8796).
    let bytes = [7; 200];
    for len in 0..bytes.len() {
        let bound = Secret::new(&bytes[..len]);
        let read = Secret::weak(&bytes[..len]);
        assert_eq!(bound.is_ok(), (16..=128).contains(&len), "{len}");
        assert_eq!(read.is_ok(), (10..=128).contains(&len), "{len}");
        if let Ok(secret) = read {
            assert_eq!(secret.expose(), &bytes[..len]);
            assert_eq!(secret.is_weak(), len < 16);
        }
    }
    let error = Secret::new(&bytes[..15]).unwrap_err();
    assert_eq!(error, SecretError { len: 15, min: 16 });
    assert_eq!(
        error.to_string(),
        "a secret of 15 bytes: it must have 16 to 128"
    );
    assert_eq!(
        Secret::weak(&bytes[..9]),
        Err(SecretError { len: 9, min: 10 })
    );
}

#[test]
fn secrets_compare_by_content_and_length() {
    assert_eq!(Secret::from([1; 20]), Secret::new(&[1; 20]).unwrap());
    assert_ne!(Secret::from([1; 20]), Secret::from([2; 20]));
    assert_ne!(
        Secret::new(&[0; 20]).unwrap(),
        Secret::new(&[0; 21]).unwrap(),
        "zeros count"
    );
    assert_eq!(Secret::from([3; 32]).expose(), [3; 32]);
    assert_eq!(Secret::from([4; 64]).expose(), [4; 64]);
}

#[test]
fn algorithms_are_read_by_their_names() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.name().parse(), Ok(algorithm));
        assert_eq!(algorithm.to_string().to_lowercase().parse(), Ok(algorithm));
        assert_eq!(key_of(algorithm).algorithm(), algorithm);
    }
    for name in ["", "SHA-1", "SHA1 ", "SHA384", "MD5"] {
        assert_eq!(name.parse::<Algorithm>(), Err(UnknownAlgorithm));
    }
    assert_eq!(
        UnknownAlgorithm.to_string(),
        "unknown algorithm: it must be SHA1, SHA256 or SHA512"
    );
    assert_eq!(Algorithm::ALL.map(Algorithm::output_len), [20, 32, 64]);
}

fn key_of(algorithm: Algorithm) -> Key {
    Secret::from([9; 64]).key(algorithm)
}

#[test]
fn typed_codes_are_taken_in_all_the_ways_that_people_type_them() {
    let plain = TypedCode::parse("012345", Digits::Six).unwrap();
    for text in [
        "012 345",
        " 012345 ",
        "0 1 2 3 4 5",
        "012-345",
        "012\u{2013}345",
        "012\u{2212}345",
        "012\u{a0}345",
        "012\u{2009}345",
        "012\u{202f}345",
        "\t012345\r\n",
        "\u{200e}012345\u{200f}",
        "\u{feff}012\u{2060}345",
        "\u{2068}012345\u{2069}",
    ] {
        assert_eq!(TypedCode::parse(text, Digits::Six), Ok(plain), "{text:?}");
    }
}

#[test]
fn what_is_no_code_is_refused_with_the_reason_and_the_place() {
    let parse = |text: &str| TypedCode::parse(text, Digits::Six).unwrap_err();
    for (text, error, message) in [
        ("", CodeError::Empty, "no code was typed"),
        (" - ", CodeError::Empty, "no code was typed"),
        (
            "12345",
            CodeError::Count {
                found: 5,
                expected: 6,
            },
            "5 digits typed: a code has 6",
        ),
        (
            "1234567",
            CodeError::Count {
                found: 7,
                expected: 6,
            },
            "7 digits typed: a code has 6",
        ),
        (
            "12345O",
            CodeError::NotADigit { position: 6 },
            "character 6 is not a digit",
        ),
        (
            "é12345",
            CodeError::NotADigit { position: 1 },
            "character 1 is not a digit",
        ),
        (
            "éé12345",
            CodeError::NotADigit { position: 1 },
            "character 1 is not a digit",
        ),
        (
            "12\u{202f}é",
            CodeError::NotADigit { position: 4 },
            "character 4 is not a digit",
        ),
        (
            "+123456",
            CodeError::NotADigit { position: 1 },
            "character 1 is not a digit",
        ),
        (
            "12345６",
            CodeError::ForeignDigit { position: 6 },
            "character 6 is a digit of another script: type 0 to 9",
        ),
        (
            "٣٤٥٦٧٨",
            CodeError::ForeignDigit { position: 1 },
            "character 1 is a digit of another script: type 0 to 9",
        ),
        (
            "12345²",
            CodeError::ForeignDigit { position: 6 },
            "character 6 is a digit of another script: type 0 to 9",
        ),
    ] {
        assert_eq!(parse(text), error, "{text:?}");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn absurdly_long_text_is_not_read() {
    let padded = |len: usize| format!("{}123456", " ".repeat(len - 6));
    assert!(TypedCode::parse(&padded(64), Digits::Six).is_ok());
    let error = TypedCode::parse(&padded(65), Digits::Six).unwrap_err();
    assert_eq!(error, CodeError::TooLong { len: 65 });
    assert_eq!(error.to_string(), "65 bytes are too long for a code");
    let digits = TypedCode::parse(&"9".repeat(64), Digits::Eight).unwrap_err();
    assert_eq!(
        digits,
        CodeError::Count {
            found: 64,
            expected: 8
        }
    );
}
