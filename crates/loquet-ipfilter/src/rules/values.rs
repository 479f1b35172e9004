//! The words of rules: who, where, on what, and what then.

use core::fmt;

/// A group of people, as the host numbers them: the filter knows nothing else of roles and accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

/// The number of an autonomous system (RFC 6793).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asn(pub u32);

/// Allow or deny: what a rule asks for and what a verdict says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The request may go on.
    Allow,
    /// The request is refused.
    Deny,
}

/// How several matching rules come to one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precedence {
    /// Any matching deny rule wins, then any matching allow rule, then the default.
    #[default]
    DenyOverrides,
    /// The rule with the longest matching prefix wins, deny before allow at equal length. A rule that names no address
    /// is less specific than any that does; one that names `unknown` is the most specific where the address is unknown.
    MostSpecific,
    /// The first matching rule in the order of writing wins.
    FirstMatch,
}

/// Whether an IPv4 address carried inside an IPv6 one (6to4, Teredo, NAT64, IPv4-compatible) may earn an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Embedded {
    /// It is held against deny rules only: whoever runs the tunnel chooses the address.
    #[default]
    DenyOnly,
    /// It counts for every rule, for a network whose own NAT64 stands before this service.
    Trusted,
}

/// A country: two capital letters of ISO 3166-1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// From two capital ASCII letters; anything else is no country.
    #[must_use]
    pub const fn new(code: [u8; 2]) -> Option<Self> {
        match code {
            [b'A'..=b'Z', b'A'..=b'Z'] => Some(Self(code)),
            _ => None,
        }
    }

    /// From text of two capital ASCII letters.
    #[must_use]
    pub const fn from_code(code: &str) -> Option<Self> {
        match code.as_bytes() {
            &[a, b] => Self::new([a, b]),
            _ => None,
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What kind of network an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Private, loopback, documentation and other ranges of the IANA special-purpose registry.
    Special,
    /// An IPv6 transition mechanism that carries an IPv4 address of somebody's choice.
    Tunnel,
    /// Any anonymiser, of whatever kind.
    Anonymous,
    /// A commercial VPN.
    Vpn,
    /// An open or residential proxy.
    Proxy,
    /// A Tor exit.
    Tor,
    /// A hosting provider.
    Hosting,
}

impl Class {
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::Special, "special"),
        (Self::Tunnel, "tunnel"),
        (Self::Anonymous, "anonymous"),
        (Self::Vpn, "vpn"),
        (Self::Proxy, "proxy"),
        (Self::Tor, "tor"),
        (Self::Hosting, "hosting"),
    ];

    /// The word for it in the text of rules.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Special => "special",
            Self::Tunnel => "tunnel",
            Self::Anonymous => "anonymous",
            Self::Vpn => "vpn",
            Self::Proxy => "proxy",
            Self::Tor => "tor",
            Self::Hosting => "hosting",
        }
    }

    /// Whether the address alone tells, without an anonymiser database.
    pub(crate) const fn is_told_by_address(self) -> bool {
        matches!(self, Self::Special | Self::Tunnel)
    }
}

/// How well the device is known. A known device is a convenience for the operator, never a proof of who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DeviceTier {
    /// Not recognised, or nobody looked.
    #[default]
    Unknown,
    /// It presented a device cookie that this account was given.
    Known,
}

/// A value of a condition: one that is named, or the explicit class of what could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named<T> {
    /// The fact is known and is this.
    Is(T),
    /// The fact is not known. Only a rule that says so lets the unknown in.
    Unknown,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        })
    }
}

impl fmt::Display for Precedence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DenyOverrides => "deny-overrides",
            Self::MostSpecific => "most-specific",
            Self::FirstMatch => "first-match",
        })
    }
}

impl fmt::Display for DeviceTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Known => "known",
        })
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
