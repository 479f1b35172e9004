//! Resolves the client's address in a simple, slow way: it splits and parses everything into one list before the walk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{ClientAddress, HeaderKind, Prefix, Reason, Resolved};

enum Hop {
    Address(IpAddr),
    Hidden,
    Unreadable,
    Several,
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
    let (mut said, mut bytes) = (Vec::new(), 0);
    for (count, value) in values.iter().enumerate() {
        bytes += value.len();
        if count == ClientAddress::MAX_LINES || bytes > ClientAddress::MAX_BYTES {
            return unknown(hops, Reason::TooLong);
        }
        let text = std::str::from_utf8(value).unwrap_or("\0");
        if text.contains(|letter| !matches!(letter, ' '..='~' | '\t')) {
            return unknown(hops, Reason::OddByte);
        }
        said.extend(match kind {
            HeaderKind::XForwardedFor => list(text),
            HeaderKind::Forwarded => longest_end(text),
            _ if values.len() > 1 || text.contains(',') => vec![Hop::Several],
            _ => list(text),
        });
    }
    if said.is_empty() {
        return unknown(hops, Reason::HeaderMissing);
    }
    for hop in said.into_iter().rev() {
        let address = match hop {
            Hop::Address(address) => address.to_canonical(),
            Hop::Hidden => return unknown(hops, Reason::HopHidden),
            Hop::Unreadable => return unknown(hops, Reason::HopUnreadable),
            Hop::Several => return unknown(hops, Reason::SeveralValues),
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
    Resolved {
        address: hops.last().copied(),
        hops,
        reason: Reason::OnlyProxies,
    }
}

fn trim(item: &str) -> &str {
    item.trim_matches([' ', '\t'])
}

fn list(text: &str) -> Vec<Hop> {
    let items = text.split(',').map(trim);
    items
        .filter(|item| !item.is_empty())
        .map(list_hop)
        .collect()
}

/// Returns the hops of the longest end of the line that follows the grammar, after an unreadable hop for what stands before
/// it.
fn longest_end(text: &str) -> Vec<Hop> {
    let starts = text.match_indices(',').map(|(at, _)| at + 1);
    let ends = [0].into_iter().chain(starts).map(|at| (at, &text[at..]));
    let mut readable = ends.filter_map(|(at, end)| Some((at, forwarded(end)?)));
    match readable.next() {
        Some((0, hops)) => hops,
        Some((_, hops)) => [Hop::Unreadable].into_iter().chain(hops).collect(),
        None => vec![Hop::Unreadable],
    }
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
    let element = |text: &str| {
        let mut nodes = Vec::new();
        let pairs = split(text, ';').into_iter().map(trim);
        let pairs: Vec<&str> = pairs.filter(|pair| !pair.is_empty()).collect();
        if pairs.is_empty() {
            return Some(None);
        }
        for pair in pairs {
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
        Some(Some(match nodes.len() {
            1 => nodes.remove(0),
            _ => Hop::Unreadable,
        }))
    };
    let elements: Option<Vec<Option<Hop>>> = split(line, ',').into_iter().map(element).collect();
    Some(elements?.into_iter().flatten().collect())
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
