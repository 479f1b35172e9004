//! Printed codes: parsing, equality and errors.

use loquet_enrollment::{PrintedCode, PrintedCodeError, base32};
use proptest::prelude::*;

#[test]
fn all_spellings_of_a_printed_code_are_equal() {
    let code = PrintedCode::from_entropy(
        *b"\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70",
    );
    let text = code.expose();
    assert!(text.contains(['O', 'I', 'B']), "{}", *text);
    for spelling in [
        text.to_string(),
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " \u{2009}"),
        text.replace('O', "0").replace('I', "1").replace('B', "8"),
        format!("  {}\n", *text),
    ] {
        assert_eq!(spelling.parse().as_ref(), Ok(&code), "{spelling}");
    }
}

#[test]
fn printed_codes_compare_by_every_bit() {
    let code = PrintedCode::from_entropy([0; 16]);
    for bit in 0..128 {
        let mut other = [0_u8; 16];
        other[bit / 8] = 1 << (bit % 8);
        assert_ne!(PrintedCode::from_entropy(other), code);
    }
}

#[test]
fn printed_code_errors_have_positions() {
    let text = PrintedCode::from_entropy([3; 16]).expose();
    let parse = |typed: &str| typed.parse::<PrintedCode>().unwrap_err();
    for (typed, symbols) in [
        ("", 0),
        (text.trim_end_matches(char::is_alphanumeric), 20),
        (&format!("{}A", *text), 27),
        (&"A".repeat(256), 256),
    ] {
        assert_eq!(parse(typed), PrintedCodeError::Length(symbols), "{typed}");
    }
    // Even with the right number of letters.
    let wide = format!("{}{}", *text, "-".repeat(256));
    assert_eq!(parse(&wide), PrintedCodeError::TooLong);
    // 9 is not a misreading of a certain letter.
    for typed in ["ABC!", "abc9", "A-C\u{301}", "A B\0"] {
        assert_eq!(
            parse(typed),
            PrintedCodeError::Character { at: 4 },
            "{typed}"
        );
    }
    // The 26th symbol has two unused bits, which must be zero.
    let twin = format!("{}B", "A".repeat(25));
    assert_eq!(parse(&twin), PrintedCodeError::LastSymbol);
    assert!(
        format!("{}I", "A".repeat(25))
            .parse::<PrintedCode>()
            .is_ok()
    );
}

#[test]
fn t45_printed_code_may_have_any_separator() {
    let code = PrintedCode::from_entropy([0x5a; 16]);
    let text = code.expose();
    for separator in [
        "\u{a0}", "\u{202f}", "\u{2013}", "\u{ff0d}", "\u{202a}", "\u{202c}", "\u{2069}",
        "\u{feff}", "_", ".",
    ] {
        let typed = format!("{separator}{}{separator}", text.replace('-', separator));
        assert_eq!(typed.parse().as_ref(), Ok(&code), "{typed:?}");
        assert!(
            code.ends_with(&format!("UWS{separator}2LI")),
            "{separator:?}"
        );
    }
    for (typed, at) in [
        ("A B\u{ff21}", 4),
        ("\u{ff12}", 1),
        ("AB٣", 3),
        ("Ж", 1),
        ("\u{feff}é", 2),
    ] {
        let error = typed.parse::<PrintedCode>().unwrap_err();
        assert_eq!(error, PrintedCodeError::OtherScript { at }, "{typed}");
        let message = format!("character {at} is of another script: type A to Z and 2 to 7");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn last_group_matches_in_any_spelling() {
    let code = PrintedCode::from_entropy([0x5a; 16]);
    for (typed, is_it) in [
        ("UWS2LI", true),
        (" uws-2l1", true),
        ("UWS2L", false),
        ("AUWS2LI", false),
        ("LJNFU", false),
        ("", false),
    ] {
        assert_eq!(code.ends_with(typed), is_it, "{typed}");
    }
    assert!(!code.ends_with(&" ".repeat(300)));
}

proptest! {
    #[test]
    fn printed_code_round_trips_as_base32(bytes: [u8; 16]) {
        let code = PrintedCode::from_entropy(bytes);
        let text = code.expose();
        prop_assert_eq!(text.replace("-", ""), base32::encode(&bytes).to_string());
        prop_assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5, 6]);
        prop_assert_eq!(text.parse::<PrintedCode>(), Ok(code));
    }

    // Accepted text is the canonical text but for case, grouping and the three misreadings.
    #[test]
    fn parsed_code_is_written_canonically(text in "[A-Za-z0-9 -]{20,34}|[A-Z2-7]{26}|\\PC{0,40}") {
        if let Ok(code) = text.parse::<PrintedCode>() {
            let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let plain = plain.to_ascii_uppercase().replace('0', "O").replace('1', "I").replace('8', "B");
            prop_assert_eq!(code.expose().replace('-', ""), plain);
        }
    }
}

#[test]
fn debug_hides_printed_code() {
    let code = PrintedCode::from_entropy([7; 16]);
    assert_eq!(format!("{code:?}"), "PrintedCode([redacted])");
}
