//! Runs of addresses, from the first to the last: joined, intersected, and cut into networks.

use crate::Prefix;
use crate::address::number::Word;

/// The first and the last address of a prefix of this family.
pub(crate) fn run<K: Word>(prefix: Prefix) -> Option<(K, K)> {
    let start = K::of_prefix(prefix)?;
    Some((start, start.last_of(prefix.len())))
}

/// Sorted, and overlapping or touching runs made one.
pub(crate) fn join<K: Word>(mut runs: Vec<(K, K)>) -> Vec<(K, K)> {
    runs.sort_unstable();
    let mut joined: Vec<(K, K)> = Vec::with_capacity(runs.len());
    for (first, last) in runs {
        match joined.last_mut() {
            Some(before) if before.1.next().is_none_or(|after| first <= after) => {
                before.1 = before.1.max(last)
            }
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// What two lists of sorted, separate runs have in common.
pub(crate) fn intersect<K: Word>(one: &[(K, K)], two: &[(K, K)]) -> Vec<(K, K)> {
    // A short list finds its counterparts by bisection: a rule of a few networks against a country's 100,000 runs.
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
    use proptest::prelude::*;

    use super::*;

    fn runs() -> impl Strategy<Value = Vec<(u32, u32)>> {
        let run =
            (0..60_u32, 0..8_u32).prop_map(|(first, more)| (first, first.saturating_add(more)));
        prop::collection::vec(run, 0..8)
    }

    fn holds(runs: &[(u32, u32)], address: u32) -> bool {
        runs.iter()
            .any(|(first, last)| (*first..=*last).contains(&address))
    }

    proptest! {
        #[test]
        fn joined_runs_are_apart_and_what_is_common_is_in_both(one in runs(), two in runs()) {
            let (first, second) = (join(one.clone()), join(two.clone()));
            let common = intersect(&first, &second);
            for runs in [&first, &second] {
                let apart = |pair: &[(u32, u32)]| pair[0].1.saturating_add(1) < pair[1].0;
                prop_assert!(runs.windows(2).all(apart));
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
