//! An address space cut into spans of one value each.

use core::hash::BuildHasherDefault;
use std::collections::HashMap;
use std::hash::DefaultHasher;

use crate::address::number::Word;

/// A map for interning. Its keys come from the operator, so a fixed hash is safe, and compiling gives the same result
/// every time.
pub(crate) type FixedMap<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// A whole address space, cut where the value changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spans<K, V> {
    // INVARIANT: ascending, the first is zero, as many as `values`; neighbouring values differ.
    starts: Vec<K>,
    values: Vec<V>,
}

impl<K: Word, V: Copy + Eq> Spans<K, V> {
    /// Returns one span with this value.
    pub(crate) fn uniform(value: V) -> Self {
        Self {
            starts: vec![K::ZERO],
            values: vec![value],
        }
    }

    /// Returns spans that begin at zero and at these addresses, which ascend; neighboring values differ.
    pub(crate) fn new(starts: impl Iterator<Item = K>, values: impl Iterator<Item = V>) -> Self {
        Self {
            starts: [K::ZERO].into_iter().chain(starts).collect(),
            values: values.collect(),
        }
    }

    /// Reserves room for more spans.
    pub(crate) fn reserve(&mut self, spans: usize) {
        self.starts.reserve(spans);
        self.values.reserve(spans);
    }

    /// Sets the value from `start` on. Starts must not descend; a repeated start replaces its value.
    pub(crate) fn set_from(&mut self, start: K, value: V) {
        if self.starts.last().is_some_and(|last| *last >= start) {
            self.starts.pop();
            self.values.pop();
        }
        if self.values.last() != Some(&value) {
            self.starts.push(start);
            self.values.push(value);
        }
    }

    pub(crate) fn at(&self, key: K) -> Option<V> {
        let after = self.starts.partition_point(|start| *start <= key);
        self.values.get(after.checked_sub(1)?).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns their size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.starts).saturating_add(size_of_val(&*self.values))
    }

    /// Returns each span's first address and value, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        self.starts.iter().copied().zip(self.values.iter().copied())
    }

    /// Returns each span's first address, last address and value, in order.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (K, K, V)> + '_ {
        let ends = self
            .starts
            .iter()
            .skip(1)
            .map(|start| start.previous().unwrap_or(K::ZERO))
            .chain([K::LAST]);
        self.iter()
            .zip(ends)
            .map(|((first, value), last)| (first, last, value))
    }

    /// Replaces every value in place. Different values must stay different.
    pub(crate) fn rename(&mut self, to: impl Fn(V) -> V) {
        self.values.iter_mut().for_each(|value| *value = to(*value));
    }

    /// Returns spans with other values; neighbors that became equal are merged.
    pub(crate) fn map<W: Copy + Eq>(&self, mut to: impl FnMut(V) -> W) -> Spans<K, W> {
        let mut mapped = Spans {
            starts: Vec::with_capacity(self.len()),
            values: Vec::with_capacity(self.len()),
        };
        let mut last = None;
        for (start, value) in self.iter() {
            let value = to(value);
            if last != Some(value) {
                mapped.starts.push(start);
                mapped.values.push(value);
                last = Some(value);
            }
        }
        mapped
    }

    /// Overlays two cuts of one address space.
    pub(crate) fn zip<W: Copy + Eq>(&self, other: &Spans<K, W>) -> Spans<K, (V, W)> {
        let mut both = Spans {
            starts: Vec::new(),
            values: Vec::new(),
        };
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        let (Some((_, mut a)), Some((_, mut b))) = (left.next(), right.next()) else {
            return both;
        };
        both.starts.push(K::ZERO);
        both.values.push((a, b));
        loop {
            let start = match (left.peek(), right.peek()) {
                (None, None) => return both,
                (Some((start, _)), None) | (None, Some((start, _))) => *start,
                (Some((one, _)), Some((two, _))) => *one.min(two),
            };
            if let Some((_, value)) = left.next_if(|(at, _)| *at == start) {
                a = value;
            }
            if let Some((_, value)) = right.next_if(|(at, _)| *at == start) {
                b = value;
            }
            both.starts.push(start);
            both.values.push((a, b));
        }
    }
}
