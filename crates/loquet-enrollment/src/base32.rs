//! Base32 (RFC 4648 §6) for shared secrets: written canonically, read forgivingly.

use zeroize::Zeroizing;

/// The longest text [`decode`] looks at, in bytes. A 64-byte secret has 103 symbols; the rest is room for blanks.
pub const MAX_TEXT: usize = 1024;

/// Writes `bytes` as canonical base32: upper case, no padding, no blanks.
///
/// ```
/// assert_eq!(*loquet_enrollment::base32::encode(b"Hello!"), *"JBSWY3DPEE");
/// ```
///
/// # Security
/// The text is as secret as the bytes and is wiped when dropped. No table is indexed by secret bits.
#[must_use]
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(encoded_len(bytes.len())));
    encode_into(bytes, &mut text);
    text
}

/// How many symbols [`encode`] writes for so many bytes.
pub(crate) const fn encoded_len(bytes: usize) -> usize {
    bytes.saturating_mul(8).div_ceil(5)
}

/// Appends the canonical text. The caller reserves room first: a grown string leaves a copy of the secret behind.
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

/// The symbol of the low five bits, by arithmetic: a table look-up would show secret bits to the cache.
fn symbol(group: u32) -> char {
    let [.., low] = group.to_be_bytes();
    let five = low & 31;
    // '2' stands for 26: 50 - 26 = 24.
    let base = if five < 26 { b'A' } else { 24 };
    char::from(base.wrapping_add(five))
}

/// What [`decode`] read, and how far the text was from canonical.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    bytes: Zeroizing<Vec<u8>>,
    /// Letters in lower case.
    pub lower_case: bool,
    /// Blanks, dashes or padding.
    pub separators: bool,
    /// A number of symbols that no whole number of bytes has (RFC 4648 §6), or bits left over that are not zero:
    /// some generators draw letters at random. The odd bits are dropped, as most apps do.
    pub leftover: bool,
}

impl Decoded {
    /// The bytes, wiped when dropped.
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

/// Why a text is not base32, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Base32Error {
    /// A character outside A–Z and 2–7 that is no separator either.
    #[error("`{found}` at character {} cannot stand in a key{}", .character.saturating_add(1), meant(.suggestion))]
    Symbol {
        /// Byte offset in the text.
        position: usize,
        /// The same place counted in characters, from zero: what a person counts.
        character: usize,
        /// What stands there.
        found: char,
        /// What was probably meant: `0` is `O`, `1` is `I`, `8` is `B`.
        suggestion: Option<char>,
    },
    /// A symbol after the padding.
    #[error("the key goes on after its padding, at character {}", .character.saturating_add(1))]
    AfterPadding {
        /// Byte offset in the text.
        position: usize,
        /// The same place counted in characters, from zero.
        character: usize,
    },
    /// More than [`MAX_TEXT`] bytes.
    #[error("a key of {length} bytes is longer than {MAX_TEXT}")]
    TooLong {
        /// Byte offset of the first character beyond.
        position: usize,
        /// Length in bytes.
        length: usize,
    },
}

/// The last place up to `limit` that does not lie inside a character: whoever shows a text cuts it at a fault's offset.
pub(crate) fn boundary(text: &str, limit: usize) -> usize {
    (0..=limit)
        .rfind(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

impl Base32Error {
    /// Byte offset of the fault in the text.
    #[must_use]
    pub const fn position(&self) -> usize {
        match self {
            Self::Symbol { position, .. }
            | Self::AfterPadding { position, .. }
            | Self::TooLong { position, .. } => *position,
        }
    }
}

fn meant(suggestion: &Option<char>) -> String {
    suggestion.map_or_else(String::new, |letter| {
        format!(": is it the letter {letter}?")
    })
}

/// Refuses absurd lengths before anything is read.
pub(crate) fn within_limit(text: &str) -> Result<(), Base32Error> {
    if text.len() > MAX_TEXT {
        return Err(Base32Error::TooLong {
            position: boundary(text, MAX_TEXT),
            length: text.len(),
        });
    }
    Ok(())
}

/// Reads base32 in any case, with blanks, dashes and padding anywhere a person or a page puts them.
///
/// ```
/// let key = loquet_enrollment::base32::decode("jbsw y3dp-ee======")?;
/// assert_eq!(key.expose(), b"Hello!");
/// assert!(key.lower_case && key.separators && !key.leftover);
/// # Ok::<(), loquet_enrollment::base32::Base32Error>(())
/// ```
///
/// # Errors
/// [`Base32Error`] names the first character that cannot stand in a key and, where it is a usual slip, the letter
/// that was meant. It is not corrected silently: a wrong guess would show up as wrong codes.
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
    // What is left: nothing in most keys, or all from the first group that a person or a page has touched.
    let rest = text.get(canonical..).unwrap_or_default();
    for (character, (position, found)) in rest.char_indices().enumerate() {
        // As far into the text as into the rest of it, for bytes and characters alike.
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

/// Reads groups of eight symbols, which are five bytes, as long as nothing else stands between them. Returns how many
/// symbols that were: bytes and characters alike, as symbols are ASCII.
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

/// The usual misreadings of a printed key. The alphabet has no 0, 1, 8 and 9, so the guess cannot hide a valid symbol.
pub(crate) const fn suggestion(found: char) -> Option<char> {
    match found {
        '0' => Some('O'),
        '1' => Some('I'),
        '8' => Some('B'),
        _ => None,
    }
}

/// Blanks of every width, invisible characters that copying brings along, and the dashes of all keyboards.
pub(crate) fn is_separator(found: char) -> bool {
    found.is_whitespace()
        || matches!(
            found,
            '-' | '_' | '.' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{2060}' | '\u{2212}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{Base32Error, decode, encode};

    #[test]
    fn vectors_of_rfc_4648_section_10() {
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
    fn a_zero_is_not_a_key_symbol_and_the_error_suggests_the_letter() {
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
    fn padding_stands_only_at_the_end() {
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
    fn odd_lengths_and_leftover_bits_are_read_and_reported() {
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
    fn the_debug_text_says_how_it_was_written_and_not_what() {
        let decoded = decode("MZXW6YTBmzxw 7").unwrap();
        assert_eq!(
            format!("{decoded:?}"),
            r#"Decoded { bytes: "[redacted]", lower_case: true, separators: true, leftover: true }"#
        );
        // One sign for each, where only that is unusual.
        let flags = |text| decode(text).map(|d| (d.lower_case, d.separators, d.leftover));
        assert_eq!(flags("MZXW6YTBMy"), Ok((true, false, false)));
        assert_eq!(flags("MZXW6YTB-MY"), Ok((false, true, false)));
        assert_eq!(flags("MZXW6YTBMZ"), Ok((false, false, true)));
    }

    #[test]
    fn absurd_lengths_are_refused_before_reading() {
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
