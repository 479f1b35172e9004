//! The properties over generated input.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

#[cfg(feature = "import-migration")]
#[path = "support/migration.rs"]
mod migration;

use proptest::prelude::*;
use support::Emission;

/// Texts that get far into the parser before something is wrong.
fn uri_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "?",
        "&",
        "=",
        ":",
        "%3A",
        "%20",
        "%C3%A9",
        "%zz",
        "+",
        "#",
        " ",
        "é",
        "L",
        "marie@x.ca",
        "secret=",
        "SECRET=",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "JBSWY3DPEHPK3PXP",
        "&issuer=L",
        "&issuer=",
        "&digits=8",
        "&digits=",
        "&period=60",
        "&period=",
        "&counter=1",
        "&algorithm=SHA256",
        "&algorithm=HmacSHA1",
        "0",
        "9",
    ]);
    let start = prop::sample::select(vec![
        "otpauth://totp/",
        "otpauth://hotp/",
        "OTPAUTH://TOTP/L:m?secret=",
        "",
    ]);
    (start, prop::collection::vec(piece, 0..14))
        .prop_map(|(start, pieces)| start.to_owned() + &pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_emitted_we_and_totp_rs_read_back(
        mut bytes in prop::collection::vec(any::<u8>(), 11..160),
        issuer in "[^:&?#%/+\\p{C}\\s]{1,20}",
        account in "\\PC{1,30}",
    ) {
        let mut emission = Emission::from_bytes(&bytes);
        emission.issuer = issuer;
        emission.account = account;
        emission.holds();
        // And names made of the bytes themselves.
        bytes.push(b'm');
        Emission::from_bytes(&bytes).holds();
    }

    #[test]
    fn any_text_is_a_key_uri_or_refused_in_place(text in ".*", uri in uri_like()) {
        support::uri_text_is_read_or_refused_in_place(&text);
        support::uri_text_is_read_or_refused_in_place(&uri);
    }

    #[test]
    fn any_text_is_base32_or_refused_at_its_first_fault(text in ".*", near in "[A-Za-z2-7=\\- 018é]{0,40}") {
        support::base32_text_is_read_exactly(&text);
        support::base32_text_is_read_exactly(&near);
    }

    #[test]
    fn any_typed_key_comes_back_in_every_grouping(text in ".*", near in "[A-Za-z2-7]{16,40}[\\- =018]{0,2}") {
        support::typed_text_comes_back_in_every_grouping(&text);
        support::typed_text_comes_back_in_every_grouping(&near);
    }

    #[cfg(feature = "import-migration")]
    #[test]
    fn any_export_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), secret in prop::collection::vec(any::<u8>(), 8..40)) {
        migration::migration_data_is_read_or_refused(&bytes);
        // A right secret and then anything.
        let length = u8::try_from(secret.len()).unwrap();
        let mut message = vec![0x0a, length.wrapping_add(2), 0x0a, length];
        message.extend(&secret);
        migration::migration_data_is_read_or_refused(&message);
        message.extend(&bytes);
        migration::migration_data_is_read_or_refused(&message);
    }
}
