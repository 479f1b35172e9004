//! Where to begin a search among many addresses: a table over some of their bits.

use crate::address::number::Key;

/// A table over the smallest block of addresses that all entries lie in: the bits in which they do not differ tell
/// nothing. The networks of IPv6 begin with few of all first bytes.
#[derive(Debug, Clone)]
pub(crate) struct Parts<K> {
    block: K,
    /// The table has an entry for so many bits of the addresses of the block.
    shift: u32,
    /// How many entries lie before this part of the block.
    before: Box<[u32]>,
    count: usize,
}

/// The table has at most 65,536 entries: more of them save steps, and leave the cache.
const MOST_BITS: u32 = 16;

impl<K: Key> Parts<K> {
    /// Of entries in ascending order, with how many lie in the fullest part.
    pub(crate) fn build(entries: &[K]) -> (Self, u32) {
        let first = entries.first().copied().unwrap_or(K::LAST);
        let spread = first.spread(entries.last().copied().unwrap_or(first));
        // Eight to sixteen parts an entry: half of them make a search one step longer.
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

    /// How many entries lie before the part of an address; `None` outside of the block.
    #[inline]
    pub(crate) fn before(&self, address: K) -> Option<usize> {
        let before = self.before.get(address.part(self.block, self.shift))?;
        usize::try_from(*before).ok()
    }

    /// How many entries lie before the part of an address, and how many up to its end; `None` outside of the block.
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
