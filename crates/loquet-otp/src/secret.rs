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
/// wiped, but the caller must wipe the array or slice it came from: an array given to `From` has been moved, and moves leave
/// bytes on the stack, so that a service gives [`Secret::new`] a slice of the heap. The feature `alloc` keeps the secret's own
/// bytes on the heap too. Without it a move of the secret may leave them on the stack: keep it in one variable and lend it.
pub struct Secret {
    bytes: Bytes,
    // INVARIANT: WEAKEST <= len <= MAX, and the bytes beyond are zero.
    len: usize,
}

#[cfg(feature = "alloc")]
type Bytes = alloc::boxed::Box<[u8; Secret::MAX]>;
#[cfg(not(feature = "alloc"))]
type Bytes = [u8; Secret::MAX];

impl Clone for Secret {
    fn clone(&self) -> Self {
        // From one place to the other, and nowhere between.
        let mut clone = Self::blank(self.len);
        clone.bytes.copy_from_slice(self.bytes.as_slice());
        clone
    }
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
        let mut secret = Self::blank(bytes.len());
        secret
            .bytes
            .get_mut(..bytes.len())
            .ok_or(error)?
            .copy_from_slice(bytes);
        Ok(secret)
    }

    /// Room for a secret, to be filled in place.
    fn blank(len: usize) -> Self {
        let zeros = [0; Self::MAX];
        #[cfg(feature = "alloc")]
        let zeros = alloc::boxed::Box::new(zeros);
        Self { bytes: zeros, len }
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
    pub(crate) fn padded(&self) -> &[u8; Self::MAX] {
        &self.bytes
    }
}

macro_rules! from_random_bytes {
    ($($len:literal)*) => {$(
        impl From<[u8; $len]> for Secret {
            fn from(mut random: [u8; $len]) -> Self {
                let mut secret = Self::blank($len);
                for (to, from) in secret.bytes.iter_mut().zip(&random) {
                    *to = *from;
                }
                random.as_mut_slice().zeroize();
                secret
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
