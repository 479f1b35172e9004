//! Property tests, and replay of the fuzz corpus if the repository is available.

use proptest::prelude::*;

use crate::checks::{self, Emission};
#[cfg(feature = "import-migration")]
use crate::export_checks::check_migration_data;

/// Texts that the parser refuses late.
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
    fn emitted_uris_parse_here_and_in_totp_rs(
        mut bytes in prop::collection::vec(any::<u8>(), 11..160),
        issuer in "[^:&?#%/+\\p{C}\\s]{1,20}",
        account in "\\PC{1,30}",
    ) {
        let mut emission = Emission::from_bytes(&bytes);
        emission.issuer = issuer;
        emission.account = account;
        emission.holds();
        // Names made from the bytes.
        bytes.push(b'm');
        Emission::from_bytes(&bytes).holds();
    }

    #[test]
    fn any_text_parses_or_is_refused(text in ".*", uri in uri_like()) {
        checks::check_uri_text(&text);
        checks::check_uri_text(&uri);
    }

    #[test]
    fn any_text_decodes_or_is_refused(text in ".*", near in "[A-Za-z2-7=\\- 018é]{0,40}") {
        checks::check_base32_text(&text);
        checks::check_base32_text(&near);
    }

    #[test]
    fn typed_keys_round_trip_in_any_grouping(text in ".*", near in "[A-Za-z2-7]{16,40}[\\- =018]{0,2}") {
        checks::check_typed_text(&text);
        checks::check_typed_text(&near);
    }

    #[cfg(feature = "import-migration")]
    #[test]
    fn any_export_parses_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), secret in prop::collection::vec(any::<u8>(), 8..40)) {
        check_migration_data(&bytes);
        // A valid secret, followed by anything.
        let length = u8::try_from(secret.len()).unwrap();
        let mut message = vec![0x0a, length.wrapping_add(2), 0x0a, length];
        message.extend(&secret);
        check_migration_data(&message);
        message.extend(&bytes);
        check_migration_data(&message);
    }
}

/// Calls `check` with every input of a fuzz target's corpus.
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
fn fuzz_corpus_uris_parse_or_are_refused() {
    replay_text("enrollment_uri", checks::check_uri_text);
}

#[test]
fn fuzz_corpus_base32_decodes_exactly() {
    replay_text("enrollment_base32", checks::check_base32_text);
}

#[test]
fn fuzz_corpus_keys_round_trip() {
    replay_text("enrollment_manual_key", checks::check_typed_text);
}

#[test]
fn fuzz_corpus_emissions_round_trip() {
    replay("enrollment_emission", |bytes| {
        checks::Emission::from_bytes(bytes).holds()
    });
}

#[cfg(feature = "import-migration")]
#[test]
fn fuzz_corpus_exports_parse_or_are_refused() {
    replay("enrollment_migration", check_migration_data);
}
