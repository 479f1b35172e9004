//! Special addresses: tunnels that carry an IPv4 address, and special-purpose ranges.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the IPv4 addresses that a transition mechanism carries inside an IPv6 address.
///
/// Covers 6to4 (RFC 3056), Teredo (RFC 4380 §4, the client's address, stored inverted), IPv4-compatible addresses
/// (RFC 4291 §2.5.5.1), IPv4-translated addresses (RFC 2765 §2.1), and NAT64 with the well-known prefix (RFC 6052) and
/// with the local-use prefix `64:ff9b:1::/48` (RFC 8215). There is one address, except in the last: the length of a
/// local prefix is known to its network only, so each of RFC 6052's places that the address leaves possible gives one.
///
/// IPv4-mapped addresses are not covered: they are IPv4 addresses and are made canonical first. Neither are ISATAP
/// addresses (RFC 5214): any host can choose `::5efe:192.0.2.7` as the second half of its address.
pub fn embedded_v4(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> + Clone {
    let mut found = [None; 4];
    match address.segments() {
        [0x0064, 0xff9b, 1, ..] => found = local_nat64(address),
        [0x2002, high, low, ..] => found[0] = Some(join(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => found[0] = Some(join(!high, !low)),
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            found[0] = Some(join(high, low));
        }
        // `::` and `::1` are the unspecified and the loopback address, not IPv4-compatible ones.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => found[0] = Some(join(high, low)),
        _ => {}
    }
    found.into_iter().flatten()
}

/// The places of RFC 6052 §2.2 for prefixes of 96, 64, 56 and 48 bits. All but the first leave the rest of the address
/// zero, and octet 8 stays zero.
const fn local_nat64(address: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let [.., a, b, 0, c, d, e, f, g, h, i] = address.octets() else {
        let [.., f, g, h, i] = address.octets();
        return [Some(Ipv4Addr::new(f, g, h, i)), None, None, None];
    };
    let mut found = [Some(Ipv4Addr::new(f, g, h, i)), None, None, None];
    if let [0, 0, 0] = [g, h, i] {
        found[1] = Some(Ipv4Addr::new(c, d, e, f));
        if f == 0 {
            found[2] = Some(Ipv4Addr::new(b, c, d, e));
            if e == 0 {
                found[3] = Some(Ipv4Addr::new(a, b, c, d));
            }
        }
    }
    found
}

pub(crate) fn embedded_in(address: IpAddr) -> impl Iterator<Item = Ipv4Addr> + Clone {
    let v6 = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => Some(v6),
    };
    v6.into_iter().flat_map(embedded_v4)
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
const SPECIAL_V6: [(Ipv6Addr, u8); 9] = [
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
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
pub(crate) fn tunnel_prefixes() -> [crate::Prefix; 6] {
    [
        (0x2002_u128 << 112, 16),
        (0x2001_u128 << 112, 32),
        (0x0064_ff9b_u128 << 96, 96),
        (0x0064_ff9b_0001_u128 << 80, 48),
        (0xffff_u128 << 48, 96),
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
