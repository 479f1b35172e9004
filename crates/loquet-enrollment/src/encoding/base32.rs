//! Base32 (RFC 4648 §6) for shared secrets.

use zeroize::Zeroizing;

/// The longest text that [`decode`] reads, in bytes. A 64-byte secret has 103 symbols; the rest leaves room for spaces.
pub const MAX_TEXT: usize = 1024;

/// Encodes `bytes` as canonical base32: upper case, without padding or spaces.
///
/// ```
/// assert_eq!(*loquet_enrollment::base32::encode(b"Hello!"), *"JBSWY3DPEE");
/// ```
///
/// # Security
/// The text is as sensitive as the bytes, and wiped when dropped. Secret bits index no table.
#[must_use]
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(encoded_len(bytes.len())));
    encode_into(bytes, &mut text);
    text
}

/// Returns the number of symbols that [`encode`] writes for a number of bytes.
pub(crate) const fn encoded_len(bytes: usize) -> usize {
    bytes.saturating_mul(8).div_ceil(5)
}

/// Appends the canonical text. The caller must reserve the capacity: a string that grows leaves a copy of the secret.
pub(crate) fn encode_into(bytes: &[u8], text: &mut String) {
    let mut pending: u32 = 0;
    let mut bits: u32 = 0;
    for &byte in bytes {
        pending = pending.wrapping_shl(8) | u32::from(byte);
        bits = bits.wrapping_add(8);
        while bits >= 5 {
            bits = bits.wrapping_sub(5);
            text.push(symbol(pending.wrapping_shr(bits)));
        }
    }
    if bits > 0 {
        text.push(symbol(pending.wrapping_shl(5_u32.wrapping_sub(bits))));
    }
}

/// Computes the symbol of the low five bits. A table lookup would expose secret bits through the cache.
fn symbol(group: u32) -> char {
    let [.., low] = group.to_be_bytes();
    let five = low & 31;
    // 26 is '2', which is byte 50: 50 - 26 = 24.
    let base = if five < 26 { b'A' } else { 24 };
    char::from(base.wrapping_add(five))
}

/// The result of [`decode`], with the deviations from canonical base32.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether the text has lower-case letters.
    pub lower_case: bool,
    /// Whether the text has spaces, dashes or padding.
    pub separators: bool,
    /// Whether the number of symbols is impossible for whole bytes (RFC 4648 §6), or unused bits are not zero. Some
    /// generators draw random letters. The excess bits are dropped, as most apps do.
    pub leftover: bool,
}

impl Decoded {
    /// Returns the bytes, wiped when dropped.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl core::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Decoded")
            .field("bytes", &"[redacted]")
            .field("lower_case", &self.lower_case)
            .field("separators", &self.separators)
            .field("leftover", &self.leftover)
            .finish()
    }
}

/// The reason why a text is not base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Base32Error {
    /// A character is neither A–Z, 2–7 nor a separator.
    #[error("`{}` at character {} cannot stand in a key{}", .found.escape_debug(), .character.saturating_add(1), question(.suggestion))]
    Symbol {
        /// The byte offset in the text.
        position: usize,
        /// The offset in characters, from 0.
        character: usize,
        /// The character found.
        found: char,
        /// The letter that was probably meant: `O` for `0`, `I` for `1`, `B` for `8`.
        suggestion: Option<char>,
    },
    /// A symbol follows the padding.
    #[error("the key goes on after its padding, at character {}", .character.saturating_add(1))]
    AfterPadding {
        /// The byte offset in the text.
        position: usize,
        /// The offset in characters, from 0.
        character: usize,
    },
    /// The text has more than [`MAX_TEXT`] bytes.
    #[error("the key has {length} bytes: at most {MAX_TEXT} are allowed")]
    TooLong {
        /// The byte offset of the first excess character.
        position: usize,
        /// The length in bytes.
        length: usize,
    },
}

/// Returns the last character boundary up to `limit`, so that a caller can cut the text at the offset of an error.
pub(crate) fn boundary(text: &str, limit: usize) -> usize {
    (0..=limit)
        .rfind(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

impl Base32Error {
    /// Returns the byte offset of the error in the text.
    #[must_use]
    pub const fn position(&self) -> usize {
        match self {
            Self::Symbol { position, .. }
            | Self::AfterPadding { position, .. }
            | Self::TooLong { position, .. } => *position,
        }
    }
}

fn question(suggestion: &Option<char>) -> String {
    suggestion.map_or_else(String::new, |letter| {
        format!(": is it the letter {letter}?")
    })
}

/// Refuses a text that is too long, before anything is read.
pub(crate) fn within_limit(text: &str) -> Result<(), Base32Error> {
    if text.len() > MAX_TEXT {
        return Err(Base32Error::TooLong {
            position: boundary(text, MAX_TEXT),
            length: text.len(),
        });
    }
    Ok(())
}

/// Decodes base32 in any case, with spaces, dashes and padding.
///
/// ```
/// let key = loquet_enrollment::base32::decode("jbsw y3dp-ee======")?;
/// assert_eq!(key.expose(), b"Hello!");
/// assert!(key.lower_case && key.separators && !key.leftover);
/// # Ok::<(), loquet_enrollment::base32::Base32Error>(())
/// ```
///
/// # Errors
/// [`Base32Error`] names the first invalid character and, for a common misreading, the letter that was probably meant.
/// The letter is not corrected silently: a wrong guess would lead to wrong codes.
pub fn decode(text: &str) -> Result<Decoded, Base32Error> {
    within_limit(text)?;
    let mut decoded = Decoded {
        bytes: Zeroizing::new(Vec::with_capacity(text.len().saturating_mul(5).div_ceil(8))),
        lower_case: false,
        separators: false,
        leftover: false,
    };
    let canonical = decode_groups(text.as_bytes(), &mut decoded);
    let mut pending: u32 = 0;
    let mut bits: u32 = 0;
    let mut padded = false;
    // The rest: nothing in most keys, or everything from the first group with a separator.
    let rest = text.get(canonical..).unwrap_or_default();
    for (character, (position, found)) in rest.char_indices().enumerate() {
        // The same offset applies to bytes and characters, because the symbols before the rest are ASCII.
        let [position, character] = [position, character].map(|at| at.saturating_add(canonical));
        let Some(five) = u8::try_from(found).ok().and_then(value) else {
            let padding = found == '=' && (padded || !decoded.bytes.is_empty());
            if !padding && !is_separator(found) {
                return Err(Base32Error::Symbol {
                    position,
                    character,
                    found,
                    suggestion: suggestion(found),
                });
            }
            padded |= padding;
            decoded.separators = true;
            continue;
        };
        if padded {
            return Err(Base32Error::AfterPadding {
                position,
                character,
            });
        }
        decoded.lower_case |= found.is_ascii_lowercase();
        pending = pending.wrapping_shl(5) | u32::from(five);
        bits = bits.wrapping_add(5);
        if bits >= 8 {
            bits = bits.wrapping_sub(8);
            let [.., byte] = pending.wrapping_shr(bits).to_be_bytes();
            decoded.bytes.push(byte);
        }
    }
    let rest = pending & 1_u32.wrapping_shl(bits).wrapping_sub(1);
    decoded.leftover = bits >= 5 || rest != 0;
    Ok(decoded)
}

/// Decodes groups of eight symbols (five bytes) up to the first group with another character. Returns the number of
/// symbols decoded.
fn decode_groups(text: &[u8], decoded: &mut Decoded) -> usize {
    let mut symbols = 0_usize;
    for group in text.chunks_exact(8) {
        let mut bits = 0_u64;
        let mut lower = false;
        let mut stray = false;
        for &symbol in group {
            let five = value(symbol);
            bits = bits.wrapping_shl(5) | u64::from(five.unwrap_or(0));
            lower |= symbol.is_ascii_lowercase();
            stray |= five.is_none();
        }
        if stray {
            break;
        }
        let [_, _, _, five @ ..] = bits.to_be_bytes();
        decoded.bytes.extend_from_slice(&five);
        decoded.lower_case |= lower;
        symbols = symbols.saturating_add(8);
    }
    symbols
}

pub(crate) fn value(symbol: u8) -> Option<u8> {
    match symbol {
        b'A'..=b'Z' => Some(symbol.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(symbol.wrapping_sub(b'a')),
        b'2'..=b'7' => Some(symbol.wrapping_sub(24)),
        _ => None,
    }
}

/// Returns the letter for a common misreading. The alphabet has no 0, 1, 8 and 9, so no valid symbol is affected.
pub(crate) const fn suggestion(found: char) -> Option<char> {
    match found {
        '0' => Some('O'),
        '1' => Some('I'),
        '8' => Some('B'),
        _ => None,
    }
}

/// Returns whether the character may stand between symbols: a separator of typed codes, an underscore or a period.
pub(crate) fn is_separator(found: char) -> bool {
    matches!(found, '_' | '.') || loquet_otp::is_separator(found)
}

#[cfg(test)]
mod tests {
    use super::{Base32Error, decode, encode};

    #[test]
    fn encoding_matches_rfc_4648_section_10() {
        let vectors: [(&[u8], &str); 7] = [
            (b"", ""),
            (b"f", "MY======"),
            (b"fo", "MZXQ===="),
            (b"foo", "MZXW6==="),
            (b"foob", "MZXW6YQ="),
            (b"fooba", "MZXW6YTB"),
            (b"foobar", "MZXW6YTBOI======"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(*encode(bytes), *text.trim_end_matches('='));
            assert_eq!(
                decode(text).map(|d| d.expose().to_vec()),
                Ok(bytes.to_vec())
            );
        }
    }

    #[test]
    fn error_suggests_letter_for_misread_digit() {
        let error = decode("ABCD éA0Z").unwrap_err();
        assert_eq!(
            error,
            Base32Error::Symbol {
                position: 5,
                character: 5,
                found: 'é',
                suggestion: None
            }
        );
        let error = decode("AB\u{2009}A0Z").unwrap_err();
        assert_eq!(
            error,
            Base32Error::Symbol {
                position: 6,
                character: 4,
                found: '0',
                suggestion: Some('O')
            }
        );
        assert_eq!(
            error.to_string(),
            "`0` at character 5 cannot stand in a key: is it the letter O?"
        );
    }

    #[test]
    fn padding_is_allowed_only_at_the_end() {
        assert!(matches!(
            decode("MY==MY"),
            Err(Base32Error::AfterPadding {
                position: 4,
                character: 4
            })
        ));
        assert!(matches!(
            decode("=MY"),
            Err(Base32Error::Symbol { position: 0, .. })
        ));
        assert!(decode("MY == = - =\n").is_ok());
    }

    #[test]
    fn leftover_bits_are_reported() {
        for (text, leftover) in [
            ("MY", false),
            ("MZ", true),
            ("MZXW6Y", true),
            ("A", true),
            ("MZXW6YTB", false),
        ] {
            assert_eq!(decode(text).map(|d| d.leftover), Ok(leftover), "{text}");
        }
    }

    #[test]
    fn debug_shows_flags_and_hides_bytes() {
        let decoded = decode("MZXW6YTBmzxw 7").unwrap();
        assert_eq!(
            format!("{decoded:?}"),
            r#"Decoded { bytes: "[redacted]", lower_case: true, separators: true, leftover: true }"#
        );
        // Each flag alone.
        let flags = |text| decode(text).map(|d| (d.lower_case, d.separators, d.leftover));
        assert_eq!(flags("MZXW6YTBMy"), Ok((true, false, false)));
        assert_eq!(flags("MZXW6YTB-MY"), Ok((false, true, false)));
        assert_eq!(flags("MZXW6YTBMZ"), Ok((false, false, true)));
    }

    #[test]
    fn overlong_text_is_refused_before_parsing() {
        assert_eq!(
            decode(&"A".repeat(1025)),
            Err(Base32Error::TooLong {
                position: 1024,
                length: 1025
            })
        );
        assert!(decode(&"A".repeat(1024)).is_ok());
    }
}
