//! Secrets that other software keeps under a key of its own, opened with that key.
//!
//! Each format is as the software's own code writes it; `crates/loquet/docs/moving.md` has the queries.

use std::cell::Cell;

use aes::Aes256;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use clap::ValueEnum;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::fields;
use crate::input::Stdin;

/// The longest key file, in bytes.
const MAX_KEY: usize = 4096;
/// The length of an AES-256 key.
const KEY: usize = 32;
/// Rounds by which Active Record derives its keys (`ActiveSupport::KeyGenerator`).
const RAILS_ROUNDS: u32 = 1 << 16;
/// Rounds by which the gem encryptor derives a key for each secret.
const ENCRYPTOR_ROUNDS: u32 = 2000;

type Bytes = Zeroizing<Vec<u8>>;

/// The software that keeps the secrets, where it does so under a key.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// Authelia; the key file holds storage.encryption_key
    Authelia,
    /// Laravel Fortify; the key file holds APP_KEY, and those before it
    Laravel,
    /// devise-two-factor 5 and later; the key file holds primary_key and key_derivation_salt
    Rails,
    /// devise-two-factor 4 and earlier; the key file holds otp_secret_encryption_key
    AttrEncrypted,
    /// privacyIDEA; the key file is its PI_ENCFILE
    #[value(name = "privacyidea")]
    PrivacyIdea,
    /// rodauth with hmac_secret, which the key file holds
    Rodauth,
}

/// Opens secrets, and remembers whether the key fitted.
pub(super) struct Opener {
    source: Source,
    keys: Vec<Bytes>,
    opened: Cell<u64>,
    locked: Cell<u64>,
}

/// Why a secret was not opened.
enum Fault {
    /// It does not authenticate: another key may fit.
    Key,
    /// It is not what the software writes.
    Form(String),
}

/// What `Crypt::encrypt` of Laravel writes, in base64.
#[derive(Deserialize)]
struct LaravelPayload {
    iv: String,
    value: String,
    mac: String,
    #[serde(default)]
    tag: String,
}

/// A message of Active Record encryption.
#[derive(Deserialize)]
struct RailsMessage {
    p: String,
    h: RailsHeaders,
}

#[derive(Deserialize)]
struct RailsHeaders {
    iv: String,
    at: String,
    /// Whether it was compressed, which happens from 140 bytes on.
    #[serde(default)]
    c: bool,
}

impl Opener {
    pub(super) fn read(source: Source, path: &str, stdin: &mut Stdin) -> Result<Self, Failure> {
        let file = stdin.content("--source-key", path, MAX_KEY)?;
        let keys = source.keys(&file).map_err(|why| {
            let path = path.escape_debug();
            Failure::of("--source-key", format_args!("{path}: {why}"))
        })?;
        Ok(Self {
            source,
            keys,
            opened: Cell::new(0),
            locked: Cell::new(0),
        })
    }

    /// The bytes of a secret. What is wrong with it is told without it.
    pub(super) fn open(&self, account: &str, text: &str) -> Result<Bytes, String> {
        let text = text.trim();
        for key in &self.keys {
            let opened = match self.source.open(key, account, text) {
                Ok((opened, encoding)) => decode(&opened, encoding),
                Err(Fault::Key) => continue,
                Err(Fault::Form(why)) => return Err(why),
            };
            self.opened.set(self.opened.get().saturating_add(1));
            return opened;
        }
        self.locked.set(self.locked.get().saturating_add(1));
        Err("it was encrypted under another key, or changed since".to_owned())
    }

    /// How many secrets there were, if the key opened none of them. A key that opens some is the right one, and
    /// the others are refused line by line.
    pub(super) fn misfit(&self) -> Option<u64> {
        (self.opened.get() == 0 && self.locked.get() > 0).then_some(self.locked.get())
    }
}

impl Source {
    /// What the key file holds; some software has keys of before, which its older secrets need.
    fn keys(self, file: &[u8]) -> Result<Vec<Bytes>, &'static str> {
        if self == Self::PrivacyIdea {
            return match file.get(..KEY) {
                None => Err("expected the 96 bytes of privacyIDEA's PI_ENCFILE"),
                // privacyIDEA itself tells it by the length.
                Some(_) if file.len() > 100 => Err(
                    "this PI_ENCFILE is encrypted with a password: write its 96 bytes to a file without one",
                ),
                Some(key) => Ok(vec![key.to_vec().into()]),
            };
        }
        let text = std::str::from_utf8(file).map_err(|_| "expected a text")?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Err("it is empty");
        }
        match self {
            Self::Laravel => laravel_keys(text),
            Self::Rails => rails_keys(text),
            _ => Ok(vec![line.as_bytes().to_vec().into()]),
        }
    }

    /// What was encrypted, and in which encoding it is.
    fn open(self, key: &[u8], account: &str, text: &str) -> Result<(Bytes, &'static str), Fault> {
        Ok(match self {
            Self::Authelia => (authelia(key, account, text)?, "base32"),
            Self::Laravel => (laravel(key, text)?, "base32"),
            Self::Rails => (rails(key, text)?, "base32"),
            Self::AttrEncrypted => (attr_encrypted(key, text)?, "base32"),
            Self::PrivacyIdea => (privacyidea(key, text)?, "hex"),
            Self::Rodauth => (rodauth(key, text)?, "base32"),
        })
    }
}

fn decode(opened: &[u8], encoding: &str) -> Result<Bytes, String> {
    let text = std::str::from_utf8(opened).map_err(|_| "what it holds is no text".to_owned())?;
    fields::decode(text, encoding)
}

/// `APP_KEY` and `APP_PREVIOUS_KEYS`: each key as `base64:…`, or 32 letters that are the key themselves.
fn laravel_keys(text: &str) -> Result<Vec<Bytes>, &'static str> {
    let words = text.split(|at: char| at == ',' || at.is_whitespace());
    let words = words.map(|word| word.trim_matches(['"', '\'']));
    let keys = words.filter(|word| !word.is_empty()).map(|word| {
        let key = match word.strip_prefix("base64:") {
            Some(word) => base64(word),
            None => Some(word.as_bytes().to_vec().into()),
        };
        key.filter(|key| key.len() == KEY)
            .ok_or("expected the value of APP_KEY: `base64:` and 32 bytes in base64")
    });
    keys.collect()
}

/// The lines that `bin/rails db:encryption:init` prints. Which hash derives the key is a setting of the application, so both
/// are tried: SHA-256 since Rails 7.1, SHA-1 before.
fn rails_keys(text: &str) -> Result<Vec<Bytes>, &'static str> {
    let values = |wanted: &'static str| {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let lines = lines.filter(move |(name, _)| name.trim() == wanted);
        lines.map(|(_, value)| value.trim().trim_matches(['"', '\'']).as_bytes())
    };
    let salt = values("key_derivation_salt").next();
    let salt = salt.ok_or("expected a line `key_derivation_salt: …`")?;
    let mut keys = Vec::new();
    for primary in values("primary_key") {
        let (mut newer, mut older) = (Zeroizing::new(vec![0; KEY]), Zeroizing::new(vec![0; KEY]));
        pbkdf2_hmac::<Sha256>(primary, salt, RAILS_ROUNDS, &mut newer);
        pbkdf2_hmac::<Sha1>(primary, salt, RAILS_ROUNDS, &mut older);
        keys.extend([newer, older]);
    }
    if keys.is_empty() {
        return Err("expected a line `primary_key: …`");
    }
    Ok(keys)
}

/// Nonce, ciphertext and tag, in hex. From schema 26 on the key comes from HKDF and the row is authenticated with the secret;
/// before, the key is a SHA-256 and nothing is added.
fn authelia(key: &[u8], account: &str, text: &str) -> Result<Bytes, Fault> {
    let form = || Fault::Form("not a secret of Authelia in hex".to_owned());
    let ciphertext = fields::hex(text).ok_or_else(form)?;
    let (nonce, ciphertext) = ciphertext.split_at_checked(12).ok_or_else(form)?;
    let mut newer = Zeroizing::new([0; KEY]);
    Hkdf::<Sha256>::new(None, key)
        .expand(b"authelia:kdf:storage:encryption_key:v1", &mut *newer)
        .map_err(|_| Fault::Key)?;
    let row = format!("authelia:storage:totp_configurations:secret:{account}");
    gcm(&*newer, nonce, row.as_bytes(), ciphertext).or_else(|_| {
        let older: Zeroizing<[u8; KEY]> = Zeroizing::new(Sha256::digest(key).into());
        gcm(&*older, nonce, b"", ciphertext)
    })
}

fn laravel(key: &[u8], text: &str) -> Result<Bytes, Fault> {
    let form = || Fault::Form("not a payload of Laravel's Crypt".to_owned());
    let json = base64(text).ok_or_else(form)?;
    let LaravelPayload {
        iv,
        value,
        mac,
        tag,
    } = serde_json::from_slice(&json).map_err(|_| form())?;
    let nonce = base64(&iv).ok_or_else(form)?;
    let mut ciphertext = base64(&value).ok_or_else(form)?;
    let opened = if mac.is_empty() {
        let tag = base64(&tag).filter(|tag| tag.len() == 16);
        ciphertext.extend_from_slice(&tag.ok_or_else(form)?);
        gcm(key, &nonce, b"", &ciphertext)?
    } else {
        let mac = fields::hex(&mac).ok_or_else(form)?;
        keyed(key)?
            .chain_update(iv.as_bytes())
            .chain_update(value.as_bytes())
            .verify_slice(&mac)
            .map_err(|_| Fault::Key)?;
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, &nonce);
        let opened = cipher
            .map_err(|_| form())?
            .decrypt_padded::<Pkcs7>(&mut ciphertext);
        Zeroizing::new(opened.map_err(|_| form())?.to_vec())
    };
    Ok(unserialized(&opened).to_vec().into())
}

/// A text as PHP serializes it, `s:16:"…";`, without what is around it; or the text itself.
fn unserialized(text: &[u8]) -> &[u8] {
    let inner = text.strip_prefix(b"s:").and_then(|text| {
        let quote = text.iter().position(|byte| *byte == b'"')?;
        text.split_at_checked(quote)?.1.strip_prefix(b"\"")
    });
    inner
        .and_then(|text| text.strip_suffix(b"\";"))
        .unwrap_or(text)
}

fn rails(key: &[u8], text: &str) -> Result<Bytes, Fault> {
    let form = || Fault::Form("not a message of Active Record encryption".to_owned());
    let RailsMessage { p, h } = serde_json::from_str(text).map_err(|_| form())?;
    if h.c {
        return Err(Fault::Form("a compressed message: no secret".to_owned()));
    }
    let nonce = base64(&h.iv).ok_or_else(form)?;
    let tag = base64(&h.at).filter(|tag| tag.len() == 16);
    let mut ciphertext = base64(&p).ok_or_else(form)?;
    ciphertext.extend_from_slice(&tag.ok_or_else(form)?);
    gcm(key, &nonce, b"", &ciphertext)
}

/// Ciphertext with its tag, initialization vector and salt: three columns in base64, joined by dots.
fn attr_encrypted(key: &[u8], text: &str) -> Result<Bytes, Fault> {
    let form = || Fault::Form("not `encrypted_otp_secret.iv.salt` of attr_encrypted".to_owned());
    // The gem writes line ends, and `_` before the salt, and skips both when it reads.
    let part = |text: &str| base64(&text.replace(['_', '\r', '\n'], ""));
    let parts: Option<Vec<Bytes>> = text.split('.').map(part).collect();
    let Some([ciphertext, nonce, salt]) = parts.as_deref() else {
        return Err(form());
    };
    let mut derived = Zeroizing::new([0; KEY]);
    pbkdf2_hmac::<Sha1>(key, salt, ENCRYPTOR_ROUNDS, &mut *derived);
    gcm(&*derived, nonce, b"", ciphertext)
}

/// `key_iv:key_enc`, in hex. It has no MAC, so that the key is known to fit only by what comes out: hexadecimal digits, with
/// the padding of PKCS #7; or, as older versions wrote it, in hex once more, then the bytes 1 and 2, then zeros.
fn privacyidea(key: &[u8], text: &str) -> Result<Bytes, Fault> {
    let form = || Fault::Form("not `key_iv:key_enc` of privacyIDEA in hex".to_owned());
    let (iv, ciphertext) = text.split_once(':').ok_or_else(form)?;
    let iv = fields::hex(iv).ok_or_else(form)?;
    let mut ciphertext = fields::hex(ciphertext).ok_or_else(form)?;
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, &iv).map_err(|_| form())?;
    let blocks = cipher.decrypt_padded::<NoPadding>(&mut ciphertext);
    let blocks = blocks.map_err(|_| form())?;
    let newer = match blocks.last() {
        Some(count @ 1..=16) => {
            let end = blocks.len().saturating_sub(usize::from(*count));
            let (text, padding) = blocks.split_at_checked(end).ok_or_else(form)?;
            padding.iter().all(|byte| byte == count).then_some(text)
        }
        _ => None,
    };
    let opened = match newer {
        Some(text) => Some(Zeroizing::new(text.to_vec())),
        None => {
            let end = blocks.iter().rposition(|byte| *byte != 0);
            let text = end.and_then(|end| blocks.get(..=end));
            let text = text.and_then(|text| text.strip_suffix(&[1, 2]));
            let text = text.and_then(|text| std::str::from_utf8(text).ok());
            text.and_then(fields::hex)
        }
    };
    opened
        .filter(|text| text.len() >= 2 && text.iter().all(u8::is_ascii_hexdigit))
        .ok_or(Fault::Key)
}

/// With an `hmac_secret` the phone does not have the stored key but its HMAC, a letter for each of the first bytes. Nothing
/// shows whether the secret is right.
fn rodauth(key: &[u8], text: &str) -> Result<Bytes, Fault> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let stored = fields::decode(text, "base32").map_err(Fault::Form)?;
    let mac: Zeroizing<[u8; 32]> = Zeroizing::new(
        keyed(key)?
            .chain_update(&*stored)
            .finalize()
            .into_bytes()
            .into(),
    );
    let bytes = mac
        .get(..text.len())
        .ok_or_else(|| Fault::Form("longer than the 32 letters of a key of rodauth".to_owned()))?;
    let mut letters = Zeroizing::new(Vec::with_capacity(bytes.len()));
    letters.extend(
        bytes
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(byte % 32))),
    );
    Ok(letters)
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>, Fault> {
    Hmac::new_from_slice(key).map_err(|_| Fault::Key)
}

/// AES-256-GCM, with the tag at the end.
fn gcm(key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<Bytes, Fault> {
    let cipher = Aes256Gcm::new_from_slice(key).map_err(|_| Fault::Key)?;
    let nonce = nonce
        .try_into()
        .map_err(|_| Fault::Form("its nonce has not 12 bytes".to_owned()))?;
    let payload = Payload {
        msg: ciphertext,
        aad,
    };
    let opened = cipher.decrypt(nonce, payload).map_err(|_| Fault::Key)?;
    Ok(opened.into())
}

fn base64(text: &str) -> Option<Bytes> {
    fields::decode(text, "base64").ok()
}

#[cfg(test)]
mod tests;
