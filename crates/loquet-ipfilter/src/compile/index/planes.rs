//! Bit planes: one bit per address of many spans, in a trie that shares equal blocks.
//!
//! The first 16 bits of an address index a table; each further byte selects a bit in a block of 256. Where a byte does
//! not determine the value, a second plane of the block has a *deeper* bit, and the number of deeper bits before it
//! leads to the block for the next byte. The Internet's routing table stays in the level-2 cache of a server core,
//! which is faster than any structure with fewer steps and more bytes.

mod builder;

use crate::address::number::Word;

/// A plane of 256 bits, one for each value of a byte. It is half a cache line and never spans two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(align(32))]
struct Plane([u64; 4]);

/// A block with at least one deeper bit: a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(align(64))]
struct Node {
    value: Plane,
    deeper: Plane,
}

/// The position of the blocks below a node: the first in `below`, and the number of deeper bits before each of the four
/// words, one byte each, so that only one word is counted.
#[derive(Debug, Clone, Copy, Default)]
struct Link {
    base: u32,
    before: u32,
}

/// An entry below a deeper bit is the number of a node or, with one of these flags, a [`run`], the number of a plane,
/// or the number of a [`FewChanges`].
const IS_RUN: u32 = 1 << 31;
const IS_PLANE: u32 = 1 << 30;
const IS_FEW: u32 = 1 << 29;

/// Encodes a block with one run of equal bits that differ from the rest, the form of most networks. It needs no plane:
/// the first byte of the run, its length, and the value of the rest.
const fn run(first: u8, count: u8, others: bool) -> u32 {
    IS_RUN | (others as u32) << 16 | (first as u32) << 8 | count as u32
}

#[inline]
const fn run_bit(run: u32, byte: u8) -> bool {
    let [count, first, others, _] = run.to_le_bytes();
    (byte.wrapping_sub(first) < count) != (others != 0)
}

/// A block in which the bit changes at most four times, at addresses that differ within 64 bits: a short list instead
/// of a chain of blocks down to the longest network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(32))]
struct FewChanges {
    /// The last address before each change, as the 64 bits after those that led here, padded with the greatest value.
    changes: [u64; FEW],
}

const FEW: usize = 4;

impl FewChanges {
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
}

/// One bit for every address of a family.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// The number of a node below `top_nodes`, or `top_nodes` plus the number of a plane. Nodes and planes of the table
    /// come first, at most 65,536 together.
    table: Box<[u16]>,
    top_nodes: usize,
    nodes: Box<[Node]>,
    links: Box<[Link]>,
    below: Box<[u32]>,
    planes: Box<[Plane]>,
    few: Box<[FewChanges]>,
}

impl Planes {
    /// Returns the bit of an address. `None` means a fault in [`build`](Self::build), and callers deny.
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

    /// Continues from the node of the third byte, which `rest` begins with.
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
