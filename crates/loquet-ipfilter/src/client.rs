//! Which address a request comes from, when proxies stand before the service.

use core::net::IpAddr;

use thiserror::Error;

use crate::Prefix;

/// Which forwarding header the proxies before this service write. One kind per deployment: any other is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderKind {
    /// `X-Forwarded-For`, the de-facto standard.
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
    prefixes: Vec<Prefix>,
}

/// Why a set-up of proxies is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Nobody is trusted, so no header would ever count and every client would be unknown.
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
    /// [`ProxyError`] when nobody or everybody would be trusted, or beyond the limit.
    pub fn new(prefixes: impl IntoIterator<Item = Prefix>) -> Result<Self, ProxyError> {
        let prefixes: Vec<Prefix> = prefixes
            .into_iter()
            .take(Self::MAX.saturating_add(1))
            .collect();
        if let Some(all) = prefixes.iter().find(|prefix| prefix.len() == 0) {
            return Err(ProxyError::EverybodyTrusted(*all));
        }
        match prefixes.len() {
            0 => Err(ProxyError::NobodyTrusted),
            1..=Self::MAX => Ok(Self { prefixes }),
            _ => Err(ProxyError::TooMany),
        }
    }

    /// Whether this address belongs to a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.prefixes.iter().any(|prefix| prefix.contains(address))
    }
}

/// How the client's address is established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAddress {
    /// Clients connect to this service themselves; every header is ignored.
    Direct,
    /// Clients come through proxies that write this header.
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
    /// A trusted proxy sent no forwarding header: somebody may have made it strip it (CVE-2022-31813).
    HeaderMissing,
    /// Every hop is a trusted proxy; the one that met the client did not say whom it met.
    OnlyProxies,
    /// A hop is not an address, or hides it.
    HopUnreadable,
    /// A hop is written `unknown` or obfuscated (RFC 7239 §6.2, §6.3).
    HopHidden,
    /// More than [`ClientAddress::MAX_HOPS`] hops.
    TooManyHops,
    /// More than [`ClientAddress::MAX_BYTES`] bytes of forwarding header.
    TooLong,
    /// A header name that some program takes for the configured one: blanks, underscores.
    OddName,
    /// A control character or a byte beyond ASCII in the header.
    OddByte,
}

impl ClientAddress {
    /// At most this many hops are walked.
    pub const MAX_HOPS: usize = 32;
    /// At most this many bytes of the configured header are read, over all of its lines.
    pub const MAX_BYTES: usize = 8_192;

    /// Establishes the client's address from the socket's peer and the request's header lines, in their order.
    #[must_use]
    pub fn resolve<'h>(
        &self,
        peer: Option<IpAddr>,
        _headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Resolved {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
            return Resolved {
                address: None,
                hops: Vec::new(),
                reason: Reason::NoPeer,
            };
        };
        let stop = |address, reason| Resolved {
            address,
            hops: vec![peer],
            reason,
        };
        match self {
            Self::Direct => stop(Some(peer), Reason::Direct),
            Self::Behind(_, trusted) if !trusted.contains(peer) => {
                stop(Some(peer), Reason::PeerNotTrusted)
            }
            Self::Behind(..) => stop(None, Reason::HeaderMissing),
        }
    }
}
