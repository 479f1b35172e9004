//! The hidden field that makes sending a form twice harmless.

use std::fmt;

use loquet::NoEntropy;

/// The random id of one drawing of a form, for a hidden field and for
/// [`Attempt::idempotency_key`](loquet::Attempt::idempotency_key). It is no secret.
///
/// ```
/// let id = loquet_web::FormId::random()?;
/// let attempt = loquet::Attempt::new(loquet::Client::default()).idempotency_key(id);
/// assert_eq!(id.to_string().len(), 32);
/// # Ok::<(), loquet::NoEntropy>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FormId([u8; 16]);

impl FormId {
    /// Draws a new id from the operating system.
    ///
    /// # Errors
    /// [`NoEntropy`], which a running system does not show.
    pub fn random() -> Result<Self, NoEntropy> {
        loquet::random().map(Self)
    }

    /// Reads 32 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|c| c.is_ascii_hexdigit());
        let id = u128::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
        Some(Self(id.to_be_bytes()))
    }
}

impl AsRef<[u8]> for FormId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for FormId {
    /// As 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}
