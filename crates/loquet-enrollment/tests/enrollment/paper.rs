//! Recovery codes: canonical reading, digests, one use.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use loquet_enrollment::{
    PaperCode, PaperError, RecoveryCode, RecoveryDigest, RecoverySheet, Redeemed, SheetError,
    base32,
};
use proptest::prelude::*;

fn codes() -> Vec<RecoveryCode> {
    (0..10)
        .map(|n| RecoveryCode::from_entropy([n; 16]))
        .collect()
}

fn sheet() -> RecoverySheet {
    RecoverySheet::new(codes().iter().map(RecoveryCode::digest).collect()).unwrap()
}

#[test]
fn t7_a_second_use_is_refused_and_the_remaining_count_falls() {
    let mut sheet = sheet();
    for (used, code) in codes().iter().enumerate() {
        assert_eq!(sheet.redeem(code), Redeemed::Accepted { left: 9 - used });
        assert_eq!(sheet.redeem(code), Redeemed::Refused);
        assert_eq!(sheet.digests().len(), 9 - used);
    }
}

#[test]
fn t9_all_spellings_of_one_code_are_one_code_and_one_use() {
    let code = RecoveryCode::from_entropy(
        *b"\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70",
    );
    let text = code.expose();
    let spellings = [
        text.to_string(),
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " \u{2009}"),
        text.replace('O', "0").replace('I', "1").replace('B', "8"),
        format!("  {}\n", *text),
    ];
    assert!(text.contains(['O', 'I', 'B']), "{}", *text);
    let mut sheet = RecoverySheet::new(vec![code.digest()]).unwrap();
    assert_eq!(
        sheet.redeem(&spellings[0].parse::<RecoveryCode>().unwrap()),
        Redeemed::Accepted { left: 0 }
    );
    for spelling in &spellings {
        let read = spelling.parse::<RecoveryCode>().unwrap();
        assert_eq!(read, code, "{spelling}");
        assert_eq!(sheet.redeem(&read), Redeemed::Refused);
    }
}

#[test]
fn codes_are_equal_when_every_bit_is() {
    let code = RecoveryCode::from_entropy([0; 16]);
    for bit in 0..128 {
        let mut other = [0_u8; 16];
        other[bit / 8] = 1 << (bit % 8);
        assert_ne!(RecoveryCode::from_entropy(other), code);
    }
}

#[test]
fn what_is_wrong_with_a_code_is_said_and_where() {
    let text = codes()[3].expose();
    let parse = |typed: &str| typed.parse::<RecoveryCode>().unwrap_err();
    for (typed, symbols) in [
        ("", 0),
        (text.trim_end_matches(char::is_alphanumeric), 20),
        (&format!("{}A", *text), 27),
        (&"A".repeat(256), 256),
    ] {
        assert_eq!(parse(typed), PaperError::Length(symbols), "{typed}");
    }
    // Even where it has as many letters as a code.
    let wide = format!("{}{}", *text, "-".repeat(256));
    assert_eq!(parse(&wide), PaperError::TooLong);
    // 9 is no slip that anybody could tell the letter of.
    for typed in ["ABC!", "abc9", "A-C\u{301}", "A B\u{ff21}"] {
        assert_eq!(parse(typed), PaperError::Character { at: 4 }, "{typed}");
    }
    // The two bits that the 26th symbol has too many.
    let twin = format!("{}B", "A".repeat(25));
    assert_eq!(parse(&twin), PaperError::End);
    assert!(
        format!("{}I", "A".repeat(25))
            .parse::<RecoveryCode>()
            .is_ok()
    );
}

#[test]
fn the_last_group_is_recognised_as_forgivingly() {
    let code = PaperCode::from_entropy([0x5a; 16]);
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
    fn a_code_reads_back_and_is_what_base32_says(bytes: [u8; 16]) {
        let code = PaperCode::from_entropy(bytes);
        let text = code.expose();
        prop_assert_eq!(text.replace("-", ""), base32::encode(&bytes).to_string());
        prop_assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5, 6]);
        prop_assert_eq!(text.parse::<PaperCode>(), Ok(code));
    }

    // Whatever is accepted is the one spelling of its bits, but for case, grouping and the three slips.
    #[test]
    fn what_is_read_is_written_the_same(text in "[A-Za-z0-9 -]{20,34}|[A-Z2-7]{26}|\\PC{0,40}") {
        if let Ok(code) = text.parse::<PaperCode>() {
            let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let plain = plain.to_ascii_uppercase().replace('0', "O").replace('1', "I").replace('8', "B");
            prop_assert_eq!(code.expose().replace('-', ""), plain);
        }
    }
}

#[test]
fn the_digest_is_the_documented_one() {
    use sha2::Digest;
    let expected = sha2::Sha256::digest(
        b"recovery\0\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05",
    );
    assert_eq!(codes()[5].digest().to_bytes(), <[u8; 32]>::from(expected));
}

#[test]
fn a_sheet_has_at_most_sixteen_codes() {
    assert!(RecoverySheet::new(vec![RecoveryDigest::from([0; 32]); 16]).is_ok());
    assert_eq!(
        RecoverySheet::new(vec![RecoveryDigest::from([0; 32]); 17]),
        Err(SheetError { codes: 17 })
    );
}

#[test]
fn nothing_printable_shows_a_code() {
    let code = &codes()[7];
    let printed = format!("{code:?} {:?} {:?}", code.digest(), sheet());
    assert!(
        !printed.contains(&*code.expose()) && !printed.contains("7, 7"),
        "{printed}"
    );
    assert!(printed.starts_with("RecoveryCode([redacted]) RecoveryDigest(…) RecoverySheet("));
}
