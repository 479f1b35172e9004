//! Encryption: what a store holds of a secret is of no use without the keyring, which is never in the store.
//!
//! Shared secrets are encrypted with XChaCha20-Poly1305 (24 random bytes of nonce, so that no counter has to survive a
//! crash). The key id, the organization, the account, the slot and the row's version are authenticated with them: a
//! encrypted secret copied into another row, into another slot of its own row, or back into its own row after another
//! change does not open.

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use loquet_policy::{AccountId, OrgId};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hash::mac;
use crate::store::Version;

mod key_file;

/// The format of everything encrypted here, authenticated with it.
const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// The keys that encrypt what a store holds, by id. The newest key that is not marked as waiting encrypts new secrets.
///
/// # Security
/// Keep it apart from the database and its backups: both together give every shared secret.
#[derive(Clone)]
pub struct Keyring {
    keys: BTreeMap<u32, MasterKey>,
    current: u32,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct MasterKey([u8; 32]);

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("ids", &self.keys.keys().collect::<Vec<_>>())
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

/// A text is no keyring, or something encrypted does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
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
    /// The key file cannot be read or created.
    #[error("the key file {path}: {why}")]
    File {
        /// Where it is.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// There is no key in it, or all of them wait.
    #[error("the key file holds no key that is in use")]
    Empty,
    /// Encrypted under a key that is not on the ring.
    #[error("encrypted under key {0}, which is not on the keyring")]
    MissingKey(u32),
    /// Too short, another format, a wrong key, or moved from elsewhere.
    #[error("an encrypted secret does not open: wrong key, or the row was altered or moved")]
    DoesNotOpen,
}

impl Keyring {
    /// A ring with one key.
    #[must_use]
    pub fn single(id: u32, key: [u8; 32]) -> Self {
        Self {
            keys: BTreeMap::from([(id, MasterKey(key))]),
            current: id,
        }
    }

    /// The key that encrypts.
    #[must_use]
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// The keys that authenticate sessions, first the one that signs. Each hangs on a key of the ring, so that a retired
    /// key ends the sessions that it signed, and on the root key too, so that a stolen key file alone forges none.
    pub(crate) fn session_keys(
        &self,
        root: &[u8; 32],
    ) -> impl Iterator<Item = Zeroizing<[u8; 32]>> {
        let current = self.keys.get(&self.current);
        let others = self.keys.iter().filter(|(id, _)| **id != self.current);
        let keys = current.into_iter().chain(others.map(|(_, key)| key));
        keys.map(|key| Zeroizing::new(mac(&key.0, "session", &[root])))
    }

    /// The keys that authenticate rows, by the id of the key of the ring on which each hangs. They hang on the root key too:
    /// a row of another store under the same ring does not verify.
    pub(crate) fn row_keys(
        &self,
        root: &[u8; 32],
    ) -> impl Iterator<Item = (u32, Zeroizing<[u8; 32]>)> {
        let derived = |key: &MasterKey| Zeroizing::new(mac(&key.0, "row", &[root]));
        self.keys.iter().map(move |(id, key)| (*id, derived(key)))
    }

    /// The keys that open, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.keys.keys().copied()
    }

    /// Encrypts a secret for the row that it belongs to. `nonce` must be random and never used twice.
    pub(crate) fn encrypt(
        &self,
        place: &Place<'_>,
        secret: &[u8],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, KeyringError> {
        let key = self
            .keys
            .get(&self.current)
            .ok_or(KeyringError::MissingKey(self.current))?;
        let encrypted = cipher(key)
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: secret,
                    aad: &place.bytes(self.current),
                },
            )
            .map_err(|_| KeyringError::DoesNotOpen)?;
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.current.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&encrypted);
        Ok(out)
    }

    /// Opens what [`encrypt`](Self::encrypt) closed in the same place.
    pub(crate) fn decrypt(
        &self,
        place: &Place<'_>,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let wrong = KeyringError::DoesNotOpen;
        let (id, rest) = header(encrypted).ok_or(wrong.clone())?;
        let (nonce, encrypted) = rest.split_first_chunk::<NONCE>().ok_or(wrong.clone())?;
        let key = self.keys.get(&id).ok_or(KeyringError::MissingKey(id))?;
        cipher(key)
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: encrypted,
                    aad: &place.bytes(id),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| wrong)
    }
}

/// The key that a secret is encrypted under.
pub(crate) fn encrypted_under(encrypted: &[u8]) -> Result<u32, KeyringError> {
    let (key, _) = header(encrypted).ok_or(KeyringError::DoesNotOpen)?;
    Ok(key)
}

/// The key id of something encrypted, and the rest.
fn header(encrypted: &[u8]) -> Option<(u32, &[u8])> {
    let (id, rest) = encrypted
        .strip_prefix(&[FORMAT])?
        .split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*id), rest))
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    let derived = Zeroizing::new(mac(&key.0, "loquet encryption v1", &[]));
    XChaCha20Poly1305::new((&*derived).into())
}

/// Where an encrypted secret belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) org: OrgId,
    pub(crate) account: AccountId,
    pub(crate) slot: &'a str,
    /// The version of the row, once written.
    pub(crate) version: Version,
}

impl Place<'_> {
    fn bytes(&self, key: u32) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&self.org.to_bytes());
        out.extend_from_slice(&self.account.to_bytes());
        out.extend_from_slice(&self.version.0.to_be_bytes());
        out.extend_from_slice(self.slot.as_bytes());
        out
    }
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
    fn newer_format_is_not_decrypted() {
        let encrypted = |format: u8| [&[format, 0, 0, 0, 1][..], &[0; 60]].concat();
        assert_eq!(encrypted_under(&encrypted(FORMAT)), Ok(1));
        assert_eq!(
            encrypted_under(&encrypted(FORMAT + 1)),
            Err(KeyringError::DoesNotOpen)
        );
    }

    #[test]
    fn secret_decrypts_only_in_its_place() {
        let ring = Keyring::single(3, [7; 32]);
        let encrypted = ring
            .encrypt(&place(1, "active"), b"secret", [9; 24])
            .unwrap();
        assert_eq!(
            *ring.decrypt(&place(1, "active"), &encrypted).unwrap(),
            b"secret"
        );
        assert_eq!(
            ring.decrypt(&place(2, "active"), &encrypted),
            Err(KeyringError::DoesNotOpen)
        );
        assert_eq!(
            ring.decrypt(&place(1, "pending"), &encrypted),
            Err(KeyringError::DoesNotOpen)
        );
        let later = Place {
            version: Version(5),
            ..place(1, "active")
        };
        assert_eq!(
            ring.decrypt(&later, &encrypted),
            Err(KeyringError::DoesNotOpen)
        );
        let other = Keyring::single(3, [8; 32]);
        assert_eq!(
            other.decrypt(&place(1, "active"), &encrypted),
            Err(KeyringError::DoesNotOpen)
        );
        let other = Keyring::single(4, [7; 32]);
        assert_eq!(
            other.decrypt(&place(1, "active"), &encrypted),
            Err(KeyringError::MissingKey(3))
        );
    }

    #[test]
    fn every_flipped_bit_and_cut_is_noticed() {
        let ring = Keyring::single(3, [7; 32]);
        let encrypted = ring
            .encrypt(&place(1, "active"), b"secret", [9; 24])
            .unwrap();
        for at in 0..encrypted.len() {
            assert!(ring.decrypt(&place(1, "active"), &encrypted[..at]).is_err());
            for bit in 0..8 {
                let mut bad = encrypted.clone();
                bad[at] ^= 1 << bit;
                assert!(ring.decrypt(&place(1, "active"), &bad).is_err());
            }
        }
    }

    #[test]
    fn newer_key_encrypts_and_older_decrypts() {
        let old = Keyring::single(1, [1; 32]);
        let encrypted = old
            .encrypt(&place(1, "active"), b"secret", [9; 24])
            .unwrap();
        let text = format!(
            "{}{}",
            *Keyring::line(1, &[1; 32]),
            *Keyring::line(2, &[2; 32])
        );
        let both = Keyring::parse(&text).unwrap();
        assert_eq!(
            *both.decrypt(&place(1, "active"), &encrypted).unwrap(),
            b"secret"
        );
        let newer = both
            .encrypt(&place(1, "active"), b"secret", [9; 24])
            .unwrap();
        assert_eq!(
            old.decrypt(&place(1, "active"), &newer),
            Err(KeyringError::MissingKey(2))
        );
    }
}
