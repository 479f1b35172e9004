//! Addresses as numbers: `u32` for IPv4, `u128` for IPv6.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Prefix;

/// A number that stands for an address in comparisons.
pub(crate) trait Key: Copy + Ord + core::fmt::Debug {
    const LAST: Self;
    /// An array of the values that fit in one cache line beside their keys.
    type Group<V: Copy + core::fmt::Debug>: AsRef<[V]> + AsMut<[V]> + Copy + core::fmt::Debug;
    const GROUP: usize;
    fn group<V: Copy + core::fmt::Debug>(filler: V) -> Self::Group<V>;
    fn next(self) -> Option<Self>;
    fn previous(self) -> Option<Self>;
    /// Returns how many of the last bits are needed to tell the two numbers apart.
    fn spread(self, other: Self) -> u32;
    /// Returns the number with its last `spread` bits zero.
    fn block(self, spread: u32) -> Self;
    /// Returns the number of the part, of `1 << shift` addresses each, in the block that begins at `block`. The result
    /// is too large for any table when the number lies outside the block.
    fn part(self, block: Self, shift: u32) -> usize;
}

macro_rules! key {
    ($($number:ty, groups of $group:literal;)*) => {$(
        impl Key for $number {
            const LAST: Self = Self::MAX;
            type Group<V: Copy + core::fmt::Debug> = [V; $group];
            const GROUP: usize = $group;

            fn group<V: Copy + core::fmt::Debug>(filler: V) -> [V; $group] {
                [filler; $group]
            }

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn spread(self, other: Self) -> u32 {
                Self::BITS.saturating_sub((self ^ other).leading_zeros())
            }

            fn block(self, spread: u32) -> Self {
                let host = Self::MAX.checked_shr(Self::BITS.saturating_sub(spread));
                self & !host.unwrap_or(0)
            }

            #[inline]
            fn part(self, block: Self, shift: u32) -> usize {
                usize::try_from((self ^ block).wrapping_shr(shift)).unwrap_or(usize::MAX)
            }
        }
    )*};
}

key! {
    u32, groups of 8;
    u64, groups of 5;
    u128, groups of 3;
}

/// An address as a number.
pub(crate) trait Word: Key + core::hash::Hash {
    const ZERO: Self;
    const BITS: u32;
    /// The number of bits that follow the first 16.
    const TOP_SHIFT: u32;
    /// The first half of an IPv6 address, all of an IPv4 address. It tells addresses apart while no network is longer
    /// than /64.
    type Half: Key;
    /// Returns the first half of the address.
    fn half(self) -> Self::Half;
    /// Returns the address with this first half and zeros after it.
    fn of_half(half: Self::Half) -> Self;
    /// Returns whether all bits after the first half are zero.
    fn is_half(self) -> bool;
    /// Returns the highest address of the prefix of `len` bits that starts here.
    fn last_of(self, len: u8) -> Self;
    /// Returns the length of the shortest prefix (the largest network) that starts here and ends no later than `last`.
    fn longest_to(self, last: Self) -> u8;
    fn of_prefix(prefix: Prefix) -> Option<Self>;
    fn address(self) -> IpAddr;
    /// Returns the number of addresses from here to `last`. All of IPv6 counts one less, because its number needs 129
    /// bits.
    fn count_to(self, last: Self) -> u128;
    /// Returns the first 16 bits.
    fn top(self) -> u16;
    /// Returns the address shifted so that its first bit is the highest bit.
    fn left(self) -> u128;
    /// Returns the byte that starts `shift` bits above the lowest bit.
    fn byte(self, shift: u32) -> u8;
    /// Returns whether the lowest `shift` bits are all zero.
    fn is_aligned(self, shift: u32) -> bool;
}

macro_rules! word {
    ($number:ty, half $half:ty, address $address:ty, family $family:path) => {
        impl Word for $number {
            const ZERO: Self = 0;
            const BITS: u32 = <$number>::BITS;
            const TOP_SHIFT: u32 = <$number>::BITS - 16;
            type Half = $half;

            #[inline]
            fn half(self) -> $half {
                (self >> (<$number>::BITS - <$half>::BITS)) as $half
            }

            fn of_half(half: $half) -> Self {
                Self::from(half) << (<$number>::BITS - <$half>::BITS)
            }

            fn is_half(self) -> bool {
                self.trailing_zeros() >= <$number>::BITS - <$half>::BITS
            }

            fn last_of(self, len: u8) -> Self {
                self | Self::MAX.checked_shr(len.into()).unwrap_or(0)
            }

            fn longest_to(self, last: Self) -> u8 {
                let count = last.saturating_sub(self).checked_add(1);
                let most = count.map_or(<$number>::BITS, Self::ilog2);
                let host = most.min(self.trailing_zeros());
                u8::try_from(<$number>::BITS.saturating_sub(host)).unwrap_or(u8::MAX)
            }

            fn of_prefix(prefix: Prefix) -> Option<Self> {
                match prefix.network() {
                    $family(address) => Some(address.to_bits()),
                    _ => None,
                }
            }

            fn address(self) -> IpAddr {
                <$address>::from_bits(self).into()
            }

            fn count_to(self, last: Self) -> u128 {
                u128::from(last.saturating_sub(self)).saturating_add(1)
            }

            #[inline]
            fn top(self) -> u16 {
                (self >> Self::TOP_SHIFT) as u16
            }

            #[inline]
            fn left(self) -> u128 {
                u128::from(self) << (128 - <$number>::BITS)
            }

            #[inline]
            fn byte(self, shift: u32) -> u8 {
                (self.wrapping_shr(shift) & 0xFF) as u8
            }

            fn is_aligned(self, shift: u32) -> bool {
                self.trailing_zeros() >= shift
            }
        }
    };
}

word!(u32, half u32, address Ipv4Addr, family IpAddr::V4);
word!(u128, half u64, address Ipv6Addr, family IpAddr::V6);

/// A value for IPv4 and one for IPv6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Families<A, B> {
    pub(crate) v4: A,
    pub(crate) v6: B,
}
