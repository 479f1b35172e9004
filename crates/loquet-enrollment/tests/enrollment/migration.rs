//! Google Authenticator's exports: batches, and all errors of accounts and parts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use loquet_enrollment::{
    AccountError, BatchError, Import, Migration, MigrationFault, MigrationPart, MovingFactor,
    WarningKind,
};
use loquet_otp::{Algorithm, Digits, Period};

/// A protocol buffer encoder independent of the crate's own message types.
#[derive(Clone, Default)]
struct Wire(Vec<u8>);

impl Wire {
    fn varint(mut self, mut value: u64) -> Self {
        while value >= 0x80 {
            self.0.push((value as u8) | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    fn number(self, field: u64, value: u64) -> Self {
        self.varint(field << 3).varint(value)
    }

    fn bytes(self, field: u64, bytes: &[u8]) -> Self {
        let mut wire = self.varint(field << 3 | 2).varint(bytes.len() as u64);
        wire.0.extend_from_slice(bytes);
        wire
    }

    fn uri(&self) -> String {
        let data = STANDARD
            .encode(&self.0)
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        format!("otpauth-migration://offline?data={data}")
    }
}

fn account(name: &str, issuer: &str) -> Wire {
    Wire::default()
        .bytes(1, &[0xfb; 20])
        .bytes(2, name.as_bytes())
        .bytes(3, issuer.as_bytes())
}

fn usual(account: Wire) -> Wire {
    account.number(4, 1).number(5, 1).number(6, 2)
}

fn part(accounts: &[Wire], size: u64, index: u64, id: u64) -> MigrationPart {
    let mut wire = Wire::default();
    for account in accounts {
        wire = wire.bytes(1, &account.0);
    }
    let wire = wire
        .number(2, 2)
        .number(3, size)
        .number(4, index)
        .number(5, id);
    MigrationPart::parse(&wire.uri()).unwrap()
}

fn only(account: Wire) -> Result<Import, AccountError> {
    part(&[account], 1, 0, 1).accounts.remove(0)
}

#[test]
fn account_parses_like_key_uri() {
    let import = only(usual(account("Loquet:marie@x.ca", "Loquet"))).unwrap();
    assert_eq!(
        (import.issuer.as_deref(), import.account.as_str()),
        (Some("Loquet"), "marie@x.ca")
    );
    assert_eq!(import.secret.expose(), [0xfb; 20]);
    assert_eq!(import.parameters, loquet_enrollment::Parameters::default());
    assert_eq!(import.warnings, []);
}

#[test]
fn issuer_falls_back_to_label_prefix() {
    for (name, issuer, read, account_name) in [
        ("m", "L", Some("L"), "m"),
        ("L:m", "", Some("L"), "m"),
        (" L : m ", " ", Some("L"), "m"),
        (":m", "", None, "m"),
        ("m", "", None, "m"),
    ] {
        let import = only(account(name, issuer)).unwrap();
        assert_eq!(
            (import.issuer.as_deref(), import.account.as_str()),
            (read, account_name),
            "{name}, {issuer}"
        );
    }
}

#[test]
fn every_assigned_number_parses() {
    for (number, algorithm) in [
        (0, Algorithm::Sha1),
        (1, Algorithm::Sha1),
        (2, Algorithm::Sha256),
        (3, Algorithm::Sha512),
    ] {
        let import = only(account("m", "L").number(4, number).number(6, 2)).unwrap();
        assert_eq!(import.parameters.algorithm, algorithm);
    }
    for (number, digits) in [
        (0, Digits::Six),
        (1, Digits::Six),
        (2, Digits::Eight),
        (3, Digits::Seven),
    ] {
        let import = only(account("m", "L").number(5, number)).unwrap();
        assert_eq!(import.parameters.digits, digits);
    }
    let hotp = only(account("m", "L").number(6, 1).number(7, 41)).unwrap();
    assert_eq!(hotp.parameters.moving, MovingFactor::Counter(41));
    let totp = only(account("m", "L").number(6, 2).number(7, 41)).unwrap();
    assert_eq!(totp.parameters.moving, MovingFactor::Time(Period::THIRTY));
}

#[test]
fn unreadable_account_does_not_affect_others() {
    let short = Wire::default().bytes(1, &[1; 9]).bytes(2, b"m");
    let accounts = [
        usual(account("m", "L")),
        account("m", "L").number(4, 4),
        account("m", "L").number(5, 9),
        account("m", "L").number(6, 3),
        short,
        account("m\n", "L"),
        usual(account("n", "L")),
    ];
    let part = part(&accounts, 1, 0, 1);
    let faults: Vec<_> = part
        .accounts
        .iter()
        .filter_map(|read| read.clone().err())
        .collect();
    assert_eq!(
        faults,
        [
            AccountError::Algorithm {
                account: 1,
                number: 4
            },
            AccountError::Digits {
                account: 2,
                number: 9
            },
            AccountError::Type {
                account: 3,
                number: 3
            },
            AccountError::SecretLength {
                account: 4,
                bytes: 9
            },
            AccountError::Control { account: 5 },
        ]
    );
    assert_eq!(part.accounts[6].as_ref().unwrap().account, "n");
}

#[test]
fn warnings_name_the_account() {
    let weak = Wire::default()
        .bytes(1, &[1; 10])
        .bytes(2, b"Old: ")
        .bytes(3, b"New");
    let part = part(&[usual(account("m", "L")), weak, account("n", "")], 1, 0, 1);
    let kinds = |at: usize| -> Vec<_> {
        let import = part.accounts[at].as_ref().unwrap();
        assert!(import.warnings.iter().all(|warning| warning.position == at));
        import
            .warnings
            .iter()
            .map(|warning| warning.kind.clone())
            .collect()
    };
    assert_eq!(kinds(0), []);
    let mismatch = WarningKind::IssuerMismatch {
        label: "Old".into(),
    };
    assert_eq!(
        kinds(1),
        [
            mismatch,
            WarningKind::NoAccount,
            WarningKind::WeakSecret { bytes: 10 }
        ]
    );
    assert_eq!(kinds(2), [WarningKind::NoIssuer]);
}

#[test]
fn parts_are_accepted_in_any_order() {
    let parts: Vec<_> = ["a", "b", "c"]
        .iter()
        .zip(0..)
        .map(|(name, index)| part(&[usual(account(name, "L"))], 3, index, 77))
        .collect();
    let mut migration = Migration::default();
    migration.add(parts[2].clone()).unwrap();
    assert_eq!(migration.missing(), [0, 1]);
    migration.add(parts[0].clone()).unwrap();
    migration.add(parts[2].clone()).unwrap();
    let early = migration.clone().finish().unwrap_err();
    assert_eq!(early, BatchError::Incomplete { missing: vec![1] });
    migration.add(parts[1].clone()).unwrap();
    let names: Vec<_> = migration
        .finish()
        .unwrap()
        .into_iter()
        .map(|read| read.unwrap().account)
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn parts_of_two_exports_are_not_mixed() {
    let mut migration = Migration::default();
    assert_eq!(
        migration.clone().finish().unwrap_err(),
        BatchError::Incomplete { missing: vec![] }
    );
    migration.add(part(&[], 2, 0, 77)).unwrap();
    assert_eq!(
        migration.add(part(&[], 2, 1, 78)),
        Err(BatchError::OtherBatch)
    );
    assert_eq!(
        migration.add(part(&[], 3, 1, 77)),
        Err(BatchError::OtherBatch)
    );
    migration.add(part(&[], 2, 1, 77)).unwrap();
    assert_eq!(migration.finish(), Ok(vec![]));
}

#[test]
fn part_errors_have_positions() {
    let fault = |uri: &str| {
        let error = MigrationPart::parse(uri).unwrap_err();
        (error.position, error.fault)
    };
    assert_eq!(
        fault("otpauth://totp/L:m?secret=A"),
        (0, MigrationFault::Prefix)
    );
    assert_eq!(
        fault("otpauth-migration://online?data=AAAA"),
        (0, MigrationFault::Prefix)
    );
    assert_eq!(
        fault("otpauth-migration://offline?data=AA%2"),
        (35, MigrationFault::Escape)
    );
    assert_eq!(
        fault("otpauth-migration://offline?data=A!AA"),
        (33, MigrationFault::Base64)
    );
    assert_eq!(
        fault("otpauth-migration://offline?data=////"),
        (33, MigrationFault::Protobuf)
    );
    assert_eq!(
        fault(&"otpauth-migration://offline?data=".repeat(200)),
        (4096, MigrationFault::TooLong)
    );
    // A negative number takes ten bytes.
    for (size, index) in [(1, 1), (101, 0), (3, u64::MAX), (u64::from(u32::MAX), 7)] {
        let wire = Wire::default().number(3, size).number(4, index);
        assert_eq!(
            fault(&wire.uri()),
            (33, MigrationFault::Batch),
            "{size} {index}"
        );
    }
}

#[test]
fn limits_of_100_parts_and_4096_bytes_hold() {
    assert_eq!(part(&[], 100, 99, 1).parts, 100);
    let uri = Wire::default().number(3, 1).uri();
    let longest = format!("{uri}&x={}", "x".repeat(4093 - uri.len()));
    assert!(MigrationPart::parse(&longest).is_ok());
    assert!(MigrationPart::parse(&format!("{longest}x")).is_err());
}

#[test]
fn raw_and_unpadded_base64_parses() {
    let wire = Wire::default().bytes(1, &usual(account("m", "L")).0);
    let raw = format!(
        "OTPAUTH-MIGRATION://offline?data={}\n",
        STANDARD.encode(&wire.0)
    );
    assert!(raw.contains(['+', '/']) && raw.contains('='), "{raw}");
    for uri in [
        raw.clone(),
        raw.trim_end().trim_end_matches('=').to_owned(),
        raw.replace('\n', "&x=1"),
    ] {
        let part = MigrationPart::parse(&uri).unwrap();
        assert_eq!((part.parts, part.index, part.accounts.len()), (1, 0, 1));
    }
}

/// Google Authenticator writes base64; other exporters write the alphabet of URLs.
#[test]
fn base64url_parses_like_base64() {
    let wire = Wire::default().bytes(1, &usual(account("m~?~a", "L")).0);
    let standard = STANDARD.encode(&wire.0);
    let url = standard.replace('+', "-").replace('/', "_");
    assert!(url.contains('-') && url.contains('_'), "{url}");
    assert!(url.ends_with('='), "{url}");
    let parse =
        |data: &str| MigrationPart::parse(&format!("otpauth-migration://offline?data={data}"));
    for data in [
        &url,
        url.trim_end_matches('='),
        &url.replace('-', "%2D").replace('=', "%3D"),
    ] {
        assert_eq!(parse(data), parse(&standard), "{data}");
        assert!(parse(data).is_ok());
    }
    assert_eq!(parse("A~AA").unwrap_err().fault, MigrationFault::Base64);
}

#[test]
fn t43_exported_issuer_may_have_colons() {
    for (name, issuer, account_name) in [
        ("Text: More:ann", "Text: More", "ann"),
        (
            "https://old.example.org:ann",
            "https://old.example.org",
            "ann",
        ),
        ("a:b : c:d", "a:b", "c:d"),
        ("ann", "Text: More", "ann"),
    ] {
        let import = only(usual(account(name, issuer))).unwrap();
        assert_eq!(import.issuer.as_deref(), Some(issuer));
        assert_eq!(import.account, account_name, "{name}");
        assert_eq!(import.warnings, [], "{name}");
    }
    // A name that only begins alike is another issuer's.
    let other = only(usual(account("Text: Moreover:ann", "Text: More"))).unwrap();
    let label = "Text".to_owned();
    assert_eq!(
        other.warnings[0].kind,
        WarningKind::IssuerMismatch { label }
    );
    assert_eq!(other.account, "Moreover:ann");
}

#[test]
fn t44_export_may_begin_with_byte_order_mark() {
    let uri = Wire::default().bytes(1, &usual(account("m", "L")).0).uri();
    let part = MigrationPart::parse(&uri);
    assert_eq!(MigrationPart::parse(&format!("\u{feff}{uri}\r\n")), part);
    for (text, position, fault) in [
        ("\u{feff}otpauth://totp", 3, MigrationFault::Prefix),
        (
            "\u{feff}\u{feff}otpauth-migration://offline?data=AA",
            3,
            MigrationFault::Prefix,
        ),
        (
            "\u{feff}otpauth-migration://offline?data=A!AA",
            36,
            MigrationFault::Base64,
        ),
        (
            "\u{feff}otpauth-migration://offline?data=AA%2",
            38,
            MigrationFault::Escape,
        ),
    ] {
        let error = MigrationPart::parse(text).unwrap_err();
        assert_eq!((error.position, error.fault), (position, fault), "{text:?}");
    }
}

#[test]
fn debug_hides_secrets_of_export() {
    let printed = format!("{:?}", part(&[usual(account("m", "L"))], 1, 0, 1));
    assert!(!printed.contains("251"), "{printed}");
}
