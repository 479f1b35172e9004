//! Resolves the client's address of a request that came through proxies.

use core::net::IpAddr;

use crate::client::header::{self, HeaderKind, collect};
use crate::client::hops::{Hop, forwarded_hops, read_list_hop, trim};
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
/// If the configured way does not give an address, it is unknown. It is never an untrusted peer's claim, and never the
/// address of the peer that is a trusted proxy. A proxy's address is the result only where a header names nothing but
/// trusted proxies ([`Reason::OnlyProxies`]).
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
    /// Every address on the way, from the socket's peer outwards. A Unix socket has none.
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
    /// is not a trusted proxy; if there is none, the first address of the list is the client's.
    #[must_use]
    pub fn resolve<'h>(
        &self,
        peer: Option<IpAddr>,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Resolved {
        let peer = peer.map(|peer| peer.to_canonical());
        let alone = |reason| Resolved {
            address: peer,
            hops: peer.into_iter().collect(),
            // H9: without a peer the address is unknown, not loopback.
            reason: peer.map_or(Reason::NoPeer, |_| reason),
        };
        match self {
            Self::Direct => alone(Reason::Direct),
            // H1: a peer that is not a trusted proxy can write any header.
            Self::Behind(_, trusted) if !trusted.contains_peer(peer) => {
                alone(Reason::PeerNotTrusted)
            }
            Self::Behind(kind, trusted) => {
                let mut walk = Walk::new(trusted, peer);
                let mut lines = [&[][..]; Self::MAX_LINES];
                let found =
                    collect(*kind, headers, &mut lines).and_then(|lines| walk.over(*kind, lines));
                let (address, reason) = match found {
                    Ok(reason) => (walk.hops.last().copied(), reason),
                    // H3, H4: unknown, never the peer's own address.
                    Err(reason) => (None, reason),
                };
                Resolved {
                    address,
                    hops: walk.hops,
                    reason,
                }
            }
        }
    }
}

/// H2: a walk from the right, over all lines as one list, to the first hop that is not a trusted proxy. That hop becomes
/// the last of `hops`.
struct Walk<'t> {
    trusted: &'t TrustedProxies,
    hops: Vec<IpAddr>,
    /// The number of `hops` that came from no header: the peer, unless it has no address.
    own: usize,
}

impl<'t> Walk<'t> {
    fn new(trusted: &'t TrustedProxies, peer: Option<IpAddr>) -> Self {
        let mut hops = Vec::with_capacity(4);
        hops.extend(peer);
        Self {
            trusted,
            own: hops.len(),
            hops,
        }
    }

    fn over(&mut self, kind: HeaderKind, lines: &[&[u8]]) -> Result<Reason, Reason> {
        for line in lines.iter().rev() {
            let client = match kind {
                HeaderKind::XForwardedFor => {
                    let items = line.rsplit(|byte| *byte == b',').map(trim);
                    let items = items.filter(|item| !item.is_empty());
                    self.find(items.map(read_list_hop))?
                }
                HeaderKind::Forwarded => self.find(forwarded_hops(line))?,
                HeaderKind::XRealIp | HeaderKind::CfConnectingIp | HeaderKind::TrueClientIp => {
                    if lines.len() > 1 || line.contains(&b',') {
                        return Err(Reason::SeveralValues);
                    }
                    let value = Some(trim(line)).filter(|value| !value.is_empty());
                    self.find(value.into_iter().map(read_list_hop))?
                }
            };
            if client {
                return Ok(Reason::Named);
            }
        }
        // H4: an empty list names no client, and the peer's own address is never the client's.
        if self.hops.len() == self.own {
            return Err(Reason::HeaderMissing);
        }
        Ok(Reason::OnlyProxies)
    }

    /// Adds hops until one is the client, and returns whether one is.
    fn find(&mut self, hops: impl Iterator<Item = Hop>) -> Result<bool, Reason> {
        for hop in hops {
            let address = match hop {
                Hop::Address(address) => address.to_canonical(),
                Hop::Hidden => return Err(Reason::HopHidden),
                Hop::Unreadable => return Err(Reason::HopUnreadable),
            };
            if self.hops.len().saturating_sub(self.own) >= ClientAddress::MAX_HOPS {
                return Err(Reason::TooManyHops);
            }
            self.hops.push(address);
            if !self.trusted.contains(address) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
