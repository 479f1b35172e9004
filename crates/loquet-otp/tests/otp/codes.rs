//! Typed codes: spellings, lengths and errors.

use loquet_otp::{
    Algorithm, CodeError, Digits, Drift, Hotp, HotpVerdict, Key, LookAhead, Match, Secret, Totp,
    TypedCode, Verdict, Window, is_separator,
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

/// WordPress/two-factor 382, fixmystreet 3581, home-assistant 28396: what pages and apps put around and between digits.
#[test]
fn t45_every_unicode_separator_is_taken_out() {
    let plain = TypedCode::parse("123456", Digits::Six).unwrap();
    let blanks = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
    let dashes = "-\u{58a}\u{5be}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{fe58}\u{fe63}\u{ff0d}\u{301c}";
    let direction = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
    let no_width = "\u{ad}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\u{feff}";
    for separator in [blanks, dashes, direction, no_width].concat().chars() {
        assert!(is_separator(separator), "{separator:?}");
        let text = format!("{separator}123{separator}{separator}456{separator}");
        assert_eq!(TypedCode::parse(&text, Digits::Six), Ok(plain), "{text:?}");
    }
    for other in [
        '.', '_', '/', ':', '\'', '\u{7}', '\0', '\u{fffd}', '\u{e9}', '\u{2065}', '\u{202f}',
    ] {
        assert_eq!(is_separator(other), other == '\u{202f}', "{other:?}");
    }
}

#[test]
fn t45_digits_of_other_scripts_are_named() {
    // Full-width, Arabic-Indic, extended Arabic-Indic, Devanagari, Bengali, Thai, mathematical, superscript, circled.
    for digit in "０٠۰०০๐𝟎⁰①".chars() {
        for position in 1..=6 {
            let mut text: Vec<char> = "123456".chars().collect();
            text[position - 1] = digit;
            text.insert(0, '\u{feff}');
            let text: String = text.into_iter().collect();
            let position = position + 1;
            refused(
                &text,
                CodeError::ForeignDigit { position },
                &format!("character {position} is a digit of another script: type 0 to 9"),
            );
        }
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
