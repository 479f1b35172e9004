//! The shortest division of a text into segments (ISO/IEC 18004 §7.4), and the smallest symbol that holds it.
//!
//! `qrcode` joins segments greedily from left to right and so encodes a whole key URI at eight bits a character. Base32
//! and escapes need only five and a half. For a Chinese or Arabic name the symbol becomes up to two versions smaller,
//! so that its modules are larger on the screen.

use qrcode::bits::Bits;
use qrcode::optimize::{Segment, total_encoded_len};
use qrcode::types::{Mode, QrError};
use qrcode::{EcLevel, Version};

/// The modes for ASCII text.
const MODES: [Mode; 3] = [Mode::Numeric, Mode::Alphanumeric, Mode::Byte];

/// Costs count sixths of a bit: three digits take ten bits and two letters eleven, so that both are whole numbers.
const BIT: u32 = 6;

/// The cost of a character that the mode cannot encode, larger than the cost of any text.
const NEVER: u32 = 1 << 24;

/// Returns the codewords of a text in the smallest symbol that holds it.
pub(super) fn encode(text: &[u8], level: EcLevel) -> Result<Bits, QrError> {
    // Versions from 10 and from 27 have longer length fields, so another division may be the shortest.
    for versions in [1..=9, 10..=26, 27..=40] {
        let segments = divide(text, Version::Normal(*versions.start()));
        for version in versions.map(Version::Normal) {
            let mut bits = Bits::new(version);
            if total_encoded_len(&segments, version) <= bits.max_len(level)? {
                bits.push_segments(text, segments.into_iter())?;
                bits.push_terminator(level)?;
                return Ok(bits);
            }
        }
    }
    Err(QrError::DataTooLong)
}

/// The best choice at one character, given the best division of the rest.
struct Step {
    /// The mode of a segment that begins here.
    begin: usize,
    /// Whether a segment of each mode ends here.
    ends: [bool; 3],
}

fn divide(text: &[u8], version: Version) -> Vec<Segment> {
    let header = MODES.map(|mode| {
        let bits = version
            .mode_bits_count()
            .saturating_add(mode.length_bits_count(version));
        u32::try_from(bits).unwrap_or(NEVER).saturating_mul(BIT)
    });
    // The cost of the rest of the text: if the segment continues in each mode, and if a new one begins.
    let mut on = [0_u32; 3];
    let mut anew = 0_u32;
    let mut steps = Vec::with_capacity(text.len());
    for &character in text.iter().rev() {
        let ends = on.map(|cost| anew < cost);
        let behind = on.map(|cost| cost.min(anew));
        let mut costs = MODES.map(|mode| cost(mode, character)).into_iter();
        on = behind.map(|behind| behind.saturating_add(costs.next().unwrap_or(NEVER)));
        // A segment takes whole bits.
        let whole = on
            .iter()
            .zip(header)
            .map(|(cost, header)| header.saturating_add(cost.next_multiple_of(BIT)));
        let (begin, least) = whole
            .enumerate()
            .min_by_key(|&(_, cost)| cost)
            .unwrap_or_default();
        anew = least;
        steps.push(Step { begin, ends });
    }

    let mut segments = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (at, step) in steps.iter().rev().enumerate() {
        let (mode, begin) = open.take().unwrap_or((step.begin, at));
        let end = at.saturating_add(1);
        if end < text.len() && step.ends.get(mode) == Some(&false) {
            open = Some((mode, begin));
        } else {
            let mode = MODES.get(mode).copied().unwrap_or(Mode::Byte);
            segments.push(Segment { mode, begin, end });
        }
    }
    segments
}

fn cost(mode: Mode, character: u8) -> u32 {
    match mode {
        Mode::Numeric if character.is_ascii_digit() => 20,
        Mode::Alphanumeric if matches!(character, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':') => {
            33
        }
        Mode::Byte => 48,
        _ => NEVER,
    }
}

#[cfg(test)]
mod tests {
    use super::{EcLevel, MODES, Mode, Segment, Version, cost, divide, encode, total_encoded_len};

    /// Returns the least number of bits over all divisions, by trying each.
    fn least(text: &[u8], version: Version) -> usize {
        (1..=text.len())
            .flat_map(|end| MODES.map(|mode| (end, mode)))
            .filter(|&(end, mode)| text[..end].iter().all(|&c| cost(mode, c) < 100))
            .map(|(end, mode)| {
                let begin = 0;
                let first = Segment { mode, begin, end }.encoded_len(version);
                first.saturating_add(least(&text[end..], version))
            })
            .min()
            .unwrap_or(0)
    }

    #[test]
    fn no_division_is_shorter() {
        let texts = [
            "",
            "a",
            "A",
            "1",
            "aA1",
            "1234567",
            "a1234567b",
            "ABCDEFGHa",
            "aB%C3%A9c",
        ];
        for text in texts.map(str::as_bytes) {
            for version in [1, 9, 10, 27].map(Version::Normal) {
                let segments = divide(text, version);
                assert_eq!(total_encoded_len(&segments, version), least(text, version));
                let joined: Vec<u8> = segments
                    .iter()
                    .flat_map(|s| &text[s.begin..s.end])
                    .copied()
                    .collect();
                assert_eq!(joined, text);
            }
        }
    }

    #[test]
    fn base32_gets_its_own_segment() {
        let text = b"otpauth://totp/a:b?secret=OR3WK3TUPEQHEYLOMRXW2IDCPF2GK4ZB&issuer=a";
        let segments = divide(text, Version::Normal(5));
        let modes: Vec<_> = segments.iter().map(|s| (s.mode, s.begin, s.end)).collect();
        assert_eq!(
            modes,
            [
                (Mode::Byte, 0, 26),
                (Mode::Alphanumeric, 26, 58),
                (Mode::Byte, 58, text.len())
            ]
        );
    }

    #[test]
    fn digits_get_numeric_mode() {
        let segments = divide(b"a0123456789", Version::Normal(5));
        let modes: Vec<_> = segments.iter().map(|segment| segment.mode).collect();
        assert_eq!(modes, [Mode::Byte, Mode::Numeric]);
    }

    #[test]
    fn symbol_is_smallest_that_fits() {
        // ISO/IEC 18004, table 7, level M: the bytes that fill a version.
        for (version, bytes) in [
            (1, 14),
            (2, 26),
            (6, 106),
            (9, 180),
            (10, 213),
            (26, 1059),
            (27, 1125),
            (40, 2331),
        ] {
            for (more, expected) in [(0, version), (1, version + 1)] {
                let bits = encode(&vec![b'a'; bytes + more], EcLevel::M);
                let found = bits.map(|bits| bits.version());
                assert_eq!(
                    found.ok(),
                    Some(Version::Normal(expected)).filter(|_| expected <= 40)
                );
            }
        }
    }
}
