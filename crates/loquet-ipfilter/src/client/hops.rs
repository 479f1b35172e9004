//! Strict parsers for the hops in `X-Forwarded-For` and `Forwarded`.

use core::net::{IpAddr, Ipv6Addr};

use crate::address::prefix::read_v4;

/// One hop of a forwarding header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hop {
    Address(IpAddr),
    /// `unknown` or an obfuscated identifier.
    Hidden,
    Unreadable,
}

/// Removes the blanks and tabs that may stand around an element of a list (RFC 9110 §5.6.3).
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Parses one item of `X-Forwarded-For`: an address, with a port as some load balancers write it.
pub(crate) fn read_list_hop(item: &[u8]) -> Hop {
    if let Some(v4) = read_v4(item) {
        return Hop::Address(v4.into());
    }
    let Ok(text) = core::str::from_utf8(item) else {
        return Hop::Unreadable;
    };
    // Unlike in `Forwarded`, IPv6 addresses are usually bare here; brackets come with a port.
    match text.parse::<IpAddr>() {
        Ok(address) => Hop::Address(address),
        Err(_) => read_node(text),
    }
}

/// Parses a node of RFC 7239 §6: an IPv4 address, a bracketed IPv6 address, `unknown` or an obfuscated identifier, then
/// an optional port.
fn read_node(text: &str) -> Hop {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((v6, rest)) => {
                let address = v6.parse::<Ipv6Addr>().map(|v6| Hop::Address(v6.into()));
                let port = if rest.is_empty() {
                    Some(None)
                } else {
                    rest.strip_prefix(':').map(Some)
                };
                match (address, port) {
                    (Ok(hop), Some(port)) => (hop, port),
                    _ => return Hop::Unreadable,
                }
            }
            None => return Hop::Unreadable,
        },
        None => {
            let (name, port) = text
                .split_once(':')
                .map_or((text, None), |(name, port)| (name, Some(port)));
            match read_v4(name.as_bytes()) {
                Some(v4) => (Hop::Address(v4.into()), port),
                None if name.eq_ignore_ascii_case("unknown") || is_obfuscated(name) => {
                    (Hop::Hidden, port)
                }
                None => return Hop::Unreadable,
            }
        }
    };
    if port.is_none_or(is_port) {
        name
    } else {
        Hop::Unreadable
    }
}

fn is_obfuscated(name: &str) -> bool {
    let is_other = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    name.strip_prefix('_')
        .is_some_and(|rest| !rest.is_empty() && !rest.bytes().any(is_other))
}

fn is_port(port: &str) -> bool {
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    (digits && port.parse::<u16>().is_ok()) || is_obfuscated(port)
}

/// Returns the hops of one line of `Forwarded` (RFC 7239 §4), from the last one back.
///
/// A client can leave a quotation mark open in what stands before the proxies' elements, so the line is read from its
/// end. An element is the shortest text after a comma that follows the grammar: text that begins inside a quoted string
/// holds an odd number of marks and never does. The iterator ends after a hop that cannot be read.
pub(crate) fn forwarded_hops(line: &[u8]) -> impl Iterator<Item = Hop> {
    let mut rest = Some(line);
    core::iter::from_fn(move || {
        loop {
            let line = trim(rest.take()?);
            let Some((element, before)) = last_element(line) else {
                return Some(Hop::Unreadable);
            };
            rest = before;
            match element {
                Element::Empty => {}
                Element::Node(node) => return Some(read_forwarded_hop(node)),
            }
        }
    })
}

/// Returns the last element of a line, and what stands before its comma.
fn last_element(line: &[u8]) -> Option<(Element<'_>, Option<&[u8]>)> {
    let mut searched = line;
    loop {
        let comma = searched.iter().rposition(|byte| *byte == b',');
        let before = comma.and_then(|at| line.get(..at));
        let start = comma.map_or(0, |at| at.saturating_add(1));
        if let Some(element) = line.get(start..).and_then(element) {
            return Some((element, before));
        }
        searched = before?;
    }
}

fn read_forwarded_hop(node: &[u8]) -> Hop {
    match read_v4(node) {
        Some(v4) => Hop::Address(v4.into()),
        None => core::str::from_utf8(node).map_or(Hop::Unreadable, read_node),
    }
}

/// One `forwarded-element` (RFC 7239 §4).
enum Element<'l> {
    /// It has no pair: an empty element of the list, which is ignored (RFC 9110 §5.6.1).
    Empty,
    /// The value of `for`, or empty (which is no address) unless there is exactly one.
    Node(&'l [u8]),
}

/// Parses all of the text as pairs separated by semicolons, of which any may be empty.
fn element(text: &[u8]) -> Option<Element<'_>> {
    let mut rest = trim(text);
    let mut node = None;
    let mut element = Element::Empty;
    loop {
        match rest {
            [] => return Some(element),
            [b';' | b' ' | b'\t', after @ ..] => {
                rest = after;
                continue;
            }
            _ => {}
        }
        let name_len = token_len(rest);
        let (name, after) = rest.split_at_checked(name_len)?;
        if name.is_empty() {
            return None;
        }
        let (value, after) = value(after.strip_prefix(b"=")?)?;
        if name.eq_ignore_ascii_case(b"for") {
            node = Some(if node.is_none() { value } else { &[] });
        }
        element = Element::Node(node.unwrap_or_default());
        rest = match trim(after) {
            after @ ([] | [b';', ..]) => after,
            _ => return None,
        };
    }
}

/// Parses a token or a quoted string. Escapes stay in the string: an address never needs one.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(inner) = text.strip_prefix(b"\"") else {
        let len = token_len(text);
        return if len == 0 {
            None
        } else {
            text.split_at_checked(len)
        };
    };
    let mut escaped = false;
    for (at, byte) in inner.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (quoted, after) = inner.split_at_checked(at)?;
                return Some((quoted, after.strip_prefix(b"\"")?));
            }
            _ => {}
        }
    }
    None
}

/// Returns the length of the token at the start of the text.
fn token_len(text: &[u8]) -> usize {
    let end = text.iter().position(|byte| !is_token(*byte));
    end.unwrap_or(text.len())
}

/// Returns whether the byte is a `tchar` (RFC 9110 §5.6.2).
#[inline]
fn is_token(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)).is_some_and(|token| *token)
}

#[expect(
    clippy::indexing_slicing,
    reason = "a byte has its place in a table of 256"
)]
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        byte = byte.wrapping_add(1);
    }
    table
};
