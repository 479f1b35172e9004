//! Strict emission: rules P1 to P9 of the design, and the key URI rows of the conformance ledger.

use crate::users::{Random, key_uri, usual};
use loquet_enrollment::{
    App, KeyUri, KeyUriError, Label, LabelError, MAX_URI, MovingFactor, Parameters,
};
use loquet_otp::{Algorithm, Digits, Hotp, Period, Secret, Totp};

fn label() -> Label {
    Label::new("Loquet", "marie@x.ca").unwrap()
}

fn emit(parameters: Parameters, apps: &[App]) -> Result<String, KeyUriError> {
    KeyUri::for_apps(&label(), &Secret::from([0xff; 20]), &parameters, apps)
        .map(|uri| uri.expose().to_owned())
}

const SECRET: &str = "77777777777777777777777777777777";

#[test]
fn p1_other_parameters_require_named_apps() {
    let eight = Parameters {
        digits: Digits::Eight,
        ..Parameters::default()
    };
    assert_eq!(emit(eight, &[]), Err(KeyUriError::AppsNotNamed));
    let uri = emit(eight, &[App::Aegis, App::FreeOtp]).unwrap();
    assert_eq!(
        uri,
        format!("otpauth://totp/Loquet:marie@x.ca?secret={SECRET}&issuer=Loquet&digits=8")
    );
}

#[test]
fn p1_app_showing_wrong_codes_is_an_error() {
    let sha256 = Parameters {
        algorithm: Algorithm::Sha256,
        ..Parameters::default()
    };
    let Err(KeyUriError::Incompatible(report)) =
        emit(sha256, &[App::Aegis, App::MicrosoftAuthenticator])
    else {
        panic!("Microsoft Authenticator ignores the algorithm");
    };
    let failures: Vec<_> = report.failures().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        ["Microsoft Authenticator, SHA256: silently wrong codes"]
    );
    // The defaults are checked too when apps are named.
    assert!(emit(Parameters::default(), &App::ALL).is_ok());
}

#[test]
fn p2_twenty_bytes_become_32_unpadded_symbols() {
    for seed in 0..50 {
        let uri = KeyUri::new(&label(), &Secret::from(Random(seed).bytes::<20>())).unwrap();
        let secret = uri
            .expose()
            .split("secret=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        assert_eq!(secret.len(), 32);
        assert!(
            secret
                .bytes()
                .all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')),
            "{secret}"
        );
    }
}

#[test]
fn p3_space_is_escaped_as_percent_20() {
    let label = Label::new("Le Bac à sable", "marie la grande").unwrap();
    let uri = KeyUri::new(&label, &Secret::from([0; 20])).unwrap();
    assert!(
        uri.expose()
            .starts_with("otpauth://totp/Le%20Bac%20%C3%A0%20sable:marie%20la%20grande?")
    );
    assert!(!uri.expose().contains(['+', ' ']));
}

#[test]
fn p4_plus_is_escaped_or_refused() {
    let label = Label::new("Loquet", "marie+creche@x.ca").unwrap();
    let uri = KeyUri::new(&label, &Secret::from([0; 20])).unwrap();
    assert!(uri.expose().contains(":marie%2Bcreche@x.ca?"));
    assert!(matches!(
        Label::new("A+B", "marie"),
        Err(LabelError::Character {
            found: '+',
            position: 1,
            ..
        })
    ));
}

#[test]
fn p5_label_prefix_equals_issuer_parameter() {
    let mut random = Random(5);
    for _ in 0..200 {
        let uri = key_uri(&mut random);
        let rest = uri.expose().strip_prefix("otpauth://totp/").unwrap();
        let (path, query) = rest.split_once('?').unwrap();
        let (prefix, account) = path.split_once(':').unwrap();
        assert!(!account.contains(':') && !path.to_ascii_lowercase().contains("%3a"));
        assert_eq!(query.split_once("&issuer=").unwrap().1, prefix);
    }
}

#[test]
fn p6_scheme_is_lower_case_algorithm_upper_case() {
    let sha512 = Parameters {
        algorithm: Algorithm::Sha512,
        ..Parameters::default()
    };
    let uri = emit(sha512, &[App::GoogleIos]).unwrap();
    assert!(uri.starts_with("otpauth://totp/") && uri.ends_with("&algorithm=SHA512"));
}

#[test]
fn p9_default_parameters_are_omitted_and_debug_redacted() {
    let uri = usual();
    for word in ["algorithm", "digits", "period"] {
        assert!(!uri.expose().contains(word));
    }
    assert_eq!(format!("{uri:?}"), "KeyUri([redacted])");
}

#[test]
fn t12_secret_under_16_bytes_is_never_enrolled() {
    for bytes in 10..16 {
        let secret = Secret::weak(&vec![7; bytes]).unwrap();
        assert_eq!(
            KeyUri::new(&label(), &secret),
            Err(KeyUriError::WeakSecret { bytes })
        );
    }
    assert!(KeyUri::new(&label(), &Secret::new(&[7; 16]).unwrap()).is_ok());
}

#[test]
fn hotp_uri_contains_counter_zero() {
    let hotp = Parameters::from((Hotp::default(), 0));
    let uri = emit(hotp, &[App::GoogleAndroid]).unwrap();
    assert_eq!(
        uri,
        format!("otpauth://hotp/Loquet:marie@x.ca?secret={SECRET}&issuer=Loquet&counter=0")
    );
    let last = Parameters::from((Hotp::default(), u64::MAX));
    assert!(
        emit(last, &[App::Aegis])
            .unwrap()
            .ends_with("&counter=18446744073709551615")
    );
}

#[test]
fn parameters_convert_to_totp_or_hotp() {
    let hotp = Hotp::default();
    let parameters = Parameters::from((hotp, 7));
    assert_eq!(parameters.hotp(), Some((hotp, 7)));
    assert_eq!(parameters.totp(), None);
    assert_eq!(Parameters::default().hotp(), None);
}

#[test]
fn nonzero_t0_is_refused() {
    let totp = Totp {
        t0: 1,
        ..Totp::default()
    };
    assert_eq!(Parameters::try_from(totp).unwrap_err().t0, 1);
    assert_eq!(
        Parameters::try_from(Totp::default()).unwrap().totp(),
        Some(Totp::default())
    );
}

#[test]
fn longest_names_and_secret_fit_the_limit() {
    // Three escaped bytes for each byte of UTF-8, and every parameter.
    let label = Label::new(&"学校".repeat(21), &"é".repeat(127)).unwrap();
    let parameters = Parameters {
        algorithm: Algorithm::Sha512,
        digits: Digits::Eight,
        moving: MovingFactor::Time(Period::new(3600).unwrap()),
    };
    let uri = KeyUri::for_apps(
        &label,
        &Secret::new(&[0; 128]).unwrap(),
        &parameters,
        &[App::Aegis],
    )
    .unwrap();
    assert!(
        uri.expose().len() > 1700 && uri.expose().len() <= MAX_URI,
        "{}",
        uri.expose().len()
    );
    assert!(loquet_enrollment::Qr::encode(uri.expose()).is_ok());
}
