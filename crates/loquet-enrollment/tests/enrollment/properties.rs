//! The checks, over generated input and over the corpus of the fuzz targets, where the repository is at hand.

use proptest::prelude::*;

use crate::checks::{self, Emission};
#[cfg(feature = "import-migration")]
use crate::export_checks::migration_data_is_read_or_refused;

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
        checks::uri_text_is_read_or_refused_in_place(&text);
        checks::uri_text_is_read_or_refused_in_place(&uri);
    }

    #[test]
    fn any_text_is_base32_or_refused_at_its_first_fault(text in ".*", near in "[A-Za-z2-7=\\- 018é]{0,40}") {
        checks::base32_text_is_read_exactly(&text);
        checks::base32_text_is_read_exactly(&near);
    }

    #[test]
    fn any_typed_key_comes_back_in_every_grouping(text in ".*", near in "[A-Za-z2-7]{16,40}[\\- =018]{0,2}") {
        checks::typed_text_comes_back_in_every_grouping(&text);
        checks::typed_text_comes_back_in_every_grouping(&near);
    }

    #[cfg(feature = "import-migration")]
    #[test]
    fn any_export_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), secret in prop::collection::vec(any::<u8>(), 8..40)) {
        migration_data_is_read_or_refused(&bytes);
        // A right secret and then anything.
        let length = u8::try_from(secret.len()).unwrap();
        let mut message = vec![0x0a, length.wrapping_add(2), 0x0a, length];
        message.extend(&secret);
        migration_data_is_read_or_refused(&message);
        message.extend(&bytes);
        migration_data_is_read_or_refused(&message);
    }
}

/// Hands every input of one target to `check`.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("no corpus at {folder}: nothing to replay");
    };
    let inputs: Vec<_> = entries
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "{folder} is empty");
    inputs.iter().for_each(|input| check(input));
}

fn replay_text(target: &str, check: impl Fn(&str)) {
    replay(target, |bytes| check(&String::from_utf8_lossy(bytes)));
}

#[test]
fn uris_of_the_fuzzer_are_read_or_refused_in_place() {
    replay_text(
        "enrollment_uri",
        checks::uri_text_is_read_or_refused_in_place,
    );
}

#[test]
fn base32_of_the_fuzzer_is_read_exactly() {
    replay_text("enrollment_base32", checks::base32_text_is_read_exactly);
}

#[test]
fn typed_keys_of_the_fuzzer_come_back_in_every_grouping() {
    replay_text(
        "enrollment_manual_key",
        checks::typed_text_comes_back_in_every_grouping,
    );
}

#[test]
fn emissions_of_the_fuzzer_are_read_back() {
    replay("enrollment_emission", |bytes| {
        checks::Emission::from_bytes(bytes).holds()
    });
}

#[cfg(feature = "import-migration")]
#[test]
fn exports_of_the_fuzzer_are_read_or_refused() {
    replay("enrollment_migration", migration_data_is_read_or_refused);
}
