//! Conversions from and to `totp-rs`.

use loquet_otp::{Algorithm, ConversionError, Digits, Period, Secret, Totp, TotpRsConfig, Window};
use totp_rs::Builder;

const SECRET: [u8; 20] = *b"12345678901234567890";

#[test]
fn every_parameter_survives_round_trip() {
    let algorithms = [
        (totp_rs::Algorithm::SHA1, Algorithm::Sha1),
        (totp_rs::Algorithm::SHA256, Algorithm::Sha256),
        (totp_rs::Algorithm::SHA512, Algorithm::Sha512),
    ];
    for (theirs, algorithm) in algorithms {
        let theirs = Builder::new()
            .with_algorithm(theirs)
            .with_digits(8)
            .with_step_duration(60)
            .with_skew(2)
            .with_secret(SECRET)
            .build()
            .unwrap();
        let config = TotpRsConfig::try_from(&theirs).unwrap();
        assert_eq!(config.secret, Secret::from(SECRET));
        let period = Period::new(60).unwrap();
        assert_eq!(
            config.totp,
            Totp {
                algorithm,
                digits: Digits::Eight,
                period,
                t0: 0
            }
        );
        assert_eq!(config.window, Window::new(2, 2).unwrap());
        assert_eq!(totp_rs::Totp::try_from(&config).unwrap(), theirs);
        let key = config.secret.key(config.totp.algorithm);
        assert_eq!(
            config.totp.generate(&key, 1_700_000_000).to_string(),
            theirs.generate(1_700_000_000).to_string()
        );
    }
}

fn refused(builder: Builder) -> ConversionError {
    TotpRsConfig::try_from(&builder.build_noncompliant()).unwrap_err()
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
    let usual = TotpRsConfig {
        secret: Secret::from(SECRET),
        totp: Totp::default(),
        window: Window::default(),
    };
    let refused = |config: &TotpRsConfig| totp_rs::Totp::try_from(config).unwrap_err();
    let later = TotpRsConfig {
        totp: Totp {
            t0: 1,
            ..usual.totp
        },
        ..usual.clone()
    };
    assert_eq!(refused(&later), ConversionError::T0);
    assert_eq!(
        ConversionError::T0.to_string(),
        "totp-rs supports only T0 = 0"
    );
    let uneven = TotpRsConfig {
        window: Window::new(1, 0).unwrap(),
        ..usual.clone()
    };
    assert_eq!(refused(&uneven), ConversionError::Asymmetric);
    assert_eq!(
        ConversionError::Asymmetric.to_string(),
        "totp-rs supports only symmetric windows"
    );
    let weak = TotpRsConfig {
        secret: Secret::weak(b"ten bytes!").unwrap(),
        ..usual
    };
    assert!(matches!(refused(&weak), ConversionError::TotpRs(_)));
    assert!(!refused(&weak).to_string().is_empty());
    assert_eq!(
        ConversionError::Algorithm.to_string(),
        "not an algorithm of RFC 6238"
    );
}
