//! Network prefixes, read strictly: what two programs could read differently is refused.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use cidr::{IpCidr, IpInet};
use thiserror::Error;

/// A network prefix in CIDR notation (RFC 4632, RFC 4291 §2.3): a network address without host bits, and a length.
///
/// An IPv4-mapped IPv6 prefix (`::ffff:192.0.2.0/120`) is the IPv4 prefix that it maps, so that one network has one
/// value.
///
/// ```
/// use loquet_ipfilter::Prefix;
///
/// let office: Prefix = "203.0.113.0/28".parse()?;
/// assert!(office.contains("203.0.113.7".parse().unwrap()));
/// // A slip of the pen is not repaired: the error names the network that was probably meant.
/// let error = "203.0.113.7/28".parse::<Prefix>().unwrap_err();
/// assert_eq!(error.to_string(), "host bits are set; the network is 203.0.113.0/28");
/// # Ok::<(), loquet_ipfilter::PrefixError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(IpCidr);

/// Why a text is not a [`Prefix`]; each variant knows the byte where reading stopped ([`PrefixError::offset`]).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// Neither an IPv4 nor an IPv6 address in its full decimal or hexadecimal notation.
    #[error("not an IP address in full notation")]
    Address {
        /// Byte where the address starts.
        offset: usize,
    },
    /// A part of an IPv4 address starts with a zero: some programs read it as octal.
    #[error("leading zero: some programs would read this part as octal")]
    LeadingZero {
        /// Byte of the zero.
        offset: usize,
    },
    /// A zone id (`%eth0`) belongs to one machine and has no meaning in a rule.
    #[error("a zone id has no meaning here")]
    Zone {
        /// Byte of the percent sign.
        offset: usize,
    },
    /// The length is not a plain decimal number.
    #[error("the length after `/` must be a plain decimal number without sign or leading zero")]
    Length {
        /// Byte where the length starts.
        offset: usize,
    },
    /// The length is greater than the family's 32 or 128 bits.
    #[error("the length is greater than {max}")]
    TooLong {
        /// Byte where the length starts.
        offset: usize,
        /// 32 or 128.
        max: u8,
    },
    /// The address has bits set beyond the length.
    #[error("host bits are set; the network is {network}")]
    HostBits {
        /// What was probably meant.
        network: Prefix,
    },
    /// An IPv4-mapped prefix shorter than `/96` would reach beyond the mapped addresses.
    #[error("an IPv4-mapped prefix must be /96 or longer")]
    ShortMapped {
        /// Byte where the length starts.
        offset: usize,
    },
    /// The whole address space, which must be asked for by name.
    #[error("this is every address; say so with `any`, `any-v4` or `any-v6`")]
    Everything,
}

impl PrefixError {
    /// Where the fault lies, in bytes from the start of the text.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match self {
            Self::Address { offset }
            | Self::LeadingZero { offset }
            | Self::Zone { offset }
            | Self::Length { offset }
            | Self::TooLong { offset, .. }
            | Self::ShortMapped { offset } => *offset,
            Self::HostBits { .. } | Self::Everything => 0,
        }
    }
}

impl Prefix {
    /// Every IPv4 address: the confirmation that `0.0.0.0/0` lacks.
    pub const ANY_V4: Self = Self::from_v4_bits(0, 0);
    /// Every IPv6 address except the IPv4-mapped ones.
    pub const ANY_V6: Self = Self::from_v6_bits(0, 0);

    /// The prefix of `len` bits at `address`.
    ///
    /// # Errors
    /// As for parsing: host bits, a length beyond the family, a short mapped prefix, or the whole address space.
    pub fn new(address: IpAddr, len: u8) -> Result<Self, PrefixError> {
        Self::at(address, len, 0)
    }

    /// The one address.
    #[must_use]
    pub const fn host(address: IpAddr) -> Self {
        Self(IpCidr::new_host(address.to_canonical()))
    }

    fn at(address: IpAddr, len: u8, offset: usize) -> Result<Self, PrefixError> {
        let max = if address.is_ipv4() { 32 } else { 128 };
        if len > max {
            return Err(PrefixError::TooLong { offset, max });
        }
        let canonical = address.to_canonical();
        let len = match (address, canonical) {
            (IpAddr::V6(_), IpAddr::V4(_)) => len
                .checked_sub(96)
                .ok_or(PrefixError::ShortMapped { offset })?,
            _ => len,
        };
        let network = Self::around(canonical, len);
        if network.network() != canonical {
            return Err(PrefixError::HostBits { network });
        }
        if len == 0 {
            return Err(PrefixError::Everything);
        }
        Ok(network)
    }

    /// The network of `len` bits that an address lies in; a length beyond the family's counts as the family's.
    const fn around(address: IpAddr, len: u8) -> Self {
        Self(match IpInet::new(address, len) {
            Ok(inet) => inet.network(),
            Err(_) => IpCidr::new_host(address),
        })
    }

    pub(crate) const fn from_v4_bits(bits: u32, len: u8) -> Self {
        Self::around(IpAddr::V4(Ipv4Addr::from_bits(bits)), len)
    }

    pub(crate) const fn from_v6_bits(bits: u128, len: u8) -> Self {
        Self::around(IpAddr::V6(Ipv6Addr::from_bits(bits)), len)
    }

    /// The network address: the lowest address of the prefix.
    #[must_use]
    pub const fn network(self) -> IpAddr {
        self.0.first_address()
    }

    /// The highest address of the prefix.
    #[must_use]
    pub const fn last(self) -> IpAddr {
        self.0.last_address()
    }

    /// How many leading bits are fixed: 0 to 32 for IPv4, 0 to 128 for IPv6.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a prefix always holds an address; its length is not a count"
    )]
    pub const fn len(self) -> u8 {
        self.0.network_length()
    }

    /// Whether `address` lies inside; an IPv4-mapped address counts as IPv4.
    #[must_use]
    pub const fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// Reads `ADDRESS/LENGTH`, or an address alone for the one address.
    ///
    /// # Errors
    /// Anything that is not exactly that: blanks, leading zeros, short or hexadecimal IPv4 forms, netmasks, zone ids,
    /// host bits, and the whole address space. CVE-2021-29922 and its kin came from being generous here.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let Some((address, length)) = text.split_once('/') else {
            return parse_address(text).map(Self::host);
        };
        let offset = address.len().saturating_add(1);
        let address = parse_address(address)?;
        let plain = match length.as_bytes() {
            [b'0'] => true,
            [b'1'..=b'9', rest @ ..] => rest.len() < 3 && rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if !plain {
            return Err(PrefixError::Length { offset });
        }
        let max = if address.is_ipv4() { 32 } else { 128 };
        let len = length
            .parse::<u8>()
            .map_err(|_| PrefixError::TooLong { offset, max })?;
        Self::at(address, len, offset)
    }
}

/// Reads one address in full notation. The standard library's reader is strict since 1.55; what it refuses is named.
pub(crate) fn parse_address(text: &str) -> Result<IpAddr, PrefixError> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address);
    }
    if let Some(offset) = text.find('%') {
        return Err(PrefixError::Zone { offset });
    }
    let mut at = 0_usize;
    for part in text.split('.') {
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PrefixError::LeadingZero { offset: at });
        }
        at = at.saturating_add(part.len()).saturating_add(1);
    }
    Err(PrefixError::Address { offset: 0 })
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The plain form would leave out the length of a single address.
        write!(f, "{:#}", self.0)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
