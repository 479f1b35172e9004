//! Address to rules and to what they come to: a search that finds the span, and bit planes where spans are many.

mod cache_lines;
mod planes;
mod search;
mod start_table;

use crate::address::number::{Families, Key, Word};
use crate::compile::index::cache_lines::Packed;
use crate::compile::index::planes::Planes;
use crate::compile::index::search::Search;
use crate::compile::rule_lists::ListId;
use crate::compile::spans::Spans;

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
        let halves_do = starts().all(K::is_half);
        if lists.len() > FEW {
            let inside = |inside| Packed::build(&inside, |start| start);
            if halves_do {
                let nothing = inside(Spans::uniform(ListId::NONE));
                return Self::Many(Packed::build(lists, K::half), nothing);
            }
            let halves = halves(lists);
            let within = lists.zip(&halves).map(|(list, half)| match half {
                ListId::INSIDE => list,
                _ => ListId::NONE,
            });
            return Self::Many(Packed::build(&halves, K::half), inside(within));
        }
        let all = lists.iter().map(|(_, list)| list).collect();
        if halves_do {
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
mod tests;
