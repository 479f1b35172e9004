//! Counter-based codes: look-ahead and resynchronization.

use loquet_otp::{
    Algorithm, Digits, Hotp, HotpVerdict, Key, LookAhead, LookAheadError, Reach, Secret, TypedCode,
};

fn key() -> Key {
    Secret::from([0xa5; 20]).key(Algorithm::Sha1)
}

#[test]
fn last_counter_is_never_accepted() {
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
        |end: u64| hotp.resynchronize(&key, &[at(end - 1), at(end)], u64::MAX - 9, Reach::MAX);
    assert_eq!(find(u64::MAX - 1), Some(u64::MAX));
    assert_eq!(find(u64::MAX), None);
}

#[test]
fn look_ahead_is_exact_and_limited() {
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
fn first_of_several_matching_counters_wins() {
    // Two neighboring counters of this secret with the same code, found by search.
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
fn hotp_resynchronizes_ahead_only() {
    let (hotp, key) = (Hotp::default(), key());
    let at = |counter| -> TypedCode { hotp.generate(&key, counter).into() };
    let find = |first: u64| {
        hotp.resynchronize(
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
