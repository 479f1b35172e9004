//! Address to behaviour, as fast as memory allows: a table and a search for few spans, bit planes for many.

use crate::planes::Planes;
use crate::search::Search;
use crate::spans::{Spans, Word};

/// The frozen index of both families. A behaviour that it names is one that it was built with.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    v4: Family<u32>,
    v6: Family<u128>,
}

#[derive(Debug, Clone)]
enum Family<K: Word> {
    /// Many spans of two behaviours, the common list: one bit says which.
    Bit(Planes),
    /// Many spans of a few behaviours: one bit of the behaviour's number each, the lowest first.
    Bits(Box<[Planes]>),
    /// Few spans, or more behaviours.
    Half(Search<K::Half>),
    /// The same where some network is longer than /64.
    Whole(Search<K>),
}

/// Up to this many spans the search is at least as fast, and the planes' first table alone would take 128 KiB.
const FEW: usize = 512;
/// Beyond 16 behaviours a look-up in as many planes as their number has bits is no faster than the search.
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

impl<K: Word> Family<K> {
    fn new(spans: &Spans<K, u16>, behaviours: usize) -> Self {
        let planes = usize::BITS.saturating_sub(behaviours.saturating_sub(1).leading_zeros());
        if spans.len() <= FEW || planes > MOST_PLANES {
            return if spans.iter().all(|(start, _)| start.is_half()) {
                Self::Half(Search::build(spans, K::half))
            } else {
                Self::Whole(Search::build(spans, |start| start))
            };
        }
        let plane = |bit: u32| Planes::build(spans, |id| (id >> bit) & 1 == 1);
        match planes {
            0 | 1 => Self::Bit(plane(0)),
            _ => Self::Bits((0..planes).map(plane).collect()),
        }
    }

    /// The common case stands at the caller's; the others are a call away.
    #[inline]
    fn at(&self, address: K) -> Option<u16> {
        match self {
            Self::Bit(planes) => planes.bit(address).map(u16::from),
            Self::Bits(_) | Self::Half(_) | Self::Whole(_) => self.at_length(address),
        }
    }

    #[inline(never)]
    fn at_length(&self, address: K) -> Option<u16> {
        match self {
            Self::Half(search) => search.at(address.half()),
            Self::Whole(search) => search.at(address),
            Self::Bit(planes) => planes.bit(address).map(u16::from),
            Self::Bits(planes) => number(planes, address),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Half(search) => search.bytes(),
            Self::Whole(search) => search.bytes(),
            Self::Bit(planes) => planes.bytes(),
            Self::Bits(planes) => planes.iter().map(Planes::bytes).sum(),
        }
    }
}

/// The number whose bits these planes hold.
fn number<K: Word>(planes: &[Planes], address: K) -> Option<u16> {
    planes.iter().zip(0_u32..).try_fold(0, |id, (plane, bit)| {
        let is_set = plane.bit(address)?;
        Some(id | (u16::from(is_set) << bit))
    })
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, and a test may fail loudly"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spans::Key;

    /// Spans that begin at these addresses, each of another behaviour than the one before.
    fn spans<K: Word>(mut starts: Vec<K>, behaviours: u16) -> Spans<K, u16> {
        starts.sort_unstable();
        starts.dedup();
        let mut spans = Spans::uniform(1);
        for (at, start) in (0_u16..).zip(starts) {
            spans.set_from(start, at % behaviours);
        }
        spans
    }

    /// Every structure, at every boundary −1, 0, +1, gives what the spans say.
    fn agree<K: Word>(starts: Vec<K>) {
        for (behaviours, bits) in [(2, 1), (5, 3)] {
            compare(starts.clone(), behaviours, bits);
        }
    }

    /// The same of the search alone: planes take their time to build.
    fn agree_on_search<K: Word>(starts: Vec<K>) {
        compare(starts, 5, 0);
    }

    fn compare<K: Word>(starts: Vec<K>, behaviours: u16, bits: u32) {
        let spans = spans(starts, behaviours);
        let whole = Search::build(&spans, |start| start);
        let half = Search::build(&spans, K::half);
        let halves = spans.iter().all(|(start, _)| start.is_half());
        let planes: Vec<Planes> = (0..bits)
            .map(|bit| Planes::build(&spans, |id| (id >> bit) & 1 == 1))
            .collect();
        let edges = spans.runs().flat_map(|(first, last, _)| [first, last]);
        let near = |edge: K| [edge.previous(), Some(edge), edge.next()];
        for address in edges.flat_map(near).flatten() {
            let expected = spans.at(address);
            assert_eq!(whole.at(address), expected, "{address:x?}");
            if halves {
                assert_eq!(half.at(address.half()), expected, "{address:x?}");
            }
            for (bit, planes) in (0..).zip(&planes) {
                let expected = expected.map(|id| (id >> bit) & 1 == 1);
                assert_eq!(planes.bit(address), expected, "{address:x?}");
            }
        }
    }

    /// Addresses that share their first bits and then differ, at every depth and with every number of neighbours.
    fn clustered() -> impl Strategy<Value = Vec<u128>> {
        let cluster = (any::<[u128; 4]>(), 0..=128_u32, 0..=128_u32, 1..24_usize).prop_flat_map(
            |(bases, from, to, count)| {
                let at = move |(base, bits): (prop::sample::Index, u128)| {
                    let kept = u128::MAX.checked_shl(128_u32.saturating_sub(from));
                    let zero = u128::MAX.checked_shl(128_u32.saturating_sub(to));
                    let bits = bits & !kept.unwrap_or(0) & zero.unwrap_or(0);
                    (base.get(&bases) & kept.unwrap_or(0)) | bits
                };
                let one = (any::<prop::sample::Index>(), any::<u128>());
                prop::collection::vec(one.prop_map(at), count)
            },
        );
        prop::collection::vec(cluster, 1..6).prop_map(|clusters| clusters.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_structure_agrees_with_the_spans_at_every_boundary(starts in clustered()) {
            agree::<u32>(starts.iter().map(|start| top(*start)).collect());
            agree::<u128>(starts);
        }
    }

    #[test]
    fn starts_that_share_any_number_of_bits_are_told_apart() {
        let base = 0x2001_0db8_5a5a_a5a5_c3c3_3c3c_9669_6996_u128;
        for shared in 0..128_u32 {
            let differ = u128::MAX >> shared;
            let block = base & !differ;
            // The ends of the block, and between them as many as fit, spread evenly.
            let mut starts = vec![block, block | differ, block | 1];
            starts.extend((1..40_u128).map(|at| block | (differ / 40 * at)));
            agree_on_search(starts.clone());
            agree_on_search::<u128>(starts.iter().map(|start| start >> 64 << 64).collect());
            // One that is far off makes the block that they differ in a small part of the table.
            agree_on_search(starts.iter().copied().chain([!block]).collect());
            if shared < 32 {
                agree_on_search::<u32>(starts.iter().map(|start| top(*start)).collect());
            }
        }
    }

    fn top(start: u128) -> u32 {
        u32::try_from(start >> 96).unwrap()
    }

    #[test]
    fn the_first_and_the_last_address_are_no_exception() {
        for starts in [
            vec![],
            vec![0],
            vec![u32::MAX],
            vec![1, u32::MAX],
            vec![0, 1, 255, 256, 257, 65_535, 65_536, u32::MAX],
        ] {
            agree::<u128>(starts.iter().map(|start| u128::from(*start)).collect());
            agree::<u128>(starts.iter().map(|start| !u128::from(!start)).collect());
            agree::<u128>(
                starts
                    .iter()
                    .map(|start| u128::from(*start) << 96)
                    .collect(),
            );
            agree::<u32>(starts);
        }
    }

    #[test]
    fn the_structure_follows_the_spans() {
        let many = |step: u32| spans::<u32>((0..600).map(|at| at * step).collect(), 2);
        let few = spans::<u32>(vec![7, 9], 2);
        assert!(matches!(Family::new(&few, 2), Family::Half(_)));
        assert!(matches!(Family::new(&many(7), 2), Family::Bit(_)));
        assert!(matches!(Family::new(&many(7), 3), Family::Bits(planes) if planes.len() == 2));
        assert!(matches!(Family::new(&many(7), 16), Family::Bits(planes) if planes.len() == 4));
        assert!(matches!(Family::new(&many(7), 17), Family::Half(_)));
        let long = spans::<u128>(vec![1], 2);
        assert!(matches!(Family::new(&long, 2), Family::Whole(_)));
        assert!(matches!(
            Family::new(&spans::<u128>(vec![1 << 64], 2), 2),
            Family::Half(_)
        ));
        assert_eq!(<u32 as Key>::LAST.half(), u32::MAX);
    }

    #[test]
    fn any_number_of_starts_may_lie_in_one_part_of_the_table() {
        for count in (1..8).chain([15, 16, 31, 32, 63, 64, 65, 127, 128, 300]) {
            let together = (0..count).map(|at| 7 + at * 3);
            agree_on_search::<u32>(together.clone().chain([u32::MAX - 9]).collect());
            agree_on_search(together.map(u128::from).chain([u128::MAX - 9]).collect());
        }
    }

    #[test]
    fn many_spans_are_searched_too() {
        let spread = (0..4_500_u32).map(|at| at.wrapping_mul(0x9E37_79B9));
        agree::<u32>(spread.clone().collect());
        agree::<u128>(spread.map(|at| u128::from(at) << 90).collect());
    }
}
