//! The proxies whose forwarding headers are trusted.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use thiserror::Error;

use crate::address::ranges::{merge, range_of};
use crate::{Prefix, PrefixError};

/// A network of proxies, or the proxies that connect through a Unix socket.
///
/// Its text is a [`Prefix`] or the word `unix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proxy {
    /// Every address of a network.
    Network(Prefix),
    /// Every connection without a peer address.
    ///
    /// # Security
    /// Trust it only where each such connection comes through a Unix socket that proxies alone can open. A server that
    /// forgets to hand over the addresses of TCP connections would trust every client.
    UnixSocket,
}

impl From<Prefix> for Proxy {
    fn from(prefix: Prefix) -> Self {
        Self::Network(prefix)
    }
}

impl FromStr for Proxy {
    type Err = PrefixError;

    /// Parses a network, or `unix`.
    ///
    /// # Errors
    /// [`PrefixError`] for any other text.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        match text {
            "unix" => Ok(Self::UnixSocket),
            text => text.parse().map(Self::Network),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(prefix) => fmt::Display::fmt(prefix, f),
            Self::UnixSocket => f.write_str("unix"),
        }
    }
}

/// The proxies whose forwarding header is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies {
    unix_socket: bool,
    // INVARIANT: sorted and disjoint, first and last address of each range.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

/// The reason why a list of trusted proxies is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The list is empty: no header would count, and every client would have a proxy's address.
    #[error("a forwarding header needs at least one trusted proxy")]
    NoProxies,
    /// Every address of a family is trusted: any client could invent an address.
    #[error("{0} would trust every client")]
    AllAddressesTrusted(Prefix),
    /// More than [`TrustedProxies::MAX`] networks.
    #[error("more than {} trusted networks", TrustedProxies::MAX)]
    TooMany,
}

impl TrustedProxies {
    /// The greatest number of networks.
    pub const MAX: usize = 4_096;

    /// Returns the set of these proxies.
    ///
    /// # Errors
    /// [`ProxyError`] for an empty list, for networks that together cover a whole address family, and beyond the limit.
    pub fn new(proxies: impl IntoIterator<Item = Proxy>) -> Result<Self, ProxyError> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let mut unix_socket = false;
        for (count, proxy) in proxies.into_iter().enumerate() {
            if count >= Self::MAX {
                return Err(ProxyError::TooMany);
            }
            match proxy {
                Proxy::Network(prefix) => {
                    v4.extend(range_of(prefix));
                    v6.extend(range_of(prefix));
                }
                Proxy::UnixSocket => unix_socket = true,
            }
        }
        if v4.is_empty() && v6.is_empty() && !unix_socket {
            return Err(ProxyError::NoProxies);
        }
        // Touching ranges are merged first, so that two halves of a family are recognized as all of it.
        let (v4, v6) = (merge(v4), merge(v6));
        if v4 == [(0, u32::MAX)] {
            return Err(ProxyError::AllAddressesTrusted(Prefix::ANY_V4));
        }
        if v6 == [(0, u128::MAX)] {
            return Err(ProxyError::AllAddressesTrusted(Prefix::ANY_V6));
        }
        Ok(Self {
            unix_socket,
            v4,
            v6,
        })
    }

    /// Returns whether the peer of a connection is a trusted proxy; `None` is a connection without a peer address.
    #[must_use]
    pub fn contains_peer(&self, peer: Option<IpAddr>) -> bool {
        peer.map_or(self.unix_socket, |peer| self.contains(peer))
    }

    /// Returns whether this address belongs to a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => in_ranges(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => in_ranges(&self.v6, v6.to_bits()),
        }
    }
}

fn in_ranges<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after
        .checked_sub(1)
        .and_then(|at| ranges.get(at))
        .is_some_and(|(_, last)| address <= *last)
}
