//! Ranges of addresses, from the first to the last: merged, intersected, and split into networks.

use core::net::IpAddr;

use crate::Prefix;
use crate::address::number::Word;

/// The reason why two addresses are not the ends of a range.
pub(crate) enum RangeFault {
    /// The first is higher than the last, or of the other family.
    Order,
    /// The range is the whole address space.
    Everything,
}

/// Returns the fewest networks from the first to the last address.
pub(crate) fn prefixes_between(first: IpAddr, last: IpAddr) -> Result<Vec<Prefix>, RangeFault> {
    match (first.to_canonical(), last.to_canonical()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => between(first.to_bits(), last.to_bits()),
        (IpAddr::V6(first), IpAddr::V6(last)) => between(first.to_bits(), last.to_bits()),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Err(RangeFault::Order),
    }
}

fn between<K: Word>(first: K, last: K) -> Result<Vec<Prefix>, RangeFault> {
    if first > last {
        return Err(RangeFault::Order);
    }
    if (first, last) == (K::ZERO, K::LAST) {
        return Err(RangeFault::Everything);
    }
    let network = |(start, len): (K, u8)| Prefix::new(start.address(), len);
    to_prefixes(first, last)
        .map(|prefix| network(prefix).map_err(|_| RangeFault::Everything))
        .collect()
}

/// Returns the first and the last address of a prefix of this family.
pub(crate) fn range_of<K: Word>(prefix: Prefix) -> Option<(K, K)> {
    let start = K::of_prefix(prefix)?;
    Some((start, start.last_of(prefix.len())))
}

/// Sorts ranges and merges those that overlap or touch.
pub(crate) fn merge<K: Word>(mut ranges: Vec<(K, K)>) -> Vec<(K, K)> {
    ranges.sort_unstable();
    let mut merged: Vec<(K, K)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if before.1.next().is_none_or(|after| first <= after) => {
                before.1 = before.1.max(last)
            }
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// Returns the intersection of two lists of sorted, separate ranges.
pub(crate) fn intersect<K: Word>(one: &[(K, K)], two: &[(K, K)]) -> Vec<(K, K)> {
    // The shorter list is searched for in the longer one by bisection: a rule may have a few networks and a country
    // 100,000 ranges.
    let (few, many) = if one.len() <= two.len() {
        (one, two)
    } else {
        (two, one)
    };
    let mut common = Vec::new();
    for &(first, last) in few {
        let from = many.partition_point(|(_, end)| *end < first);
        let met = many
            .iter()
            .skip(from)
            .take_while(|(start, _)| *start <= last);
        common.extend(met.map(|&(start, end)| (start.max(first), end.min(last))));
    }
    common
}

/// Splits a range of addresses into the fewest prefixes.
pub(crate) fn to_prefixes<K: Word>(first: K, last: K) -> impl Iterator<Item = (K, u8)> {
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
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        let range =
            (0..60_u32, 0..8_u32).prop_map(|(first, more)| (first, first.saturating_add(more)));
        prop::collection::vec(range, 0..8)
    }

    fn holds(ranges: &[(u32, u32)], address: u32) -> bool {
        ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&address))
    }

    proptest! {
        #[test]
        fn merged_and_intersected_ranges_hold_right_addresses(one in ranges(), two in ranges()) {
            let (first, second) = (merge(one.clone()), merge(two.clone()));
            let common = intersect(&first, &second);
            for ranges in [&first, &second] {
                let apart = |pair: &[(u32, u32)]| pair[0].1.saturating_add(1) < pair[1].0;
                prop_assert!(ranges.windows(2).all(apart));
            }
            prop_assert!(common.is_sorted_by(|one, two| one.1 < two.0));
            for address in 0..80 {
                prop_assert_eq!(holds(&first, address), holds(&one, address));
                prop_assert_eq!(holds(&second, address), holds(&two, address));
                let both = holds(&one, address) && holds(&two, address);
                prop_assert_eq!(holds(&common, address), both);
            }
        }
    }
}
