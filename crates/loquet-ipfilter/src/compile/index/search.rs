//! A branch-free search for the span of an address among few spans.
//!
//! It takes ten kilobytes for 100 rules. A tree with 16 keys per node, compared at once, took 2.5 times as long:
//! without native CPU flags, adding up costs more than the saved steps.

use core::hint::select_unpredictable;

use crate::address::number::Key;
use crate::compile::index::start_table::StartTable;

/// The starts of all spans except the first.
#[derive(Debug, Clone)]
pub(crate) struct Search<K> {
    parts: StartTable<K>,
    /// The greatest power of two that a search starts with; zero if only the first span starts in any part.
    step: usize,
    /// The last address before each span except the first, padded with the greatest address. The number of an address's
    /// span is the number of keys less than it.
    keys: Box<[K]>,
    /// The number of spans except the first.
    count: usize,
}

impl<K: Key> Search<K> {
    /// Builds the search. `starts` are the starts of all spans except the first, ascending.
    pub(crate) fn build(starts: &[K]) -> Self {
        let (parts, most) = StartTable::build(starts);
        // Steps of 4, 2 and 1 distinguish eight positions among seven keys.
        let step = most.checked_ilog2().map_or(0, |log| 1_usize << log);
        let fill = core::iter::repeat_n(K::LAST, step.saturating_mul(2));
        let keys = starts.iter().filter_map(|start| start.previous());
        Self {
            parts,
            step,
            keys: keys.chain(fill).collect(),
            count: starts.len(),
        }
    }

    /// Returns the number of an address's span. `None` means a fault in [`build`](Self::build), and callers deny.
    #[inline]
    pub(crate) fn at(&self, address: K) -> Option<usize> {
        let Some(before) = self.parts.before(address) else {
            let is_beyond = self.keys.first().is_some_and(|key| *key < address);
            return Some(if is_beyond { self.count } else { 0 });
        };
        let keys = self.keys.get(before..)?;
        let less = match self.step {
            0 => 0,
            1 => less::<K, 2>(keys, address)?,
            2 => less::<K, 4>(keys, address)?,
            4 => less::<K, 8>(keys, address)?,
            8 => less::<K, 16>(keys, address)?,
            16 => less::<K, 32>(keys, address)?,
            32 => less::<K, 64>(keys, address)?,
            _ => keys.partition_point(|key| *key < address),
        };
        Some(before.wrapping_add(less))
    }

    /// Returns the starts that it was built from.
    pub(crate) fn starts(&self) -> impl Iterator<Item = K> + '_ {
        let keys = self.keys.iter().take(self.count);
        keys.filter_map(|key| key.next())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.parts.bytes().saturating_add(size_of_val(&*self.keys))
    }
}

/// Returns how many of the first keys are less than the address, if fewer than `N`, a power of two. With `N` known at
/// compile time the loop is unrolled and needs no bounds checks.
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
