//! Builds bit planes: blocks from the changes inside them, equal blocks once.

use super::{
    FEW, FewChanges, IS_FEW, IS_PLANE, IS_RUN, Link, Node, Plane, Planes, first_half, run, to_usize,
};
use crate::address::number::Word;
use crate::compile::spans::{FixedMap, Spans};

impl Planes {
    /// Builds the planes of the spans whose value satisfies `is_set`.
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
}

impl Plane {
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

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Builder {
    planes: Vec<Plane>,
    plane_numbers: FixedMap<Plane, u32>,
    few: Vec<FewChanges>,
    nodes: Vec<(Node, Box<[u32]>)>,
    node_numbers: FixedMap<(Node, Box<[u32]>), u32>,
}

impl Builder {
    /// Adds one block and returns the number of its node or plane. `cuts` are the changes inside it, `shift` is the
    /// size of one of its 256 slots.
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

    /// Adds a block below another, which may be a run.
    fn inner<K: Word>(&mut self, cuts: &[(K, bool)], entering: bool, shift: u32) -> u32 {
        // No cut lies at the start of the block: it would be one of the slots around it.
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
            // The map keeps the entries below; `finish` moves them here.
            self.nodes.push((node, Box::default()));
        }
        number
    }

    /// Renumbers nodes and planes so that those of the table come first, and lays out the entries below each node.
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

/// Returns the changes inside a block as a short list, where that is shorter than one plane per further byte.
fn few<K: Word>(cuts: &[(K, bool)], shift: u32) -> Option<FewChanges> {
    if cuts.len() > FEW || cuts.iter().all(|(start, _)| start.is_aligned(shift)) {
        return None;
    }
    let mut changes = [u64::MAX; FEW];
    // The known bits end before the byte at `shift`.
    let known = K::BITS.checked_sub(shift)?.checked_sub(8)?;
    for (slot, (start, _)) in changes.iter_mut().zip(cuts) {
        let rest = start.left().checked_shl(known)?;
        if rest.trailing_zeros() < 64 {
            return None;
        }
        *slot = first_half(rest).checked_sub(1)?;
    }
    Some(FewChanges { changes })
}

/// New numbers, in the order of their first use.
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
