//! Resolves the client's address of a request that came through proxies.

use core::net::IpAddr;

use crate::client::header::{self, HeaderKind, collect};
use crate::client::hops::{Hop, forwarded_hops, read_list_hop};
use crate::client::proxies::TrustedProxies;
use crate::client::reason::Reason;

/// The way to find the client's address.
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
/// // Addresses that the proxies saw count; what the client wrote before them does not.
/// assert_eq!(resolved.address, Some("203.0.113.7".parse()?));
/// assert_eq!(resolved.reason, Reason::Named);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// If the configured way does not give an address, it is unknown. It is never the proxy's own address, and never an
/// untrusted peer's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAddress {
    /// Clients connect directly to this service; every header is ignored.
    Direct,
    /// Clients connect through these proxies, which write this header.
    Behind(HeaderKind, TrustedProxies),
}

/// The client's address, the hops that led to it, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The client's address in canonical form; `None` if it is unknown.
    pub address: Option<IpAddr>,
    /// Every address on the way, from the socket's peer outwards.
    pub hops: Vec<IpAddr>,
    /// The reason for the result.
    pub reason: Reason,
}

impl ClientAddress {
    /// The greatest number of hops. Honest chains have at most a tenth of it.
    pub const MAX_HOPS: usize = 32;
    /// The greatest number of lines of the configured header.
    pub const MAX_LINES: usize = header::MAX_LINES;
    /// The greatest number of bytes of the configured header, over all its lines.
    pub const MAX_BYTES: usize = header::MAX_BYTES;

    /// Resolves the client's address from the socket's peer and the request's header lines in their order.
    ///
    /// Header names are compared without regard to case (RFC 9110 §5.1). Only the configured header is read, and only
    /// when the peer is a trusted proxy. Its lines form one list, which is read from its end to the first address that
    /// is not a trusted proxy.
    #[must_use]
    pub fn resolve<'h>(
        &self,
        peer: Option<IpAddr>,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Resolved {
        // H9: without a peer the address is unknown, not loopback.
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
            // H1: a peer that is not a trusted proxy can write any header.
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
                    // H3, H4: unknown, never the proxy's own address.
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

/// The number of hops to keep of a line: one more than the limit, because that one tells why the walk stops.
const KEPT: usize = ClientAddress::MAX_HOPS.saturating_add(1);

/// H2: walks from the right, over all lines as one list, to the first hop that is not a trusted proxy. That hop becomes
/// the last of `hops`.
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

/// Adds one hop and returns whether it is the client.
fn is_client(hop: Hop, trusted: &TrustedProxies, hops: &mut Vec<IpAddr>) -> Result<bool, Reason> {
    let address = match hop {
        Hop::Address(address) => address.to_canonical(),
        Hop::Hidden => return Err(Reason::HopHidden),
        Hop::Unreadable => return Err(Reason::HopUnreadable),
    };
    // The first of `hops` is the peer, which came from no header.
    if hops.len() > ClientAddress::MAX_HOPS {
        return Err(Reason::TooManyHops);
    }
    hops.push(address);
    Ok(!trusted.contains(address))
}
