//! Many spans with their rules: where each ends and what holds in it stand in one cache line.
//!
//! A look-up reads the table, the ends of a few lines and one line, where a search among all beginnings would miss the
//! cache at nearly each of its twenty steps.

use crate::address::number::{Key, Word};
use crate::compile::index::start_table::Parts;
use crate::compile::rule_lists::ListId;
use crate::compile::spans::Spans;

/// All spans, in lines.
#[derive(Debug, Clone)]
pub(crate) struct Packed<K: Key> {
    /// Over the beginnings of all lines but the first.
    parts: Parts<K>,
    /// The last address before each line but the first.
    ends: Box<[K]>,
    lines: Box<[Line<K>]>,
    /// How many spans there are.
    count: usize,
}

/// Some spans that follow each other.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line<K: Key> {
    /// The last address of each span. What fills up is the greatest.
    ends: K::Group<K>,
    lists: K::Group<ListId>,
}

impl<K: Key> Packed<K> {
    /// `key` cuts an address down to what tells the spans apart.
    pub(crate) fn build<W: Word>(spans: &Spans<W, ListId>, key: impl Fn(W) -> K) -> Self {
        let all: Vec<(K, K, ListId)> = spans
            .runs()
            .map(|(first, last, list)| (key(first), key(last), list))
            .collect();
        let groups = || all.chunks(K::GROUP);
        let starts: Vec<K> = groups()
            .skip(1)
            .filter_map(|group| group.first().map(|(first, ..)| *first))
            .collect();
        let line = |group: &[(K, K, ListId)]| {
            let mut line = Line::<K> {
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
            parts: Parts::build(&starts).0,
            ends: starts.iter().filter_map(|start| start.previous()).collect(),
            lines: groups().map(line).collect(),
            count: all.len(),
        }
    }

    /// The number of the span that an address lies in, and its rules; `None` would be a fault of
    /// [`build`](Self::build), and callers refuse on it.
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
        // A sum of 32 bits is added up several at once.
        let less = ends.fold(0_u32, |sum, end| {
            sum.wrapping_add(u32::from(*end < address))
        });
        let less = usize::try_from(less).ok()?;
        let list = *line.lists.as_ref().get(less)?;
        Some((before.wrapping_mul(K::GROUP).wrapping_add(less), list))
    }

    /// The spans that it was built from.
    pub(crate) fn spans<W: Word>(&self, word: impl Fn(K) -> W) -> Spans<W, ListId> {
        let all = || {
            let lines = self.lines.iter();
            let pairs = lines.flat_map(|line| line.ends.as_ref().iter().zip(line.lists.as_ref()));
            pairs.take(self.count)
        };
        let starts = all().filter_map(|(end, _)| end.next()).map(word);
        Spans::new(starts, all().map(|(_, list)| *list))
    }

    /// How many spans there are.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        let ends = size_of_val(&*self.ends).saturating_add(size_of_val(&*self.lines));
        self.parts.bytes().saturating_add(ends)
    }
}
