//! A passkey of the specification, and a relying party that takes any answer.

use loquet::{Challenge, NewPasskey, PasskeyUser, RelyingParty, Signed};

/// What `loquet-webauthn` keeps of a passkey: that of the test vector "none.ES256" (WebAuthn Level 3 §16.2).
pub const KEPT: &str = r#"{"cred_id":"-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q","cred":{"key":{"EC_EC2":{"curve":"SECP256R1","x":"r--hb5fKmy0j64bMtkCY0g25CFYGLrJJwzqbZy8m32E","y":"kwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4mZHlrkiA"}},"type_":"ES256"},"user_verified":false,"backup_eligible":true}"#;

/// A relying party whose options are the challenge in hexadecimal digits, and whose answers are its options. It takes no time
/// for cryptography.
#[derive(Debug)]
pub struct Echo;

fn options(challenge: &Challenge) -> String {
    challenge.map(|byte| format!("{byte:02x}")).concat()
}

fn challenge(answer: &str) -> Option<Vec<u8>> {
    let digits = answer.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

impl RelyingParty for Echo {
    fn id(&self) -> &str {
        "example.org"
    }

    fn creation_options(&self, _: &PasskeyUser<'_>, challenge: &Challenge) -> Option<String> {
        Some(options(challenge))
    }

    fn created(
        &self,
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<NewPasskey> {
        let id = challenge(answer)?;
        is_expected(&id).then(|| NewPasskey {
            id,
            passkey: KEPT.to_owned(),
            counter: 0,
            backed_up: true,
        })
    }

    fn request_options(&self, _: &[&str], challenge: &Challenge) -> Option<String> {
        Some(options(challenge))
    }

    /// The first of them signed.
    fn signed(
        &self,
        _: &[&str],
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Signed> {
        is_expected(&challenge(answer)?).then_some(Signed {
            passkey: 0,
            counter: 0,
            backed_up: true,
        })
    }
}
