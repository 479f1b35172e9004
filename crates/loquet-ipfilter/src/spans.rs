//! An address space cut into spans of one value each: the exact structure below everything else.

use core::hash::BuildHasherDefault;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::HashMap;
use std::hash::DefaultHasher;

use crate::Prefix;
use crate::prefix::{mask_v4, mask_v6};

/// A map for interning. Its keys come from the operator, so a fixed hash is safe, and a build gives the same result
/// every time.
pub(crate) type FixedMap<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// A number that addresses are compared by.
pub(crate) trait Key: Copy + Ord {
    const LAST: Self;
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
    ($($number:ty),*) => {$(
        impl Key for $number {
            const LAST: Self = Self::MAX;

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

key!(u32, u64, u128);

/// An address as a number: `u32` for IPv4, `u128` for IPv6.
pub(crate) trait Word: Key + core::hash::Hash + core::fmt::Debug {
    const ZERO: Self;
    /// The half by which addresses are told apart while no network is longer than /64; all of an IPv4 address.
    type Half: Key;
    /// The first bits of the address.
    fn half(self) -> Self::Half;
    /// Whether the bits beyond the half are zero.
    fn is_half(self) -> bool;
    fn next(self) -> Option<Self>;
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
    /// How many bits follow the first 16.
    const TOP_SHIFT: u32;
    const BITS: u32;
    /// The address with its first bit at the top.
    fn left(self) -> u128;
    /// The byte that starts `shift` bits above the lowest bit.
    fn byte(self, shift: u32) -> u8;
    /// Whether all of the lowest `shift` bits are zero.
    fn is_aligned(self, shift: u32) -> bool;
}

impl Word for u32 {
    const ZERO: Self = 0;
    type Half = Self;

    #[inline]
    fn half(self) -> Self {
        self
    }

    fn is_half(self) -> bool {
        true
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn last_of(self, len: u8) -> Self {
        self | !mask_v4(len)
    }

    fn longest_to(self, last: Self) -> u8 {
        (0..=32)
            .find(|&len| self & !mask_v4(len) == 0 && self.last_of(len) <= last)
            .unwrap_or(32)
    }

    fn of_prefix(prefix: Prefix) -> Option<Self> {
        prefix.base_v4()
    }

    fn address(self) -> IpAddr {
        Ipv4Addr::from_bits(self).into()
    }

    fn count_to(self, last: Self) -> u128 {
        u128::from(last.saturating_sub(self)).saturating_add(1)
    }

    #[inline]
    fn top(self) -> u16 {
        (self >> Self::TOP_SHIFT) as u16
    }

    const TOP_SHIFT: u32 = 16;

    const BITS: u32 = 32;

    #[inline]
    fn left(self) -> u128 {
        (self as u128) << 96
    }

    #[inline]
    fn byte(self, shift: u32) -> u8 {
        (self.wrapping_shr(shift) & 0xFF) as u8
    }

    fn is_aligned(self, shift: u32) -> bool {
        self.trailing_zeros() >= shift
    }
}

impl Word for u128 {
    const ZERO: Self = 0;
    type Half = u64;

    #[inline]
    fn half(self) -> u64 {
        (self >> 64) as u64
    }

    fn is_half(self) -> bool {
        self.trailing_zeros() >= 64
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn last_of(self, len: u8) -> Self {
        self | !mask_v6(len)
    }

    fn longest_to(self, last: Self) -> u8 {
        (0..=128)
            .find(|&len| self & !mask_v6(len) == 0 && self.last_of(len) <= last)
            .unwrap_or(128)
    }

    fn of_prefix(prefix: Prefix) -> Option<Self> {
        prefix.base_v6()
    }

    fn address(self) -> IpAddr {
        Ipv6Addr::from_bits(self).into()
    }

    fn count_to(self, last: Self) -> u128 {
        last.saturating_sub(self).saturating_add(1)
    }

    #[inline]
    fn top(self) -> u16 {
        (self >> Self::TOP_SHIFT) as u16
    }

    const TOP_SHIFT: u32 = 112;

    const BITS: u32 = 128;

    #[inline]
    fn left(self) -> u128 {
        self
    }

    #[inline]
    fn byte(self, shift: u32) -> u8 {
        (self.wrapping_shr(shift) & 0xFF) as u8
    }

    fn is_aligned(self, shift: u32) -> bool {
        self.trailing_zeros() >= shift
    }
}

/// Both families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Families<A, B> {
    pub(crate) v4: A,
    pub(crate) v6: B,
}

/// The whole of one address space, cut where the value changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spans<K, V> {
    // INVARIANT: ascending, the first is zero, as many as `values`; neighbouring values differ.
    starts: Vec<K>,
    values: Vec<V>,
}

impl<K: Word, V: Copy + Eq> Spans<K, V> {
    /// One value everywhere.
    pub(crate) fn uniform(value: V) -> Self {
        Self {
            starts: vec![K::ZERO],
            values: vec![value],
        }
    }

    /// Sets the value from `start` on. Starts must not descend; a start that comes again replaces its value.
    pub(crate) fn set_from(&mut self, start: K, value: V) {
        if self.starts.last().is_some_and(|last| *last >= start) {
            self.starts.pop();
            self.values.pop();
        }
        if self.values.last() != Some(&value) {
            self.starts.push(start);
            self.values.push(value);
        }
    }

    pub(crate) fn at(&self, key: K) -> Option<V> {
        let after = self.starts.partition_point(|start| *start <= key);
        self.values.get(after.checked_sub(1)?).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Each span's first address and value, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        self.starts.iter().copied().zip(self.values.iter().copied())
    }

    /// Each span's first address, last address and value, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (K, K, V)> + '_ {
        let ends = self
            .starts
            .iter()
            .skip(1)
            .filter_map(|start| start.previous())
            .chain([K::LAST]);
        self.iter()
            .zip(ends)
            .map(|((first, value), last)| (first, last, value))
    }

    /// The same cuts with other values, neighbours joined that became equal.
    pub(crate) fn map<W: Copy + Eq>(&self, mut to: impl FnMut(V) -> W) -> Spans<K, W> {
        let mut mapped = Spans {
            starts: Vec::with_capacity(self.len()),
            values: Vec::with_capacity(self.len()),
        };
        let mut last = None;
        for (start, value) in self.iter() {
            let value = to(value);
            if last != Some(value) {
                mapped.starts.push(start);
                mapped.values.push(value);
                last = Some(value);
            }
        }
        mapped
    }

    /// Two cuts of one space laid over each other.
    pub(crate) fn zip<W: Copy + Eq>(&self, other: &Spans<K, W>) -> Spans<K, (V, W)> {
        let mut both = Spans {
            starts: Vec::new(),
            values: Vec::new(),
        };
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        let (Some((_, mut a)), Some((_, mut b))) = (left.next(), right.next()) else {
            return both;
        };
        both.starts.push(K::ZERO);
        both.values.push((a, b));
        loop {
            let start = match (left.peek(), right.peek()) {
                (None, None) => return both,
                (Some((start, _)), None) | (None, Some((start, _))) => *start,
                (Some((one, _)), Some((two, _))) => *one.min(two),
            };
            if let Some((_, value)) = left.next_if(|(at, _)| *at == start) {
                a = value;
            }
            if let Some((_, value)) = right.next_if(|(at, _)| *at == start) {
                b = value;
            }
            both.starts.push(start);
            both.values.push((a, b));
        }
    }
}

/// Prefixes of one family, sorted so that what encloses comes before what it encloses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item<K, T> {
    pub(crate) start: K,
    pub(crate) len: u8,
    pub(crate) what: T,
}

/// Sorts, many of them by their first 16 bits first: after that each piece fits in the cache. Lists that others publish
/// are sorted mostly, and cost one look.
pub(crate) fn sort<K: Word, T: Copy + Ord>(items: &mut Vec<Item<K, T>>) {
    if items.is_sorted() {
        return;
    }
    if items.len() < 1 << 16 {
        items.sort_unstable();
        return;
    }
    let mut next = vec![0_usize; (1 << 16) + 1];
    for item in &*items {
        if let Some(count) = next.get_mut(usize::from(item.start.top()).saturating_add(1)) {
            *count = count.saturating_add(1);
        }
    }
    let mut sum = 0_usize;
    for count in &mut next {
        sum = sum.saturating_add(*count);
        *count = sum;
    }
    let mut sorted = items.clone();
    for item in &*items {
        let slot = next.get_mut(usize::from(item.start.top()));
        if let Some(slot) = slot
            && let Some(place) = sorted.get_mut(*slot)
        {
            *place = *item;
            *slot = slot.saturating_add(1);
        }
    }
    sorted
        .chunk_by_mut(|one, two| one.start.top() == two.start.top())
        .for_each(|piece| piece.sort_unstable());
    *items = sorted;
}

/// Sweeps prefixes in order. Prefixes nest or are apart, so a stack of at most one frame a length is enough: `add` gets
/// the value around a prefix and what the prefix brings, and gives the value inside; `seal` makes a value storable.
pub(crate) fn sweep<K: Word, T: Copy + Ord, S: Copy, V: Copy + Eq>(
    items: &mut [Item<K, T>],
    outside: S,
    mut add: impl FnMut(S, &Item<K, T>) -> S,
    seal: impl Fn(S) -> V,
) -> Spans<K, V> {
    items.sort_unstable();
    let mut spans = Spans::uniform(seal(outside));
    spans.starts.reserve(items.len());
    spans.values.reserve(items.len());
    let mut stack: Vec<(K, S)> = Vec::new();
    for item in &*items {
        let last = item.start.last_of(item.len);
        close(&mut spans, &mut stack, Some(item.start), outside, &seal);
        let around = stack.last().map_or(outside, |(_, state)| *state);
        let inside = add(around, item);
        stack.push((last, inside));
        spans.set_from(item.start, seal(inside));
    }
    close(&mut spans, &mut stack, None, outside, &seal);
    spans
}

/// Ends every frame that lies before `until`, or all.
fn close<K: Word, S: Copy, V: Copy + Eq>(
    spans: &mut Spans<K, V>,
    stack: &mut Vec<(K, S)>,
    until: Option<K>,
    outside: S,
    seal: impl Fn(S) -> V,
) {
    while let Some((last, _)) = stack.last()
        && until.is_none_or(|until| *last < until)
    {
        let after = last.next();
        stack.pop();
        if let Some(after) = after {
            spans.set_from(
                after,
                seal(stack.last().map_or(outside, |(_, state)| *state)),
            );
        }
    }
}

/// Cuts a run of addresses into the fewest prefixes.
pub(crate) fn cover<K: Word>(first: K, last: K) -> impl Iterator<Item = (K, u8)> {
    let mut next = Some(first);
    core::iter::from_fn(move || {
        let start = next.filter(|start| *start <= last)?;
        let len = start.longest_to(last);
        next = start.last_of(len).next();
        Some((start, len))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_items_are_sorted_as_few_are() {
        for count in [0, 1, 9, (1 << 16) - 1, 1 << 16, 70_000_u32] {
            let item = |at: u32| Item {
                start: at.wrapping_mul(0x9E37_79B9) >> 5 << 9,
                len: (at % 7) as u8,
                what: at,
            };
            let mut items: Vec<Item<u32, u32>> = (0..count).map(item).collect();
            let mut expected = items.clone();
            expected.sort();
            sort(&mut items);
            assert!(items == expected, "{count}");
            sort(&mut items);
            assert!(items == expected, "{count}, sorted before");
        }
    }
}
