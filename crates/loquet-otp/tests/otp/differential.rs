//! Comparison with an independent implementation, `totp-rfc`.

use loquet_otp::{
    Algorithm, Digits, Drift, Hotp, Match, Period, Secret, Totp, TypedCode, Verdict, Window,
};

use crate::accepting;
use proptest::prelude::*;

/// Secrets of every length, including longer than a hash block.
fn secrets() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), Secret::MIN..=Secret::MAX)
}

/// Times over all 64 bits, with both ends as likely as the middle.
fn times() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0..4_000_000_000u64,
        (0..100_000u64).prop_map(|n| u64::MAX - n)
    ]
}

fn parameters() -> impl Strategy<Value = Totp> {
    (0..3usize, 0..3usize, prop_oneof![Just(30), 1..=Period::MAX]).prop_map(
        |(algorithm, digits, period)| Totp {
            algorithm: Algorithm::ALL[algorithm],
            digits: Digits::ALL[digits],
            period: Period::new(period).unwrap(),
            t0: 0,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn codes_and_matches_agree_with_totp_rfc(
        secret in secrets(),
        totp in parameters(),
        now in times(),
        t0 in prop_oneof![Just(0), times()],
        past in 0..=3u8,
        future in 0..=3u8,
        offset in -5i64..=5,
    ) {
        let t0 = t0.min(now);
        let totp = Totp { t0, ..totp };
        let key = Secret::new(&secret).unwrap().key(totp.algorithm);
        let algorithm = match totp.algorithm {
            Algorithm::Sha1 => totp_rfc::Algorithm::Sha1,
            Algorithm::Sha256 => totp_rfc::Algorithm::Sha256,
            Algorithm::Sha512 => totp_rfc::Algorithm::Sha512,
        };
        let digits = totp_rfc::Digits::new(totp.digits.count()).unwrap();
        let theirs = totp_rfc::Totp::new(algorithm, digits, totp.period.seconds(), t0).unwrap();
        let their_secret = totp_rfc::Secret::new(&secret).unwrap();
        prop_assert_eq!(
            totp.generate(&key, now).to_string(),
            theirs.generate(&their_secret, now).unwrap().to_string()
        );

        let Some(step) = totp.step(now).checked_add_signed(offset) else { return Ok(()) };
        let hotp = Hotp { algorithm: totp.algorithm, digits: totp.digits };
        let text = hotp.generate(&key, step).to_string();
        let window = totp_rfc::ValidationWindow::new(past.into(), future.into());
        let theirs = theirs.verify_window(&their_secret, now, window, &text).unwrap();
        let typed = TypedCode::parse(&text, totp.digits).unwrap();
        let ours = totp.verify(&key, typed, now, accepting(Window::new(past, future).unwrap(), Drift::NONE, None));
        match (theirs, ours) {
            (None, ours) => prop_assert_eq!(ours, Verdict::Wrong),
            // If two steps share a code, totp-rfc returns the nearest and this crate the newest.
            (Some(theirs), Verdict::Accepted(Match { step, .. })) => {
                prop_assert!(step >= theirs.counter());
                prop_assert_eq!(hotp.generate(&key, step).to_string(), text);
            }
            (Some(_), refused) => prop_assert!(false, "{refused:?}"),
        }
    }
}
