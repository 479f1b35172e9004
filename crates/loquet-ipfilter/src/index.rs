//! Address to rules and to what they come to: a search that finds the span, and bit planes where spans are many.

use crate::lists::ListId;
use crate::packed::Packed;
use crate::planes::Planes;
use crate::search::Search;
use crate::spans::Spans;
use crate::word::{Families, Key, Word};

/// The frozen index of both families.
pub(crate) type Index = Families<Family<u32>, Family<u128>>;

/// One family: every address has a list of rules, and a number for what that list comes to.
#[derive(Debug, Clone)]
pub(crate) struct Family<K: Word> {
    rules: RuleSearch<K>,
    behaviours: Behaviours,
}

/// Finds the span that an address lies in, and its rules.
#[derive(Debug, Clone)]
enum RuleSearch<K: Word> {
    /// Few spans; none begins within a /64.
    Half(Search<K::Half>, Box<[ListId]>),
    /// Few spans.
    Whole(Search<K>, Box<[ListId]>),
    /// Many spans, by their first halves. Where a span begins within a /64, the whole of it is [`ListId::INSIDE`], and
    /// the second search tells its spans apart: a few long networks should not make all others larger.
    Many(Packed<K::Half>, Packed<K>),
}

/// The numbers of the behaviours, apart from the rules that make them: what every request reads should stay in the cache.
#[derive(Debug, Clone)]
enum Behaviours {
    /// Few spans, or more than a few behaviours: that of each span.
    OfSpans(Box<[u16]>),
    /// Many spans of two behaviours, the common list: one bit says which.
    Bit(Planes),
    /// Many spans of a few behaviours: one bit of the behaviour's number each, the lowest first.
    Bits(Box<[Planes]>),
}

/// Up to this many spans the search is at least as fast, and the planes' first table alone would take 128 KiB.
const FEW: usize = 512;
/// Beyond 16 behaviours a look-up in as many planes as their number has bits is no faster than the search.
const MOST_PLANES: u32 = 4;

impl<K: Word> Family<K> {
    /// `numbers` says what each address comes to, one of `count` behaviours.
    pub(crate) fn new(lists: &Spans<K, ListId>, numbers: &Spans<K, u16>, count: usize) -> Self {
        let rules = RuleSearch::new(lists);
        let behaviours = Behaviours::new(&rules, lists, numbers, count);
        Self { rules, behaviours }
    }

    /// The number of an address's behaviour; `None` would be a fault of the index, and callers refuse on it. The common
    /// case stands at the caller's; the others are a call away.
    #[inline]
    pub(crate) fn behaviour(&self, address: K) -> Option<u16> {
        match &self.behaviours {
            Behaviours::Bit(planes) => planes.bit(address).map(u16::from),
            Behaviours::OfSpans(_) | Behaviours::Bits(_) => self.behaviour_at_length(address),
        }
    }

    #[inline(never)]
    fn behaviour_at_length(&self, address: K) -> Option<u16> {
        match &self.behaviours {
            Behaviours::OfSpans(numbers) => numbers.get(self.rules.span(address)?).copied(),
            Behaviours::Bit(planes) => planes.bit(address).map(u16::from),
            Behaviours::Bits(planes) => number(planes, address),
        }
    }

    /// The rules that may decide at an address; `None` would be a fault of the index.
    #[inline]
    pub(crate) fn list(&self, address: K) -> Option<ListId> {
        self.rules.list(address)
    }

    /// The rules of every address.
    pub(crate) fn spans(&self) -> Spans<K, ListId> {
        match &self.rules {
            RuleSearch::Half(search, lists) => {
                Spans::new(search.starts().map(K::of_half), lists.iter().copied())
            }
            RuleSearch::Whole(search, lists) => Spans::new(search.starts(), lists.iter().copied()),
            RuleSearch::Many(halves, inside) => {
                let both = halves.spans(K::of_half).zip(&inside.spans(|start| start));
                both.map(|(list, inside)| if list == ListId::INSIDE { inside } else { list })
            }
        }
    }

    /// Bytes that [`behaviour`](Self::behaviour) reads from.
    pub(crate) fn bytes(&self) -> usize {
        match &self.behaviours {
            Behaviours::OfSpans(numbers) => {
                self.rules.bytes().saturating_add(size_of_val(&**numbers))
            }
            Behaviours::Bit(planes) => planes.bytes(),
            Behaviours::Bits(planes) => planes.iter().map(Planes::bytes).sum(),
        }
    }
}

impl<K: Word> RuleSearch<K> {
    fn new(lists: &Spans<K, ListId>) -> Self {
        let starts = || lists.iter().skip(1).map(|(start, _)| start);
        if lists.len() > FEW {
            let halves = halves(lists);
            let inside = lists.zip(&halves).map(|(list, half)| match half {
                ListId::INSIDE => list,
                _ => ListId::NONE,
            });
            let inside = Packed::build(&inside, |start| start);
            return Self::Many(Packed::build(&halves, K::half), inside);
        }
        let all = lists.iter().map(|(_, list)| list).collect();
        if starts().all(K::is_half) {
            let starts: Vec<K::Half> = starts().map(K::half).collect();
            Self::Half(Search::build(&starts), all)
        } else {
            Self::Whole(Search::build(&starts().collect::<Vec<K>>()), all)
        }
    }

    /// The number of an address's span. The spans within a /64 come after all others.
    #[inline]
    fn span(&self, address: K) -> Option<usize> {
        match self {
            Self::Half(search, _) => search.at(address.half()),
            Self::Whole(search, _) => search.at(address),
            Self::Many(halves, inside) => match halves.at(address.half())? {
                (_, ListId::INSIDE) => {
                    let (span, _) = inside.at(address)?;
                    Some(halves.len().wrapping_add(span))
                }
                (span, _) => Some(span),
            },
        }
    }

    #[inline]
    fn list(&self, address: K) -> Option<ListId> {
        match self {
            Self::Half(search, lists) => lists.get(search.at(address.half())?).copied(),
            Self::Whole(search, lists) => lists.get(search.at(address)?).copied(),
            Self::Many(halves, inside) => match halves.at(address.half())? {
                (_, ListId::INSIDE) => inside.at(address).map(|(_, list)| list),
                (_, list) => Some(list),
            },
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Half(search, _) => search.bytes(),
            Self::Whole(search, _) => search.bytes(),
            Self::Many(halves, inside) => halves.bytes().saturating_add(inside.bytes()),
        }
    }
}

/// The same by /64s, those in which some span begins marked.
fn halves<K: Word>(lists: &Spans<K, ListId>) -> Spans<K, ListId> {
    let mut halves = Spans::uniform(ListId::NONE);
    for (start, list) in lists.iter() {
        if start.is_half() {
            halves.set_from(start, list);
            continue;
        }
        halves.set_from(K::of_half(start.half()), ListId::INSIDE);
        if let Some(next) = start.half().next() {
            halves.set_from(K::of_half(next), list);
        }
    }
    halves
}

impl Behaviours {
    fn new<K: Word>(
        rules: &RuleSearch<K>,
        lists: &Spans<K, ListId>,
        numbers: &Spans<K, u16>,
        count: usize,
    ) -> Self {
        let planes = usize::BITS.saturating_sub(count.saturating_sub(1).leading_zeros());
        if lists.len() <= FEW || planes > MOST_PLANES {
            let both = lists.zip(numbers);
            let number = |starts: Spans<K, ListId>| {
                let starts: Vec<K> = starts.iter().map(|(start, _)| start).collect();
                starts
                    .into_iter()
                    .map(|start| numbers.at(start).unwrap_or(0))
            };
            return Self::OfSpans(match rules {
                RuleSearch::Many(halves, inside) => number(halves.spans(K::of_half))
                    .chain(number(inside.spans(|start| start)))
                    .collect(),
                RuleSearch::Half(..) | RuleSearch::Whole(..) => {
                    both.iter().map(|(_, (_, number))| number).collect()
                }
            });
        }
        let plane = |bit: u32| Planes::build(numbers, |number| (number >> bit) & 1 == 1);
        match planes {
            0 | 1 => Self::Bit(plane(0)),
            _ => Self::Bits((0..planes).map(plane).collect()),
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
    use crate::lists::Handle;
    use crate::word::Key;

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
        let starts: Vec<K> = spans.iter().skip(1).map(|(start, _)| start).collect();
        let whole = Search::build(&starts);
        let half = Search::build(&starts.iter().map(|start| start.half()).collect::<Vec<_>>());
        let halves = starts.iter().all(|start| start.is_half());
        assert_eq!(whole.starts().collect::<Vec<_>>(), starts);
        let values: Vec<u16> = spans.iter().map(|(_, value)| value).collect();
        let value = |at: Option<usize>| values.get(at.unwrap()).copied();
        let lists = spans.map(|number| Handle::Many(number.into()).seal());
        let packed = Packed::build(&lists, |start| start);
        let halved = super::halves(&lists);
        let inside = lists
            .zip(&halved)
            .iter()
            .all(|(start, (list, half))| match half {
                ListId::INSIDE => true,
                half => half == list && lists.at(K::of_half(start.half())) == Some(list),
            });
        assert!(inside, "a /64 that is not marked has one value");
        let planes: Vec<Planes> = (0..bits)
            .map(|bit| Planes::build(&spans, |id| (id >> bit) & 1 == 1))
            .collect();
        let edges = spans.runs().flat_map(|(first, last, _)| [first, last]);
        let near = |edge: K| [edge.previous(), Some(edge), edge.next()];
        for address in edges.flat_map(near).flatten() {
            let expected = spans.at(address);
            assert_eq!(value(whole.at(address)), expected, "{address:x?}");
            let (span, list) = packed.at(address).unwrap();
            assert_eq!(value(Some(span)), expected, "{address:x?}");
            assert_eq!(Some(list), lists.at(address), "{address:x?}");
            if halves {
                assert_eq!(value(half.at(address.half())), expected, "{address:x?}");
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
        fn family<K: Word>(starts: Vec<K>, count: usize) -> Family<K> {
            let numbers = spans(starts, 2);
            let lists = numbers.map(|number| Handle::Many(number.into()).seal());
            let family = Family::new(&lists, &numbers, count);
            assert_eq!(family.spans(), lists);
            family
        }
        let few = family::<u32>(vec![7, 9], 2);
        let many = |count: usize| family::<u32>((0..600).map(|at| at * 7).collect(), count);
        assert!(matches!(few.behaviours, Behaviours::OfSpans(_)));
        assert!(matches!(few.rules, RuleSearch::Half(..)));
        assert!(matches!(many(2).behaviours, Behaviours::Bit(_)));
        let bits = |count: usize| match many(count).behaviours {
            Behaviours::Bits(planes) => planes.len(),
            Behaviours::Bit(_) | Behaviours::OfSpans(_) => 0,
        };
        assert_eq!([3, 16, 17].map(bits), [2, 4, 0]);
        let long = family::<u128>(vec![1], 2);
        assert!(matches!(long.rules, RuleSearch::Whole(..)));
        let short = family::<u128>(vec![1 << 64], 2);
        assert!(matches!(short.rules, RuleSearch::Half(..)));
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
