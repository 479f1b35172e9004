//! Percent-encoding (RFC 3986 §2) as authenticator apps read it.

use std::borrow::Cow;

/// Returns the number of bytes that [`encode_into`] appends for `text`.
pub(crate) fn encoded_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| if is_unescaped(byte) { 1 } else { 3_usize })
        .sum()
}

/// Appends `text`, escaping all but unreserved characters and `@`. A space is `%20`, never `+`, because iPhones show the
/// plus sign.
pub(crate) fn encode_into(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if is_unescaped(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(hex(byte.wrapping_shr(4)));
            out.push(hex(byte & 15));
        }
    }
}

const fn is_unescaped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@')
}

fn hex(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16)
        .unwrap_or('0')
        .to_ascii_uppercase()
}

/// The reason why an escaped text cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PercentError {
    /// The `%` at this byte offset has no two hexadecimal digits.
    Escape(usize),
    /// The decoded bytes are not UTF-8.
    Utf8,
}

/// Decodes escapes. A `+` stays a plus sign. Borrows if there is nothing to decode.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, PercentError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().enumerate();
    while let Some((position, byte)) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut nibble = || bytes.next().and_then(|(_, digit)| unhex(digit));
        let (Some(high), Some(low)) = (nibble(), nibble()) else {
            return Err(PercentError::Escape(position));
        };
        out.push(high.wrapping_shl(4) | low);
    }
    String::from_utf8(out)
        .map(Cow::Owned)
        .map_err(|_| PercentError::Utf8)
}

/// Returns whether the text has a control character, written or escaped. Other escapes may be invalid.
pub(crate) fn has_control(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let mut before = 0;
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, after @ ..] => unhex(*high)
                .zip(unhex(*low))
                .map(|(high, low)| (high.wrapping_shl(4) | low, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, after));
        // U+0080 to U+009F are two bytes, of which the first is 0xC2.
        if byte.is_ascii_control() || (before == 0xc2 && matches!(byte, 0x80..=0x9f)) {
            return true;
        }
        (before, rest) = (byte, after);
    }
    false
}

fn unhex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::{PercentError, decode, encode_into, encoded_len, has_control};

    #[test]
    fn control_characters_are_found_in_any_form() {
        for text in [
            "\0",
            "a%00",
            "%1fb",
            "%7F",
            "\u{85}",
            "%C2%85",
            "\u{c2}%C2%9f",
            "%zz%0A",
        ] {
            assert!(has_control(text), "{text:?}");
        }
        for text in [
            "",
            "a%20b",
            "%C3%85",
            "é\u{a0}",
            "%C2%A0",
            "%0",
            "%",
            "100%zz",
            "%E2%80%93",
        ] {
            assert!(!has_control(text), "{text:?}");
        }
    }

    #[test]
    fn encoded_text_round_trips_at_predicted_length() {
        for text in [
            "",
            "marie@x.ca",
            "École Île-d’Orléans",
            "مدرسة",
            "学校 🏫",
            "a+b c%d",
        ] {
            let mut out = String::new();
            encode_into(text, &mut out);
            assert!(out.is_ascii() && !out.contains([' ', '+']));
            assert_eq!(out.len(), encoded_len(text));
            assert_eq!(decode(&out).as_deref(), Ok(text));
        }
    }

    #[test]
    fn incomplete_escape_is_refused_with_position() {
        for (text, position) in [
            ("ab%", 2),
            ("ab%4", 2),
            ("%zz", 0),
            ("a%20%+1", 4),
            ("%é", 0),
        ] {
            assert_eq!(decode(text), Err(PercentError::Escape(position)), "{text}");
        }
        assert_eq!(decode("%C3"), Err(PercentError::Utf8));
    }
}
