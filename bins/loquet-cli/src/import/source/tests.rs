//! What the fixtures in `tests/sources` do not have.

use super::*;

fn opener(source: Source, key: &[u8]) -> Opener {
    let keys = source.keys(key).unwrap_or_default();
    Opener {
        source,
        keys,
        opened: Cell::new(0),
        locked: Cell::new(0),
    }
}

/// Made with Python's `cryptography`, as older versions of privacyIDEA wrote it: hex of hex, the bytes 1 and 2, zeros.
#[test]
fn old_privacyidea_padding_is_read() {
    let key: Vec<u8> = (0..96).collect();
    let text = "000102030405060708090a0b0c0d0e0f:\
        cca24736dd742f1eaa46ab864a7d596c219dde4bfb0de2bae20595f592a5cbce\
        d639c040ee5a98c5f4cf810512568a4f09c2b5dae54ef97a8f0bee4e4dd3f000\
        c432622cda4988edd5642d1e1703ce4a78e996522acba1a1a8d57b661e8aaf86";
    let opened = opener(Source::PrivacyIdea, &key).open("ada", text);
    assert_eq!(
        opened.as_deref().map(Vec::as_slice),
        Ok(&b"12345678901234567890"[..])
    );
}

/// No form that a source does not write is a panic, or counts as a wrong key.
#[test]
fn misshapen_secrets_are_faults_of_their_lines() {
    let rails = b"primary_key: a\nkey_derivation_salt: b\n";
    for (source, key, why) in [
        (
            Source::Authelia,
            &b"key"[..],
            "not a secret of Authelia in hex",
        ),
        (
            Source::Laravel,
            &[b'k'; 32],
            "not a payload of Laravel's Crypt",
        ),
        (
            Source::Rails,
            rails,
            "not a message of Active Record encryption",
        ),
        (
            Source::AttrEncrypted,
            b"key",
            "not `encrypted_otp_secret.iv.salt` of attr_encrypted",
        ),
        (
            Source::PrivacyIdea,
            &[0; 96],
            "not `key_iv:key_enc` of privacyIDEA in hex",
        ),
    ] {
        let opener = opener(source, key);
        for text in [
            "", ":", "..", "00", "e30=", "{}", "00:00", "ab:cd:ef", "%", "é",
        ] {
            let told = opener.open("ada", text).err().unwrap_or_default();
            assert!(
                [why, "its nonce has not 12 bytes"].contains(&&*told),
                "{text}: {told}"
            );
        }
        assert_eq!(opener.misfit(), None);
    }
    let long = "a".repeat(72);
    let opened = opener(Source::Rodauth, b"key").open("ada", &long);
    assert_eq!(
        opened,
        Err("longer than the 32 letters of a key of rodauth".to_owned())
    );
}

#[test]
fn php_texts_are_unwrapped() {
    for (text, inner) in [
        (&b"s:4:\"ABCD\";"[..], &b"ABCD"[..]),
        (b"ABCD", b"ABCD"),
        (b"s:", b"s:"),
        (b"s:1:\"", b"s:1:\""),
        (b"", b""),
    ] {
        assert_eq!(unserialized(text), inner);
    }
}

#[test]
fn key_files_are_checked() {
    for (source, file) in [
        (Source::Authelia, &b"\n"[..]),
        (Source::Authelia, b"\xff"),
        (Source::Laravel, b"base64:AAAA"),
        (Source::Laravel, b"APP_KEY=base64:AAAA"),
        (Source::Rails, b"primary_key: a"),
        (Source::Rails, b"key_derivation_salt: a"),
        (Source::PrivacyIdea, b"short"),
        (Source::PrivacyIdea, &[b'0'; 200]),
    ] {
        assert!(source.keys(file).is_err());
    }
    // A key of before stands beside the present one.
    let two = format!("\"{}\",{}\r\n", "a".repeat(32), "b".repeat(32));
    assert_eq!(opener(Source::Laravel, two.as_bytes()).keys.len(), 2);
}
