//! Address to behaviour, as fast as memory allows: a static tree for few spans, bit planes for many.

use crate::planes::Planes;
use crate::spans::{Spans, Word};
use crate::tree::Tree;

/// The frozen index of both families. A behaviour that it names is one that it was built with.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    v4: Family<u32, 16>,
    v6: Family<u128, 4>,
}

#[derive(Debug, Clone)]
enum Family<K, const N: usize> {
    Tree(Tree<K, N>),
    /// One bit of the behaviour's number each, the lowest first.
    Planes(Box<[Planes]>),
}

/// Below this many spans the tree is at least as fast, and the planes' first table alone would take 128 KiB.
const FEW: usize = 512;
/// Beyond 16 behaviours a look-up in as many planes as their number has bits is no faster than the tree.
const MOST_PLANES: u32 = 4;

impl Index {
    pub(crate) fn new(v4: &Spans<u32, u16>, v6: &Spans<u128, u16>, behaviours: usize) -> Self {
        Self {
            v4: Family::new(v4, behaviours),
            v6: Family::new(v6, behaviours),
        }
    }

    #[inline]
    pub(crate) fn v4(&self, address: u32) -> Option<u16> {
        self.v4.at(address)
    }

    #[inline]
    pub(crate) fn v6(&self, address: u128) -> Option<u16> {
        self.v6.at(address)
    }

    pub(crate) fn bytes(&self) -> (usize, usize) {
        (self.v4.bytes(), self.v6.bytes())
    }
}

impl<K: Word, const N: usize> Family<K, N> {
    fn new(spans: &Spans<K, u16>, behaviours: usize) -> Self {
        let planes = usize::BITS.saturating_sub(behaviours.saturating_sub(1).leading_zeros());
        if spans.len() <= FEW || planes > MOST_PLANES {
            return Self::Tree(Tree::build(spans));
        }
        let plane = |bit: u32| Planes::build(spans, |id| (id >> bit) & 1 == 1);
        Self::Planes((0..planes).map(plane).collect())
    }

    #[inline]
    fn at(&self, address: K) -> Option<u16> {
        match self {
            Self::Tree(tree) => tree.at(address),
            Self::Planes(planes) => match &**planes {
                [one] => one.bit(address).map(u16::from),
                many => many.iter().zip(0_u32..).try_fold(0, |id, (plane, bit)| {
                    plane
                        .bit(address)
                        .map(|is_set| id | (u16::from(is_set) << bit))
                }),
            },
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Tree(tree) => tree.bytes(),
            Self::Planes(planes) => planes.iter().map(Planes::bytes).sum(),
        }
    }
}
