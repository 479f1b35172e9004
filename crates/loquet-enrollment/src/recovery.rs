//! Recovery codes: for organisations that want them. High entropy, stored as digests, one use each.

use core::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base32::{self, Base32Error};

/// One recovery code: 120 random bits, written as six groups of four base32 symbols.
///
/// NIST SP 800-63B-4 §4.2.1.1 asks for 64 bits at least. From 112 bits on a plain digest may be stored (OWASP ASVS
/// 6.5.2); below, only a slow password hash. 120 bits are the next number that fills whole groups.
///
/// ```
/// use loquet_enrollment::RecoveryCode;
/// let code = RecoveryCode::from_entropy([0x5a; 15]);
/// assert_eq!(*code.grouped(), *"LJNF-UWS2-LJNF-UWS2-LJNF-UWS2");
/// assert_eq!(RecoveryCode::parse("ljnf uws2 ljnf uws2 ljnf uws2")?, code);
/// # Ok::<(), loquet_enrollment::RecoveryCodeError>(())
/// ```
///
/// # Security
/// Shown once, while the enrollment is still pending, and never again: only the [`digest`](Self::digest) is stored.
/// `Debug` shows nothing, there is no `Display`, and the value is wiped when dropped.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; Self::BYTES]>);

impl RecoveryCode {
    /// Bytes of entropy.
    pub const BYTES: usize = 15;

    /// Makes a code of random bytes, fresh from a cryptographic generator.
    #[must_use]
    pub fn from_entropy(entropy: [u8; Self::BYTES]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// Reads a code in any case and grouping. `0`, `1` and `8`, which no code contains, are taken for `O`, `I` and `B`:
    /// all spellings are one code, one attempt and one use.
    ///
    /// # Errors
    /// [`RecoveryCodeError`].
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        base32::within_limit(text)?;
        // Every replacement is as long as what it replaces, so positions stay true and the text does not grow.
        let mut canonical = Zeroizing::new(String::with_capacity(text.len()));
        canonical.extend(text.chars().map(|c| base32::suggestion(c).unwrap_or(c)));
        let decoded = base32::decode(&canonical)?;
        match decoded.expose().try_into() {
            Ok(bytes) if !decoded.leftover => Ok(Self(Zeroizing::new(bytes))),
            _ => {
                let symbols = text.chars().filter(char::is_ascii_alphanumeric).count();
                Err(RecoveryCodeError::Length { symbols })
            }
        }
    }

    /// The code for its owner, in groups of four.
    ///
    /// # Security
    /// The only way out of the type.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        base32::grouped(&base32::encode(&*self.0), '-')
    }

    /// What is stored: SHA-256 over a prefix of its own, so that no other digest can be mistaken for it.
    #[must_use]
    pub fn digest(&self) -> RecoveryDigest {
        let hash = Sha256::new_with_prefix(b"loquet recovery code 1\0")
            .chain_update(*self.0)
            .finalize();
        RecoveryDigest(hash.into())
    }
}

/// In constant time.
impl PartialEq for RecoveryCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for RecoveryCode {}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode([redacted])")
    }
}

/// Why a typed recovery code is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryCodeError {
    /// A character that no code contains.
    #[error(transparent)]
    Base32(#[from] Base32Error),
    /// Not 24 symbols.
    #[error(
        "a recovery code has {} letters and digits, not {symbols}",
        base32::encoded_len(RecoveryCode::BYTES)
    )]
    Length {
        /// How many were typed, separators not counted.
        symbols: usize,
    },
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
/// let codes = [[1; 15], [2; 15]].map(RecoveryCode::from_entropy);
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
