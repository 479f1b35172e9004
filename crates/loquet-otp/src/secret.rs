//! The shared secret.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The shared secret of an authenticator: 16 to 128 bytes, wiped when dropped.
///
/// Create it from random bytes with `From` (20, 32 or 64 bytes, the lengths of RFC 6238 §5.1), or from stored bytes with
/// [`Secret::new`].
///
/// ```
/// use loquet_otp::Secret;
///
/// let secret = Secret::from([7; 20]); // twenty bytes from your random generator
/// assert_eq!(secret.to_string(), "[secret, 20 bytes]");
/// ```
///
/// # Security
/// Neither `Debug` nor `Display` shows it; only [`Secret::expose`] returns the bytes. Every copy made by this crate is
/// wiped, but the caller must wipe the array or slice it came from. A move in Rust may leave the old bytes on the stack:
/// keep a secret in one variable and lend it.
#[derive(Clone)]
pub struct Secret {
    bytes: [u8; Self::MAX],
    // INVARIANT: WEAKEST <= len <= MAX, and the bytes beyond are zero.
    len: usize,
}

impl Secret {
    /// The shortest secret that may be bound to an account, in bytes: 128 bits (RFC 4226 §4, R6).
    pub const MIN: usize = 16;
    /// The longest secret, in bytes: one block of SHA-512. HMAC hashes longer keys, which adds no strength.
    pub const MAX: usize = 128;
    /// The shortest secret for reading codes, in bytes: 80 bits, which Google and Microsoft have issued.
    pub const WEAKEST: usize = 10;

    /// Creates a secret that may be bound to an account.
    ///
    /// # Errors
    /// [`SecretError`] unless there are [`Secret::MIN`] to [`Secret::MAX`] bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, SecretError> {
        Self::at_least(Self::MIN, bytes)
    }

    /// Creates a secret of another service for *reading* codes, down to 10 bytes.
    ///
    /// # Errors
    /// [`SecretError`] unless there are [`Secret::WEAKEST`] to [`Secret::MAX`] bytes.
    ///
    /// # Security
    /// A verifier must not bind a secret below [`Secret::MIN`]: check [`Secret::is_weak`].
    pub fn weak(bytes: &[u8]) -> Result<Self, SecretError> {
        Self::at_least(Self::WEAKEST, bytes)
    }

    fn at_least(min: usize, bytes: &[u8]) -> Result<Self, SecretError> {
        let error = SecretError {
            len: bytes.len(),
            min,
        };
        if bytes.len() < min {
            return Err(error);
        }
        let mut secret = Self {
            bytes: [0; Self::MAX],
            len: bytes.len(),
        };
        secret
            .bytes
            .get_mut(..bytes.len())
            .ok_or(error)?
            .copy_from_slice(bytes);
        Ok(secret)
    }

    /// Returns whether the secret is shorter than the 128 bits that RFC 4226 R6 requires of a verifier.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.len < Self::MIN
    }

    /// Returns the bytes, to encrypt them or to hand them to the user's app.
    ///
    /// # Security
    /// Never log them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Returns the bytes padded with zeros.
    pub(crate) const fn padded(&self) -> &[u8; Self::MAX] {
        &self.bytes
    }
}

macro_rules! from_random_bytes {
    ($($len:literal)*) => {$(
        impl From<[u8; $len]> for Secret {
            fn from(mut random: [u8; $len]) -> Self {
                let mut bytes = [0; Self::MAX];
                if let Some(head) = bytes.first_chunk_mut() {
                    *head = random;
                }
                random.as_mut_slice().zeroize();
                Self { bytes, len: $len }
            }
        }
    )*};
}
// RFC 6238 §5.1: as long as the outputs of SHA-1, SHA-256 and SHA-512.
from_random_bytes!(20 32 64);

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }
}

impl ZeroizeOnDrop for Secret {}

/// Compares in a time that depends only on the lengths.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[secret, {} bytes]", self.len)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

/// The error for a secret that is too short or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretError {
    /// The length in bytes.
    pub len: usize,
    /// The required length in bytes.
    pub min: usize,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a secret of {} bytes: it must have {} to {}",
            self.len,
            self.min,
            Secret::MAX
        )
    }
}

impl core::error::Error for SecretError {}
