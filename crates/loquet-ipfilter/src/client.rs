//! Which address a request comes from, when proxies stand before the service.

use core::fmt;
use core::net::IpAddr;

use thiserror::Error;

use crate::Prefix;
use crate::header::{Hop, forwarded_hops, read_list_hop};
use crate::runs::{join, run};

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

/// The proxies whose word about a client counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies {
    // Sorted and disjoint, first and last address of each run.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

/// Why a set-up of proxies is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Nobody is trusted, so no header would ever count and every client would be a proxy.
    #[error("a forwarding header needs at least one trusted proxy")]
    NobodyTrusted,
    /// Everybody is trusted, so every client could invent an address.
    #[error("{0} would trust everybody")]
    EverybodyTrusted(Prefix),
    /// More than [`TrustedProxies::MAX`] networks.
    #[error("more than {} trusted networks", TrustedProxies::MAX)]
    TooMany,
}

impl TrustedProxies {
    /// At most this many networks.
    pub const MAX: usize = 4_096;

    /// The proxies in these networks.
    ///
    /// # Errors
    /// [`ProxyError`] when nobody would be trusted, when a whole family would (two halves of it included), or beyond
    /// the limit.
    pub fn new(prefixes: impl IntoIterator<Item = Prefix>) -> Result<Self, ProxyError> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (count, prefix) in prefixes.into_iter().enumerate() {
            if count >= Self::MAX {
                return Err(ProxyError::TooMany);
            }
            v4.extend(run(prefix));
            v6.extend(run(prefix));
        }
        if v4.is_empty() && v6.is_empty() {
            return Err(ProxyError::NobodyTrusted);
        }
        // Touching runs become one, so that two halves of everything are seen to be everything.
        let (v4, v6) = (join(v4), join(v6));
        if v4 == [(0, u32::MAX)] {
            return Err(ProxyError::EverybodyTrusted(Prefix::ANY_V4));
        }
        if v6 == [(0, u128::MAX)] {
            return Err(ProxyError::EverybodyTrusted(Prefix::ANY_V6));
        }
        Ok(Self { v4, v6 })
    }

    /// Whether this address belongs to a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => holds(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => holds(&self.v6, v6.to_bits()),
        }
    }
}

fn holds<T: Ord + Copy>(runs: &[(T, T)], address: T) -> bool {
    let after = runs.partition_point(|(first, _)| *first <= address);
    after
        .checked_sub(1)
        .and_then(|at| runs.get(at))
        .is_some_and(|(_, last)| address <= *last)
}

/// How the client's address is established.
///
/// ```
/// use loquet_ipfilter::{ClientAddress, HeaderKind, Reason, TrustedProxies};
///
/// let trusted = TrustedProxies::new(["10.0.0.0/8".parse()?])?;
/// let client = ClientAddress::Behind(HeaderKind::XForwardedFor, trusted);
/// let headers = [("X-Forwarded-For", "6.6.6.6, 203.0.113.7, 10.0.0.2")];
/// let lines = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
///
/// let resolved = client.resolve(Some("10.0.0.1".parse()?), lines);
/// // What the proxies saw counts; what the client wrote before them does not.
/// assert_eq!(resolved.address, Some("203.0.113.7".parse()?));
/// assert_eq!(resolved.reason, Reason::Named);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// The address is unknown whenever the configured way does not establish it: never the proxy's own, and never what an
/// untrusted peer claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAddress {
    /// Clients connect to this service themselves; every header is ignored.
    Direct,
    /// Clients come through these proxies, which write this header.
    Behind(HeaderKind, TrustedProxies),
}

/// The client's address, the way that led to it, and why it stopped there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The client, in canonical form; `None` is unknown.
    pub address: Option<IpAddr>,
    /// Every address that was met, from the socket's peer outwards.
    pub hops: Vec<IpAddr>,
    /// Why it stopped there.
    pub reason: Reason,
}

/// Why the walk from the socket's peer outwards stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The connection has no peer address (a Unix socket).
    NoPeer,
    /// No proxies are configured: the peer is the client.
    Direct,
    /// The peer is not a trusted proxy, so it is the client and its headers do not count.
    PeerNotTrusted,
    /// A trusted proxy named the client.
    Named,
    /// A trusted proxy sent no forwarding header: a client can make some proxies strip it (CVE-2022-31813).
    HeaderMissing,
    /// Every hop is a trusted proxy; the outermost did not say whom it met.
    OnlyProxies,
    /// A hop is not an address in full notation.
    HopUnreadable,
    /// A hop is written `unknown` or obfuscated (RFC 7239 §6.2, §6.3).
    HopHidden,
    /// More than [`ClientAddress::MAX_HOPS`] hops.
    TooManyHops,
    /// More than [`ClientAddress::MAX_BYTES`] bytes or [`ClientAddress::MAX_LINES`] lines of forwarding header.
    TooLong,
    /// A header name that some programs take for the configured one: blanks around it, underscores in it.
    OddName,
    /// A control character or a byte beyond ASCII in the header.
    OddByte,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPeer => "the connection has no peer address",
            Self::Direct => "no proxies are configured, so the peer is the client",
            Self::PeerNotTrusted => "the peer is not a trusted proxy, so it is the client",
            Self::Named => "a trusted proxy named the client",
            Self::HeaderMissing => "the trusted peer sent no forwarding header",
            Self::OnlyProxies => "every hop is a trusted proxy",
            Self::HopUnreadable => "a hop is not an address",
            Self::HopHidden => "a hop hides its address",
            Self::TooManyHops => "too many hops",
            Self::TooLong => "the forwarding header is too long",
            Self::OddName => "a header name can be mistaken for the configured one",
            Self::OddByte => {
                "the forwarding header holds a control character or a byte beyond ASCII"
            }
        })
    }
}

impl ClientAddress {
    /// At most this many hops are walked: no honest chain has a tenth of it.
    pub const MAX_HOPS: usize = 32;
    /// At most this many lines of the configured header are read.
    pub const MAX_LINES: usize = 32;
    /// At most this many bytes of the configured header are read, over all of its lines.
    pub const MAX_BYTES: usize = 8_192;

    /// Establishes the client's address from the socket's peer and the request's header lines, in their order.
    ///
    /// Header names compare without regard to case (RFC 9110 §5.1). Only the configured header is read, and only when
    /// the peer is a trusted proxy; its lines count as one list, which is walked from its end.
    #[must_use]
    pub fn resolve<'h>(
        &self,
        peer: Option<IpAddr>,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Resolved {
        // H9: no peer is unknown, not loopback.
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
            return Resolved {
                address: None,
                hops: Vec::new(),
                reason: Reason::NoPeer,
            };
        };
        let alone = |reason| Resolved {
            address: Some(peer),
            hops: vec![peer],
            reason,
        };
        match self {
            Self::Direct => alone(Reason::Direct),
            // H1: whoever is not a proxy of ours may write any header it likes.
            Self::Behind(_, trusted) if !trusted.contains(peer) => alone(Reason::PeerNotTrusted),
            Self::Behind(kind, trusted) => {
                let mut hops = Vec::with_capacity(4);
                hops.push(peer);
                let mut lines = [&[][..]; Self::MAX_LINES];
                let found = collect(*kind, headers, &mut lines)
                    .and_then(|lines| walk(*kind, trusted, lines, &mut hops));
                match found {
                    Ok(()) => Resolved {
                        address: hops.last().copied(),
                        hops,
                        reason: Reason::Named,
                    },
                    // H3, H4: unknown, and never the proxy's own address.
                    Err(reason) => Resolved {
                        address: None,
                        hops,
                        reason,
                    },
                }
            }
        }
    }
}

/// The lines of the configured header, in order. The room for them is an array of the caller's: reading a request should
/// not allocate for it.
fn collect<'h, 'l>(
    kind: HeaderKind,
    headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    room: &'l mut [&'h [u8]; ClientAddress::MAX_LINES],
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
        if bytes > ClientAddress::MAX_BYTES {
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

/// As many hops of a line as a walk can ask for: one beyond the most that it takes, because that one says why it stops.
const KEPT: usize = ClientAddress::MAX_HOPS.saturating_add(1);

/// H2: from the right, over all lines as one list, to the first hop that is not a proxy of ours; it is the last of `hops`.
fn walk(
    kind: HeaderKind,
    trusted: &TrustedProxies,
    lines: &[&[u8]],
    hops: &mut Vec<IpAddr>,
) -> Result<(), Reason> {
    for line in lines.iter().rev() {
        match kind {
            HeaderKind::XForwardedFor => {
                for item in line.rsplit(|byte| *byte == b',') {
                    if is_client(read_list_hop(item), trusted, hops)? {
                        return Ok(());
                    }
                }
            }
            HeaderKind::Forwarded => {
                let mut kept = [&[][..]; KEPT];
                for hop in forwarded_hops(line, &mut kept).ok_or(Reason::HopUnreadable)? {
                    if is_client(hop, trusted, hops)? {
                        return Ok(());
                    }
                }
            }
        }
    }
    Err(Reason::OnlyProxies)
}

/// Takes one more hop, and says whether the walk ends with it.
fn is_client(hop: Hop, trusted: &TrustedProxies, hops: &mut Vec<IpAddr>) -> Result<bool, Reason> {
    let address = match hop {
        Hop::Address(address) => address.to_canonical(),
        Hop::Hidden => return Err(Reason::HopHidden),
        Hop::Unreadable => return Err(Reason::HopUnreadable),
    };
    // The peer is the first of `hops` and came from no header.
    if hops.len() > ClientAddress::MAX_HOPS {
        return Err(Reason::TooManyHops);
    }
    hops.push(address);
    Ok(!trusted.contains(address))
}
