//! Networks laid over each other: sorted, then swept into spans.

use crate::Prefix;
use crate::address::number::Word;
use crate::compile::spans::Spans;

/// Prefixes of one family, sorted so that what encloses comes before what it encloses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item<K, T> {
    pub(crate) start: K,
    pub(crate) len: u8,
    pub(crate) what: T,
}

impl<K: Word, T> Item<K, T> {
    /// `None` for a prefix of the other family.
    pub(crate) fn new(prefix: Prefix, what: T) -> Option<Self> {
        let (start, len) = (K::of_prefix(prefix)?, prefix.len());
        Some(Self { start, len, what })
    }

    pub(crate) const fn everywhere(what: T) -> Self {
        let (start, len) = (K::ZERO, 0);
        Self { start, len, what }
    }
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
    items: &mut Vec<Item<K, T>>,
    outside: S,
    mut add: impl FnMut(S, &Item<K, T>) -> S,
    seal: impl Fn(S) -> V,
) -> Spans<K, V> {
    sort(items);
    let mut spans = Spans::uniform(seal(outside));
    spans.reserve(items.len());
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
