//! Special addresses: tunnels that carry an IPv4 address, and special-purpose ranges.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the IPv4 address that a transition mechanism carries inside an IPv6 address.
///
/// Covers 6to4 (RFC 3056), Teredo (RFC 4380 §4, the client's address, stored inverted), NAT64 with the well-known
/// prefix (RFC 6052) and IPv4-compatible addresses (RFC 4291 §2.5.5.1). IPv4-mapped addresses are not covered: they are
/// IPv4 addresses and are made canonical first.
#[must_use]
pub fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x2002, high, low, ..] => Some(join(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Some(join(!high, !low)),
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        // `::` and `::1` are the unspecified and the loopback address, not IPv4-compatible ones.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => Some(join(high, low)),
        _ => None,
    }
}

pub(crate) fn embedded_in(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => embedded_v4(v6),
    }
}

/// Returns whether an address may be IPv4-mapped or carry an IPv4 address, judged by its first bits alone.
///
/// Most addresses need no closer look after this. The test has no branch: many addresses begin with 2001, and a
/// processor cannot predict which ones do.
#[inline]
pub(crate) const fn may_hold_v4(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (first == 0) | (first == 0x0064) | (first == 0x2002) | ((first == 0x2001) & (second == 0))
}

fn join(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
}

/// Special-purpose IPv4 ranges (IANA registry, RFC 6890). Such an address has no country.
const SPECIAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Special-purpose IPv6 ranges (same registry). Tunnels are not listed: they are a class of their own.
const SPECIAL_V6: [(Ipv6Addr, u8); 10] = [
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// The ranges of [`embedded_v4`]. `::` and `::1` lie inside the last one and are special-purpose: the longer prefix
/// wins.
pub(crate) fn tunnel_prefixes() -> [crate::Prefix; 4] {
    [
        (0x2002_u128 << 112, 16),
        (0x2001_u128 << 112, 32),
        (0x0064_ff9b_u128 << 96, 96),
        (0, 96),
    ]
    .map(|(bits, len)| crate::Prefix::from_v6_bits(bits, len))
}

pub(crate) fn special_prefixes() -> impl Iterator<Item = crate::Prefix> {
    use crate::Prefix;
    let v4 = SPECIAL_V4
        .iter()
        .map(|&(a, len)| Prefix::from_v4_bits(a.to_bits(), len));
    let v6 = SPECIAL_V6
        .iter()
        .map(|&(a, len)| Prefix::from_v6_bits(a.to_bits(), len));
    v4.chain(v6)
}

/// Returns whether the address lies in a special-purpose range (private, loopback, documentation, multicast, …).
#[must_use]
pub fn is_special(address: IpAddr) -> bool {
    let address = address.to_canonical();
    special_prefixes().any(|prefix| prefix.contains(address))
}
