//! Limits of parameters and secrets.

use loquet_otp::{
    Algorithm, Digits, DigitsError, Period, PeriodError, Secret, SecretError, UnknownAlgorithm,
};

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
fn periods_outside_1_to_3600_are_refused() {
    for seconds in [1, 30, 60, 3600] {
        assert_eq!(Period::new(seconds).unwrap().seconds(), seconds);
    }
    // Truncated to sixteen bits, 65,536 and 65,566 would be 0 and 30.
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
fn secret_length_is_limited_in_bytes() {
    // T12: sixteen bytes are 128 bits; a wrong unit in another product made them 120 (CVE-2024-8796).
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
fn algorithm_names_parse_in_any_case() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.name().parse(), Ok(algorithm));
        assert_eq!(algorithm.to_string().to_lowercase().parse(), Ok(algorithm));
        assert_eq!(Secret::from([9; 64]).key(algorithm).algorithm(), algorithm);
    }
    for name in ["", "SHA-1", "SHA1 ", "SHA384", "MD5"] {
        assert_eq!(name.parse::<Algorithm>(), Err(UnknownAlgorithm));
    }
    assert_eq!(
        UnknownAlgorithm.to_string(),
        "unknown algorithm: it must be SHA1, SHA256 or SHA512"
    );
}
