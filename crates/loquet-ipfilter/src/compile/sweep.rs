//! Sorts overlapping networks and sweeps them into spans.

use crate::Prefix;
use crate::address::number::Word;
use crate::compile::spans::Spans;

/// A prefix with a value. An enclosing prefix sorts before those that it encloses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item<K, T> {
    pub(crate) start: K,
    pub(crate) len: u8,
    pub(crate) what: T,
}

impl<K: Word, T> Item<K, T> {
    /// Returns `None` for a prefix of the other family.
    pub(crate) fn new(prefix: Prefix, what: T) -> Option<Self> {
        let (start, len) = (K::of_prefix(prefix)?, prefix.len());
        Some(Self { start, len, what })
    }

    pub(crate) const fn everywhere(what: T) -> Self {
        let (start, len) = (K::ZERO, 0);
        Self { start, len, what }
    }
}

/// Sorts items; large lists first by their first 16 bits, so that each piece fits in the cache. Published lists are
/// usually sorted already and cost one check.
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

/// Sweeps prefixes in order. Prefixes nest or are disjoint, so a stack with at most one frame per length is enough.
/// `add` gets the value around a prefix and the item, and returns the value inside; `store` converts a value for
/// storage.
pub(crate) fn sweep<K: Word, T: Copy + Ord, S: Copy, V: Copy + Eq>(
    items: &mut Vec<Item<K, T>>,
    outside: S,
    mut add: impl FnMut(S, &Item<K, T>) -> S,
    store: impl Fn(S) -> V,
) -> Spans<K, V> {
    sort(items);
    let mut spans = Spans::uniform(store(outside));
    spans.reserve(items.len());
    let mut stack: Vec<(K, S)> = Vec::new();
    for item in &*items {
        let last = item.start.last_of(item.len);
        close(&mut spans, &mut stack, Some(item.start), outside, &store);
        let around = stack.last().map_or(outside, |(_, state)| *state);
        let inside = add(around, item);
        stack.push((last, inside));
        spans.set_from(item.start, store(inside));
    }
    close(&mut spans, &mut stack, None, outside, &store);
    spans
}

/// Ends every frame that lies before `until`, or all frames.
fn close<K: Word, S: Copy, V: Copy + Eq>(
    spans: &mut Spans<K, V>,
    stack: &mut Vec<(K, S)>,
    until: Option<K>,
    outside: S,
    store: impl Fn(S) -> V,
) {
    while let Some((last, _)) = stack.last()
        && until.is_none_or(|until| *last < until)
    {
        let after = last.next();
        stack.pop();
        if let Some(after) = after {
            spans.set_from(
                after,
                store(stack.last().map_or(outside, |(_, state)| *state)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_lists_sort_like_small_ones() {
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
