//! Codes beside those of independent implementations: `totp-rs`, `totp-rfc` and OATH Toolkit's `oathtool`.

use std::process::Command;

use loquet_otp::{
    Algorithm, Digits, Drift, Hotp, Match, Period, Secret, Totp, TypedCode, Verdict, Window,
};

use crate::accepting;
use proptest::prelude::*;

/// Secrets of every length, also longer than the block of the shorter hashes.
fn secrets() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), Secret::MIN..=Secret::MAX)
}

/// All of the 64 bits, with both ends as likely as the middle.
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
    fn codes_are_those_of_totp_rs(secret in secrets(), totp in parameters(), now in times()) {
        let ours = totp.generate(&Secret::new(&secret).unwrap().key(totp.algorithm), now);
        let theirs = totp_rs::Builder::new()
            .with_algorithm(match totp.algorithm {
                Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
                Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
                Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
            })
            .with_digits(totp.digits.count())
            .with_step_duration(totp.period.seconds())
            .with_secret(secret)
            .build()
            .unwrap();
        prop_assert_eq!(ours.to_string(), theirs.generate(now).to_string());
    }

    #[test]
    fn codes_and_matches_are_those_of_totp_rfc(
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
            // Where two steps share a code, they take the nearest and we the newest.
            (Some(theirs), Verdict::Accepted(Match { step, .. })) => {
                prop_assert!(step >= theirs.counter());
                prop_assert_eq!(hotp.generate(&key, step).to_string(), text);
            }
            (Some(_), refused) => prop_assert!(false, "{refused:?}"),
        }
    }
}

/// Runs `oathtool` and returns its lines, or `None` where it is not installed.
fn oathtool(arguments: &[String]) -> Option<Vec<String>> {
    let output = Command::new("oathtool").args(arguments).output().ok()?;
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}

/// Numbers that look random and are the same each time.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[test]
fn codes_are_those_of_oathtool() {
    let mut number = numbers(6238);
    for _ in 0..60 {
        let len = Secret::MIN + (number() % 113) as usize;
        let secret: Vec<u8> = (0..len).map(|_| number() as u8).collect();
        if !counters_agree_with_oathtool(&secret, &mut number) {
            return println!("oathtool is not installed: its codes are not compared");
        }
        times_agree_with_oathtool(&secret, &mut number);
    }
}

fn hex(secret: &[u8]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares 101 counters in a row, anywhere in 64 bits. False without `oathtool`.
fn counters_agree_with_oathtool(secret: &[u8], number: &mut impl FnMut() -> u64) -> bool {
    let digits = Digits::ALL[(number() % 3) as usize];
    let counter = number().min(u64::MAX - 100);
    let arguments = [
        format!("--counter={counter}"),
        "--window=100".to_owned(),
        format!("--digits={}", digits.count()),
        hex(secret),
    ];
    let Some(lines) = oathtool(&arguments) else {
        return false;
    };
    let key = Secret::new(secret).unwrap().key(Algorithm::Sha1);
    let hotp = Hotp {
        digits,
        ..Hotp::default()
    };
    let ours: Vec<String> = (counter..=counter + 100)
        .map(|at| hotp.generate(&key, at).to_string())
        .collect();
    assert_eq!(ours, lines, "{arguments:?}");
    true
}

/// Compares eleven steps in a row. The time of `oathtool` has 63 bits.
fn times_agree_with_oathtool(secret: &[u8], number: &mut impl FnMut() -> u64) {
    let algorithm = Algorithm::ALL[(number() % 3) as usize];
    let t0 = if number().is_multiple_of(2) {
        0
    } else {
        number() % 2_000_000_000
    };
    let now = t0 + (number() >> (2 + number() % 32));
    let totp = Totp {
        algorithm,
        digits: Digits::ALL[(number() % 3) as usize],
        period: Period::new(number() % Period::MAX + 1).unwrap(),
        t0,
    };
    let arguments = [
        format!("--totp={algorithm}"),
        format!("--now=@{now}"),
        format!("--start-time=@{t0}"),
        format!("--time-step-size={}s", totp.period.seconds()),
        format!("--digits={}", totp.digits.count()),
        "--window=10".to_owned(),
        hex(secret),
    ];
    let lines = oathtool(&arguments).unwrap();
    let key = Secret::new(secret).unwrap().key(algorithm);
    let ours: Vec<String> = (0..=10)
        .map(|ahead| {
            let step = totp.step(now) + ahead;
            totp.generate(&key, totp.starts_at(step)).to_string()
        })
        .collect();
    assert_eq!(ours, lines, "{arguments:?}");
}
