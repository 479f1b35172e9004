//! Network prefixes, parsed strictly: text that two programs could read differently is refused.

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
/// // A typing error is not repaired: the error names the network that was probably meant.
/// let error = "203.0.113.7/28".parse::<Prefix>().unwrap_err();
/// assert_eq!(error.to_string(), "host bits are set; the network is 203.0.113.0/28");
/// # Ok::<(), loquet_ipfilter::PrefixError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(IpCidr);

/// The reason why a text is not a [`Prefix`]. [`PrefixError::offset`] tells the byte where parsing stopped.
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
        /// The network that was probably meant.
        network: Prefix,
    },
    /// An IPv4-mapped prefix shorter than `/96` would cover more than the mapped addresses.
    #[error("an IPv4-mapped prefix must be /96 or longer")]
    ShortMapped {
        /// Byte where the length starts.
        offset: usize,
    },
    /// The whole address space, which must be written as `any`, `any-v4` or `any-v6`.
    #[error("this is every address; write `any`, `any-v4` or `any-v6`")]
    Everything,
}

impl PrefixError {
    /// Returns the position of the error, in bytes from the start of the text.
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
    /// Every IPv4 address. Text must say `any-v4`: `0.0.0.0/0` is refused as a probable mistake.
    pub const ANY_V4: Self = Self::from_v4_bits(0, 0);
    /// Every IPv6 address except the IPv4-mapped ones.
    pub const ANY_V6: Self = Self::from_v6_bits(0, 0);

    /// Returns the prefix of `len` bits at `address`.
    ///
    /// # Errors
    /// [`PrefixError`] for host bits, a length beyond the family, a short mapped prefix, or the whole address space.
    pub fn new(address: IpAddr, len: u8) -> Result<Self, PrefixError> {
        Self::at(address, len, 0)
    }

    /// Returns the prefix of one address.
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

    /// Returns the network of `len` bits that contains an address. A greater length than the family has counts as the
    /// family's.
    pub(crate) const fn around(address: IpAddr, len: u8) -> Self {
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

    /// Returns the network address, the lowest address of the prefix.
    #[must_use]
    pub const fn network(self) -> IpAddr {
        self.0.first_address()
    }

    /// Returns the highest address of the prefix.
    #[must_use]
    pub const fn last(self) -> IpAddr {
        self.0.last_address()
    }

    /// Returns the number of fixed leading bits: 0 to 32 for IPv4, 0 to 128 for IPv6.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a prefix always holds an address; its length is not a count"
    )]
    pub const fn len(self) -> u8 {
        self.0.network_length()
    }

    /// Returns whether `address` lies inside; an IPv4-mapped address counts as IPv4.
    #[must_use]
    pub const fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// Parses `ADDRESS/LENGTH`, or a lone address as the prefix of that address.
    ///
    /// # Errors
    /// [`PrefixError`] for any other form: blanks, leading zeros, short or hexadecimal IPv4 forms, netmasks, zone ids,
    /// host bits, and the whole address space. Lenient parsers caused CVE-2021-29922 and similar flaws.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let Some((address, length)) = split_once(text, b'/') else {
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

/// [`str::split_once`] at an ASCII character. The standard library's search is built for long texts and costs a sixth
/// of the time to parse many rules.
pub(crate) fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let before = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..before)?, text.get(before.saturating_add(1)..)?))
}

/// Parses one address in full notation.
#[inline]
pub(crate) fn parse_address(text: &str) -> Result<IpAddr, PrefixError> {
    read_v4(text.as_bytes()).map_or_else(|| parse_other(text), |v4| Ok(v4.into()))
}

/// Parses other addresses with the standard library, which is strict since 1.55, and names the error.
#[inline(never)]
fn parse_other(text: &str) -> Result<IpAddr, PrefixError> {
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

/// Parses an IPv4 address with the result of the standard library, several times as fast: most networks and most hops
/// in headers are IPv4.
pub(crate) fn read_v4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut bits = 0_u32;
    let mut dots = 0_u8;
    let mut part = None;
    for byte in text {
        part = match (byte.wrapping_sub(b'0'), part) {
            (digit @ 0..=9, None) => Some(digit),
            // No digit follows a leading zero.
            (digit @ 0..=9, Some(value @ 1..)) => {
                Some(u8::checked_mul(value, 10)?.checked_add(digit)?)
            }
            (_, Some(value)) if *byte == b'.' && dots < 3 => {
                bits = (bits << 8) | u32::from(value);
                dots = dots.wrapping_add(1);
                None
            }
            _ => return None,
        };
    }
    let last = part.filter(|_| dots == 3)?;
    Some(Ipv4Addr::from_bits((bits << 8) | u32::from(last)))
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The plain form omits the length of a single address.
        write!(f, "{:#}", self.0)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ipv4_address_parses_as_in_standard_library(
            text in r"([0-9]{1,4}|25[0-9]|)([./ :]([0-9]{1,3}|2[56][0-9]|)){2,5}",
            bits in any::<u32>(),
        ) {
            prop_assert_eq!(read_v4(text.as_bytes()), text.parse().ok());
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(read_v4(address.to_string().as_bytes()), Some(address));
        }
    }
}
