//! Recovery codes: canonical reading, digests, one use.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use loquet_enrollment::base32::Base32Error;
use loquet_enrollment::{
    RecoveryCode, RecoveryCodeError, RecoveryDigest, RecoverySheet, Redeemed, SheetError,
};

fn codes() -> Vec<RecoveryCode> {
    (0..10)
        .map(|n| RecoveryCode::from_entropy([n; 15]))
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
        *b"\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8\x70\x21\xc8",
    );
    let text = code.grouped();
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
        sheet.redeem(&RecoveryCode::parse(&spellings[0]).unwrap()),
        Redeemed::Accepted { left: 0 }
    );
    for spelling in &spellings {
        let read = RecoveryCode::parse(spelling).unwrap();
        assert_eq!(read, code, "{spelling}");
        assert_eq!(sheet.redeem(&read), Redeemed::Refused);
    }
}

#[test]
fn codes_are_equal_when_every_bit_is() {
    let code = RecoveryCode::from_entropy([0; 15]);
    for bit in 0..120 {
        let mut other = [0_u8; 15];
        other[bit / 8] = 1 << (bit % 8);
        assert_ne!(RecoveryCode::from_entropy(other), code);
    }
}

#[test]
fn a_code_of_another_length_says_how_many_were_typed() {
    let text = codes()[3].grouped();
    for (typed, symbols) in [
        ("", 0),
        (text.trim_end_matches(char::is_alphanumeric), 20),
        (&format!("{}A", *text), 25),
    ] {
        assert_eq!(
            RecoveryCode::parse(typed),
            Err(RecoveryCodeError::Length { symbols }),
            "{typed}"
        );
    }
    let error = RecoveryCode::parse("ABC!").unwrap_err();
    assert!(matches!(
        error,
        RecoveryCodeError::Base32(Base32Error::Symbol {
            position: 3,
            found: '!',
            ..
        })
    ));
    assert!(RecoveryCode::parse(&"A".repeat(2000)).is_err());
}

#[test]
fn the_digest_is_the_documented_one() {
    use sha2::Digest;
    let expected = sha2::Sha256::digest(
        b"loquet recovery code 1\0\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05",
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
        !printed.contains(&*code.grouped()) && !printed.contains("7, 7"),
        "{printed}"
    );
    assert!(printed.starts_with("RecoveryCode([redacted]) RecoveryDigest(…) RecoverySheet("));
}
