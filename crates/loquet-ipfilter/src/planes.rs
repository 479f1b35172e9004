//! Many spans: one bit an address, in a trie of 64-byte lines that share whatever is alike.
//!
//! The first 16 bits of an address index a table; each further byte selects a bit in a line of two planes of 256 bits.
//! The *deeper* plane says that the byte does not settle it, and then the count of deeper bits before leads to the line
//! for the next byte; otherwise the *value* plane holds the answer. The Internet's table stays within the level-2 cache
//! of a server core, which beats any structure with fewer steps and more bytes.

use crate::spans::{FixedMap, Spans, Word};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Line {
    value: [u64; 4],
    deeper: [u64; 4],
}

/// Where the lines below a line are: the first in `below`, and how many deeper bits lie before each of the four words,
/// one byte each, so that one word is counted instead of four.
#[derive(Debug, Clone, Copy, Default)]
struct Link {
    base: u32,
    before: u32,
}

/// One bit for every address of a family.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    // A line can be reached from the table only if its number fits, so those come first. There are at most 65,536.
    table: Box<[u16]>,
    lines: Box<[Line]>,
    links: Box<[Link]>,
    below: Box<[u32]>,
}

impl Planes {
    /// The bit of an address; `None` would be a fault of [`build`](Self::build), and callers refuse on it.
    #[inline]
    pub(crate) fn bit<K: Word>(&self, address: K) -> Option<bool> {
        let mut number = usize::from(*self.table.get(usize::from(address.top()))?);
        let mut shift = K::TOP_SHIFT;
        loop {
            shift = shift.checked_sub(8)?;
            let byte = address.byte(shift);
            let line = self.lines.get(number)?;
            let word = usize::from(byte >> 6);
            let mask = 1_u64 << (byte & 63);
            let deeper = *line.deeper.get(word)?;
            if deeper & mask == 0 {
                return Some(line.value.get(word)? & mask != 0);
            }
            let link = self.links.get(number)?;
            let before = (link.before >> ((byte >> 6) << 3)) & 0xFF;
            let rank = before.wrapping_add((deeper & mask.wrapping_sub(1)).count_ones());
            number = to_usize(*self.below.get(to_usize(link.base.wrapping_add(rank)))?);
        }
    }

    /// Builds the planes of the spans whose value answers to `is_set`.
    pub(crate) fn build<K: Word, V: Copy + Eq>(
        spans: &Spans<K, V>,
        is_set: impl Fn(V) -> bool,
    ) -> Self {
        let bits = spans.map(is_set);
        let cuts: Vec<(K, bool)> = bits.iter().skip(1).collect();
        let mut builder = Builder::default();
        let mut entering = bits.iter().next().is_some_and(|(_, value)| value);
        let mut rest = cuts.as_slice();
        let mut table = Vec::with_capacity(1 << 16);
        for top in 0..=u16::MAX {
            if let Some((start, value)) = rest.first()
                && start.top() == top
                && start.is_aligned(K::TOP_SHIFT)
            {
                entering = *value;
                rest = rest.get(1..).unwrap_or_default();
            }
            let inside = rest
                .iter()
                .take_while(|(start, _)| start.top() == top)
                .count();
            let (inside, after) = rest.split_at_checked(inside).unwrap_or_default();
            table.push(builder.line(inside, entering, K::TOP_SHIFT.saturating_sub(8)));
            entering = inside.last().map_or(entering, |(_, value)| *value);
            rest = after;
        }
        builder.finish(&table)
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.table)
            .saturating_add(size_of_val(&*self.lines))
            .saturating_add(size_of_val(&*self.links))
            .saturating_add(size_of_val(&*self.below))
    }
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[derive(Default)]
struct Builder {
    lines: Vec<(Line, Box<[u32]>)>,
    known: FixedMap<(Line, Box<[u32]>), u32>,
}

impl Builder {
    /// The line of one block: `cuts` are the changes inside it, `shift` the size of one of its 256 slots.
    fn line<K: Word>(&mut self, cuts: &[(K, bool)], entering: bool, shift: u32) -> u32 {
        let mut line = Line::default();
        let mut below = Vec::new();
        let mut value = entering;
        // The first slot that is not filled yet.
        let mut slot = 0_u16;
        let mut rest = cuts;
        while let Some((start, next)) = rest.first() {
            let at = u16::from(start.byte(shift));
            if value {
                fill(&mut line.value, slot, at);
            }
            if start.is_aligned(shift) {
                (value, slot) = (*next, at);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let inside = rest
                .iter()
                .take_while(|(other, _)| u16::from(other.byte(shift)) == at)
                .count();
            let (inside, after) = rest.split_at_checked(inside).unwrap_or_default();
            below.push(self.line(inside, value, shift.saturating_sub(8)));
            slot = at.saturating_add(1);
            fill(&mut line.deeper, at, slot);
            value = inside.last().map_or(value, |(_, last)| *last);
            rest = after;
        }
        if value {
            fill(&mut line.value, slot, 256);
        }
        self.intern(line, below.into_boxed_slice())
    }

    fn intern(&mut self, line: Line, below: Box<[u32]>) -> u32 {
        let next = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let number = *self.known.entry((line, below)).or_insert(next);
        if number == next {
            // The map keeps the key; the vector gets its turn in `finish`.
            self.lines.push((line, Box::default()));
        }
        number
    }

    /// Renumbers the lines so that those of the table come first, and lays out what is below each.
    fn finish(self, table: &[u32]) -> Planes {
        let mut parts = self.lines;
        for ((_, below), number) in self.known {
            if let Some(part) = parts.get_mut(to_usize(number)) {
                part.1 = below;
            }
        }
        let mut numbers: Vec<Option<u32>> = vec![None; parts.len()];
        let mut order: Vec<u32> = Vec::with_capacity(parts.len());
        let mut number_of = |line: u32, order: &mut Vec<u32>| {
            let next = u32::try_from(order.len()).unwrap_or(u32::MAX);
            let Some(number) = numbers.get_mut(to_usize(line)) else {
                return next;
            };
            *number.get_or_insert_with(|| {
                order.push(line);
                next
            })
        };
        let table = table
            .iter()
            .map(|line| u16::try_from(number_of(*line, &mut order)).unwrap_or(u16::MAX))
            .collect();
        let (mut lines, mut links, mut below) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = 0;
        while let Some((line, children)) = order.get(at).and_then(|line| parts.get(to_usize(*line)))
        {
            let base = u32::try_from(below.len()).unwrap_or(u32::MAX);
            below.extend(children.iter().map(|child| number_of(*child, &mut order)));
            let mut count = 0_u32;
            let mut before = 0_u32;
            for (word, bits) in (0_u32..).zip(line.deeper) {
                before |= (count & 0xFF) << word.wrapping_mul(8);
                count = count.wrapping_add(bits.count_ones());
            }
            lines.push(*line);
            links.push(Link { base, before });
            at = at.saturating_add(1);
        }
        Planes {
            table,
            lines: lines.into(),
            links: links.into(),
            below: below.into(),
        }
    }
}

/// Sets the bits from `from` to before `to`, at most 256.
fn fill(plane: &mut [u64; 4], from: u16, to: u16) {
    for (word, bits) in (0_u16..).zip(plane) {
        let low = from.saturating_sub(word.wrapping_mul(64)).min(64);
        let high = to.saturating_sub(word.wrapping_mul(64)).min(64);
        let below = |end: u16| {
            1_u64
                .checked_shl(end.into())
                .map_or(u64::MAX, |bit| bit.wrapping_sub(1))
        };
        if low < high {
            *bits |= below(high) & !below(low);
        }
    }
}
