//! Conversions from and to `totp-rs`.

use loquet_otp::{Algorithm, Digits, MoveError, Moved, Period, Secret, Totp, Window};
use totp_rs::Builder;

const SECRET: [u8; 20] = *b"12345678901234567890";

#[test]
fn every_parameter_survives_round_trip() {
    let algorithms = [
        (totp_rs::Algorithm::SHA1, Algorithm::Sha1),
        (totp_rs::Algorithm::SHA256, Algorithm::Sha256),
        (totp_rs::Algorithm::SHA512, Algorithm::Sha512),
    ];
    for (theirs, ours) in algorithms {
        let theirs = Builder::new()
            .with_algorithm(theirs)
            .with_digits(8)
            .with_step_duration(60)
            .with_skew(2)
            .with_secret(SECRET)
            .build()
            .unwrap();
        let moved = Moved::try_from(&theirs).unwrap();
        assert_eq!(moved.secret, Secret::from(SECRET));
        let period = Period::new(60).unwrap();
        assert_eq!(
            moved.totp,
            Totp {
                algorithm: ours,
                digits: Digits::Eight,
                period,
                t0: 0
            }
        );
        assert_eq!(moved.window, Window::new(2, 2).unwrap());
        assert_eq!(totp_rs::Totp::try_from(&moved).unwrap(), theirs);
        let key = moved.secret.key(moved.totp.algorithm);
        assert_eq!(
            moved.totp.generate(&key, 1_700_000_000).to_string(),
            theirs.generate(1_700_000_000).to_string()
        );
    }
}

fn refused(builder: Builder) -> MoveError {
    Moved::try_from(&builder.build_noncompliant()).unwrap_err()
}

#[test]
fn unsupported_totp_rs_values_are_refused() {
    let usual = || Builder::new().with_secret(SECRET);
    for (error, text) in [
        (refused(usual().with_digits(5)), "5 digits asked for"),
        (refused(usual().with_step_duration(0)), "a period of 0 s"),
        (
            refused(usual().with_skew(11)),
            "a skew of 11 steps: at most 10 are allowed",
        ),
        (
            refused(usual().with_skew(300)),
            "a skew of 300 steps: at most 10 are allowed",
        ),
        (
            refused(Builder::new().with_secret(*b"short secret")),
            "a secret of 12 bytes",
        ),
    ] {
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[test]
fn values_unsupported_by_totp_rs_are_refused() {
    let usual = Moved {
        secret: Secret::from(SECRET),
        totp: Totp::default(),
        window: Window::default(),
    };
    let refused = |moved: &Moved| totp_rs::Totp::try_from(moved).unwrap_err();
    let later = Moved {
        totp: Totp {
            t0: 1,
            ..usual.totp
        },
        ..usual.clone()
    };
    assert_eq!(refused(&later), MoveError::T0);
    assert_eq!(MoveError::T0.to_string(), "totp-rs supports only T0 = 0");
    let uneven = Moved {
        window: Window::new(1, 0).unwrap(),
        ..usual.clone()
    };
    assert_eq!(refused(&uneven), MoveError::Asymmetric);
    assert_eq!(
        MoveError::Asymmetric.to_string(),
        "totp-rs supports only symmetric windows"
    );
    let weak = Moved {
        secret: Secret::weak(b"ten bytes!").unwrap(),
        ..usual
    };
    assert!(matches!(refused(&weak), MoveError::Theirs(_)));
    assert!(!refused(&weak).to_string().is_empty());
    assert_eq!(
        MoveError::Algorithm.to_string(),
        "not an algorithm of RFC 6238"
    );
}
