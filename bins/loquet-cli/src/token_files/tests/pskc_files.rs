//! PSKC that is not encrypted.

use loquet::{Algorithm, Digits, Period, Totp};

use super::*;

/// Figures 5 and 10 of RFC 6030 §5 and §9, "Code Components" under the Simplified BSD licence, word for word.
const FIGURE_5: &str = include_str!("../../../tests/pskc/figure5.xml");
const FIGURE_10: &str = include_str!("../../../tests/pskc/figure10.xml");

const EIGHT: Totp = Totp {
    algorithm: Algorithm::Sha1,
    digits: Digits::Eight,
    period: Period::THIRTY,
    t0: 0,
};

/// The RFC shows HOTP alone; the profile of TOTP came later, with the same elements.
fn time_based(text: &str) -> String {
    text.replace("pskc:hotp", "pskc:totp")
}

/// A file in the shape of Feitian's: a token with its period, without a suite.
fn file(key: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
  <KeyPackage>
    <DeviceInfo>
      <Manufacturer>Vendor Co.,Ltd</Manufacturer>
      <SerialNo>2600124809778</SerialNo>
    </DeviceInfo>
    {key}
  </KeyPackage>
</KeyContainer>"#
    )
}

const TOKEN: &str = r#"<Key Id="k1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp">
  <AlgorithmParameters>
    <ResponseFormat Length="6" Encoding="DECIMAL"/>
  </AlgorithmParameters>
  <Data>
    <Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
    <Time><PlainValue>0</PlainValue></Time>
    <TimeInterval><PlainValue>60</PlainValue></TimeInterval>
    <TimeDrift><PlainValue>4</PlainValue></TimeDrift>
  </Data>
  <Policy>
    <StartDate>2012-08-01T00:00:00Z</StartDate>
    <ExpiryDate>2037-12-31T00:00:00Z</ExpiryDate>
  </Policy>
</Key>"#;

fn pskc(text: &str) -> Result<Vec<TokenRow>, String> {
    rows(Format::Pskc, text, None)
}

#[test]
fn figure_5_is_read_and_its_pin_refused() {
    let text = time_based(FIGURE_5);
    let rows = pskc(&text).unwrap();
    assert_eq!(told(&rows[0]), (5, "987654321", Ok((KEY, EIGHT))));
    let (line, serial, pin) = told(&rows[1]);
    assert_eq!((line, serial), (36, "987654321"));
    assert!(
        pin.unwrap_err()
            .starts_with("Algorithm: urn:ietf:params:xml:ns:keyprov:pskc:pin")
    );
    assert_eq!(rows.len(), 2);
}

#[test]
fn counter_based_key_is_refused_by_name() {
    for row in pskc(FIGURE_10).unwrap() {
        assert!(row.token.unwrap_err().contains("counter-based"));
    }
}

#[test]
fn figure_10_has_expired() {
    let text = time_based(FIGURE_10);
    let all = pskc(&text).unwrap();
    let told: Vec<_> = all.iter().map(told).collect();
    let expired = |line, serial, date| (line, serial, Err(date));
    assert_eq!(
        told,
        [
            expired(
                4,
                "654321",
                "ExpiryDate: expired on 2006-05-31 00:00:00 UTC"
            ),
            expired(
                31,
                "123456",
                "ExpiryDate: expired on 2006-05-31 00:00:00 UTC"
            ),
            expired(
                58,
                "9999999",
                "ExpiryDate: expired on 2006-03-31 00:00:00 UTC"
            ),
            expired(
                85,
                "9999999",
                "ExpiryDate: expired on 2006-04-30 00:00:00 UTC"
            ),
        ]
    );
    // On 2006-05-15 the first two are valid, and on 2006-04-30 they are not yet.
    for (now, valid) in [(1_147_651_200, 2), (1_146_355_200, 0)] {
        let rows = read(Format::Pskc, &text, None, UnixTime(now)).unwrap();
        let good = rows.iter().filter(|row| row.token.is_ok());
        assert_eq!(good.count(), valid);
    }
}

#[test]
fn period_is_read_in_any_line_ends() {
    let sixty = Totp {
        period: Period::new(60).unwrap(),
        ..Totp::default()
    };
    for text in [file(TOKEN), file(TOKEN).replace('\n', "\r\n")] {
        let rows = pskc(&text).unwrap();
        assert_eq!(told(&rows[0]), (3, "2600124809778", Ok((KEY, sixty))));
    }
}

#[test]
fn suite_is_read_in_each_spelling() {
    for (suite, algorithm) in [
        ("HMAC-SHA1", Algorithm::Sha1),
        ("HMAC-SHA256", Algorithm::Sha256),
        ("HmacSHA512", Algorithm::Sha512),
        ("sha-256", Algorithm::Sha256),
    ] {
        let suite = format!("<AlgorithmParameters><Suite>{suite}</Suite>");
        let text = file(&TOKEN.replace("<AlgorithmParameters>", &suite));
        let rows = pskc(&text).unwrap();
        assert_eq!(rows[0].token.as_ref().unwrap().1.algorithm, algorithm);
    }
}

#[test]
fn key_without_serial_number_goes_by_its_id() {
    let text = file(TOKEN).replace("<SerialNo>2600124809778</SerialNo>", "");
    assert_eq!(pskc(&text).unwrap()[0].serial, "k1");
    let text = text.replace(r#"Id="k1""#, "");
    assert_eq!(
        fault(Format::Pskc, &text, None),
        "serial number: it is missing"
    );
}

/// What is replaced in the token by what, and what is then said of it.
const WRONG: [(&str, &str, &str); 22] = [
    (
        "pskc:totp",
        "pskc:OCRA\u{202e}",
        "Algorithm: urn:ietf:params:xml:ns:keyprov:pskc:OCRA\\u{202e} is not supported",
    ),
    (" Algorithm", " Other", "Key: its Algorithm is missing"),
    ("\"6\"", "\"5\"", "digits: "),
    (
        "\"6\"",
        "\"six\"",
        "ResponseFormat: its Length is no whole number",
    ),
    (
        "DECIMAL",
        "HEXADECIMAL",
        "ResponseFormat: only the Encoding DECIMAL",
    ),
    (
        "DECIMAL\"",
        "DECIMAL\" CheckDigits=\"true\"",
        "ResponseFormat: codes with a check digit",
    ),
    (
        ">60<",
        ">10<",
        "period: 10 s, where a token has 15 to 300 s",
    ),
    (">60<", ">301<", "period: 301 s"),
    (">60<", ">99999<", "period: "),
    (
        ">60<",
        ">a<",
        "TimeInterval: PlainValue: expected a whole number",
    ),
    (
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
        "MTIzNDU2Nzg5MDEyMzQ1",
        "key: a secret of 15 bytes: it must have 16 to 128",
    ),
    ("MTIzNDU2", "MTIz NDU2!", "Secret: PlainValue: not base64"),
    (
        "MTIzNDU2",
        "MTIz<!-- -->NDU2",
        "Secret: PlainValue: expected text alone",
    ),
    ("<Secret>", "<Secret/><Secret>", "Secret: it occurs twice"),
    ("Secret>", "Other>", "Secret: it is missing"),
    (
        "PlainValue>MTI",
        "Value>MTI",
        "Secret: expected PlainValue or EncryptedValue",
    ),
    (
        "2012-08-01T",
        "2027-08-01T",
        "StartDate: valid from 2027-08-01 00:00:00 UTC",
    ),
    (
        "2037-12-31T00:00:00Z",
        "2026-06-15T00:00:00",
        "ExpiryDate: expired on 2026-06-15",
    ),
    (
        "2037-12-31T00:00:00Z",
        "tomorrow",
        "ExpiryDate: expected an instant",
    ),
    (
        "<Policy>",
        "<Policy><KeyUsage>Encrypt</KeyUsage>",
        "KeyUsage: the key is not for",
    ),
    (
        "<Policy>",
        "<Policy><PINPolicy PINUsageMode=\"Prepend\"/>",
        "PINPolicy: only a PIN",
    ),
    (
        "<Policy>",
        "<Policy><Other/>",
        "Policy: it has an element that is not known",
    ),
];

#[test]
fn each_fault_is_named_without_the_key() {
    for (from, to, why) in WRONG {
        let (from, to) = if from.starts_with("PlainValue>MTI") {
            let whole = "PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>";
            (whole, whole.replace("PlainValue", "Value"))
        } else {
            (from, to.to_owned())
        };
        let said = fault(Format::Pskc, &file(&TOKEN.replace(from, &to)), None);
        assert!(said.starts_with(why), "{from}: {said}");
        assert!(!said.contains("MTI"), "{said}");
    }
    let twice = format!("{TOKEN}{TOKEN}");
    assert_eq!(
        fault(Format::Pskc, &file(&twice), None),
        "Key: it occurs twice"
    );
}

#[test]
fn key_may_be_used_where_otp_is_among_its_uses() {
    let uses = "<Policy><KeyUsage>Verify</KeyUsage><KeyUsage>OTP</KeyUsage>\
                <PINPolicy PINUsageMode=\"Local\"/>";
    assert!(
        pskc(&file(&TOKEN.replace("<Policy>", uses))).unwrap()[0]
            .token
            .is_ok()
    );
}

#[test]
fn unreadable_file_says_where() {
    let entities = "<!DOCTYPE k [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><k>&b;</k>";
    for (text, why) in [
        ("", "no XML document"),
        (
            "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
            "line 1, column 1: not well-formed XML",
        ),
        (&file("</Key>"), "line 8, column 5: not well-formed XML"),
        (entities, "a document type declaration"),
        (
            "<KeyContainer Version='1.0'/>",
            "expected an element KeyContainer",
        ),
        (
            &file("").replace("1.0\" xmlns", "2.0\" xmlns"),
            "PSKC 2.0: only 1.0 is read",
        ),
        (
            "<KeyContainer xmlns='urn:ietf:params:xml:ns:keyprov:pskc'/>",
            "KeyContainer: its Version",
        ),
        (
            "<KeyContainer Version='1.0' xmlns='urn:ietf:params:xml:ns:keyprov:pskc'/>",
            "no KeyPackage",
        ),
    ] {
        let said = pskc(text).err().unwrap();
        assert!(said.starts_with(why), "{said}");
    }
}
