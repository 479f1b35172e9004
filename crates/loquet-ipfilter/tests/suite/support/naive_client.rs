//! Resolves the client's address in a simple, slow way: it splits and parses everything into one list before the walk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{ClientAddress, HeaderKind, Prefix, Reason, Resolved};

enum Hop {
    Address(IpAddr),
    Hidden,
    Unreadable,
}

pub fn resolve(kind: HeaderKind, trusted: &[Prefix], peer: IpAddr, values: &[&[u8]]) -> Resolved {
    let is_trusted = |address: IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    let mut hops = vec![peer];
    let unknown = |hops: Vec<IpAddr>, reason| Resolved {
        address: None,
        hops,
        reason,
    };
    if !is_trusted(peer) {
        return Resolved {
            address: Some(peer),
            hops,
            reason: Reason::PeerNotTrusted,
        };
    }
    if values.is_empty() {
        return unknown(hops, Reason::HeaderMissing);
    }
    let (mut said, mut bytes) = (Vec::new(), 0);
    for (count, value) in values.iter().enumerate() {
        bytes += value.len();
        if count == ClientAddress::MAX_LINES || bytes > ClientAddress::MAX_BYTES {
            return unknown(hops, Reason::TooLong);
        }
        let text = std::str::from_utf8(value).unwrap_or("\0");
        if text.contains(|letter| !matches!(letter, ' '..='~')) {
            return unknown(hops, Reason::OddByte);
        }
        said.extend(match kind {
            HeaderKind::XForwardedFor => text.split(',').map(|item| list_hop(trim(item))).collect(),
            // An invalid line counts as one unreadable hop.
            HeaderKind::Forwarded => forwarded(text).unwrap_or(vec![Hop::Unreadable]),
        });
    }
    for hop in said.into_iter().rev() {
        let address = match hop {
            Hop::Address(address) => address.to_canonical(),
            Hop::Hidden => return unknown(hops, Reason::HopHidden),
            Hop::Unreadable => return unknown(hops, Reason::HopUnreadable),
        };
        if hops.len() > ClientAddress::MAX_HOPS {
            return unknown(hops, Reason::TooManyHops);
        }
        hops.push(address);
        if !is_trusted(address) {
            return Resolved {
                address: Some(address),
                hops,
                reason: Reason::Named,
            };
        }
    }
    unknown(hops, Reason::OnlyProxies)
}

/// Removes one blank on each side.
fn trim(item: &str) -> &str {
    let item = item.strip_prefix(' ').unwrap_or(item);
    item.strip_suffix(' ').unwrap_or(item)
}

fn list_hop(item: &str) -> Hop {
    item.parse().map_or_else(|_| node(item), Hop::Address)
}

fn node(text: &str) -> Hop {
    let port = |port: &str| {
        let number = port.len() <= 5 && !port.starts_with('+') && port.parse::<u16>().is_ok();
        number || is_obfuscated(port)
    };
    let bare = |name: &str| {
        let in_brackets = name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(Ok(v6)) = in_brackets.map(str::parse::<Ipv6Addr>) {
            Some(Hop::Address(v6.into()))
        } else if let Ok(v4) = name.parse::<Ipv4Addr>() {
            Some(Hop::Address(v4.into()))
        } else {
            (is_obfuscated(name) || name.to_lowercase() == "unknown").then_some(Hop::Hidden)
        }
    };
    let with_port = || {
        let (name, number) = text.rsplit_once(':')?;
        bare(name).filter(|_| port(number))
    };
    bare(text).or_else(with_port).unwrap_or(Hop::Unreadable)
}

fn is_obfuscated(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    name.len() > 1 && name.starts_with('_') && name.chars().all(plain)
}

fn forwarded(line: &str) -> Option<Vec<Hop>> {
    let element = |text: &&str| {
        let mut nodes = Vec::new();
        for pair in split(trim(text), ';') {
            let (name, value) = pair.split_once('=')?;
            let quoted = value
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            let value = match quoted {
                Some(inner) if is_quotable(inner) => inner,
                _ if is_token(value) => value,
                _ => return None,
            };
            if !is_token(name) {
                return None;
            }
            if name.to_lowercase() == "for" {
                nodes.push(node(value));
            }
        }
        Some(match nodes.len() {
            1 => nodes.remove(0),
            _ => Hop::Unreadable,
        })
    };
    split(line, ',').iter().map(element).collect()
}

/// Splits at separators outside quotation marks.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begun) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' && quoted {
            escaped = true;
        } else if letter == '"' {
            quoted = !quoted;
        } else if letter == separator && !quoted {
            parts.push(&text[begun..at]);
            begun = at + 1;
        }
    }
    parts.push(&text[begun..]);
    parts
}

/// Returns whether every quotation mark is escaped and every backslash escapes something.
fn is_quotable(inner: &str) -> bool {
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter == '"' || (letter == '\\' && letters.next().is_none()) {
            return false;
        }
    }
    true
}

fn is_token(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    !text.is_empty() && text.chars().all(plain)
}
