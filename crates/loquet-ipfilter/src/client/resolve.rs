//! Which address a request comes from, when proxies stand before the service.

use core::net::IpAddr;

use crate::client::header::{self, HeaderKind, collect};
use crate::client::hops::{Hop, forwarded_hops, read_list_hop};
use crate::client::proxies::TrustedProxies;
use crate::client::reason::Reason;

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

impl ClientAddress {
    /// At most this many hops are walked: no honest chain has a tenth of it.
    pub const MAX_HOPS: usize = 32;
    /// At most this many lines of the configured header are read.
    pub const MAX_LINES: usize = header::MAX_LINES;
    /// At most this many bytes of the configured header are read, over all of its lines.
    pub const MAX_BYTES: usize = header::MAX_BYTES;

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
