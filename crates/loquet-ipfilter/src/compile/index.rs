//! The index: finds the rules of an address by a search, and its outcome by bit planes where spans are many.

mod cache_lines;
mod planes;
mod search;
mod start_table;

use crate::address::number::{Families, Key, Word};
use crate::compile::index::cache_lines::CacheLines;
use crate::compile::index::planes::Planes;
use crate::compile::index::search::Search;
use crate::compile::rule_lists::ListId;
use crate::compile::spans::Spans;

/// The index of both families.
pub(crate) type Index = Families<Family<u32>, Family<u128>>;

/// One family: every address has a list of rules, and the number of the list's outcome.
#[derive(Debug, Clone)]
pub(crate) struct Family<K: Word> {
    rules: RuleSearch<K>,
    outcomes: OutcomeIndex,
}

/// Finds the span of an address, and its rules.
#[derive(Debug, Clone)]
enum RuleSearch<K: Word> {
    /// Few spans; none begins within a /64.
    Half(Search<K::Half>, Box<[ListId]>),
    /// Few spans.
    Whole(Search<K>, Box<[ListId]>),
    /// Many spans, searched by the first halves of addresses. A /64 within which a span begins has the value
    /// [`ListId::INSIDE`] and is searched in the second structure: a few long networks should not enlarge all others.
    Many(CacheLines<K::Half>, CacheLines<K>),
}

/// The outcome numbers, apart from the rules: what every request reads should stay in the cache.
#[derive(Debug, Clone)]
enum OutcomeIndex {
    /// The number of each span: for few spans or many outcomes.
    OfSpans(Box<[u16]>),
    /// Many spans with two outcomes, the common case: one bit tells which.
    Bit(Planes),
    /// Many spans with a few outcomes: one bit of the number each, the lowest first.
    Bits(Box<[Planes]>),
}

/// Up to this many spans the search is at least as fast, and the first table of the planes alone would take 128 KiB.
const FEW: usize = 512;
/// Beyond 16 outcomes, a look-up in as many planes as the number has bits is no faster than the search.
const MOST_PLANES: u32 = 4;

impl<K: Word> Family<K> {
    /// Builds the index. `numbers` gives the outcome of each address, one of `count`.
    pub(crate) fn new(lists: &Spans<K, ListId>, numbers: &Spans<K, u16>, count: usize) -> Self {
        let rules = RuleSearch::new(lists);
        let outcomes = OutcomeIndex::new(&rules, lists, numbers, count);
        Self { rules, outcomes }
    }

    /// Returns the number of an address's outcome. `None` means a broken index, and callers deny. Only the common case
    /// is inlined.
    #[inline]
    pub(crate) fn outcome(&self, address: K) -> Option<u16> {
        match &self.outcomes {
            OutcomeIndex::Bit(planes) => planes.bit(address).map(u16::from),
            OutcomeIndex::OfSpans(_) | OutcomeIndex::Bits(_) => self.outcome_slow(address),
        }
    }

    #[inline(never)]
    fn outcome_slow(&self, address: K) -> Option<u16> {
        match &self.outcomes {
            OutcomeIndex::OfSpans(numbers) => numbers.get(self.rules.span(address)?).copied(),
            OutcomeIndex::Bit(planes) => planes.bit(address).map(u16::from),
            OutcomeIndex::Bits(planes) => number(planes, address),
        }
    }

    /// Returns the rules that may decide at an address. `None` means a broken index.
    #[inline]
    pub(crate) fn list(&self, address: K) -> Option<ListId> {
        self.rules.list(address)
    }

    /// Returns the rules of every address.
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

    /// Returns its size in bytes.
    pub(crate) fn all_bytes(&self) -> usize {
        let lists = match &self.rules {
            RuleSearch::Half(_, lists) | RuleSearch::Whole(_, lists) => size_of_val(&**lists),
            RuleSearch::Many(..) => 0,
        };
        let rules = match &self.outcomes {
            OutcomeIndex::OfSpans(_) => 0,
            OutcomeIndex::Bit(_) | OutcomeIndex::Bits(_) => self.rules.bytes(),
        };
        self.bytes().saturating_add(rules).saturating_add(lists)
    }

    /// Returns the size of what [`outcome`](Self::outcome) reads, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match &self.outcomes {
            OutcomeIndex::OfSpans(numbers) => {
                self.rules.bytes().saturating_add(size_of_val(&**numbers))
            }
            OutcomeIndex::Bit(planes) => planes.bytes(),
            OutcomeIndex::Bits(planes) => planes.iter().map(Planes::bytes).sum(),
        }
    }
}

impl<K: Word> RuleSearch<K> {
    fn new(lists: &Spans<K, ListId>) -> Self {
        let starts = || lists.iter().skip(1).map(|(start, _)| start);
        let halves_do = starts().all(K::is_half);
        if lists.len() > FEW {
            let inside = |inside| CacheLines::build(&inside, |start| start);
            if halves_do {
                let nothing = inside(Spans::uniform(ListId::NONE));
                return Self::Many(CacheLines::build(lists, K::half), nothing);
            }
            let halves = halves(lists);
            let within = lists.zip(&halves).map(|(list, half)| match half {
                ListId::INSIDE => list,
                _ => ListId::NONE,
            });
            return Self::Many(CacheLines::build(&halves, K::half), inside(within));
        }
        let all = lists.iter().map(|(_, list)| list).collect();
        if halves_do {
            let starts: Vec<K::Half> = starts().map(K::half).collect();
            Self::Half(Search::build(&starts), all)
        } else {
            Self::Whole(Search::build(&starts().collect::<Vec<K>>()), all)
        }
    }

    /// Returns the number of an address's span. Spans within a /64 are numbered after all others.
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

/// Returns the lists by /64. A /64 within which a span begins is marked.
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

impl OutcomeIndex {
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

/// Returns the number whose bits the planes hold.
fn number<K: Word>(planes: &[Planes], address: K) -> Option<u16> {
    planes.iter().zip(0_u32..).try_fold(0, |id, (plane, bit)| {
        let is_set = plane.bit(address)?;
        Some(id | (u16::from(is_set) << bit))
    })
}

#[cfg(test)]
mod tests;
