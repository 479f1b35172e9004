//! How the values of a PSKC file are encrypted (RFC 6030 §6): with a pre-shared key, or one derived from a password.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, BlockSizeUser, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use hmac::{Hmac, Mac};
use pbkdf2::pbkdf2_hmac;
use roxmltree::Node;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::PreSharedKey;
use super::xml::{elements, number, only, required, shown, text};
use crate::fields;

const AES128: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const AES192: &str = "http://www.w3.org/2001/04/xmlenc#aes192-cbc";
const AES256: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
const HMAC_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
const HMAC_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
const HMAC_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512";

/// Half a minute of work. RFC 6030 has 1000 in its example; more than this is no vendor's choice.
const MAX_ITERATIONS: u64 = 20_000_000;

/// In bytes.
const MIN_MAC_KEY: usize = 16;

/// Reads values, decrypting those that are encrypted.
#[derive(Default)]
pub(super) struct Decryption {
    key: Option<Zeroizing<Vec<u8>>>,
    authentication: Option<Authentication>,
}

/// The MAC of the encrypted values. Without it an attacker could change what AES-CBC encrypts.
struct Authentication {
    key: Zeroizing<Vec<u8>>,
    /// With the key, the value and its MAC.
    is_right: fn(&[u8], &[u8], &[u8]) -> bool,
}

impl Decryption {
    pub(super) fn of(
        container: Node<'_, '_>,
        given: Option<&PreSharedKey>,
    ) -> Result<Self, String> {
        let Some(description) = only(container, "EncryptionKey")? else {
            let why = "its keys are not encrypted: leave the pre-shared key out, if that is what you expect";
            return given.map_or(Ok(Self::default()), |_| Err(why.to_owned()));
        };
        let derived = only(description, "DerivedKey")?;
        let is_named = elements(description).all(|child| child.tag_name().name() == "KeyName");
        if derived.is_none() && !is_named {
            let why = "EncryptionKey: encrypted for a certificate or public key, which is not supported; \
                       ask the vendor for a file encrypted with a pre-shared key or a password";
            return Err(why.to_owned());
        }
        let given = given.ok_or(
            "its keys are encrypted: give its pre-shared key (in hexadecimal) or its password",
        )?;
        let key = match derived {
            Some(derived) => derive(derived, &given.0)?,
            None => fields::decode(given.0.trim(), "hex")
                .map_err(|why| format!("pre-shared key: {why}"))?,
        };
        let authentication = only(container, "MACMethod")?
            .map(|method| Authentication::of(method, &key))
            .transpose()?;
        Ok(Self {
            key: Some(key),
            authentication,
        })
    }

    /// The bytes of a key.
    pub(super) fn value(&self, element: Node<'_, '_>) -> Result<Zeroizing<Vec<u8>>, String> {
        match (
            only(element, "PlainValue")?,
            only(element, "EncryptedValue")?,
        ) {
            (Some(plain), None) if self.key.is_none() => base64(plain),
            // No MAC covers it: an attacker could have put it there.
            (Some(_), None) => {
                Err("PlainValue: the keys of this file are encrypted, this one is not".to_owned())
            }
            (None, Some(encrypted)) => self.decrypted(element, encrypted),
            _ => Err("expected PlainValue or EncryptedValue".to_owned()),
        }
    }

    /// A whole number: in decimal digits, or its encrypted bytes with the highest first.
    pub(super) fn number(&self, element: Node<'_, '_>) -> Result<u64, String> {
        if let Some(plain) = only(element, "PlainValue")? {
            return number(plain);
        }
        let bytes = self.value(element)?;
        if bytes.len() > 8 {
            return Err("a number of more than 64 bits".to_owned());
        }
        Ok(bytes
            .iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    fn decrypted(
        &self,
        element: Node<'_, '_>,
        encrypted: Node<'_, '_>,
    ) -> Result<Zeroizing<Vec<u8>>, String> {
        let key = self
            .key
            .as_ref()
            .ok_or("EncryptedValue: the file has no EncryptionKey that says with which key")?;
        let data = CipherData::of(encrypted)?;
        let authentication = self.authentication.as_ref().ok_or(
            "EncryptedValue: the file has no MACMethod, and without a MAC its keys could have been changed \
             (RFC 6030 §6.1.1)",
        )?;
        let mac = base64(required(element, "ValueMAC")?)?;
        if !(authentication.is_right)(&authentication.key, &data.bytes, &mac) {
            let why = "ValueMAC: it does not match: the pre-shared key or password is another one, or the \
                       file was changed";
            return Err(why.to_owned());
        }
        data.decrypted(key)
    }
}

impl Authentication {
    fn of(method: Node<'_, '_>, encryption_key: &[u8]) -> Result<Self, String> {
        let is_right = match method.attribute("Algorithm") {
            Some(HMAC_SHA1) => is_right::<Hmac<Sha1>>,
            Some(HMAC_SHA256) => is_right::<Hmac<Sha256>>,
            Some(HMAC_SHA512) => is_right::<Hmac<Sha512>>,
            other => {
                let other = shown(other.unwrap_or_default());
                return Err(format!(
                    "MACMethod: `{other}` is not supported, only HMAC with SHA-1, SHA-256 and SHA-512"
                ));
            }
        };
        let key = CipherData::of(required(method, "MACKey")?)?.decrypted(encryption_key);
        let key = key.map_err(|why| format!("MACKey: {why}"))?;
        // No MAC covers this key: a changed padding could leave an empty key, which an attacker knows.
        if key.len() < MIN_MAC_KEY {
            return Err("MACKey: shorter than 128 bits".to_owned());
        }
        Ok(Self { key, is_right })
    }
}

/// Compares in constant time.
fn is_right<M: Mac + KeyInit>(key: &[u8], value: &[u8], mac: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(key)
        .is_ok_and(|keyed| keyed.chain_update(value).verify_slice(mac).is_ok())
}

/// An encrypted value: the initialization vector, then the blocks.
struct CipherData<'a> {
    algorithm: &'a str,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> CipherData<'a> {
    fn of(encrypted: Node<'a, '_>) -> Result<Self, String> {
        let method = required(encrypted, "EncryptionMethod")?;
        let data = required(encrypted, "CipherData")?;
        Ok(Self {
            algorithm: method.attribute("Algorithm").unwrap_or_default(),
            bytes: base64(required(data, "CipherValue")?)?,
        })
    }

    fn decrypted(&self, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        match self.algorithm {
            AES128 => decrypt::<Aes128>(key, &self.bytes),
            AES192 => decrypt::<Aes192>(key, &self.bytes),
            AES256 => decrypt::<Aes256>(key, &self.bytes),
            other => Err(format!(
                "EncryptionMethod: `{}` is not supported, only AES-CBC with 128, 192 and 256 bits",
                shown(other)
            )),
        }
    }
}

fn decrypt<C>(key: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, String>
where
    C: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16> + KeyInit,
{
    let broken =
        || "CipherValue: the pre-shared key or password is another one, or the file is broken";
    let (iv, blocks) = bytes.split_at_checked(16).ok_or_else(broken)?;
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| {
        format!(
            "the pre-shared key has {} bytes, and the file is encrypted with {}",
            key.len(),
            C::key_size()
        )
    })?;
    let mut plain = Zeroizing::new(blocks.to_vec());
    let decrypted = cipher.decrypt_padded::<NoPadding>(&mut plain);
    decrypted.map_err(|_| broken())?;
    // XML Encryption §5.2: the last byte counts the padding, whose other bytes may be any.
    let padding = usize::from(plain.last().copied().unwrap_or(0));
    let len = plain.len().checked_sub(padding);
    let len = len
        .filter(|_| (1..=16).contains(&padding))
        .ok_or_else(broken)?;
    plain.truncate(len);
    Ok(plain)
}

/// The key that PBKDF2 derives from a password (RFC 6030 §6.2, RFC 8018 §5.2).
fn derive(derived: Node<'_, '_>, password: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let method = required(derived, "KeyDerivationMethod")?;
    let algorithm = method.attribute("Algorithm").unwrap_or_default();
    if !algorithm.ends_with("#pbkdf2") {
        let other = shown(algorithm);
        return Err(format!(
            "KeyDerivationMethod: `{other}` is not supported, only PBKDF2"
        ));
    }
    let parameters = required(method, "PBKDF2-params")?;
    let salt = base64(required(required(parameters, "Salt")?, "Specified")?)?;
    let iterations = number(required(parameters, "IterationCount")?)?;
    let len = number(required(parameters, "KeyLength")?)?;
    let iterations = u32::try_from(iterations)
        .ok()
        .filter(|count| (1..=MAX_ITERATIONS).contains(&u64::from(*count)))
        .ok_or_else(|| format!("IterationCount: expected 1 to {MAX_ITERATIONS}"))?;
    let len = match len {
        16 => 16,
        24 => 24,
        32 => 32,
        _ => return Err("KeyLength: expected 16, 24 or 32 bytes".to_owned()),
    };
    let function = only(parameters, "PRF")?.and_then(|function| function.attribute("Algorithm"));
    let hash = match function {
        None | Some(HMAC_SHA1) => pbkdf2_hmac::<Sha1>,
        Some(HMAC_SHA256) => pbkdf2_hmac::<Sha256>,
        Some(HMAC_SHA512) => pbkdf2_hmac::<Sha512>,
        Some(other) => {
            let other = shown(other);
            return Err(format!(
                "PRF: `{other}` is not supported, only HMAC with SHA-1, SHA-256 and SHA-512"
            ));
        }
    };
    let mut key = Zeroizing::new(vec![0; len]);
    hash(password.as_bytes(), &salt, iterations, &mut key);
    Ok(key)
}

/// The bytes of an element in base64, which may be broken into lines.
fn base64(element: Node<'_, '_>) -> Result<Zeroizing<Vec<u8>>, String> {
    let lines = text(element)?;
    // What grows leaves its old place unwiped.
    let mut joined = Zeroizing::new(String::with_capacity(lines.len()));
    joined.extend(lines.split_ascii_whitespace());
    let name = element.tag_name().name();
    fields::decode(&joined, "base64").map_err(|why| format!("{name}: {why}"))
}
