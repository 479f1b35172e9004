//! Codes, computed and typed.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::Digits;

/// A computed code. `Display` writes it with its leading zeros; `Debug` hides it.
///
/// ```
/// use loquet_otp::{Algorithm, Digits, Secret, Totp};
///
/// let totp = Totp { digits: Digits::Eight, ..Totp::default() };
/// let key = Secret::from(*b"12345678901234567890").key(Algorithm::Sha1);
/// let code = totp.generate(&key, 1_111_111_109);
/// assert_eq!(code.to_string(), "07081804"); // RFC 6238, Appendix B
/// assert_eq!(format!("{code:?}"), "Code(8 digits)");
/// ```
///
/// # Security
/// A code opens the account until it expires or is used. Show it only to its owner and never log it.
#[derive(Clone, Copy)]
pub struct Code {
    value: u32,
    digits: Digits,
}

impl Code {
    /// Takes the last digits of the truncated HMAC (RFC 4226 §5.3, step 3).
    ///
    /// Constant divisors compile to multiplications. A variable divisor would compile to a division, whose duration
    /// depends on the code.
    pub(crate) fn truncated(binary: u32, digits: Digits) -> Self {
        let value = match digits {
            Digits::Six => binary % 1_000_000,
            Digits::Seven => binary % 10_000_000,
            Digits::Eight => binary % 100_000_000,
        };
        Self { value, digits }
    }

    /// Returns whether the typed code is equal, digit count included. Another library took the digit count from the
    /// typed text and accepted a single digit as a code.
    pub(crate) fn matches(self, typed: TypedCode) -> Choice {
        self.comparable().ct_eq(&typed.0.comparable())
    }

    /// Packs value and digit count into one number, so that one comparison covers both.
    fn comparable(self) -> u64 {
        (u64::from(self.digits.count()) << 32) | u64::from(self.value)
    }
}

/// Compares in constant time.
impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.matches(TypedCode(*other)).into()
    }
}

impl Eq for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:0width$}",
            self.value,
            width = usize::from(self.digits.count())
        )
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({} digits)", self.digits.count())
    }
}

/// A code that a user typed, in canonical form: all spellings of one code are equal.
///
/// ```
/// use loquet_otp::{CodeError, Digits, TypedCode};
///
/// let code = TypedCode::parse("012345", Digits::Six)?;
/// assert_eq!(TypedCode::parse(" 012 345\n", Digits::Six)?, code);
/// assert_eq!(TypedCode::parse("012-345", Digits::Six)?, code);
/// assert_eq!(TypedCode::parse("12345", Digits::Six), Err(CodeError::Count { found: 5, expected: 6 }));
/// # Ok::<(), CodeError>(())
/// ```
///
/// # Security
/// Compare, count and store attempts by this value, never by the text. In other products a space in the text bypassed
/// the list of used codes and the attempt limit (CVE-2025-6014).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypedCode(Code);

impl TypedCode {
    /// The longest text that [`TypedCode::parse`] reads, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Parses typed or pasted text: ASCII digits, with spaces, dashes and invisible characters ([`is_separator`])
    /// anywhere.
    ///
    /// # Errors
    /// [`CodeError`] says what is wrong and at which character. It never contains the text.
    pub fn parse(text: &str, digits: Digits) -> Result<Self, CodeError> {
        if text.len() > Self::MAX_LEN {
            return Err(CodeError::TooLong { len: text.len() });
        }
        let mut value = 0u32;
        let mut found = 0u8;
        for (position, character) in (1..).zip(text.chars()) {
            if let Some(digit) = character.to_digit(10) {
                // Both saturate only beyond eight digits, and such a code is refused by its digit count.
                value = value.saturating_mul(10).saturating_add(digit);
                found = found.saturating_add(1);
            } else if character.is_numeric() {
                return Err(CodeError::ForeignDigit { position });
            } else if !is_separator(character) {
                return Err(CodeError::NotADigit { position });
            }
        }
        if found == digits.count() {
            Ok(Self(Code { value, digits }))
        } else if found == 0 {
            Err(CodeError::Empty)
        } else {
            Err(CodeError::Count {
                found,
                expected: digits.count(),
            })
        }
    }
}

/// Converts a computed code, for tests and for programs that act as an authenticator app.
impl From<Code> for TypedCode {
    fn from(code: Code) -> Self {
        Self(code)
    }
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedCode({} digits)", self.0.digits.count())
    }
}

/// Returns whether the character is a blank, a dash or an invisible character of Unicode, which typed and pasted codes
/// may hold anywhere.
///
/// These are all of the properties `White_Space`, `Dash` and `Bidi_Control`, and the format characters of no width, with
/// the soft hyphen and the byte-order mark among them.
///
/// ```
/// use loquet_otp::is_separator;
///
/// assert!(['\u{a0}', '\u{2009}', '–', '\u{202c}', '\u{feff}'].into_iter().all(is_separator));
/// assert!(!['0', '٣', '.', '_'].into_iter().any(is_separator));
/// ```
#[must_use]
pub fn is_separator(character: char) -> bool {
    // Includes the no-break, thin and figure spaces that apps put between groups.
    character.is_whitespace()
        || matches!(
            character,
            // Dashes.
            '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'..='\u{2015}' | '\u{2053}' | '\u{207b}'
            | '\u{208b}' | '\u{2212}' | '\u{2e17}' | '\u{2e1a}' | '\u{2e3a}' | '\u{2e3b}' | '\u{2e40}' | '\u{2e5d}'
            | '\u{301c}' | '\u{3030}' | '\u{30a0}' | '\u{fe31}' | '\u{fe32}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
            | '\u{10d6e}' | '\u{10ead}'
            // Marks of direction.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // No width.
            | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        )
}

/// The reason why a text is not a code. Positions count characters from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeError {
    /// The text contains no digit.
    Empty,
    /// The text is longer than [`TypedCode::MAX_LEN`] bytes.
    TooLong {
        /// The length in bytes.
        len: usize,
    },
    /// The text contains a digit other than `0` to `9`: full-width, Arabic, superscript and so on.
    ForeignDigit {
        /// The position in characters, from 1.
        position: usize,
    },
    /// The text contains a character that is not a digit, space or dash.
    NotADigit {
        /// The position in characters, from 1.
        position: usize,
    },
    /// The text has too few or too many digits.
    Count {
        /// The number of digits typed.
        found: u8,
        /// The number of digits in a code.
        expected: u8,
    },
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no code was typed"),
            Self::TooLong { len } => write!(
                f,
                "the text has {len} bytes: at most {} are allowed",
                TypedCode::MAX_LEN
            ),
            Self::ForeignDigit { position } => {
                write!(
                    f,
                    "character {position} is a digit of another script: type 0 to 9"
                )
            }
            Self::NotADigit { position } => write!(f, "character {position} is not a digit"),
            Self::Count { found, expected } => {
                write!(f, "{found} digits typed: a code has {expected}")
            }
        }
    }
}

impl core::error::Error for CodeError {}
