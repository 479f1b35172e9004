//! The vectors of the standards. Each file in `data/` names its source.

use loquet_otp::{
    Algorithm, Digits, Drift, Hotp, HotpVerdict, LookAhead, Match, Secret, Totp, TypedCode,
    Verdict, Window,
};

use crate::accepting;

const RFC_4226: &str = include_str!("data/rfc4226-appendix-d.txt");
const RFC_6238: &str = include_str!("data/rfc6238-appendix-b.txt");

/// Returns the rows of a data file, split at spaces.
fn rows<const N: usize>(file: &'static str) -> Vec<[&'static str; N]> {
    let rows = file.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        row.split_whitespace()
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    })
    .collect()
}

/// Returns "1234567890" repeated to the length of the algorithm's output (erratum 2866).
fn seed(algorithm: Algorithm) -> Secret {
    let length = match algorithm {
        Algorithm::Sha1 => 20,
        Algorithm::Sha256 => 32,
        Algorithm::Sha512 => 64,
    };
    let bytes: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
    Secret::new(&bytes).unwrap()
}

#[test]
fn codes_match_rfc_4226_appendix_d() {
    let key = seed(Algorithm::Sha1).key(Algorithm::Sha1);
    let rows = rows::<3>(RFC_4226);
    assert_eq!(rows.len(), 10);
    for [counter, truncated, code] in rows {
        let counter = counter.parse().unwrap();
        assert_eq!(Hotp::default().generate(&key, counter).to_string(), code);
        // More digits show more of the truncated value than the RFC's code does.
        for digits in Digits::ALL {
            let hotp = Hotp {
                digits,
                ..Hotp::default()
            };
            assert_eq!(
                hotp.generate(&key, counter).to_string(),
                format!("{truncated:0>10}").split_off(10 - usize::from(digits.count()))
            );
        }
        let typed = TypedCode::parse(code, Digits::Six).unwrap();
        let accepted = HotpVerdict::Accepted {
            counter,
            next: counter + 1,
        };
        assert_eq!(
            Hotp::default().verify(&key, typed, counter, LookAhead::new(0).unwrap()),
            accepted
        );
    }
}

#[test]
fn codes_match_rfc_6238_appendix_b() {
    let rows = rows::<4>(RFC_6238);
    assert_eq!(rows.len(), 18);
    for [time, step, code, algorithm] in rows {
        let totp = Totp {
            algorithm: algorithm.parse().unwrap(),
            digits: Digits::Eight,
            ..Totp::default()
        };
        let (now, step) = (
            time.parse().unwrap(),
            u64::from_str_radix(step, 16).unwrap(),
        );
        let key = seed(totp.algorithm).key(totp.algorithm);
        assert_eq!(totp.step(now), step);
        assert_eq!(totp.generate(&key, now).to_string(), code);
        let typed = TypedCode::parse(code, Digits::Eight).unwrap();
        let verdict = totp.verify(
            &key,
            typed,
            now,
            accepting(Window::STRICT, Drift::NONE, None),
        );
        assert_eq!(verdict, Verdict::Accepted(Match { step, offset: 0 }));
    }
}
