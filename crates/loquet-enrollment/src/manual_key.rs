//! The key as text, for users who cannot scan the QR code.

use core::fmt;

use loquet_otp::Secret;
use zeroize::Zeroizing;

use crate::base32::{self, Base32Error};

/// A shared secret as text to read and type.
///
/// ```
/// use loquet_enrollment::{ManualKey, ManualKeyError};
/// use loquet_otp::Secret;
///
/// let key = ManualKey::new(&Secret::from(*b"twenty random bytes!"));
/// assert_eq!(*key.grouped(), *"OR3W K3TU PEQH EYLO MRXW 2IDC PF2G K4ZB");
///
/// // Any case and grouping gives the same secret.
/// let typed = ManualKey::parse("or3wk3tu-peqheylo-mrxw2idc-pf2gk4zb")?;
/// assert_eq!(typed.secret(), key.secret());
///
/// let slip = ManualKey::parse("0R3W K3TU PEQH EYLO MRXW 2IDC PF2G K4ZB").unwrap_err();
/// assert_eq!(slip.to_string(), "`0` at character 1 cannot stand in a key: is it the letter O?");
/// # Ok::<(), ManualKeyError>(())
/// ```
///
/// # Security
/// `Debug` shows the length only, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct ManualKey(Secret);

/// The reason why a typed key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManualKeyError {
    /// The text is not base32. The error says where, and which letter was probably meant.
    #[error(transparent)]
    Base32(#[from] Base32Error),
    /// The key has fewer than 10 or more than 128 bytes.
    #[error(
        "the key has {symbols} symbols: it must have {} to {}",
        base32::encoded_len(Secret::WEAKEST),
        base32::encoded_len(Secret::MAX)
    )]
    Length {
        /// The number of symbols typed, without separators.
        symbols: usize,
    },
    /// The number of symbols is impossible for whole bytes, so a symbol is probably missing.
    #[error("the key does not end on a whole byte: a symbol is missing, added or wrong at the end")]
    Leftover,
}

impl ManualKey {
    /// Creates the key of a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(secret.clone())
    }

    /// Parses a typed key in any case and grouping, with or without padding.
    ///
    /// # Errors
    /// [`ManualKeyError`] with the first invalid character and the letter that was probably meant. Unlike in a URI,
    /// leftover bits are refused, because in typed text they indicate a missing symbol.
    pub fn parse(text: &str) -> Result<Self, ManualKeyError> {
        let decoded = base32::decode(text)?;
        let symbols = || text.chars().filter(char::is_ascii_alphanumeric).count();
        if decoded.leftover && decoded.expose().len() >= Secret::WEAKEST {
            return Err(ManualKeyError::Leftover);
        }
        Secret::weak(decoded.expose())
            .map(Self)
            .map_err(|_| ManualKeyError::Length { symbols: symbols() })
    }

    /// Returns the secret. If it is weak ([`Secret::is_weak`]), use it to read codes, but do not bind it.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.0
    }

    /// Returns the key in groups of four, for reading and typing.
    ///
    /// # Security
    /// The text contains the secret.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        let plain = self.ungrouped();
        let mut grouped = Zeroizing::new(String::with_capacity(plain.len().saturating_mul(2)));
        for (at, symbol) in plain.chars().enumerate() {
            if at > 0 && at.is_multiple_of(4) {
                grouped.push(' ');
            }
            grouped.push(symbol);
        }
        grouped
    }

    /// Returns the key without spaces, for the clipboard.
    ///
    /// # Security
    /// The text contains the secret.
    #[must_use]
    pub fn ungrouped(&self) -> Zeroizing<String> {
        base32::encode(self.0.expose())
    }
}

impl fmt::Debug for ManualKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualKey({} bytes)", self.0.expose().len())
    }
}

#[cfg(test)]
mod tests {
    use super::{ManualKey, ManualKeyError};

    #[test]
    fn missing_symbol_and_short_key_are_distinguished() {
        let parse = |text| ManualKey::parse(text).map(|key| key.secret().expose().len());
        assert_eq!(parse("JBSW Y3DP EHPK 3PXP"), Ok(10));
        assert_eq!(
            parse("JBSW Y3DP EHPK 3PXP J"),
            Err(ManualKeyError::Leftover)
        );
        let short = ManualKeyError::Length { symbols: 15 };
        assert_eq!(parse("JBSW-Y3DP-EHPK-3PX"), Err(short));
        assert_eq!(
            short.to_string(),
            "the key has 15 symbols: it must have 16 to 205"
        );
    }

    #[test]
    fn debug_shows_only_the_length() {
        let key = ManualKey::parse("JBSWY3DPEHPK3PXP");
        assert_eq!(format!("{key:?}"), "Ok(ManualKey(10 bytes))");
    }
}
