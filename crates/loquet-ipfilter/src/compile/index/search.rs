//! Which of a few spans an address lies in: a search that takes no branch.
//!
//! Ten kilobytes for 100 rules. A tree of nodes of 16 keys, each compared at once, took 2.5 times as long: without native
//! CPU flags the adding up costs more than the steps that it saves.

use core::hint::select_unpredictable;

use crate::address::number::Key;
use crate::compile::index::start_table::Parts;

/// The beginnings of all spans but the first.
#[derive(Debug, Clone)]
pub(crate) struct Search<K> {
    parts: Parts<K>,
    /// The greatest power of two that a search starts with; zero when no span but the first one starts in any part.
    step: usize,
    /// The last address before each span but the first, so that an address lies in the span whose number is how many of
    /// these are less than it. What fills up the end is the greatest address, which is never less.
    keys: Box<[K]>,
    /// How many spans there are besides the first.
    count: usize,
}

impl<K: Key> Search<K> {
    /// `starts` are the beginnings of all spans but the first, ascending.
    pub(crate) fn build(starts: &[K]) -> Self {
        let (parts, most) = Parts::build(starts);
        // Steps of 4, 2 and 1 tell eight positions apart: among seven keys.
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

    /// The number of the span that an address lies in; `None` would be a fault of [`build`](Self::build), and callers
    /// refuse on it.
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

    /// The beginnings that it was built from.
    pub(crate) fn starts(&self) -> impl Iterator<Item = K> + '_ {
        let keys = self.keys.iter().take(self.count);
        keys.filter_map(|key| key.next())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.parts.bytes().saturating_add(size_of_val(&*self.keys))
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
