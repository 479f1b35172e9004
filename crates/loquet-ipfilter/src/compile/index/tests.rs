//! Compares every structure with the spans that it was built from.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, and a test may fail loudly"
)]

use proptest::prelude::*;

use super::*;
use crate::address::number::Key;
use crate::compile::rule_lists::Handle;

/// Returns spans that begin at these addresses, each with another value than the one before.
fn spans<K: Word>(mut starts: Vec<K>, outcomes: u16) -> Spans<K, u16> {
    starts.sort_unstable();
    starts.dedup();
    let mut spans = Spans::uniform(1);
    for (at, start) in (0_u16..).zip(starts) {
        spans.set_from(start, at % outcomes);
    }
    spans
}

/// Compares every structure with the spans at every boundary −1, 0, +1.
fn agree<K: Word>(starts: Vec<K>) {
    for (outcomes, bits) in [(2, 1), (5, 3)] {
        compare(starts.clone(), outcomes, bits);
    }
}

/// Compares the search only: planes take long to build.
fn agree_on_search<K: Word>(starts: Vec<K>) {
    compare(starts, 5, 0);
}

fn compare<K: Word>(starts: Vec<K>, outcomes: u16, bits: u32) {
    let spans = spans(starts, outcomes);
    let starts: Vec<K> = spans.iter().skip(1).map(|(start, _)| start).collect();
    let whole = Search::build(&starts);
    let half = Search::build(&starts.iter().map(|start| start.half()).collect::<Vec<_>>());
    let halves = starts.iter().all(|start| start.is_half());
    assert_eq!(whole.starts().collect::<Vec<_>>(), starts);
    let values: Vec<u16> = spans.iter().map(|(_, value)| value).collect();
    let value = |at: Option<usize>| values.get(at.unwrap()).copied();
    let lists = spans.map(|number| Handle::Many(number.into()).to_id());
    let packed = CacheLines::build(&lists, |start| start);
    assert!(packed.bytes() > starts.len() * size_of::<K>());
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
    let edges = spans.ranges().flat_map(|(first, last, _)| [first, last]);
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

/// Generates addresses that share their first bits and then differ, at every depth and with any number of neighbors.
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
    fn every_structure_agrees_with_spans_at_boundaries(starts in clustered()) {
        agree::<u32>(starts.iter().map(|start| top(*start)).collect());
        agree::<u128>(starts);
    }
}

#[test]
fn search_distinguishes_starts_with_shared_bits() {
    let base = 0x2001_0db8_5a5a_a5a5_c3c3_3c3c_9669_6996_u128;
    for shared in 0..128_u32 {
        let differ = u128::MAX >> shared;
        let block = base & !differ;
        // The ends of the block, and evenly spread addresses between them.
        let mut starts = vec![block, block | differ, block | 1];
        starts.extend((1..40_u128).map(|at| block | (differ / 40 * at)));
        agree_on_search(starts.clone());
        agree_on_search::<u128>(starts.iter().map(|start| start >> 64 << 64).collect());
        // A distant start makes the block of the others a small part of the table.
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
fn structures_agree_at_first_and_last_address() {
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
fn structure_depends_on_number_of_spans() {
    fn family<K: Word>(starts: Vec<K>, count: usize) -> Family<K> {
        let numbers = spans(starts, 2);
        let lists = numbers.map(|number| Handle::Many(number.into()).to_id());
        let family = Family::new(&lists, &numbers, count);
        assert_eq!(family.spans(), lists);
        family
    }
    let few = family::<u32>(vec![7, 9], 2);
    let many = |count: usize| family::<u32>((0..600).map(|at| at * 7).collect(), count);
    assert!(matches!(few.outcomes, OutcomeIndex::OfSpans(_)));
    assert!(matches!(few.rules, RuleSearch::Half(..)));
    assert!(matches!(many(2).outcomes, OutcomeIndex::Bit(_)));
    let bits = |count: usize| match many(count).outcomes {
        OutcomeIndex::Bits(planes) => planes.len(),
        OutcomeIndex::Bit(_) | OutcomeIndex::OfSpans(_) => 0,
    };
    assert_eq!([3, 16, 17].map(bits), [2, 4, 0]);
    let long = family::<u128>(vec![1], 2);
    assert!(matches!(long.rules, RuleSearch::Whole(..)));
    let short = family::<u128>(vec![1 << 64], 2);
    assert!(matches!(short.rules, RuleSearch::Half(..)));
    assert_eq!(<u32 as Key>::LAST.half(), u32::MAX);
}

#[test]
fn search_finds_many_starts_in_one_part() {
    for count in (1..8).chain([15, 16, 31, 32, 63, 64, 65, 127, 128, 300]) {
        let together = (0..count).map(|at| 7 + at * 3);
        agree_on_search::<u32>(together.clone().chain([u32::MAX - 9]).collect());
        agree_on_search(together.map(u128::from).chain([u128::MAX - 9]).collect());
    }
}

#[test]
fn structures_agree_with_many_spans() {
    let spread = (0..4_500_u32).map(|at| at.wrapping_mul(0x9E37_79B9));
    agree::<u32>(spread.clone().collect());
    agree::<u128>(spread.map(|at| u128::from(at) << 90).collect());
}
