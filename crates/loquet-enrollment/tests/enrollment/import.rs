//! Lenient import: warnings and errors with their positions.

use loquet_enrollment::base32::{self, Base32Error};
use loquet_enrollment::{Import, ImportFault, MAX_URI, MovingFactor, WarningKind};
use loquet_otp::{Algorithm, Digits, Period};

/// Twenty bytes of 0xff.
const SECRET: &str = "77777777777777777777777777777777";

fn read(uri: &str) -> Import {
    Import::parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
}

fn warnings(uri: &str) -> Vec<WarningKind> {
    let warnings = read(uri).warnings.into_iter();
    warnings.map(|warning| warning.kind).collect()
}

#[track_caller]
fn refused(uri: &str, at: &str, fault: ImportFault) {
    let error = Import::parse(uri).unwrap_err();
    assert_eq!(error.fault, fault, "{uri}");
    assert!(
        uri[error.position..].starts_with(at),
        "{uri}: byte {}",
        error.position
    );
}

#[test]
fn standard_uris_parse_without_warning() {
    let import = read(&format!(
        "otpauth://totp/Loquet:marie@x.ca?secret={SECRET}&issuer=Loquet"
    ));
    assert_eq!(import.issuer.as_deref(), Some("Loquet"));
    assert_eq!(import.account, "marie@x.ca");
    assert_eq!(import.secret.expose(), [0xff; 20]);
    assert_eq!(import.parameters, loquet_enrollment::Parameters::default());
    assert_eq!(import.warnings, []);

    let all = format!(
        "otpauth://totp/L:m?secret={SECRET}&issuer=L&algorithm=SHA512&digits=8&period=60&image=x"
    );
    let import = read(&all);
    assert_eq!(import.parameters.algorithm, Algorithm::Sha512);
    assert_eq!(import.parameters.digits, Digits::Eight);
    assert_eq!(
        import.parameters.moving,
        MovingFactor::Time(Period::new(60).unwrap())
    );
    assert_eq!(import.warnings, []);
}

#[test]
fn scheme_type_and_names_parse_in_any_case() {
    let import = read(&format!(
        " OtpAuth://TOTP/L:m?SECRET={SECRET}&Issuer=L&DIGITS=8\n"
    ));
    assert_eq!(
        (import.parameters.digits, import.warnings),
        (Digits::Eight, vec![])
    );
}

#[test]
fn secrets_parse_in_any_spelling() {
    for spelling in [
        "jbswy3dpehpk3pxpjbswy3dpehpk3pxp",
        "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
        "JBSW%20Y3DP%20EHPK%203PXP%20JBSWY3DPEHPK3PXP",
        "JBSW+Y3DP+EHPK+3PXP+JBSW+Y3DP+EHPK+3PXP",
        "JBSW-Y3DP-EHPK-3PXP-JBSW-Y3DP-EHPK-3PXP",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP======",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP%3D%3D",
    ] {
        let uri = format!("otpauth://totp/L:m?secret={spelling}&issuer=L");
        assert_eq!(
            read(&uri).secret.expose(),
            b"Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef"
        );
        assert_eq!(warnings(&uri), [WarningKind::SecretSpelling], "{spelling}");
    }
}

#[test]
fn t12_ten_byte_secret_parses_with_warning() {
    let ten = "otpauth://totp/L:m?issuer=L&secret=JBSWY3DPEHPK3PXP";
    assert_eq!(warnings(ten), [WarningKind::WeakSecret { bytes: 10 }]);
    assert!(read(ten).secret.is_weak());
    refused(
        &ten[..ten.len() - 2],
        "JBSWY3DPEHPK3P",
        ImportFault::SecretLength { bytes: 8 },
    );
    refused(
        "otpauth://totp/L:m?secret=&issuer=L",
        "&issuer",
        ImportFault::SecretLength { bytes: 0 },
    );
    let long = format!("otpauth://totp/L:m?issuer=L&secret={}", "A".repeat(208));
    refused(&long, "AAA", ImportFault::SecretLength { bytes: 130 });
}

#[test]
fn leftover_bits_are_dropped_with_a_warning() {
    // 33 symbols are an impossible number; the last of the 26 symbols has non-zero unused bits.
    for secret in [
        "777777777777777777777777777777777",
        "77777777777777777777777777",
    ] {
        assert_eq!(
            warnings(&format!("otpauth://totp/L:m?issuer=L&secret={secret}")),
            [WarningKind::SecretLeftover]
        );
    }
}

#[test]
fn label_is_split_at_its_first_colon() {
    for (label, issuer, account, several) in [
        ("L:m", "L", "m", false),
        ("L%3Am", "L", "m", false),
        ("L%3am", "L", "m", false),
        ("L:%20m", "L", "m", false),
        ("L: m", "L", "m", false),
        ("L:m:n", "L", "m:n", true),
        ("L%3Am:n", "L", "m:n", true),
        ("L:m%3An", "L", "m:n", true),
        ("L%20%C3%A9:m%2Bn", "L é", "m+n", false),
    ] {
        let import = read(&format!("otpauth://totp/{label}?secret={SECRET}"));
        assert_eq!(
            (import.issuer.as_deref(), import.account.as_str()),
            (Some(issuer), account),
            "{label}"
        );
        let found = import
            .warnings
            .iter()
            .any(|w| w.kind == WarningKind::SeveralColons);
        assert_eq!(found, several, "{label}");
    }
}

#[test]
fn issuer_parameter_wins_over_label_with_warning() {
    let uri = format!("otpauth://totp/Old:m?secret={SECRET}&issuer=New");
    let import = read(&uri);
    assert_eq!(import.issuer.as_deref(), Some("New"));
    assert_eq!(
        import.warnings[0].kind,
        WarningKind::IssuerMismatch {
            label: "Old".into()
        }
    );
    assert_eq!(import.warnings[0].position, 15);
    // A plus sign stays a plus sign, with escapes too.
    let plus = read(&format!(
        "otpauth://totp/A%20B:m+n?secret={SECRET}&issuer=A%20B"
    ));
    assert_eq!(
        (plus.issuer.as_deref(), plus.account.as_str()),
        (Some("A B"), "m+n")
    );
    // The same name, once escaped and once not, is no mismatch.
    assert_eq!(
        warnings(&format!(
            "otpauth://totp/A%20B:m?secret={SECRET}&issuer=A B"
        )),
        []
    );
}

#[test]
fn missing_names_are_warnings() {
    assert_eq!(
        warnings(&format!("otpauth://totp/m?secret={SECRET}")),
        [WarningKind::NoIssuer]
    );
    for uri in [
        "otpauth://totp/?secret=",
        "otpauth://totp?secret=",
        "otpauth://totp/:?secret=",
    ] {
        assert_eq!(
            warnings(&format!("{uri}{SECRET}")),
            [WarningKind::NoAccount, WarningKind::NoIssuer],
            "{uri}"
        );
    }
    assert_eq!(
        warnings(&format!("otpauth://totp/L:?secret={SECRET}")),
        [WarningKind::NoAccount]
    );
    let blank = format!("otpauth://totp/%20:m?secret={SECRET}&issuer=%20");
    assert_eq!(warnings(&blank), [WarningKind::NoIssuer]);
}

#[test]
fn nonstandard_algorithm_names_parse_with_warning() {
    for (name, algorithm) in [
        ("HmacSHA256", Algorithm::Sha256),
        ("hmac-sha-512", Algorithm::Sha512),
        ("sha1", Algorithm::Sha1),
        ("SHA-1", Algorithm::Sha1),
        ("SHA_256", Algorithm::Sha256),
    ] {
        let uri = format!("otpauth://totp/L:m?secret={SECRET}&issuer=L&algorithm={name}");
        assert_eq!(read(&uri).parameters.algorithm, algorithm);
        assert_eq!(warnings(&uri), [WarningKind::AlgorithmSpelling]);
    }
}

#[test]
fn unknown_algorithm_is_refused() {
    for name in ["MD5", "SHA224", "SHA384", "", "SHA3-256", "1"] {
        let uri = format!("otpauth://totp/L:m?secret={SECRET}&algorithm={name}");
        refused(&uri, name, ImportFault::Algorithm);
    }
}

#[test]
fn digits_outside_six_to_eight_are_refused() {
    for digits in [
        "0",
        "5",
        "9",
        "10",
        "256",
        "-6",
        "+6",
        "6.0",
        "six",
        "",
        "99999999999999999999999",
    ] {
        let uri = format!("otpauth://totp/L:m?secret={SECRET}&digits={digits}&x=");
        refused(&uri, &format!("{digits}&x="), ImportFault::Digits);
    }
}

#[test]
fn period_outside_1_to_3600_is_refused() {
    for period in ["0", "00", "3601", "18446744073709551616", "-30", "30s", ""] {
        let uri = format!("otpauth://totp/L:m?secret={SECRET}&period={period}&x=");
        refused(&uri, &format!("{period}&x="), ImportFault::Period);
    }
    assert!(Import::parse(&format!("otpauth://totp/L:m?secret={SECRET}&period=3600")).is_ok());
}

#[test]
fn hotp_requires_64_bit_counter() {
    let uri = format!("otpauth://hotp/L:m?secret={SECRET}&issuer=L");
    refused(&uri, "", ImportFault::NoCounter);
    refused(
        &format!("{uri}&counter=18446744073709551616"),
        "18446744073709551616",
        ImportFault::Counter,
    );
    refused(&format!("{uri}&counter="), "", ImportFault::Counter);
    let import = read(&format!("{uri}&counter=18446744073709551615&period=0"));
    assert_eq!(import.parameters.moving, MovingFactor::Counter(u64::MAX));
    // draft-andesco-otpauth-uri: the period is then ignored.
    assert_eq!(import.warnings[0].kind, WarningKind::IrrelevantParameter);
}

#[test]
fn duplicate_known_parameters_are_refused() {
    for name in [
        "secret",
        "issuer",
        "algorithm",
        "digits",
        "period",
        "counter",
    ] {
        let upper = name.to_ascii_uppercase();
        let uri = format!("otpauth://totp/L:m?x=1&x=2&{name}=a&y=&{upper}=b");
        refused(&uri, &format!("{upper}=b"), ImportFault::Duplicate);
    }
    assert_eq!(
        warnings(&format!(
            "otpauth://totp/L:m?x=1&secret={SECRET}&x=2&&=&issuer=L"
        )),
        []
    );
}

#[test]
fn other_uris_are_refused_with_position() {
    for uri in [
        "",
        "otpauth:/totp/L:m?secret=A",
        "https://x.ca",
        "otpauth",
        "é",
        "otpauth-migration://offline?data=",
    ] {
        refused(uri, uri, ImportFault::Scheme);
    }
    refused(
        &format!("otpauth://steam/L:m?secret={SECRET}"),
        "steam/",
        ImportFault::Type,
    );
    refused("otpauth://", "", ImportFault::Type);
    refused("otpauth://totp/L:m", "", ImportFault::NoSecret);
    refused("otpauth://totp/L:m?issuer=L", "", ImportFault::NoSecret);
}

#[test]
fn mistyped_secret_is_refused_at_the_symbol() {
    let uri = "otpauth://totp/L:m?secret=JBSWY3DP0HPK3PXP&issuer=L";
    let fault = Base32Error::Symbol {
        position: 8,
        character: 8,
        found: '0',
        suggestion: Some('O'),
    };
    refused(uri, "0HPK3PXP", ImportFault::Base32(fault));
    assert_eq!(
        Import::parse(uri).unwrap_err().to_string(),
        "at byte 34: `0` at character 9 cannot stand in a key: is it the letter O?"
    );
}

#[test]
fn invalid_escapes_are_refused_with_position() {
    for (label, more, at, fault) in [
        ("L:m%2", "", "%2?", ImportFault::Escape),
        ("L:m", "&issuer=a%zz", "%zz", ImportFault::Escape),
        ("L:m", "&%=1", "%=1", ImportFault::Escape),
        ("L:m%FF", "", "m%FF", ImportFault::Utf8),
    ] {
        refused(
            &format!("otpauth://totp/{label}?secret={SECRET}{more}"),
            at,
            fault,
        );
    }
}

#[test]
fn overlong_text_is_refused_before_parsing() {
    let uri = format!("otpauth://totp/L:m?secret={SECRET}&issuer=L&x=");
    let most = format!("{uri}{}", "x".repeat(MAX_URI - uri.len()));
    assert!(Import::parse(&most).is_ok());
    // The position is never inside a character.
    let shorter = &most[..MAX_URI - 1];
    for (text, position) in [
        (format!("{most}x"), MAX_URI),
        (format!("{shorter}é"), MAX_URI - 1),
    ] {
        let error = Import::parse(&text).unwrap_err();
        assert_eq!(
            (error.position, error.fault),
            (position, ImportFault::TooLong)
        );
    }
    let key = format!("{}é", "A".repeat(base32::MAX_TEXT - 1));
    let error = base32::decode(&key).unwrap_err();
    assert_eq!(error.position(), base32::MAX_TEXT - 1);
}

#[test]
fn plus_sign_and_fragment_are_warnings() {
    let import = read(&format!(
        "otpauth://totp/A+B:m?secret={SECRET}&issuer=A+B#top"
    ));
    assert_eq!(import.issuer.as_deref(), Some("A+B"));
    let kinds: Vec<_> = import.warnings.into_iter().map(|w| w.kind).collect();
    assert_eq!(
        kinds,
        [
            WarningKind::Fragment,
            WarningKind::PlusSign,
            WarningKind::PlusSign
        ]
    );
}

#[test]
fn debug_hides_imported_secret() {
    let text = format!(
        "{:?}",
        read(&format!("otpauth://totp/L:m?secret={SECRET}&issuer=L"))
    );
    assert!(!text.contains("255") && !text.contains("7777"), "{text}");
}
