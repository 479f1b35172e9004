//! The names and lines of forwarding headers.

use crate::client::reason::Reason;

pub(crate) const MAX_LINES: usize = 32;
pub(crate) const MAX_BYTES: usize = 8_192;

/// The forwarding header that the proxies before this service write. A deployment has one; any other is ignored.
///
/// # Security
/// The trusted proxy must replace what the client wrote into `X-Real-IP`, `CF-Connecting-IP` or `True-Client-IP`: these
/// headers hold one address, so nothing tells a client's own value from the proxy's. To the lists of
/// `X-Forwarded-For` and `Forwarded` a proxy must append the address of each client, or a word such as `unknown` where it
/// knows none: an empty element is ignored (RFC 9110 §5.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderKind {
    /// `X-Forwarded-For`, the de facto standard: addresses separated by commas, each with an optional port.
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
    /// `X-Real-IP`: one address, as nginx and others set it.
    XRealIp,
    /// `CF-Connecting-IP`: one address, set by Cloudflare. Trust Cloudflare's networks only.
    CfConnectingIp,
    /// `True-Client-IP`: one address, set by Akamai and Cloudflare. Trust the vendor's networks only.
    TrueClientIp,
}

impl HeaderKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::XForwardedFor,
        Self::Forwarded,
        Self::XRealIp,
        Self::CfConnectingIp,
        Self::TrueClientIp,
    ];

    /// Returns the header's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
            Self::XRealIp => "x-real-ip",
            Self::CfConnectingIp => "cf-connecting-ip",
            Self::TrueClientIp => "true-client-ip",
        }
    }
}

/// Collects the lines of the configured header, in order. The caller provides the array: resolving a request should not
/// allocate for it.
pub(crate) fn collect<'h, 'l>(
    kind: HeaderKind,
    headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    room: &'l mut [&'h [u8]; MAX_LINES],
) -> Result<&'l [&'h [u8]], Reason> {
    let mut count = 0_usize;
    let mut bytes = 0_usize;
    for (name, value) in headers {
        match compare(name, kind.name().as_bytes()) {
            NameMatch::Other => continue,
            // H6: a server that takes this name for the configured one would let the client write the list.
            NameMatch::Ambiguous => return Err(Reason::OddName),
            NameMatch::Same => {}
        }
        bytes = bytes.saturating_add(value.len());
        let slot = room.get_mut(count).ok_or(Reason::TooLong)?;
        if bytes > MAX_BYTES {
            return Err(Reason::TooLong);
        }
        // H6: honest proxies write no NUL, folded line or non-ASCII digit. The test has no branch per byte.
        let plain = |all, byte: &u8| all & matches!(byte, b' '..=b'~' | b'\t');
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

enum NameMatch {
    Same,
    Ambiguous,
    Other,
}

fn compare(name: &[u8], wanted: &[u8]) -> NameMatch {
    let same = |(byte, wanted): (&u8, &u8)| {
        byte.eq_ignore_ascii_case(wanted) || (*byte == b'_' && *wanted == b'-')
    };
    let is_odd = |name: &[u8]| name.len() == wanted.len() && name.iter().zip(wanted).all(same);
    // CGI turns dashes into underscores; some servers trim names or cut them at a NUL or a colon.
    let cuts = |byte: &u8| matches!(byte, 0..=b' ' | b':' | 0x7F);
    let ambiguous = if name.len() <= wanted.len() {
        if name.eq_ignore_ascii_case(wanted) {
            return NameMatch::Same;
        }
        // A part of this name is too short to match.
        is_odd(name)
    } else {
        // Most names have nothing to cut at, and this test without a branch per byte finds out quickly.
        name.iter().fold(false, |any, byte| any | cuts(byte))
            && name
                .split(cuts)
                .find(|part| !part.is_empty())
                .is_some_and(is_odd)
    };
    if ambiguous {
        NameMatch::Ambiguous
    } else {
        NameMatch::Other
    }
}
