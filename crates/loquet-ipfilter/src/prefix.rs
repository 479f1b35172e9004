//! Network prefixes, read strictly: what two programs could read differently is refused.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

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
pub struct Prefix(Bits);

// Four parts, the highest first, instead of a `u128`: a rule of one prefix takes 40 bytes instead of 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Bits {
    V4 { base: u32, len: u8 },
    V6 { base: [u32; 4], len: u8 },
}

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
    pub const ANY_V4: Self = Self(Bits::V4 { base: 0, len: 0 });
    /// Every IPv6 address except the IPv4-mapped ones.
    pub const ANY_V6: Self = Self(Bits::V6 {
        base: [0; 4],
        len: 0,
    });

    /// The prefix of `len` bits at `address`.
    ///
    /// # Errors
    /// As for parsing: host bits, a length beyond the family, a short mapped prefix, or the whole address space.
    pub fn new(address: IpAddr, len: u8) -> Result<Self, PrefixError> {
        Self::at(address, len, 0)
    }

    /// The one address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::from_v4_bits(v4.to_bits(), 32),
            IpAddr::V6(v6) => Self::from_v6_bits(v6.to_bits(), 128),
        }
    }

    fn at(address: IpAddr, len: u8, offset: usize) -> Result<Self, PrefixError> {
        let max = if address.is_ipv4() { 32 } else { 128 };
        if len > max {
            return Err(PrefixError::TooLong { offset, max });
        }
        let (cut, exact) = match address {
            IpAddr::V4(v4) => {
                let cut = Self::from_v4_bits(v4.to_bits(), len);
                (cut, cut.base_v4() == Some(v4.to_bits()))
            }
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => {
                    let len = len
                        .checked_sub(96)
                        .ok_or(PrefixError::ShortMapped { offset })?;
                    let cut = Self::from_v4_bits(v4.to_bits(), len);
                    (cut, cut.base_v4() == Some(v4.to_bits()))
                }
                None => {
                    let cut = Self::from_v6_bits(v6.to_bits(), len);
                    (cut, cut.base_v6() == Some(v6.to_bits()))
                }
            },
        };
        if !exact {
            return Err(PrefixError::HostBits { network: cut });
        }
        if cut.len() == 0 {
            return Err(PrefixError::Everything);
        }
        Ok(cut)
    }

    /// Cuts host bits off; a length beyond 32 counts as 32.
    pub(crate) fn from_v4_bits(bits: u32, len: u8) -> Self {
        let len = len.min(32);
        Self(Bits::V4 {
            base: bits & mask_v4(len),
            len,
        })
    }

    /// Cuts host bits off; a length beyond 128 counts as 128.
    pub(crate) fn from_v6_bits(bits: u128, len: u8) -> Self {
        let len = len.min(128);
        let base = quarters(bits & mask_v6(len));
        Self(Bits::V6 { base, len })
    }

    pub(crate) fn base_v4(self) -> Option<u32> {
        match self.0 {
            Bits::V4 { base, .. } => Some(base),
            Bits::V6 { .. } => None,
        }
    }

    pub(crate) fn base_v6(self) -> Option<u128> {
        match self.0 {
            Bits::V4 { .. } => None,
            Bits::V6 { base, .. } => Some(whole(base)),
        }
    }

    /// The network address: the lowest address of the prefix.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0 {
            Bits::V4 { base, .. } => Ipv4Addr::from_bits(base).into(),
            Bits::V6 { base, .. } => Ipv6Addr::from_bits(whole(base)).into(),
        }
    }

    /// The highest address of the prefix.
    #[must_use]
    pub fn last(self) -> IpAddr {
        match self.0 {
            Bits::V4 { base, len } => Ipv4Addr::from_bits(base | !mask_v4(len)).into(),
            Bits::V6 { base, len } => Ipv6Addr::from_bits(whole(base) | !mask_v6(len)).into(),
        }
    }

    /// How many leading bits are fixed: 0 to 32 for IPv4, 0 to 128 for IPv6.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a prefix always holds an address; its length is not a count"
    )]
    pub const fn len(self) -> u8 {
        match self.0 {
            Bits::V4 { len, .. } | Bits::V6 { len, .. } => len,
        }
    }

    /// Whether this is an IPv4 prefix, mapped ones included.
    #[must_use]
    pub const fn is_v4(self) -> bool {
        matches!(self.0, Bits::V4 { .. })
    }

    /// Whether `address` lies inside; an IPv4-mapped address counts as IPv4.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.0, address.to_canonical()) {
            (Bits::V4 { base, len }, IpAddr::V4(v4)) => v4.to_bits() & mask_v4(len) == base,
            (Bits::V6 { .. }, IpAddr::V6(v6)) => {
                Self::from_v6_bits(v6.to_bits(), self.len()) == self
            }
            (Bits::V4 { .. }, IpAddr::V6(_)) | (Bits::V6 { .. }, IpAddr::V4(_)) => false,
        }
    }
}

/// `u32::MAX << 32` would be an overflow; a length of zero masks everything.
pub(crate) const fn mask_v4(len: u8) -> u32 {
    !match u32::MAX.checked_shr(len as u32) {
        Some(host) => host,
        None => 0,
    }
}

pub(crate) const fn mask_v6(len: u8) -> u128 {
    !match u128::MAX.checked_shr(len as u32) {
        Some(host) => host,
        None => 0,
    }
}

const fn quarters(bits: u128) -> [u32; 4] {
    const LOW: u128 = 0xFFFF_FFFF;
    [
        (bits >> 96) as u32,
        ((bits >> 64) & LOW) as u32,
        ((bits >> 32) & LOW) as u32,
        (bits & LOW) as u32,
    ]
}

fn whole(quarters: [u32; 4]) -> u128 {
    quarters
        .into_iter()
        .fold(0, |bits, part| (bits << 32) | u128::from(part))
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// Reads `ADDRESS/LENGTH`, or an address alone for the one address.
    ///
    /// # Errors
    /// Anything that is not exactly that: blanks, leading zeros, short or hexadecimal IPv4 forms, netmasks, zone ids,
    /// host bits, and the whole address space. CVE-2021-29922 and its kin came from being generous here.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        if let Some(prefix) = plain_v4(text.as_bytes()) {
            return Ok(prefix);
        }
        let Some((address, length)) = text.split_once('/') else {
            let address = parse_address(text)?;
            return Ok(Self::host(address));
        };
        let address_value = parse_address(address)?;
        let offset = address.len().saturating_add(1);
        let plain = match length.as_bytes() {
            [b'0'] => true,
            [b'1'..=b'9', rest @ ..] => rest.len() < 3 && rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if !plain {
            return Err(PrefixError::Length { offset });
        }
        let max = if address_value.is_ipv4() { 32 } else { 128 };
        let len = length
            .parse::<u8>()
            .map_err(|_| PrefixError::TooLong { offset, max })?;
        Self::at(address_value, len, offset)
    }
}

/// An IPv4 network without any fault, read in one pass; `None` sends everything else the long way.
fn plain_v4(text: &[u8]) -> Option<Prefix> {
    match plain_v4_before(text)? {
        (prefix, []) => Some(prefix),
        _ => None,
    }
}

/// The same at the beginning of a text, with what follows it.
pub(crate) fn plain_v4_before(text: &[u8]) -> Option<(Prefix, &[u8])> {
    let (address, rest) = plain_address_before(text)?;
    let bits = address.to_bits();
    let (len, rest) = match rest.strip_prefix(b"/") {
        Some(rest) => plain_number(rest)?,
        None => (32, rest),
    };
    let is_plain = matches!(len, 1..=32) && bits & !mask_v4(len) == 0;
    is_plain.then(|| (Prefix::from_v4_bits(bits, len), rest))
}

/// An IPv4 address in full notation at the beginning of a text, with what follows it. A digit that follows makes it
/// none, and is left for the caller to see.
pub(crate) fn plain_address_before(text: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (a, rest) = plain_number(text)?;
    let (b, rest) = plain_number(rest.strip_prefix(b".")?)?;
    let (c, rest) = plain_number(rest.strip_prefix(b".")?)?;
    let (d, rest) = plain_number(rest.strip_prefix(b".")?)?;
    Some((Ipv4Addr::new(a, b, c, d), rest))
}

/// A number up to 255 without leading zeros. A zero before another digit ends the number, and so do three digits
/// before a fourth: the digit that is left over then fits nowhere.
fn plain_number(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9);
    let (first, rest) = text.split_first()?;
    let first = digit(*first)?;
    let Some((second, after)) = rest.split_first().filter(|_| first > 0) else {
        return Some((first, rest));
    };
    let Some(second) = digit(*second) else {
        return Some((first, rest));
    };
    let two = first.wrapping_mul(10).wrapping_add(second);
    match after.split_first() {
        Some((third, rest)) if digit(*third).is_some() => {
            let three = two.checked_mul(10)?.checked_add(digit(*third)?)?;
            Some((three, rest))
        }
        _ => Some((two, after)),
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
        write!(f, "{}/{}", self.network(), self.len())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
