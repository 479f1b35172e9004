//! Registration and signature of the specification's own test vector "none.ES256" (WebAuthn Level 3 §16.2), and what must not
//! verify.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use loquet::{NewPasskey, RelyingParty as _, Signed};
use loquet_webauthn::{Passkeys, PasskeysError};
use serde_json::{Value, json};

const ORIGIN: &str = "https://example.org";
const CREATED: &str = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
const CREATED_DATA: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
const ATTESTATION: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
const ID: &str = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
const SIGNED: &str = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";
const SIGNED_DATA: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
const AUTHENTICATOR_DATA: &str =
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
const SIGNATURE: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

fn text(hex: &str) -> String {
    BASE64URL.encode(bytes(hex))
}

fn creation() -> Value {
    json!({
        "id": text(ID), "rawId": text(ID), "type": "public-key",
        "clientExtensionResults": {}, "authenticatorAttachment": "cross-platform",
        "response": {
            "clientDataJSON": text(CREATED_DATA),
            "attestationObject": text(ATTESTATION),
            "transports": ["usb"],
        },
    })
}

fn signature() -> Value {
    json!({
        "id": text(ID), "rawId": text(ID), "type": "public-key", "clientExtensionResults": {},
        "response": {
            "clientDataJSON": text(SIGNED_DATA),
            "authenticatorData": text(AUTHENTICATOR_DATA),
            "signature": text(SIGNATURE),
            "userHandle": null,
        },
    })
}

fn party() -> Passkeys {
    Passkeys::new("example.org", ORIGIN).unwrap()
}

fn created(party: &Passkeys, answer: &Value) -> Option<NewPasskey> {
    let mut is_expected = |challenge: &[u8]| challenge == bytes(CREATED);
    party.created(&answer.to_string(), &mut is_expected)
}

fn signed(party: &Passkeys, passkeys: &[&str], answer: &Value) -> Option<Signed> {
    let mut is_expected = |challenge: &[u8]| challenge == bytes(SIGNED);
    party.signed(passkeys, &answer.to_string(), &mut is_expected)
}

#[test]
fn vector_of_the_specification_verifies() {
    let party = party();
    let new = created(&party, &creation()).unwrap();
    assert_eq!(new.id, bytes(ID));
    assert_eq!((new.counter, new.backed_up), (0, true));
    // It is read by every request of its owner.
    assert!(new.passkey.len() < 400, "{}", new.passkey);
    let proof = signed(&party, &[&new.passkey], &signature());
    let expected = Signed {
        passkey: 0,
        counter: 0,
        backed_up: true,
    };
    assert_eq!(proof, Some(expected));
    // Among others, one of which cannot be read.
    let others = ["{}", &new.passkey];
    let proof = signed(&party, &others, &signature()).unwrap();
    assert_eq!(proof.passkey, 1);
}

/// One thing is wrong in each.
#[test]
fn what_is_wrong_does_not_verify() {
    let party = party();
    let new = created(&party, &creation()).unwrap();
    let known = [new.passkey.as_str()];
    let elsewhere = Passkeys::new("example.org", "https://login.example.org").unwrap();
    assert_eq!(created(&elsewhere, &creation()), None, "another origin");
    assert_eq!(
        signed(&elsewhere, &known, &signature()),
        None,
        "another origin"
    );
    let other = Passkeys::new("example.com", "https://example.com").unwrap();
    assert_eq!(signed(&other, &known, &signature()), None, "another id");
    assert_eq!(signed(&party, &[], &signature()), None, "another passkey");

    let none = party.created(&creation().to_string(), &mut |_| false);
    assert_eq!(none, None, "another challenge");
    let none = party.signed(&known, &signature().to_string(), &mut |_| false);
    assert_eq!(none, None, "another challenge");

    assert_eq!(created(&party, &signature()), None, "a signature");
    assert_eq!(signed(&party, &known, &creation()), None, "a creation");
    for field in ["clientDataJSON", "authenticatorData", "signature"] {
        let mut altered = signature();
        let text = altered["response"][field].as_str().unwrap();
        let mut bytes = BASE64URL.decode(text).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            altered["response"][field] = Value::from(BASE64URL.encode(&bytes));
            assert_eq!(signed(&party, &known, &altered), None, "{field} {at}");
            bytes[at] ^= 1;
        }
    }
}

/// A credential id has 16 bytes or more. The registration says how many, and is not signed.
#[test]
fn too_short_id_is_refused() {
    let party = party();
    for (length, is_taken) in [(0, false), (15, false), (16, true), (32, true)] {
        let (known, short) = (
            format!("0020{ID}"),
            format!("{length:04x}{}", ID.get(..2 * length).unwrap()),
        );
        let whole = format!("58{:02x}", 0xa4 - 32 + length);
        let attestation = ATTESTATION.replace(&known, &short).replace("58a4", &whole);
        let mut answer = creation();
        answer["response"]["attestationObject"] = Value::from(text(&attestation));
        assert_eq!(created(&party, &answer).is_some(), is_taken, "{length}");
    }
}

/// What a page in a frame of another origin was given proves nothing (§13.4.9).
#[test]
fn page_in_a_frame_asks_for_no_passkey() {
    let party = party();
    let new = created(&party, &creation()).unwrap();
    let data = String::from_utf8(bytes(SIGNED_DATA)).unwrap();
    let framed = [
        data.replace("\"crossOrigin\":false", "\"crossOrigin\":true"),
        data.replace(
            "\"crossOrigin\":false",
            "\"topOrigin\":\"https://example.com\"",
        ),
    ];
    for framed in framed {
        assert_ne!(framed, data);
        let mut answer = signature();
        answer["response"]["clientDataJSON"] = Value::from(BASE64URL.encode(framed));
        let mut asked = false;
        let mut is_expected = |_: &[u8]| {
            asked = true;
            true
        };
        let signed = party.signed(&[&new.passkey], &answer.to_string(), &mut is_expected);
        // It is refused for this, and not for the signature, which is another's.
        assert_eq!((signed, asked), (None, false));
    }
}

/// A passkey that verified its user when it was registered verifies it for ever, and one that cannot be copied never becomes
/// one that can.
#[test]
fn passkey_keeps_what_it_promised() {
    let party = party();
    let new = created(&party, &creation()).unwrap();
    for (field, value) in [("user_verified", true), ("backup_eligible", false)] {
        let mut kept: Value = serde_json::from_str(&new.passkey).unwrap();
        assert_ne!(kept[field], Value::from(value));
        kept[field] = Value::from(value);
        assert_eq!(
            signed(&party, &[&kept.to_string()], &signature()),
            None,
            "{field}"
        );
    }
}

#[test]
fn options_carry_the_challenge_and_the_passkeys() {
    let party = party().named("Shop");
    let new = created(&party, &creation()).unwrap();
    let challenge = [7; 32];
    let user = loquet::PasskeyUser::new([1; 16], "marie@example.org", &[]);
    let options = party.creation_options(&user, &challenge).unwrap();
    let options: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["challenge"], BASE64URL.encode(challenge));
    assert_eq!(
        options["rp"],
        json!({ "id": "example.org", "name": "Shop" })
    );
    assert_eq!(options["user"]["name"], "marie@example.org");
    assert_eq!(options["user"]["id"], BASE64URL.encode([1; 16]));
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "preferred"
    );
    assert_eq!(options["attestation"], "none");

    let known = [new.passkey.as_str()];
    let user = loquet::PasskeyUser::new([1; 16], "marie@example.org", &known);
    let options = party.creation_options(&user, &challenge).unwrap();
    let options: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["excludeCredentials"][0]["id"], text(ID));

    let options = party.request_options(&known, &challenge).unwrap();
    let options: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["challenge"], BASE64URL.encode(challenge));
    assert_eq!(options["allowCredentials"][0]["id"], text(ID));
    assert_eq!(options["rpId"], "example.org");
    assert_eq!(options["userVerification"], "preferred");
    assert_eq!(options["allowCredentials"][0]["transports"], json!(["usb"]));
    let verified = new
        .passkey
        .replace("\"user_verified\":false", "\"user_verified\":true");
    let options = party.request_options(&[&verified], &challenge).unwrap();
    let options: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["userVerification"], "required");
}

#[test]
fn wrong_configuration_says_what_is_wrong() {
    let refused = |id, origin| Passkeys::new(id, origin).unwrap_err();
    for origin in [
        "http://example.org",
        "ftp://example.org",
        "http://192.0.2.7",
    ] {
        assert!(matches!(
            refused("example.org", origin),
            PasskeysError::Insecure(_)
        ));
    }
    for origin in [
        "https://example.org/login",
        "https://a@example.org",
        "https://example.org?a",
    ] {
        assert!(matches!(
            refused("example.org", origin),
            PasskeysError::NotOnlyOrigin(_)
        ));
    }
    for (id, origin) in [
        ("example.com", ORIGIN),
        ("ample.org", ORIGIN),
        ("", ORIGIN),
        ("login.example.org", ORIGIN),
        ("192.0.2.7", "https://192.0.2.7"),
    ] {
        assert!(
            matches!(refused(id, origin), PasskeysError::Id { .. }),
            "{id}"
        );
    }
    assert!(matches!(
        refused("example.org", "example.org"),
        PasskeysError::Origin { .. }
    ));
    for origin in ["http://localhost:8080", "https://a.example.org:8443"] {
        let id = if origin.contains("localhost") {
            "localhost"
        } else {
            "example.org"
        };
        assert_eq!(Passkeys::new(id, origin).unwrap().id(), id);
    }
}

/// Nothing panics on any text.
#[test]
fn any_text_is_refused() {
    let party = party();
    let new = created(&party, &creation()).unwrap();
    for text in ["", "{", "null", "[]", "{\"id\":1}", &"[".repeat(10_000)] {
        assert_eq!(party.created(text, &mut |_| true), None);
        assert_eq!(party.signed(&[&new.passkey], text, &mut |_| true), None);
        assert_eq!(
            party.signed(&[text], &signature().to_string(), &mut |_| true),
            None
        );
    }
    let whole = signature().to_string();
    for (end, _) in whole.char_indices() {
        assert_eq!(
            party.signed(&[&new.passkey], whole.get(..end).unwrap(), &mut |_| true),
            None
        );
    }
}
