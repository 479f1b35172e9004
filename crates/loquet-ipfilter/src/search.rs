//! Which of many spans an address lies in: a table over some of its bits, then a search that takes no branch.
//!
//! Ten kilobytes for 100 rules. A tree of nodes of 16 keys, each compared at once, took 2.5 times as long: without native
//! CPU flags the adding up costs more than the steps that it saves.

use core::hint::select_unpredictable;

use crate::word::Key;

/// A table over the smallest block of addresses that all spans but the first begin in: the bits in which they do not
/// differ tell nothing. The networks of IPv6 begin with few of all first bytes.
#[derive(Debug, Clone)]
pub(crate) struct Search<K> {
    block: K,
    /// The table has an entry for so many bits of the addresses of the block.
    shift: u32,
    /// How many of `keys` belong to spans that start before the addresses of this part of the block.
    before: Box<[u32]>,
    /// The greatest power of two that a search starts with; zero when no span but the first one starts in any part.
    step: usize,
    /// The last address before each span but the first, so that an address lies in the span whose number is how many of
    /// these are less than it. What fills up the end is the greatest address, which is never less.
    keys: Box<[K]>,
    /// How many spans there are besides the first.
    count: usize,
}

/// The table has at most so many entries, unless there are more spans.
const MOST_BITS: u32 = 16;

impl<K: Key> Search<K> {
    /// `starts` are the beginnings of all spans but the first, ascending.
    pub(crate) fn build(starts: &[K]) -> Self {
        let first = starts.first().copied().unwrap_or(K::LAST);
        let spread = first.spread(starts.last().copied().unwrap_or(first));
        let log = starts.len().max(1).ilog2();
        // Eight to sixteen entries a span: half of them make a search one step longer. Of very many spans one or two,
        // because the table should stay in the cache.
        let wanted = log.saturating_add(4).min(MOST_BITS.max(log));
        let bits = wanted.min(spread);
        let (block, shift) = (first.block(spread), spread.saturating_sub(bits));
        let mut counts = vec![0_u32; 1 << bits];
        for start in starts {
            if let Some(count) = counts.get_mut(start.part(block, shift)) {
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
            block,
            shift,
            before: before.collect(),
            step,
            keys: starts
                .iter()
                .filter_map(|start| start.previous())
                .chain(core::iter::repeat_n(K::LAST, fill))
                .collect(),
            count: starts.len(),
        }
    }

    /// The number of the span that an address lies in; `None` would be a fault of [`build`](Self::build), and callers
    /// refuse on it.
    #[inline]
    pub(crate) fn at(&self, address: K) -> Option<usize> {
        let part = address.part(self.block, self.shift);
        let Some(before) = self.before.get(part) else {
            let is_beyond = self.keys.first().is_some_and(|key| *key < address);
            return Some(if is_beyond { self.count } else { 0 });
        };
        let before = usize::try_from(*before).ok()?;
        let keys = self.keys.get(before..)?;
        let less = match self.step {
            0 => 0,
            1 => less::<K, 2>(keys, address)?,
            2 => less::<K, 4>(keys, address)?,
            4 => less::<K, 8>(keys, address)?,
            8 => less::<K, 16>(keys, address)?,
            16 => less::<K, 32>(keys, address)?,
            32 => less::<K, 64>(keys, address)?,
            _ => {
                let after = self.before.get(part.wrapping_add(1));
                let end = after.map_or(Some(self.count), |end| usize::try_from(*end).ok())?;
                let keys = self.keys.get(before..end)?;
                keys.partition_point(|key| *key < address)
            }
        };
        Some(before.wrapping_add(less))
    }

    /// The beginnings that it was built from.
    pub(crate) fn starts(&self) -> impl Iterator<Item = K> + '_ {
        let keys = self.keys.iter().take(self.count);
        keys.filter_map(|key| key.next())
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.before).saturating_add(size_of_val(&*self.keys))
    }
}

/// How many of the first keys are less than the address, when that is fewer than `N`, a power of two. For a number that
/// is known when it is compiled there is no loop, and no key is looked for outside of the array.
#[inline]
fn less<K: Key, const N: usize>(keys: &[K], address: K) -> Option<usize> {
    let keys = keys.first_chunk::<N>()?;
    let mut at = 0_usize;
    let mut step = N >> 1;
    while step > 0 {
        let beyond = at | step;
        let key = *keys.get(beyond.wrapping_sub(1))?;
        at = select_unpredictable(key < address, beyond, at);
        step >>= 1;
    }
    Some(at)
}
