//! Recovery codes: for organisations that want them. High entropy, stored as digests, one use each.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{PaperCode, PaperError};

/// One recovery code.
///
/// NIST SP 800-63B-4 §4.2.1.1 asks for 64 bits at least. From 112 bits on a plain digest may be stored (OWASP ASVS
/// 6.5.2); below, only a slow password hash. A [`PaperCode`] has 128.
///
/// ```
/// use loquet_enrollment::RecoveryCode;
/// let code = RecoveryCode::from_entropy([0x5a; 16]);
/// assert_eq!(*code.expose(), *"LJNFU-WS2LJ-NFUWS-2LJNF-UWS2LI");
/// assert_eq!("ljnfu ws2lj nfuws 2ljnf uws2li".parse::<RecoveryCode>()?, code);
/// # Ok::<(), loquet_enrollment::PaperError>(())
/// ```
///
/// # Security
/// Shown while the enrollment is still pending, and never again: only the [`digest`](Self::digest) is stored. `Debug`
/// shows nothing, there is no `Display`, and the value is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(PaperCode);

impl RecoveryCode {
    /// Makes a code of random bytes, fresh from a cryptographic generator.
    #[must_use]
    pub fn from_entropy(entropy: [u8; PaperCode::BYTES]) -> Self {
        Self(PaperCode::from_entropy(entropy))
    }

    /// The code for its owner, in groups of five. The only way out of the type.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        self.0.expose()
    }

    /// What is stored: SHA-256 over a word of its own, a zero byte and the bits, so that no other digest can be mistaken
    /// for it.
    #[must_use]
    pub fn digest(&self) -> RecoveryDigest {
        let hash = Sha256::new_with_prefix(b"recovery\0")
            .chain_update(self.0.bytes())
            .finalize();
        RecoveryDigest(hash.into())
    }
}

impl FromStr for RecoveryCode {
    type Err = PaperError;

    /// Reads a code as forgivingly as [`PaperCode`] does.
    fn from_str(text: &str) -> Result<Self, PaperError> {
        text.parse().map(Self)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode([redacted])")
    }
}

/// The stored form of a recovery code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryDigest([u8; 32]);

impl RecoveryDigest {
    /// The bytes to store.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

/// From storage.
impl From<[u8; 32]> for RecoveryDigest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for RecoveryDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryDigest(…)")
    }
}

/// The unused recovery codes of one account.
///
/// ```
/// use loquet_enrollment::{RecoveryCode, RecoverySheet, Redeemed};
/// let codes = [[1; 16], [2; 16]].map(RecoveryCode::from_entropy);
/// let mut sheet = RecoverySheet::new(codes.iter().map(RecoveryCode::digest).collect())?;
/// assert_eq!(sheet.redeem(&codes[0]), Redeemed::Accepted { left: 1 });
/// assert_eq!(sheet.redeem(&codes[0]), Redeemed::Refused);
/// # Ok::<(), loquet_enrollment::SheetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoverySheet(Vec<RecoveryDigest>);

/// More than [`RecoverySheet::MAX`] codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{codes} recovery codes: at most {} are possible", RecoverySheet::MAX)]
pub struct SheetError {
    /// How many there were.
    pub codes: usize,
}

/// What became of a typed recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "whoever ignores the verdict lets everybody in"]
pub enum Redeemed {
    /// The code was on the sheet and is now off it. It counts only once the shorter sheet is stored.
    Accepted {
        /// How many codes remain; at none, new ones are due (NIST SP 800-63B-4 §4.2.1.1).
        left: usize,
    },
    /// Not on the sheet, or no longer.
    Refused,
}

impl RecoverySheet {
    /// The most codes: each one more is one more that a guess may hit, and nobody keeps a longer list.
    pub const MAX: usize = 16;

    /// Takes the digests of unused codes.
    ///
    /// # Errors
    /// [`SheetError`] with more than [`RecoverySheet::MAX`].
    pub fn new(digests: Vec<RecoveryDigest>) -> Result<Self, SheetError> {
        if digests.len() > Self::MAX {
            return Err(SheetError {
                codes: digests.len(),
            });
        }
        Ok(Self(digests))
    }

    /// Strikes a code off.
    ///
    /// # Security
    /// Every digest is compared, in constant time, wherever the code stands.
    pub fn redeem(&mut self, code: &RecoveryCode) -> Redeemed {
        let digest = code.digest();
        let before = self.0.len();
        self.0.retain(|known| !bool::from(known.0.ct_eq(&digest.0)));
        let left = self.0.len();
        if left < before {
            Redeemed::Accepted { left }
        } else {
            Redeemed::Refused
        }
    }

    /// The digests of the unused codes, to be stored.
    #[must_use]
    pub fn digests(&self) -> &[RecoveryDigest] {
        &self.0
    }
}
