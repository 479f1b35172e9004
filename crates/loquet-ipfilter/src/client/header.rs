//! The lines of the forwarding header.

use crate::client::reason::Reason;

pub(crate) const MAX_LINES: usize = 32;
pub(crate) const MAX_BYTES: usize = 8_192;

/// Which forwarding header the proxies before this service write. One kind per deployment: any other is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderKind {
    /// `X-Forwarded-For`, the de-facto standard: addresses between commas, a port allowed.
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

impl HeaderKind {
    /// The header's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// The lines of the configured header, in order. The room for them is an array of the caller's: reading a request should
/// not allocate for it.
pub(crate) fn collect<'h, 'l>(
    kind: HeaderKind,
    headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    room: &'l mut [&'h [u8]; MAX_LINES],
) -> Result<&'l [&'h [u8]], Reason> {
    let mut count = 0_usize;
    let mut bytes = 0_usize;
    for (name, value) in headers {
        match compare(name, kind.name().as_bytes()) {
            Likeness::Other => continue,
            // H6: an upstream that reads this name as ours would let the client write the list.
            Likeness::Odd => return Err(Reason::OddName),
            Likeness::Same => {}
        }
        bytes = bytes.saturating_add(value.len());
        let slot = room.get_mut(count).ok_or(Reason::TooLong)?;
        if bytes > MAX_BYTES {
            return Err(Reason::TooLong);
        }
        // H6: a NUL, a folded line, another script's digits: no honest proxy writes one. Again without a branch a byte.
        let plain = |all, byte: &u8| all & matches!(byte, b' '..=b'~');
        if !value.iter().fold(true, plain) {
            return Err(Reason::OddByte);
        }
        *slot = value;
        count = count.saturating_add(1);
    }
    match room.get(..count) {
        Some(lines @ [_, ..]) => Ok(lines),
        _ => Err(Reason::HeaderMissing),
    }
}

enum Likeness {
    Same,
    Odd,
    Other,
}

fn compare(name: &[u8], wanted: &[u8]) -> Likeness {
    let same = |(byte, wanted): (&u8, &u8)| {
        byte.eq_ignore_ascii_case(wanted) || (*byte == b'_' && *wanted == b'-')
    };
    let is_odd = |name: &[u8]| name.len() == wanted.len() && name.iter().zip(wanted).all(same);
    // CGI turns dashes into underscores, some servers trim names, some cut them at a NUL or a colon.
    let cuts = |byte: &u8| matches!(byte, 0..=b' ' | b':' | 0x7F);
    let odd = if name.len() <= wanted.len() {
        if name.eq_ignore_ascii_case(wanted) {
            return Likeness::Same;
        }
        // Whatever is cut from this is too short.
        is_odd(name)
    } else {
        // Most names hold nothing to cut at: without a branch a byte, this is quick.
        name.iter().fold(false, |any, byte| any | cuts(byte))
            && name
                .split(cuts)
                .find(|part| !part.is_empty())
                .is_some_and(is_odd)
    };
    if odd { Likeness::Odd } else { Likeness::Other }
}
