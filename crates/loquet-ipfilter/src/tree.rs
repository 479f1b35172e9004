//! Few spans: a static tree over their first addresses, a cache line a node and less than a kilobyte for 100 rules.

use crate::spans::{Spans, Word};

/// A static search tree whose nodes hold `N` keys, one layer a step, the top first.
#[derive(Debug, Clone)]
pub(crate) struct Tree<K, const N: usize> {
    layers: Box<[Box<[[K; N]]>]>,
    values: Box<[u16]>,
}

impl<K: Word, const N: usize> Tree<K, N> {
    pub(crate) fn build(spans: &Spans<K, u16>) -> Self {
        let mut layers = Vec::new();
        let mut keys: Vec<K> = spans.iter().map(|(start, _)| start).collect();
        loop {
            let node = |keys: &[K]| {
                // Absent keys are the greatest, which is no less than any address; `at` corrects for the last address.
                let mut node = [K::LAST; N];
                node.iter_mut()
                    .zip(keys)
                    .for_each(|(slot, key)| *slot = *key);
                node
            };
            let nodes: Box<[[K; N]]> = keys.chunks(N).map(node).collect();
            let is_top = nodes.len() <= 1;
            keys = keys.into_iter().step_by(N).collect();
            layers.push(nodes);
            if is_top {
                break;
            }
        }
        layers.reverse();
        Self {
            layers: layers.into(),
            values: spans.iter().map(|(_, value)| value).collect(),
        }
    }

    /// The value at an address; `None` would be a fault of [`build`](Self::build), and callers refuse on it.
    #[inline]
    pub(crate) fn at(&self, address: K) -> Option<u16> {
        let mut at = 0_usize;
        for layer in &self.layers {
            let node = layer.get(at.min(layer.len().wrapping_sub(1)))?;
            // Counting all keys instead of searching among them takes no branch and becomes vector code.
            let met: usize = node.iter().map(|key| usize::from(*key <= address)).sum();
            at = at.wrapping_mul(N).wrapping_add(met).wrapping_sub(1);
        }
        // For the last address of all, absent keys were counted too.
        self.values
            .get(at.min(self.values.len().wrapping_sub(1)))
            .copied()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.layers
            .iter()
            .fold(size_of_val(&*self.values), |sum, layer| {
                sum.saturating_add(size_of_val(&**layer))
            })
    }
}
