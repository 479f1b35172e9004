//! What the public's bug reports of comparable programs found in key URIs.

use loquet_enrollment::{Import, ImportFault, WarningKind};

/// Twenty bytes of 0xff.
const SECRET: &str = "77777777777777777777777777777777";

#[track_caller]
fn read(uri: &str, issuer: &str, account: &str, expected: &[WarningKind]) {
    let import = Import::parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"));
    assert_eq!(import.issuer.as_deref(), Some(issuer), "{uri}");
    assert_eq!(import.account, account, "{uri}");
    let kinds: Vec<_> = import
        .warnings
        .into_iter()
        .map(|warning| warning.kind)
        .collect();
    assert_eq!(kinds, expected, "{uri}");
}

#[track_caller]
fn refused(uri: &str, at: &str, fault: ImportFault) {
    let error = Import::parse(uri).unwrap_err();
    assert_eq!(error.fault, fault, "{uri:?}");
    let found = uri.get(error.position..);
    assert!(
        found.is_some_and(|found| found.starts_with(at)),
        "{uri:?}: byte {}",
        error.position
    );
}

/// pyotp 174, gitea 6634, pass-otp 194, Aegis 1701.
#[test]
fn t43_issuer_may_have_colons() {
    let several = [WarningKind::SeveralColons];
    for (label, parameter, issuer) in [
        ("Text%3A%20More:ann", "Text%3A%20More", "Text: More"),
        ("Text%3A%20More%3Aann", "Text:%20More", "Text: More"),
        ("Text: More:%20ann", "Text%3a%20More", "Text: More"),
        (
            "https%3A%2F%2Fold.example.org:ann",
            "https%3A%2F%2Fold.example.org",
            "https://old.example.org",
        ),
        (
            "https://old.example.org:8443:ann",
            "https://old.example.org:8443",
            "https://old.example.org:8443",
        ),
        ("::ann", ":", ":"),
    ] {
        let uri = format!("otpauth://totp/{label}?secret={SECRET}&issuer={parameter}");
        read(&uri, issuer, "ann", &several);
    }
    // The account keeps its own colons.
    let uri = format!("otpauth://totp/a%3Ab:c:d?secret={SECRET}&issuer=a%3Ab");
    read(&uri, "a:b", "c:d", &several);
}

#[test]
fn t43_other_labels_split_at_first_colon() {
    for (label, parameter, in_label, account) in [
        ("Text%3A%20More:ann", "Text", "Text", "More:ann"),
        ("Text%3A%20Less:ann", "Text%3A%20More", "Text", "Less:ann"),
        ("a:ann", "a%3Ab", "a", "ann"),
        ("a%3Abc:ann", "a%3Ab", "a", "bc:ann"),
    ] {
        let uri = format!("otpauth://totp/{label}?secret={SECRET}&issuer={parameter}");
        let import = Import::parse(&uri).unwrap();
        assert_eq!(import.account, account, "{uri}");
        let mismatch = import
            .warnings
            .iter()
            .find_map(|warning| match &warning.kind {
                WarningKind::IssuerMismatch { label } => Some(label.as_str()),
                _ => None,
            });
        assert_eq!(
            mismatch,
            (parameter != in_label).then_some(in_label),
            "{uri}"
        );
    }
}

#[test]
fn issuer_repeated_alike_is_a_warning() {
    for (first, second) in [("Ex", "Ex"), ("A%20B", "A B"), ("A%20B", "%20A%20B%20")] {
        let uri =
            format!("otpauth://totp/{first}:ann?secret={SECRET}&issuer={first}&Issuer={second}");
        let issuer = first.replace("%20", " ");
        read(&uri, &issuer, "ann", &[WarningKind::RepeatedIssuer]);
        let position = Import::parse(&uri).unwrap().warnings[0].position;
        assert!(uri[position..].starts_with("Issuer="), "{uri}");
    }
    for second in ["Ey", "ex", "", "Ex%20x"] {
        let uri = format!("otpauth://totp/Ex:ann?secret={SECRET}&issuer=Ex&ISSUER={second}");
        refused(&uri, "ISSUER=", ImportFault::Duplicate);
    }
}

/// openssl 13840, lm-proxy 79.
#[test]
fn t44_uri_may_begin_with_byte_order_mark() {
    let uri = format!("otpauth://totp/Ex:ann?secret={SECRET}&issuer=Ex");
    for text in [format!("\u{feff}{uri}\r\n"), format!("\u{feff} {uri}")] {
        read(&text, "Ex", "ann", &[]);
    }
    // Positions count the bytes of the text as given.
    refused(
        "\u{feff}otpauth://totp/Ex:ann?issuer=Ex",
        "",
        ImportFault::NoSecret,
    );
    refused("\u{feff}https://x.ca", "https", ImportFault::Scheme);
    refused(&format!("\u{feff}{uri}&digits=9"), "9", ImportFault::Digits);
    for text in [
        format!("\u{feff}\u{feff}{uri}"),
        format!("{uri}\u{feff}"),
        uri.replace("ann", "a\u{feff}nn"),
        format!("{uri}\r\n\u{feff}{uri}").replace("\r\n", "&x="),
    ] {
        refused(&text, "\u{feff}", ImportFault::ByteOrderMark);
    }
}

#[test]
fn control_characters_are_refused_anywhere() {
    for bad in ["00", "0A", "0A%0A", "1B", "7F", "C2%85"] {
        let uri =
            |label: &str, query: &str| format!("otpauth://totp/{label}?{query}&secret={SECRET}");
        let label = uri(&format!("L:m%{bad}"), "issuer=L");
        refused(&label, "m%", ImportFault::Control);
        for name in [
            "issuer",
            "algorithm",
            "digits",
            "period",
            "counter",
            "image",
            "",
        ] {
            let query = format!("{name}=x%{bad}");
            refused(&uri("L:m", &query), "x%", ImportFault::Control);
        }
        let secret = format!("otpauth://totp/L:m?secret={SECRET}%{bad}");
        refused(&secret, "777", ImportFault::Control);
        refused(
            &uri("L:m", &format!("x%{bad}=1")),
            "x%",
            ImportFault::Control,
        );
    }
    for bad in ["E2%80%AE", "E2%81%A6"] {
        let uri = format!("otpauth://totp/L:m%{bad}?secret={SECRET}");
        refused(&uri, "m%", ImportFault::Control);
    }
    for bad in ["\0", "\n", "\u{1b}", "\u{7f}", "\u{85}"] {
        for (before, after) in [
            ("otpauth://totp/L:m", "?secret="),
            ("otpauth://totp/L:m?x=1", "&secret="),
        ] {
            let uri = format!("{before}{bad}{after}{SECRET}");
            refused(&uri, bad, ImportFault::Control);
        }
    }
    // An escape that another reader would leave alone, in a parameter that is ignored.
    let odd = format!("otpauth://totp/L:m?secret={SECRET}&issuer=L&image=100%&x=%zz");
    read(&odd, "L", "m", &[]);
}

#[cfg(feature = "import-migration")]
#[test]
fn control_characters_in_migration_uri_are_refused() {
    for (tail, position) in [
        ("AA%00", 33),
        ("AA\0", 33),
        ("AA&x=%0a", 36),
        ("AA&x=1&y=\u{7f}", 40),
    ] {
        let error = loquet_enrollment::MigrationPart::parse(&format!(
            "otpauth-migration://offline?data={tail}"
        ))
        .unwrap_err();
        assert_eq!(
            (error.position, error.fault),
            (position, loquet_enrollment::MigrationFault::Control),
            "{tail:?}"
        );
    }
}
