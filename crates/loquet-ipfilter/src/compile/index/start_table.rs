//! A table over some bits of an address that tells where to start a search.

use crate::address::number::Key;

/// A table over the smallest block of addresses that contains all entries: bits that all entries share tell nothing.
/// IPv6 networks use few of the possible first bytes.
#[derive(Debug, Clone)]
pub(crate) struct StartTable<K> {
    block: K,
    /// The number of low bits that the table ignores.
    shift: u32,
    /// The number of entries before each part of the block.
    before: Box<[u32]>,
    count: usize,
}

/// The table has at most 65,536 entries: more would save steps but leave the cache.
const MOST_BITS: u32 = 16;

impl<K: Key> StartTable<K> {
    /// Builds a table of ascending entries, and returns it with the number of entries in the fullest part.
    pub(crate) fn build(entries: &[K]) -> (Self, u32) {
        let first = entries.first().copied().unwrap_or(K::LAST);
        let spread = first.spread(entries.last().copied().unwrap_or(first));
        // Eight to sixteen parts per entry: half as many would make a search one step longer.
        let wanted = entries.len().max(1).ilog2().saturating_add(4);
        let bits = wanted.min(MOST_BITS).min(spread);
        let (block, shift) = (first.block(spread), spread.saturating_sub(bits));
        let mut counts = vec![0_u32; 1 << bits];
        for entry in entries {
            if let Some(count) = counts.get_mut(entry.part(block, shift)) {
                *count = count.saturating_add(1);
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let before = counts.iter().scan(0_u32, |sum, count| {
            let before = *sum;
            *sum = sum.saturating_add(*count);
            Some(before)
        });
        let parts = Self {
            block,
            shift,
            before: before.collect(),
            count: entries.len(),
        };
        (parts, most)
    }

    /// Returns the number of entries before the part of an address; `None` outside the block.
    #[inline]
    pub(crate) fn before(&self, address: K) -> Option<usize> {
        let before = self.before.get(address.part(self.block, self.shift))?;
        usize::try_from(*before).ok()
    }

    /// Returns the number of entries before the part of an address, and up to its end; `None` outside the block.
    #[inline]
    pub(crate) fn range(&self, address: K) -> Option<(usize, usize)> {
        let part = address.part(self.block, self.shift);
        let before = usize::try_from(*self.before.get(part)?).ok()?;
        let end = match self.before.get(part.wrapping_add(1)) {
            Some(end) => usize::try_from(*end).ok()?,
            None => self.count,
        };
        Some((before, end))
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.before)
    }
}
