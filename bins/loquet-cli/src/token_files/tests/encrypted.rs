//! Encrypted PSKC.

use loquet::{Algorithm, Period};

use super::*;

/// Figures 6 and 7 of RFC 6030 §6.1 and §6.2, "Code Components" under the Simplified BSD licence, word for word.
/// The examples are of HOTP, so that the tests replace the algorithm, which neither encryption nor MAC covers.
const FIGURE_6: &str = include_str!("../../../tests/pskc/figure6.xml");
const FIGURE_7: &str = include_str!("../../../tests/pskc/figure7.xml");

/// "the pre-shared key [...] has the value in hexadecimal": §6.1.
const KEY_6: &str = "12345678901234567890123456789012";
/// §6.2.
const PASSWORD_7: &str = "qwerty";

fn figure(text: &str) -> String {
    text.replace("pskc:hotp", "pskc:totp")
}

#[test]
fn figures_6_and_7_give_the_key_of_the_rfc() {
    for (text, line, key) in [(FIGURE_6, 20, KEY_6), (FIGURE_7, 38, PASSWORD_7)] {
        let key = format!("{key}\r\n");
        let rows = rows(Format::Pskc, &figure(text), Some(&key)).unwrap();
        let (at, serial, token) = told(&rows[0]);
        assert_eq!((at, serial), (line, "987654321"));
        let (secret, totp) = token.unwrap();
        assert_eq!((secret, totp.digits.count()), (KEY, 8));
    }
}

/// Made with `openssl enc -aes-192-cbc` and `-aes-256-cbc` with the keys 00 01 02 …, and Python's `hmac`. The key is padded
/// as XML Encryption §5.2 allows, and the period is encrypted too.
#[test]
fn longer_keys_and_hashes_decrypt() {
    let long = |mac: &str, cipher: &str, values: [&str; 5]| {
        let [mac_key, key, key_mac, interval, interval_mac] = values;
        let method = format!(
            "<EncryptionMethod Algorithm='http://www.w3.org/2001/04/xmlenc#{cipher}-cbc'/><CipherData><CipherValue>"
        );
        let end = "</CipherValue></CipherData>";
        format!(
            "<KeyContainer Version='1.0' xmlns='urn:ietf:params:xml:ns:keyprov:pskc'><EncryptionKey/>\
             <MACMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#hmac-{mac}'>\
             <MACKey>{method}{mac_key}{end}</MACKey></MACMethod>\
             <KeyPackage><Key Id='k' Algorithm='urn:ietf:params:xml:ns:keyprov:pskc:totp'>\
             <AlgorithmParameters><Suite>HMAC-SHA256</Suite></AlgorithmParameters><Data>\
             <Secret><EncryptedValue>{method}{key}{end}</EncryptedValue><ValueMAC>{key_mac}</ValueMAC></Secret>\
             <TimeInterval><EncryptedValue>{method}{interval}{end}</EncryptedValue>\
             <ValueMAC>{interval_mac}</ValueMAC></TimeInterval></Data></Key></KeyPackage></KeyContainer>"
        )
    };
    let bits_192 = long(
        "sha512",
        "aes192",
        [
            "EBESExQVFhcYGRobHB0eH5VtrHu2yCNlOSFvIaR12tcAJ2eDCB70Bl9DkfA3Xg0UVZar0B8/A/H2LPyr159Y1w==",
            "AAAAAAAAAAAAAAAAAAAAALlcyLVMHE8YbrMeHQg1INw6SFWVQeCd2aVJH9jJnNIfH21pFbvnFkgowYpSl94dyQ==",
            "A2GE81YBMXKSxyhVVAk8AzySAK5fkFcVSl6VNYDukAnTYqKG2Wt+DXzCt0o86j5bpqinXskdQPzf2e/4CmGA1Q==",
            "ICEiIyQlJicoKSorLC0uL/581n6VX5QH8JBJ4w6qHjA=",
            "X2Qzg0Vod9i81OhcvRmO4h84aLJf3Lpb+ntG477ZU5l77R3UiwkdXnPw2PofuGcHrQXWGGJxWRx9olqoz+DToA==",
        ],
    );
    let bits_256 = long(
        "sha256",
        "aes256",
        [
            "EBESExQVFhcYGRobHB0eH+O48YpdHMMkEHzepHtzyzCJ4L2WEPPXvkDitzjMMwq38xN7/uuKjG+oZ7acQaAT9A==",
            "AAAAAAAAAAAAAAAAAAAAAI9zF8IcTMtFHoRnY7V0p3VYTsqCk+SuIpmAGXCCeJp4pnW6E4obOP6kOq8kvpNqiQ==",
            "v0PthJ75PgE0svJjo7XeXM9yLrP65Of9SNfZ0vDgUUE=",
            "ICEiIyQlJicoKSorLC0uL0hEtNNFqJEHBiFHt3UCCaE=",
            "2xyU5IFAFLRP9hWc/hg6cpv39IIgGLNHppk9jexgDV8=",
        ],
    );
    let key = |len: u8| {
        (0..len)
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    for (text, len) in [(bits_192, 24), (bits_256, 32)] {
        let rows = rows(Format::Pskc, &text, Some(&key(len))).unwrap();
        let (secret, totp) = told(&rows[0]).2.unwrap();
        assert_eq!(secret, b"12345678901234567890123456789012");
        assert_eq!(totp.algorithm, Algorithm::Sha256);
        assert_eq!(totp.period, Period::new(60).unwrap());
    }
}

#[test]
fn changed_value_is_refused_before_it_is_decrypted() {
    let mac = "Secret: ValueMAC: it does not match";
    for (from, to, why) in [
        // Of the initialization vector, whose change would change the key and no padding.
        ("AAECAwQF", "AQECAwQF", mac),
        (
            "Su+NvtQfmvfJzF6bmQiJqoLRExc=",
            "Su+NvtQfmvfJzF6bmQiJqoLRExY=",
            mac,
        ),
        // A MAC that is cut short.
        ("Su+NvtQfmvfJzF6bmQiJqoLRExc=", "Su+NvtQfmvfJzF6b", mac),
        ("Su+NvtQfmvfJzF6bmQiJqoLRExc=", "", mac),
        ("ValueMAC>", "Value>", "Secret: ValueMAC: it is missing"),
        (
            "MACMethod",
            "Other",
            "Secret: EncryptedValue: the file has no MACMethod",
        ),
        (
            "AAECAwQFBgcICQoLDA0OD+c",
            "AAECAwQFBgcICQoLDA0OD+c!",
            "Secret: CipherValue: not base64",
        ),
    ] {
        let said = fault(
            Format::Pskc,
            &figure(FIGURE_6).replace(from, to),
            Some(KEY_6),
        );
        assert!(said.starts_with(why), "{from}: {said}");
    }
}

/// An attacker who changes the file could put a key of their own there, or remove the encryption.
#[test]
fn plain_key_where_encrypted_ones_are_expected_is_refused() {
    let text = figure(FIGURE_6);
    let (before, rest) = text.split_once("<EncryptedValue>").unwrap();
    let (_, after) = rest.split_once("</EncryptedValue>").unwrap();
    let plain = "<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>";
    let said = fault(
        Format::Pskc,
        &format!("{before}{plain}{after}"),
        Some(KEY_6),
    );
    assert_eq!(
        said,
        "Secret: PlainValue: the keys of this file are encrypted, this one is not"
    );
    let (before, rest) = text.split_once("<EncryptionKey>").unwrap();
    let (_, after) = rest.split_once("</EncryptionKey>").unwrap();
    let said = rows(Format::Pskc, &format!("{before}{after}"), Some(KEY_6));
    let said = said.err().unwrap();
    assert!(said.starts_with("its keys are not encrypted"), "{said}");
}

/// The last block of the MAC key, whose padding is known, after an initialization vector that makes all of it padding: a MAC
/// key that an attacker knows, made without the pre-shared key.
#[test]
fn mac_key_without_content_is_refused() {
    let text = figure(FIGURE_6).replace(
        "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
        "AqfpaMtpMLWxt4ExK8iFC6M328lrYE6VJoytHsjnBJc=",
    );
    let said = rows(Format::Pskc, &text, Some(KEY_6)).err().unwrap();
    assert_eq!(said, "MACKey: shorter than 128 bits");
}

#[test]
fn other_key_opens_nothing() {
    let another = "22345678901234567890123456789012";
    let whole = |text: &str, key| rows(Format::Pskc, &figure(text), key).err().unwrap();
    for (text, key, why) in [
        (FIGURE_6, None, "its keys are encrypted"),
        (
            FIGURE_6,
            Some("qwerty"),
            "pre-shared key: not pairs of hexadecimal digits",
        ),
        (
            FIGURE_6,
            Some("1234"),
            "MACKey: the pre-shared key has 2 bytes, and the file is encrypted with 16",
        ),
        (
            FIGURE_6,
            Some(another),
            "MACKey: CipherValue: the pre-shared key or password is another one",
        ),
        (
            FIGURE_7,
            Some("Qwerty"),
            "MACKey: CipherValue: the pre-shared key or password is another one",
        ),
    ] {
        let said = whole(text, key);
        assert!(said.starts_with(why), "{said}");
    }
}

#[test]
fn encryption_that_is_not_supported_is_named() {
    let figure_6 = figure(FIGURE_6);
    let certificate = figure_6.replace(
        "<ds:KeyName>Pre-shared-key</ds:KeyName>",
        "<ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
    );
    let figure_7 = figure(FIGURE_7);
    for (text, why) in [
        (certificate, "EncryptionKey: encrypted for a certificate"),
        (
            figure_6.replace("hmac-sha1", "hmac-md5"),
            "MACMethod: `http://www.w3.org/2000/09/xmldsig#hmac-md5`",
        ),
        (
            figure_6.replace("aes128-cbc", "tripledes-cbc"),
            "MACKey: EncryptionMethod: `http://www.w3.org/2001/04/xmlenc#tripledes-cbc`",
        ),
        (
            figure_6.replace("MACKey", "MACKeyReference"),
            "MACKey: it is missing",
        ),
        (
            figure_6.replace(
                "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
                "ESIzRFVmd4iZABEiM0RVZg==",
            ),
            "MACKey: CipherValue: ",
        ),
        (
            figure_7.replace("#pbkdf2", "#scrypt"),
            "KeyDerivationMethod: ",
        ),
        (
            figure_7.replace(">1000<", ">0<"),
            "IterationCount: expected 1 to",
        ),
        (
            figure_7.replace(">1000<", ">20000001<"),
            "IterationCount: expected 1 to",
        ),
        (
            figure_7.replace(">16<", ">17<"),
            "KeyLength: expected 16, 24 or 32 bytes",
        ),
        (
            figure_7.replace("<PRF/>", "<PRF Algorithm='hmac-md5'/>"),
            "PRF: `hmac-md5` is not supported",
        ),
    ] {
        let said = rows(Format::Pskc, &text, Some(KEY_6)).err().unwrap();
        assert!(said.starts_with(why), "{said}");
    }
}
