//! Many spans with their rules: the ends of some spans and their rules share a cache line.
//!
//! A look-up reads the table, the ends of a few lines and one line. A binary search over all spans would miss the cache
//! at most of its twenty steps.

use crate::address::number::{Key, Word};
use crate::compile::index::start_table::StartTable;
use crate::compile::rule_lists::ListId;
use crate::compile::spans::Spans;

/// All spans, in cache lines.
#[derive(Debug, Clone)]
pub(crate) struct CacheLines<K: Key> {
    /// Over the starts of all lines except the first.
    parts: StartTable<K>,
    /// The last address before each line except the first.
    ends: Box<[K]>,
    lines: Box<[CacheLine<K>]>,
    /// The number of spans.
    count: usize,
}

/// Consecutive spans.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct CacheLine<K: Key> {
    /// The last address of each span, padded with the greatest address.
    ends: K::Group<K>,
    lists: K::Group<ListId>,
}

impl<K: Key> CacheLines<K> {
    /// Builds the lines. `key` reduces an address to the part that tells the spans apart.
    pub(crate) fn build<W: Word>(spans: &Spans<W, ListId>, key: impl Fn(W) -> K) -> Self {
        let all: Vec<(K, K, ListId)> = spans
            .ranges()
            .map(|(first, last, list)| (key(first), key(last), list))
            .collect();
        let groups = || all.chunks(K::GROUP);
        let starts: Vec<K> = groups()
            .skip(1)
            .filter_map(|group| group.first().map(|(first, ..)| *first))
            .collect();
        let line = |group: &[(K, K, ListId)]| {
            let mut line = CacheLine::<K> {
                ends: K::group(K::LAST),
                lists: K::group(ListId::NONE),
            };
            let ends: &mut [K] = line.ends.as_mut();
            let lists: &mut [ListId] = line.lists.as_mut();
            let slots = ends.iter_mut().zip(lists);
            for ((end, list), (_, last, what)) in slots.zip(group) {
                (*end, *list) = (*last, *what);
            }
            line
        };
        Self {
            parts: StartTable::build(&starts).0,
            ends: starts.iter().filter_map(|start| start.previous()).collect(),
            lines: groups().map(line).collect(),
            count: all.len(),
        }
    }

    /// Returns the number of an address's span, and its rules. `None` means a fault in [`build`](Self::build), and
    /// callers deny.
    #[inline]
    pub(crate) fn at(&self, address: K) -> Option<(usize, ListId)> {
        let before = match self.parts.range(address) {
            Some((before, end)) => {
                let ends = self.ends.get(before..end)?;
                before.wrapping_add(ends.partition_point(|end| *end < address))
            }
            None if self.ends.first().is_some_and(|end| *end < address) => self.ends.len(),
            None => 0,
        };
        let line = self.lines.get(before)?;
        let ends = line.ends.as_ref().iter();
        // The compiler vectorizes a 32-bit sum.
        let less = ends.fold(0_u32, |sum, end| {
            sum.wrapping_add(u32::from(*end < address))
        });
        let less = usize::try_from(less).ok()?;
        let list = *line.lists.as_ref().get(less)?;
        Some((before.wrapping_mul(K::GROUP).wrapping_add(less), list))
    }

    /// Returns the spans that it was built from.
    pub(crate) fn spans<W: Word>(&self, word: impl Fn(K) -> W) -> Spans<W, ListId> {
        let all = || {
            let lines = self.lines.iter();
            let pairs = lines.flat_map(|line| line.ends.as_ref().iter().zip(line.lists.as_ref()));
            pairs.take(self.count)
        };
        let starts = all().filter_map(|(end, _)| end.next()).map(word);
        Spans::new(starts, all().map(|(_, list)| *list))
    }

    /// The number of spans.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        let ends = size_of_val(&*self.ends).saturating_add(size_of_val(&*self.lines));
        self.parts.bytes().saturating_add(ends)
    }
}
