//! Codes that a service prints or reads out.

use core::fmt;
use core::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base32;

/// 128 random bits, written as 26 base32 symbols in groups of five (the last has six).
///
/// Use it for recovery codes, reset codes and break-glass codes. Wrap it in a type for each purpose, and store a digest.
/// A plain hash is enough: from 112 bits on OWASP ASVS 6.5.2 requires no slow password hash.
///
/// ```
/// use loquet_enrollment::PrintedCode;
/// let code = PrintedCode::from_entropy([0x5a; 16]);
/// assert_eq!(*code.expose(), *"LJNFU-WS2LJ-NFUWS-2LJNF-UWS2LI");
/// // Any case and grouping is accepted, and 0, 1 and 8 are read as O, I and B.
/// assert_eq!("ljnfu ws2lj nfuws 2ljnf uws2l1".parse::<PrintedCode>()?, code);
/// # Ok::<(), loquet_enrollment::PrintedCodeError>(())
/// ```
///
/// # Security
/// `Debug` hides the code, and there is no `Display`. Comparison takes constant time. The value is wiped when dropped.
#[derive(Clone)]
pub struct PrintedCode(Zeroizing<[u8; Self::BYTES]>);

/// The reason why a typed text is not a printed code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintedCodeError {
    /// The code has too many or too few characters.
    #[error(
        "the code has {} letters and digits, this one has {_0}",
        PrintedCode::SYMBOLS
    )]
    Length(usize),
    /// The text has more than 256 bytes.
    #[error(
        "longer than {} bytes, spaces and dashes included",
        PrintedCode::MAX_TYPED
    )]
    TooLong,
    /// A character occurs in no code.
    #[error("character {at} of the code is neither a letter from A to Z nor a digit from 2 to 7")]
    Character {
        /// The position from 1, spaces and dashes included.
        at: usize,
    },
    /// A letter or digit of another script, such as a full-width one.
    #[error("character {at} is of another script: type A to Z and 2 to 7")]
    OtherScript {
        /// The position from 1, spaces and dashes included.
        at: usize,
    },
    /// The last symbol has bits beyond the code's 128, so a symbol is mistyped.
    #[error("no code ends like this one: one of its characters is wrong")]
    LastSymbol,
}

impl PrintedCode {
    /// The number of random bytes.
    pub const BYTES: usize = 16;
    /// The number of letters and digits of the text.
    pub const SYMBOLS: usize = 26;
    /// The longest text that is read, in bytes.
    const MAX_TYPED: usize = 256;
    /// The number of symbols in a group.
    const GROUP: usize = 5;

    /// Creates a code from the output of a cryptographic random generator.
    #[must_use]
    pub fn from_entropy(entropy: [u8; Self::BYTES]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// Returns the code for its owner, in groups.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let plain = base32::encode(self.bytes());
        let mut grouped = Zeroizing::new(String::with_capacity(2 * Self::SYMBOLS));
        for (at, symbol) in plain.chars().enumerate() {
            // The 26th symbol joins the last group.
            if at > 0 && at.is_multiple_of(Self::GROUP) && at < Self::SYMBOLS.saturating_sub(1) {
                grouped.push('-');
            }
            grouped.push(symbol);
        }
        grouped
    }

    /// Returns the bits, for hashing.
    #[must_use]
    pub fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Returns whether the typed text is the last group of the code, as a proof that the user has seen the code.
    #[must_use]
    pub fn ends_with(&self, typed: &str) -> bool {
        if typed.len() > Self::MAX_TYPED {
            return false;
        }
        let mut group = Zeroizing::new(String::with_capacity(Self::MAX_TYPED));
        group.extend(
            typed
                .chars()
                .filter_map(symbol)
                .map(|c| c.to_ascii_uppercase()),
        );
        let code = self.expose();
        let last = code.rsplit('-').next().unwrap_or_default();
        last.as_bytes().ct_eq(group.as_bytes()).into()
    }
}

/// Returns the symbol that a typed character means, or `None` for a separator.
fn symbol(typed: char) -> Option<char> {
    (!base32::is_separator(typed)).then(|| base32::suggestion(typed).unwrap_or(typed))
}

impl FromStr for PrintedCode {
    type Err = PrintedCodeError;

    /// Parses a code in any case and grouping. No code contains `0`, `1` or `8`; they are read as `O`, `I` and `B`, so
    /// that all spellings are one code and count as one attempt.
    fn from_str(text: &str) -> Result<Self, PrintedCodeError> {
        if text.len() > Self::MAX_TYPED {
            return Err(PrintedCodeError::TooLong);
        }
        let mut bits = Zeroizing::new(0_u128);
        let (mut symbols, mut rest) = (0_usize, 0);
        for (at, typed) in (1..).zip(text.chars()) {
            let Some(symbol) = symbol(typed) else {
                continue;
            };
            let five = u8::try_from(symbol).ok().and_then(base32::value);
            let five = five.ok_or(if !symbol.is_ascii() && symbol.is_alphanumeric() {
                PrintedCodeError::OtherScript { at }
            } else {
                PrintedCodeError::Character { at }
            })?;
            symbols = symbols.saturating_add(1);
            // 25 symbols are 125 bits. Two bits of the last symbol are not part of the code.
            if symbols < Self::SYMBOLS {
                *bits = bits.wrapping_shl(5) | u128::from(five);
            } else {
                *bits = bits.wrapping_shl(3) | u128::from(five >> 2);
                rest = five & 0b11;
            }
        }
        match (symbols, rest) {
            (Self::SYMBOLS, 0) => Ok(Self::from_entropy(bits.to_be_bytes())),
            (Self::SYMBOLS, _) => Err(PrintedCodeError::LastSymbol),
            _ => Err(PrintedCodeError::Length(symbols)),
        }
    }
}

/// Compares in constant time.
impl PartialEq for PrintedCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for PrintedCode {}

impl fmt::Debug for PrintedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrintedCode([redacted])")
    }
}
