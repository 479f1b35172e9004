//! The reason why a client's address is known or unknown.

use core::fmt;

/// The reason why [`ClientAddress::resolve`](crate::ClientAddress::resolve) stopped at an address or found none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The connection has no peer address, and Unix sockets are not trusted.
    NoPeer,
    /// No proxies are configured, so the peer is the client.
    Direct,
    /// The peer is not a trusted proxy, so it is the client and its headers are ignored.
    PeerNotTrusted,
    /// A trusted proxy named the client.
    Named,
    /// A trusted proxy sent no forwarding header, or an empty one: a client can make some proxies strip it
    /// (CVE-2022-31813).
    HeaderMissing,
    /// Every hop is a trusted proxy, and the address is the outermost one's. It made the request itself, or named no
    /// client: do not allow the addresses of proxies that take requests from everywhere.
    OnlyProxies,
    /// A hop is not an address in full notation.
    HopUnreadable,
    /// A hop is written `unknown` or obfuscated (RFC 7239 §6.2, §6.3).
    HopHidden,
    /// More than [`ClientAddress::MAX_HOPS`](crate::ClientAddress::MAX_HOPS) hops.
    TooManyHops,
    /// More than [`ClientAddress::MAX_BYTES`](crate::ClientAddress::MAX_BYTES) bytes or
    /// [`ClientAddress::MAX_LINES`](crate::ClientAddress::MAX_LINES) lines of forwarding header.
    TooLong,
    /// A header that holds one address has several lines or a list: the proxy did not replace what the client wrote.
    SeveralValues,
    /// A header name that some servers take for the configured one: blanks around it, or underscores in it.
    OddName,
    /// A control character other than a tab, or a non-ASCII byte, in the header.
    OddByte,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPeer => "the connection has no peer address",
            Self::Direct => "no proxies are configured, so the peer is the client",
            Self::PeerNotTrusted => "the peer is not a trusted proxy, so it is the client",
            Self::Named => "a trusted proxy named the client",
            Self::HeaderMissing => "the trusted peer sent no forwarding header, or an empty one",
            Self::OnlyProxies => "every hop is a trusted proxy, and this is the outermost",
            Self::HopUnreadable => "a hop is not an address",
            Self::HopHidden => "a hop hides its address",
            Self::TooManyHops => "too many hops",
            Self::TooLong => "the forwarding header is too long",
            Self::SeveralValues => "the header must hold one address, and holds several values",
            Self::OddName => "a header name can be mistaken for the configured one",
            Self::OddByte => {
                "the forwarding header holds a control character or a byte beyond ASCII"
            }
        })
    }
}
