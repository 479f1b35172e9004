//! Sealing: what a store holds of a secret is of no use without the key ring, which is never in the store.
//!
//! Shared secrets are sealed with XChaCha20-Poly1305 (24 random bytes of nonce, so that no counter has to survive a
//! crash). The key id, the organisation, the account, the slot and the row's version are authenticated with them: a
//! sealed secret copied into another row, into another slot of its own row, or back into its own row after another
//! change does not open. Tickets, break-glass and recovery codes have at
//! least 112 random bits and are kept as SHA-256 only (NIST SP 800-63B-4 §3.1.2.2 asks no more of them).

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use loquet_policy::{AccountId, Digest, OrgId};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::store::Version;

/// The format of everything sealed here, authenticated with it: 2 binds the row's version, 1 did not.
const FORMAT: u8 = 2;
/// The first format, which is still opened.
const UNVERSIONED: u8 = 1;
const NONCE: usize = 24;

/// The keys that open and close what a store holds, by id; new secrets are sealed under the newest that does not wait.
///
/// # Security
/// Keep it apart from the database and its backups: whoever has both has every shared secret.
#[derive(Clone)]
pub struct KeyRing {
    keys: BTreeMap<u32, MasterKey>,
    current: u32,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct MasterKey([u8; 32]);

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("ids", &self.keys.keys().collect::<Vec<_>>())
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

/// A text is no key ring, or something sealed does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A line of the key file is not `ID HEX`, nor `ID HEX waiting`.
    #[error(
        "line {line} of the key file is not a number, a blank and 64 hexadecimal digits (after them, at most the word waiting)"
    )]
    BadLine {
        /// Counted from 1.
        line: usize,
    },
    /// An id that is not greater than the one before it.
    #[error(
        "line {line} of the key file: key {id} must have a greater number than the key before it"
    )]
    NotNewer {
        /// Counted from 1.
        line: usize,
        /// The key's id.
        id: u32,
    },
    /// There is no key in it, or all of them wait.
    #[error("the key file holds no key that is in use")]
    Empty,
    /// Sealed under a key that is not on the ring.
    #[error("sealed under key {0}, which is not on the key ring")]
    MissingKey(u32),
    /// Too short, another format, a wrong key, or moved from elsewhere.
    #[error("a sealed secret does not open: wrong key, or the row was altered or moved")]
    DoesNotOpen,
}

impl KeyRing {
    /// A ring with one key.
    #[must_use]
    pub fn single(id: u32, key: [u8; 32]) -> Self {
        Self {
            keys: BTreeMap::from([(id, MasterKey(key))]),
            current: id,
        }
    }

    /// Reads the key file, or the same text from an environment variable: one key a line, `ID HEX`, ids rising, blank
    /// lines and `#` comments allowed; a `;` ends a line too. The last line seals, unless it ends in the word `waiting`:
    /// such a key only opens, until every process that uses the store knows it.
    ///
    /// ```
    /// use loquet::seal::KeyRing;
    /// let text = format!("# since 2026-11\n1 {}\n", "ab".repeat(32));
    /// assert!(KeyRing::parse(&text).is_ok());
    /// let two = format!("1 {}; 2 {} waiting", "ab".repeat(32), "cd".repeat(32));
    /// assert_eq!(KeyRing::parse(&two)?.current(), 1);
    /// assert!(KeyRing::parse("1 short").is_err());
    /// # Ok::<(), loquet::seal::SealError>(())
    /// ```
    ///
    /// # Errors
    /// [`SealError`] with the line at fault; the error never repeats what stands there.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let mut keys = BTreeMap::new();
        let (mut newest, mut current) = (None, None);
        for (line, content) in (1..).zip(text.split(['\n', ';'])) {
            let content = content.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let bad = SealError::BadLine { line };
            let mut words = content.split_whitespace();
            let id: Option<u32> = words.next().and_then(|id| id.parse().ok());
            let key = words.next().and_then(unhex);
            let (Some(id), Some(key)) = (id, key) else {
                return Err(bad);
            };
            // A rising order, so that the last line is the newest key and no line hides another.
            if newest.is_some_and(|newest| id <= newest) {
                return Err(SealError::NotNewer { line, id });
            }
            newest = Some(id);
            match (words.next(), words.next()) {
                (None, _) => current = Some(id),
                (Some("waiting"), None) => {}
                _ => return Err(bad),
            }
            keys.insert(id, MasterKey(key));
        }
        current
            .map(|current| Self { keys, current })
            .ok_or(SealError::Empty)
    }

    /// The text of a key file with this one key.
    #[must_use]
    pub fn line(id: u32, key: &[u8; 32]) -> Zeroizing<String> {
        // Room for all of it: what grows leaves its old place unwiped.
        let mut text = Zeroizing::new(String::with_capacity(80));
        text.push_str(&id.to_string());
        text.push(' ');
        for digit in key.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text.push('\n');
        text
    }

    /// The key that seals.
    #[must_use]
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// The keys that open, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.keys.keys().copied()
    }

    /// Seals a secret into its place. `nonce` must be random and never used twice.
    pub(crate) fn seal(
        &self,
        place: &Place<'_>,
        secret: &[u8],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, SealError> {
        let key = self
            .keys
            .get(&self.current)
            .ok_or(SealError::MissingKey(self.current))?;
        let sealed = cipher(key)
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: secret,
                    aad: &place.bytes(FORMAT, self.current),
                },
            )
            .map_err(|_| SealError::DoesNotOpen)?;
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.current.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`seal`](Self::seal) closed in the same place.
    pub(crate) fn open(
        &self,
        place: &Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let wrong = SealError::DoesNotOpen;
        let (format, id, rest) = header(sealed).ok_or(wrong.clone())?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(wrong.clone())?;
        let key = self.keys.get(&id).ok_or(SealError::MissingKey(id))?;
        cipher(key)
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: sealed,
                    aad: &place.bytes(format, id),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| wrong)
    }

    /// The oldest key, on which everything hung before there was a root key.
    pub(crate) fn oldest(&self) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let key = self.keys.values().next().ok_or(SealError::Empty)?;
        Ok(Zeroizing::new(key.0))
    }
}

/// The key that a secret is sealed under, and whether it must be sealed anew to stand as a ring would seal it whose
/// current key is `current`.
pub(crate) fn sealed_under(sealed: &[u8], current: u32) -> Result<(u32, bool), SealError> {
    let (format, key, _) = header(sealed).ok_or(SealError::DoesNotOpen)?;
    Ok((key, format != FORMAT || key != current))
}

/// The format and the key id of something sealed, and the rest.
fn header(sealed: &[u8]) -> Option<(u8, u32, &[u8])> {
    let ([format], rest) = sealed.split_first_chunk::<1>()?;
    let (id, rest) = rest.split_first_chunk::<4>()?;
    matches!(*format, UNVERSIONED | FORMAT).then_some((*format, u32::from_be_bytes(*id), rest))
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    let derived = Zeroizing::new(mac(&key.0, "loquet seal v1", &[]));
    XChaCha20Poly1305::new((&*derived).into())
}

/// HMAC-SHA-256 over parts that cannot run into each other.
pub(crate) fn mac(key: &[u8; 32], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut block = block(key);
    let mut mac = Hmac::<Sha256>::new(&block);
    block.as_mut_slice().zeroize();
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HMAC pads its key to a block with zeros (RFC 2104 §2); a padded key is the same key.
fn block(key: &[u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

/// What is kept of a ticket, a break-glass code or a recovery code.
pub(crate) fn digest(purpose: &str, secret: &[u8]) -> Digest {
    digest_of(purpose, |hash| hash.update(secret))
}

/// The same of what is said piece by piece, so that nothing gathers it first.
pub(crate) fn digest_of(purpose: &str, say: impl FnOnce(&mut Sha256)) -> Digest {
    let mut hash = Sha256::new();
    hash.update(purpose.as_bytes());
    hash.update([0]);
    say(&mut hash);
    Digest::from_bytes(hash.finalize().into())
}

/// As many bits as a code has: half of a hash.
pub(crate) fn half(whole: [u8; 32]) -> Zeroizing<[u8; 16]> {
    let whole = Zeroizing::new(whole);
    let mut half = Zeroizing::new([0; 16]);
    for (to, from) in half.iter_mut().zip(whole.iter()) {
        *to = *from;
    }
    half
}

/// Where a sealed secret belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) org: OrgId,
    pub(crate) account: AccountId,
    pub(crate) slot: &'a str,
    /// The version of the row, once written.
    pub(crate) version: Version,
}

impl Place<'_> {
    fn bytes(&self, format: u8, key: u32) -> Vec<u8> {
        let mut out = vec![format];
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&self.org.to_bytes());
        out.extend_from_slice(&self.account.to_bytes());
        if format != UNVERSIONED {
            out.extend_from_slice(&self.version.0.to_be_bytes());
        }
        out.extend_from_slice(self.slot.as_bytes());
        out
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |c: u8| {
            char::from(c)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        *byte = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(account: u64, slot: &str) -> Place<'_> {
        Place {
            org: OrgId::from(1_u64),
            account: AccountId::from(account),
            slot,
            version: Version(4),
        }
    }

    #[test]
    fn a_format_of_a_later_release_is_not_opened() {
        let sealed = |format: u8| [&[format, 0, 0, 0, 1][..], &[0; 60]].concat();
        assert_eq!(sealed_under(&sealed(FORMAT), 1), Ok((1, false)));
        assert_eq!(
            sealed_under(&sealed(FORMAT + 1), 1),
            Err(SealError::DoesNotOpen)
        );
    }

    #[test]
    fn a_secret_opens_only_in_its_own_place() {
        let ring = KeyRing::single(3, [7; 32]);
        let sealed = ring.seal(&place(1, "active"), b"secret", [9; 24]).unwrap();
        assert_eq!(*ring.open(&place(1, "active"), &sealed).unwrap(), b"secret");
        assert_eq!(
            ring.open(&place(2, "active"), &sealed),
            Err(SealError::DoesNotOpen)
        );
        assert_eq!(
            ring.open(&place(1, "pending"), &sealed),
            Err(SealError::DoesNotOpen)
        );
        let later = Place {
            version: Version(5),
            ..place(1, "active")
        };
        assert_eq!(ring.open(&later, &sealed), Err(SealError::DoesNotOpen));
        let other = KeyRing::single(3, [8; 32]);
        assert_eq!(
            other.open(&place(1, "active"), &sealed),
            Err(SealError::DoesNotOpen)
        );
        let other = KeyRing::single(4, [7; 32]);
        assert_eq!(
            other.open(&place(1, "active"), &sealed),
            Err(SealError::MissingKey(3))
        );
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let ring = KeyRing::single(3, [7; 32]);
        let sealed = ring.seal(&place(1, "active"), b"secret", [9; 24]).unwrap();
        for at in 0..sealed.len() {
            assert!(ring.open(&place(1, "active"), &sealed[..at]).is_err());
            for bit in 0..8 {
                let mut bad = sealed.clone();
                bad[at] ^= 1 << bit;
                assert!(ring.open(&place(1, "active"), &bad).is_err());
            }
        }
    }

    #[test]
    fn a_newer_key_seals_and_the_older_still_opens() {
        let old = KeyRing::single(1, [1; 32]);
        let sealed = old.seal(&place(1, "active"), b"secret", [9; 24]).unwrap();
        let text = format!(
            "{}{}",
            *KeyRing::line(1, &[1; 32]),
            *KeyRing::line(2, &[2; 32])
        );
        let both = KeyRing::parse(&text).unwrap();
        assert_eq!(*both.open(&place(1, "active"), &sealed).unwrap(), b"secret");
        let newer = both.seal(&place(1, "active"), b"secret", [9; 24]).unwrap();
        assert_eq!(
            old.open(&place(1, "active"), &newer),
            Err(SealError::MissingKey(2))
        );
    }

    #[test]
    fn a_bad_key_file_names_its_line_and_repeats_nothing() {
        let key = "ab".repeat(32);
        assert_eq!(
            KeyRing::parse("# nothing\n\n").unwrap_err(),
            SealError::Empty
        );
        assert_eq!(
            KeyRing::parse("x").unwrap_err(),
            SealError::BadLine { line: 1 }
        );
        let twice = format!("1 {key}\n1 {key}");
        assert_eq!(
            KeyRing::parse(&twice).unwrap_err(),
            SealError::NotNewer { line: 2, id: 1 }
        );
        assert_eq!(
            KeyRing::parse(&format!("1 {key} waiting")).unwrap_err(),
            SealError::Empty
        );
        for bad in [" later", " waiting waiting", " waiting #", "x"] {
            let text = format!("1 {key};2 {key}{bad}");
            let parsed = KeyRing::parse(&text);
            assert_eq!(parsed.is_ok(), bad.contains('#'), "{bad}: {parsed:?}");
        }
        let long = format!("\n1 {key}00");
        let error = KeyRing::parse(&long).unwrap_err();
        assert_eq!(error, SealError::BadLine { line: 2 });
        assert!(!error.to_string().contains("abab"));
        assert!(!format!("{:?}", KeyRing::parse(&format!("1 {key}")).unwrap()).contains("abab"));
    }
}
