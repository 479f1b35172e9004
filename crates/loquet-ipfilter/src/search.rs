//! Few spans, or spans of many behaviours: a table over the first bits, then a search that takes no branch.
//!
//! Less than two kilobytes for 100 rules. A tree of nodes of 16 keys, each compared at once, took 2.5 times as long:
//! without native CPU flags the adding up costs more than the steps that it saves.

use core::hint::select_unpredictable;

use crate::spans::{Key, Spans, Word};

/// The last address before each span but the first, so that an address lies in the span whose number is how many of
/// these are less than it. What fills up the end is the greatest address, which is never less.
#[derive(Debug, Clone)]
pub(crate) struct Search<K> {
    /// How many of `keys` belong to spans that start before the addresses with these first bits.
    before: Box<[u32]>,
    /// How far the first 16 bits are shifted to number `before`.
    shift: u32,
    /// The greatest power of two that a search starts with; zero when there is one span.
    step: usize,
    keys: Box<[K]>,
    values: Box<[u16]>,
}

/// Up to so many spans the table has 256 entries, beyond it 65,536.
const SMALL: usize = 4_096;

impl<K: Key> Search<K> {
    /// `key` cuts an address down to what tells the spans apart.
    pub(crate) fn build<W: Word>(spans: &Spans<W, u16>, key: impl Fn(W) -> K) -> Self {
        let shift = if spans.len() <= SMALL { 8 } else { 0 };
        let bucket = |start: K| usize::from(start.top() >> shift);
        let starts = || spans.iter().skip(1).map(|(start, _)| key(start));
        let mut counts = vec![0_u32; (usize::from(u16::MAX) >> shift).saturating_add(1)];
        for start in starts() {
            if let Some(count) = counts.get_mut(bucket(start)) {
                *count = count.saturating_add(1);
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let before = counts.iter().scan(0_u32, |sum, count| {
            let before = *sum;
            *sum = sum.saturating_add(*count);
            Some(before)
        });
        // Steps of 4, 2 and 1 tell eight positions apart: among seven keys.
        let step = most.checked_ilog2().map_or(0, |log| 1_usize << log);
        let fill = step.saturating_mul(2);
        Self {
            before: before.collect(),
            shift,
            step,
            keys: starts()
                .filter_map(K::previous)
                .chain(core::iter::repeat_n(K::LAST, fill))
                .collect(),
            values: spans.iter().map(|(_, value)| value).collect(),
        }
    }

    /// The value at an address; `None` would be a fault of [`build`](Self::build), and callers refuse on it.
    #[inline]
    pub(crate) fn at(&self, address: K) -> Option<u16> {
        let bucket = usize::from(address.top() >> self.shift);
        let mut at = usize::try_from(*self.before.get(bucket)?).ok()?;
        let mut step = self.step;
        while step > 0 {
            let beyond = at.wrapping_add(step);
            let key = *self.keys.get(beyond.wrapping_sub(1))?;
            at = select_unpredictable(key < address, beyond, at);
            step >>= 1;
        }
        self.values.get(at).copied()
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.before)
            .saturating_add(size_of_val(&*self.keys))
            .saturating_add(size_of_val(&*self.values))
    }
}
