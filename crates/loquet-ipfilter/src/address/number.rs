//! Addresses as numbers: `u32` for IPv4, `u128` for IPv6.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Prefix;

/// A number that addresses are compared by.
pub(crate) trait Key: Copy + Ord + core::fmt::Debug {
    const LAST: Self;
    /// As many values as fit beside as many numbers and their rules in a cache line.
    type Group<V: Copy + core::fmt::Debug>: AsRef<[V]> + AsMut<[V]> + Copy + core::fmt::Debug;
    const GROUP: usize;
    fn group<V: Copy + core::fmt::Debug>(filler: V) -> Self::Group<V>;
    fn next(self) -> Option<Self>;
    fn previous(self) -> Option<Self>;
    /// How many bits there are from the first in which the two differ.
    fn spread(self, other: Self) -> u32;
    /// The number with its last `spread` bits zero.
    fn block(self, spread: u32) -> Self;
    /// Which part of `1 << shift` addresses this is in the block that begins at `block`; beyond the last one when it lies
    /// outside of the block.
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
    /// How many bits follow the first 16.
    const TOP_SHIFT: u32;
    /// The half by which addresses are told apart while no network is longer than /64; all of an IPv4 address.
    type Half: Key;
    /// The first bits of the address.
    fn half(self) -> Self::Half;
    /// The address of these first bits, the others zero.
    fn of_half(half: Self::Half) -> Self;
    /// Whether the bits beyond the half are zero.
    fn is_half(self) -> bool;
    /// The highest address of the prefix of `len` bits that starts here.
    fn last_of(self, len: u8) -> Self;
    /// The length of the longest prefix that starts here and ends no later than `last`.
    fn longest_to(self, last: Self) -> u8;
    fn of_prefix(prefix: Prefix) -> Option<Self>;
    fn address(self) -> IpAddr;
    /// How many addresses there are up to `last`; one less for all of IPv6, whose number has 129 bits.
    fn count_to(self, last: Self) -> u128;
    /// The first 16 bits.
    fn top(self) -> u16;
    /// The address with its first bit at the top.
    fn left(self) -> u128;
    /// The byte that starts `shift` bits above the lowest bit.
    fn byte(self, shift: u32) -> u8;
    /// Whether all of the lowest `shift` bits are zero.
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

/// Both families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Families<A, B> {
    pub(crate) v4: A,
    pub(crate) v6: B,
}
