//! Codes that people carry on paper or read to each other: one alphabet, one length, one forgiving reader.

use core::fmt;
use core::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base32;

/// 128 random bits, written as 26 base32 symbols in groups of five (the last has six).
///
/// For whatever a service prints or reads out: recovery codes, reset codes, the break-glass code. Give each kind a type
/// of its own around this one, and store a digest. A plain one will do: from 112 bits on OWASP ASVS 6.5.2 asks for no
/// slow password hash.
///
/// ```
/// use loquet_enrollment::PaperCode;
/// let code = PaperCode::from_entropy([0x5a; 16]);
/// assert_eq!(*code.expose(), *"LJNFU-WS2LJ-NFUWS-2LJNF-UWS2LI");
/// // In any case and grouping, and with the slips of reading: 0 for O, 1 for I, 8 for B.
/// assert_eq!("ljnfu ws2lj nfuws 2ljnf uws2l1".parse::<PaperCode>()?, code);
/// # Ok::<(), loquet_enrollment::PaperError>(())
/// ```
///
/// # Security
/// `Debug` shows nothing, there is no `Display`, equality takes constant time, and the value is wiped when dropped.
#[derive(Clone)]
pub struct PaperCode(Zeroizing<[u8; Self::BYTES]>);

/// Why a typed text is no such code, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// Too many or too few characters.
    #[error(
        "the code has {} letters and digits, this one has {_0}",
        PaperCode::SYMBOLS
    )]
    Length(usize),
    /// More than 256 bytes, whatever they are.
    #[error(
        "longer than {} bytes, blanks and dashes included",
        PaperCode::MAX_TYPED
    )]
    TooLong,
    /// A character that is in no code.
    #[error("character {at} of the code is neither a letter from A to Z nor a digit from 2 to 7")]
    Character {
        /// Counted from 1, blanks and dashes included.
        at: usize,
    },
    /// The last symbol carries three bits, and this one has others: some symbol is mistyped.
    #[error("no code ends like this one: one of its letters and digits is another")]
    End,
}

impl PaperCode {
    /// Bytes of entropy.
    pub const BYTES: usize = 16;
    /// Letters and digits of the text.
    pub const SYMBOLS: usize = 26;
    /// Longer texts are refused unread.
    const MAX_TYPED: usize = 256;
    /// How many symbols stand together.
    const GROUP: usize = 5;

    /// Makes a code of random bytes, fresh from a cryptographic generator.
    #[must_use]
    pub fn from_entropy(entropy: [u8; Self::BYTES]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// The code for its owner, in groups.
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

    /// The bits, to be hashed.
    #[must_use]
    pub fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Whether somebody who saw the code typed its last group back.
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

/// What is meant by a character; `None` for what only groups.
fn symbol(typed: char) -> Option<char> {
    (!base32::is_separator(typed)).then(|| base32::suggestion(typed).unwrap_or(typed))
}

impl FromStr for PaperCode {
    type Err = PaperError;

    /// Reads a code in any case and grouping. `0`, `1` and `8`, which no code contains, are taken for `O`, `I` and `B`:
    /// all spellings are one code, one attempt and one use.
    fn from_str(text: &str) -> Result<Self, PaperError> {
        if text.len() > Self::MAX_TYPED {
            return Err(PaperError::TooLong);
        }
        let mut bits = Zeroizing::new(0_u128);
        let (mut symbols, mut rest) = (0_usize, 0);
        for (at, typed) in (1..).zip(text.chars()) {
            let Some(symbol) = symbol(typed) else {
                continue;
            };
            let five = u8::try_from(symbol).ok().and_then(base32::value);
            let five = five.ok_or(PaperError::Character { at })?;
            symbols = symbols.saturating_add(1);
            // 25 symbols are 125 bits; of the last one, two bits are no part of the code.
            if symbols < Self::SYMBOLS {
                *bits = bits.wrapping_shl(5) | u128::from(five);
            } else {
                *bits = bits.wrapping_shl(3) | u128::from(five >> 2);
                rest = five & 0b11;
            }
        }
        match (symbols, rest) {
            (Self::SYMBOLS, 0) => Ok(Self::from_entropy(bits.to_be_bytes())),
            (Self::SYMBOLS, _) => Err(PaperError::End),
            _ => Err(PaperError::Length(symbols)),
        }
    }
}

/// In constant time.
impl PartialEq for PaperCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for PaperCode {}

impl fmt::Debug for PaperCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaperCode([redacted])")
    }
}
