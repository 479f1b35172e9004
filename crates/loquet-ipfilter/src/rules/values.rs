//! The values that rules consist of.

use core::fmt;

/// A group of users, numbered by the host. The filter knows no roles or accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

/// The number of an autonomous system (RFC 6793).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asn(pub u32);

/// Allow or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The request may continue.
    Allow,
    /// The request is refused.
    Deny,
}

/// How several matching rules are combined into one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precedence {
    /// A matching deny rule wins, then a matching allow rule, then the default.
    #[default]
    DenyOverrides,
    /// The rule with the longest matching prefix wins; deny wins over allow at equal length. A rule without an address
    /// condition is less specific than any with one. Where the address is unknown, a rule that names `unknown` is the
    /// most specific.
    MostSpecific,
    /// The first matching rule in the order of the text wins.
    FirstMatch,
}

/// Which rules apply to an IPv4 address carried inside an IPv6 address (6to4, Teredo, NAT64 and others; the
/// docs of [`rule_text`](crate::rule_text) list them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Embedded {
    /// Deny rules only: the operator of the tunnel chooses the address.
    #[default]
    DenyOnly,
    /// All rules, for a network whose own NAT64 stands before this service.
    Trusted,
}

/// A country: two capital letters of ISO 3166-1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Returns the country of two capital ASCII letters; `None` for anything else.
    #[must_use]
    pub const fn new(code: [u8; 2]) -> Option<Self> {
        match code {
            [b'A'..=b'Z', b'A'..=b'Z'] => Some(Self(code)),
            _ => None,
        }
    }

    /// Returns the country of a text of two capital ASCII letters; `None` for anything else.
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

/// A class of network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Private, loopback, documentation and other ranges of the IANA special-purpose registry.
    Special,
    /// An IPv6 transition mechanism that carries an IPv4 address, which the sender can choose.
    Tunnel,
    /// An anonymizer of any kind.
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

    /// Returns its keyword in the text of rules.
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

    /// Returns whether the address alone determines the class, without an anonymizer database.
    pub(crate) const fn is_known_from_address(self) -> bool {
        matches!(self, Self::Special | Self::Tunnel)
    }
}

/// How well the device is known. A known device does not prove who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DeviceTier {
    /// Not recognized, or not checked.
    #[default]
    Unknown,
    /// It presented a device cookie issued to this account.
    Known,
}

/// A value of a condition, or the unknown fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named<T> {
    /// The fact is known and has this value.
    Is(T),
    /// The fact is unknown. Only a rule that names it allows such a request.
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
