//! Many spans: one bit an address, in a trie of bit planes that share whatever is alike.
//!
//! The first 16 bits of an address index a table; each further byte selects a bit in a block of 256. Where a byte does
//! not settle it, the block has a second plane that says *deeper*, and the count of deeper bits before leads to the
//! block for the next byte. The Internet's table stays within the level-2 cache of a server core, which beats any
//! structure with fewer steps and more bytes.

use crate::spans::{FixedMap, Spans, Word};

/// A plane of 256 bits, one for each value of a byte. Half a cache line, and never across two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(align(32))]
struct Plane([u64; 4]);

/// A block that goes deeper somewhere: a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(align(64))]
struct Node {
    value: Plane,
    deeper: Plane,
}

/// Where the blocks below a node are: the first in `below`, and how many deeper bits lie before each of the four words,
/// one byte each, so that one word is counted instead of four.
#[derive(Debug, Clone, Copy, Default)]
struct Link {
    base: u32,
    before: u32,
}

/// What lies below a deeper bit: the number of a node, or with one of these bits a [`run`], the number of a plane, or
/// the number of a [`Few`].
const IS_RUN: u32 = 1 << 31;
const IS_PLANE: u32 = 1 << 30;
const IS_FEW: u32 = 1 << 29;

/// A block of at most one run of bits that differ from the others, which is what most networks make. It needs no plane:
/// the first such byte, how many there are, and the value of the others.
const fn run(first: u8, count: u8, others: bool) -> u32 {
    IS_RUN | (others as u32) << 16 | (first as u32) << 8 | count as u32
}

#[inline]
const fn run_bit(run: u32, byte: u8) -> bool {
    let [count, first, others, _] = run.to_le_bytes();
    (byte.wrapping_sub(first) < count) != (others != 0)
}

/// A block in which the bit changes at most four times, at addresses that differ within 64 bits: a short list instead of
/// one block after the other down to the longest network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(32))]
struct Few {
    /// The last address before each change, by the 64 bits that follow what led here. What fills up is the greatest.
    changes: [u64; FEW],
}

const FEW: usize = 4;

impl Few {
    #[inline]
    fn bit(&self, rest: u64) -> bool {
        self.changes
            .iter()
            .fold(false, |bit, last| bit != (*last < rest))
    }
}

impl Plane {
    #[inline]
    fn bit(&self, byte: u8) -> bool {
        let word = self.0.get(usize::from(byte >> 6));
        word.is_some_and(|word| word & (1 << (byte & 63)) != 0)
    }

    /// Sets the bits from `from` to before `to`, at most 256.
    fn fill(&mut self, from: u16, to: u16) {
        for (word, bits) in (0_u16..).zip(&mut self.0) {
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
}

/// One bit for every address of a family.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// The number of a node below `top_nodes`, or that plus the number of a plane. What the table names comes first
    /// among both, at most 65,536 together.
    table: Box<[u16]>,
    top_nodes: usize,
    nodes: Box<[Node]>,
    links: Box<[Link]>,
    below: Box<[u32]>,
    planes: Box<[Plane]>,
    few: Box<[Few]>,
}

impl Planes {
    /// The bit of an address; `None` would be a fault of [`build`](Self::build), and callers refuse on it.
    #[inline]
    pub(crate) fn bit<K: Word>(&self, address: K) -> Option<bool> {
        let number = usize::from(*self.table.get(usize::from(address.top()))?);
        match number.checked_sub(self.top_nodes) {
            Some(plane) => {
                let byte = address.byte(K::TOP_SHIFT.wrapping_sub(8));
                Some(self.planes.get(plane)?.bit(byte))
            }
            None => self.descend(address.left() << 16, number),
        }
    }

    /// From the node of a third byte on; `rest` begins with that byte.
    #[inline(never)]
    fn descend(&self, mut rest: u128, mut number: usize) -> Option<bool> {
        // There are 14 bytes after the first two.
        for _ in 0..14 {
            let byte = first_byte(rest);
            let node = self.nodes.get(number)?;
            let word = usize::from(byte >> 6);
            let mask = 1_u64 << (byte & 63);
            let deeper = *node.deeper.0.get(word)?;
            if deeper & mask == 0 {
                return Some(node.value.0.get(word)? & mask != 0);
            }
            let link = self.links.get(number)?;
            let before = (link.before >> ((byte >> 6) << 3)) & 0xFF;
            let rank = before.wrapping_add((deeper & mask.wrapping_sub(1)).count_ones());
            let entry = *self.below.get(to_usize(link.base.wrapping_add(rank)))?;
            rest <<= 8;
            if entry & (IS_RUN | IS_PLANE | IS_FEW) == 0 {
                number = to_usize(entry);
            } else if entry & IS_RUN != 0 {
                return Some(run_bit(entry, first_byte(rest)));
            } else if entry & IS_PLANE != 0 {
                let plane = self.planes.get(to_usize(entry & !IS_PLANE))?;
                return Some(plane.bit(first_byte(rest)));
            } else {
                let few = self.few.get(to_usize((entry & !IS_FEW) >> 1))?;
                return Some(few.bit(first_half(rest)) != (entry & 1 != 0));
            }
        }
        None
    }

    /// Builds the planes of the spans whose value answers to `is_set`.
    pub(crate) fn build<K: Word, V: Copy + Eq>(
        spans: &Spans<K, V>,
        is_set: impl Fn(V) -> bool,
    ) -> Self {
        let bits = spans.map(is_set);
        let cuts: Vec<(K, bool)> = bits.iter().skip(1).collect();
        let mut builder = Builder::default();
        let shift = K::TOP_SHIFT.saturating_sub(8);
        let [clear, set] = [false, true].map(|value| builder.block::<K>(&[], value, shift));
        let whole = |value: bool| if value { set } else { clear };
        let mut value = bits.iter().next().is_some_and(|(_, value)| value);
        let mut table = Vec::with_capacity(1 << 16);
        for inside in cuts.chunk_by(|(one, _), (two, _)| one.top() == two.top()) {
            let Some((first, next)) = inside.first() else {
                continue;
            };
            table.resize(usize::from(first.top()), whole(value));
            let inside = if first.is_aligned(K::TOP_SHIFT) {
                value = *next;
                inside.get(1..).unwrap_or_default()
            } else {
                inside
            };
            table.push(if inside.is_empty() {
                whole(value)
            } else {
                builder.block(inside, value, shift)
            });
            value = inside.last().map_or(value, |(_, value)| *value);
        }
        table.resize(1 << 16, whole(value));
        builder.finish(&table)
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.table)
            .saturating_add(size_of_val(&*self.nodes))
            .saturating_add(size_of_val(&*self.links))
            .saturating_add(size_of_val(&*self.below))
            .saturating_add(size_of_val(&*self.planes))
            .saturating_add(size_of_val(&*self.few))
    }
}

#[inline]
fn first_byte(rest: u128) -> u8 {
    (rest >> 120) as u8
}

#[inline]
fn first_half(rest: u128) -> u64 {
    (rest >> 64) as u64
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Builder {
    planes: Vec<Plane>,
    plane_numbers: FixedMap<Plane, u32>,
    few: Vec<Few>,
    nodes: Vec<(Node, Box<[u32]>)>,
    node_numbers: FixedMap<(Node, Box<[u32]>), u32>,
}

impl Builder {
    /// The number of the node or plane of one block: `cuts` are the changes inside it, `shift` the size of one of its
    /// 256 slots.
    fn block<K: Word>(&mut self, cuts: &[(K, bool)], entering: bool, shift: u32) -> u32 {
        let mut node = Node::default();
        let mut below = Vec::new();
        let mut value = entering;
        // The first slot that is not filled yet.
        let mut slot = 0_u16;
        let mut rest = cuts;
        while let Some((start, next)) = rest.first() {
            let at = u16::from(start.byte(shift));
            if value {
                node.value.fill(slot, at);
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
            below.push(self.inner(inside, value, shift.saturating_sub(8)));
            slot = at.saturating_add(1);
            node.deeper.fill(at, slot);
            value = inside.last().map_or(value, |(_, last)| *last);
            rest = after;
        }
        if value {
            node.value.fill(slot, 256);
        }
        if below.is_empty() {
            IS_PLANE | self.plane(node.value)
        } else {
            self.node(node, below.into())
        }
    }

    /// The same for a block below another, which may be a run.
    fn inner<K: Word>(&mut self, cuts: &[(K, bool)], entering: bool, shift: u32) -> u32 {
        // No cut lies at the block's beginning: it would have been one of the slots around it.
        match cuts {
            [(first, _)] if first.is_aligned(shift) => {
                let first = first.byte(shift);
                run(first, first.wrapping_neg(), entering)
            }
            [(first, _), (after, _)] if first.is_aligned(shift) && after.is_aligned(shift) => {
                let first = first.byte(shift);
                run(first, after.byte(shift).wrapping_sub(first), entering)
            }
            _ => match few(cuts, shift) {
                Some(few) => {
                    let number = to_u32(self.few.len());
                    self.few.push(few);
                    IS_FEW | number << 1 | u32::from(entering)
                }
                None => self.block(cuts, entering, shift),
            },
        }
    }

    fn plane(&mut self, plane: Plane) -> u32 {
        let next = to_u32(self.planes.len());
        let number = *self.plane_numbers.entry(plane).or_insert(next);
        if number == next {
            self.planes.push(plane);
        }
        number
    }

    fn node(&mut self, node: Node, below: Box<[u32]>) -> u32 {
        let next = to_u32(self.nodes.len());
        let number = *self.node_numbers.entry((node, below)).or_insert(next);
        if number == next {
            // The map keeps what is below; it comes here in `finish`.
            self.nodes.push((node, Box::default()));
        }
        number
    }

    /// Renumbers nodes and planes so that those of the table come first, and lays out what is below each node.
    fn finish(mut self, table: &[u32]) -> Planes {
        for ((_, below), number) in self.node_numbers.drain() {
            if let Some(part) = self.nodes.get_mut(to_usize(number)) {
                part.1 = below;
            }
        }
        let mut nodes = Order::new(self.nodes.len());
        let mut planes = Order::new(self.planes.len());
        for &entry in table {
            if entry & IS_PLANE == 0 {
                nodes.number(entry);
            }
        }
        let top_nodes = nodes.order.len();
        let mut code = |entry: &u32| {
            let number = match entry & IS_PLANE {
                0 => to_usize(nodes.number(*entry)),
                _ => to_usize(planes.number(entry & !IS_PLANE)).saturating_add(top_nodes),
            };
            u16::try_from(number).unwrap_or(u16::MAX)
        };
        let table = table.iter().map(&mut code).collect();
        let (mut links, mut below) = (Vec::new(), Vec::new());
        let mut at = 0_usize;
        while let Some((node, children)) = nodes
            .order
            .get(at)
            .and_then(|node| self.nodes.get(to_usize(*node)))
        {
            let base = to_u32(below.len());
            below.extend(children.iter().map(|&child| {
                if child & (IS_RUN | IS_FEW) != 0 {
                    child
                } else if child & IS_PLANE != 0 {
                    IS_PLANE | planes.number(child & !IS_PLANE)
                } else {
                    nodes.number(child)
                }
            }));
            let mut count = 0_u32;
            let mut before = 0_u32;
            for (word, bits) in (0_u32..).zip(node.deeper.0) {
                before |= (count & 0xFF) << word.wrapping_mul(8);
                count = count.wrapping_add(bits.count_ones());
            }
            links.push(Link { base, before });
            at = at.saturating_add(1);
        }
        let node_at = |at: &u32| self.nodes.get(to_usize(*at)).map(|(node, _)| *node);
        let plane_at = |at: &u32| self.planes.get(to_usize(*at)).copied();
        Planes {
            table,
            top_nodes,
            nodes: nodes.order.iter().filter_map(node_at).collect(),
            links: links.into(),
            below: below.into(),
            few: self.few.into(),
            planes: planes.order.iter().filter_map(plane_at).collect(),
        }
    }
}

/// The changes inside a block as a short list, where that is shorter than a plane for each further byte.
fn few<K: Word>(cuts: &[(K, bool)], shift: u32) -> Option<Few> {
    if cuts.len() > FEW || cuts.iter().all(|(start, _)| start.is_aligned(shift)) {
        return None;
    }
    let mut changes = [u64::MAX; FEW];
    // What led here ends before the byte at `shift`.
    let known = K::BITS.checked_sub(shift)?.checked_sub(8)?;
    for (slot, (start, _)) in changes.iter_mut().zip(cuts) {
        let rest = start.left().checked_shl(known)?;
        if rest.trailing_zeros() < 64 {
            return None;
        }
        *slot = first_half(rest).checked_sub(1)?;
    }
    Some(Few { changes })
}

/// Numbers given anew, in the order of asking.
struct Order {
    numbers: Vec<Option<u32>>,
    order: Vec<u32>,
}

impl Order {
    fn new(count: usize) -> Self {
        Self {
            numbers: vec![None; count],
            order: Vec::with_capacity(count),
        }
    }

    fn number(&mut self, old: u32) -> u32 {
        let next = to_u32(self.order.len());
        let Some(number) = self.numbers.get_mut(to_usize(old)) else {
            return next;
        };
        *number.get_or_insert_with(|| {
            self.order.push(old);
            next
        })
    }
}
