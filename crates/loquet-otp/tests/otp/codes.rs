//! Typed codes: spellings, lengths and errors.

use loquet_otp::{
    Algorithm, CodeError, Digits, Drift, Hotp, HotpVerdict, Key, LookAhead, Match, Secret, Totp,
    TypedCode, Verdict, Window,
};

use crate::accepting;

fn key() -> Key {
    Secret::from(*b"12345678901234567890").key(Algorithm::Sha1)
}

/// Vault and OpenBao, CVE-2025-6014: a space in the code bypassed the list of used codes and the attempt limit.
#[test]
fn all_spellings_of_typed_code_are_equal() {
    let plain = TypedCode::parse("012345", Digits::Six).unwrap();
    for text in [
        "012 345",
        " 012345 ",
        "0 1 2 3 4 5",
        "012-345",
        "012\u{2013}345",
        "012\u{2212}345",
        "012\u{a0}345",
        "012\u{2009}345",
        "012\u{202f}345",
        "\t012345\r\n",
        "\u{200e}012345\u{200f}",
        "\u{feff}012\u{2060}345",
        "\u{2068}012345\u{2069}",
    ] {
        assert_eq!(TypedCode::parse(text, Digits::Six), Ok(plain), "{text:?}");
    }
}

#[track_caller]
fn refused(text: &str, error: CodeError, message: &str) {
    assert_eq!(TypedCode::parse(text, Digits::Six), Err(error), "{text:?}");
    assert_eq!(error.to_string(), message);
}

#[test]
fn wrong_number_of_digits_is_refused() {
    for text in ["", " - "] {
        refused(text, CodeError::Empty, "no code was typed");
    }
    for (text, found) in [("12345", 5), ("1234567", 7)] {
        let error = CodeError::Count { found, expected: 6 };
        refused(text, error, &format!("{found} digits typed: a code has 6"));
    }
}

#[test]
fn non_digit_is_refused_with_position() {
    for (text, position) in [
        ("12345O", 6),
        ("é12345", 1),
        ("éé12345", 1),
        ("12\u{202f}é", 4),
        ("+123456", 1),
    ] {
        let error = CodeError::NotADigit { position };
        refused(text, error, &format!("character {position} is not a digit"));
    }
    for (text, position) in [("12345６", 6), ("٣٤٥٦٧٨", 1), ("12345²", 6)] {
        let message = format!("character {position} is a digit of another script: type 0 to 9");
        refused(text, CodeError::ForeignDigit { position }, &message);
    }
}

#[test]
fn overlong_text_is_refused() {
    let padded = |len: usize| format!("{}123456", " ".repeat(len - 6));
    assert!(TypedCode::parse(&padded(64), Digits::Six).is_ok());
    let error = TypedCode::parse(&padded(65), Digits::Six).unwrap_err();
    assert_eq!(error, CodeError::TooLong { len: 65 });
    assert_eq!(
        error.to_string(),
        "the text has 65 bytes: at most 64 are allowed"
    );
    let digits = TypedCode::parse(&"9".repeat(64), Digits::Eight).unwrap_err();
    assert_eq!(
        digits,
        CodeError::Count {
            found: 64,
            expected: 8
        }
    );
}

/// Codes stored as numbers lose their leading zeros. Counter 25193 of this secret has the code 000039.
#[test]
fn leading_zeros_are_kept() {
    let code = Hotp::default().generate(&key(), 25_193);
    assert_eq!(code.to_string(), "000039");
    assert_eq!(
        TypedCode::parse("39", Digits::Six),
        Err(CodeError::Count {
            found: 2,
            expected: 6
        })
    );
    let typed = TypedCode::parse("000039", Digits::Six).unwrap();
    let accepted = HotpVerdict::Accepted {
        counter: 25_193,
        next: 25_194,
    };
    assert_eq!(
        Hotp::default().verify(&key(), typed, 25_193, LookAhead::default()),
        accepted
    );
}

/// hectorm/otpauth, issue 3: the digit count came from the typed code, so that one digit was compared with one digit.
#[test]
fn code_of_another_length_is_wrong() {
    let totp = Totp {
        digits: Digits::Eight,
        ..Totp::default()
    };
    // RFC 6238, Appendix B: 07081804 at 1111111109.
    let seven = TypedCode::parse("7081804", Digits::Seven).unwrap();
    let eight = TypedCode::parse("07081804", Digits::Eight).unwrap();
    let now = 1_111_111_109;
    let verify = |typed| {
        totp.verify(
            &key(),
            typed,
            now,
            accepting(Window::STRICT, Drift::NONE, None),
        )
    };
    assert_eq!(verify(seven), Verdict::Wrong);
    assert_eq!(
        verify(eight),
        Verdict::Accepted(Match {
            step: now / 30,
            offset: 0
        })
    );
    assert_ne!(seven, eight);
}
