//! The lists of rules that may decide at an address, best first: the values of spans.

use crate::compile::error::CompileError;
use crate::compile::limits::CompileLimits;
use crate::compile::spans::FixedMap;
use crate::query::evaluate::{Audience, Devices};
use crate::{Decision, Rules};

/// A rule's position in the order of deciding; the lowest decides. Its low 32 bits are the rule's index.
pub(crate) type Rank = u64;

/// The stored rules of a span. Most spans have one unconditional rule, which is stored as its index without a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ListId(u32);

const IS_LIST: u32 = 1 << 31;
/// Flag: the single rule has networks only, so its decision needs no further check. [`IS_ALLOW`] is its decision.
const IS_PLAIN: u32 = 1 << 30;
const IS_ALLOW: u32 = 1 << 29;

/// The greatest size of all lists together, whatever the caller allows.
const MAX_BYTES: usize = 512 << 20;
/// What a list takes besides its entries.
const LIST_BYTES: usize = 32;

impl ListId {
    /// No rule at all.
    pub(crate) const NONE: Self = Self(IS_LIST);
    /// A marker instead of several lists. There are never so many lists.
    pub(crate) const INSIDE: Self = Self(u32::MAX);

    /// Returns the single rule that always decides, if there is one.
    pub(crate) const fn single(self) -> Option<u32> {
        if self.0 & IS_LIST == 0 {
            Some(self.0 & !(IS_PLAIN | IS_ALLOW))
        } else {
            None
        }
    }

    /// Returns the single rule with its decision if it has no condition but its networks.
    pub(crate) const fn plain(self) -> Option<(u32, Decision)> {
        if self.0 & (IS_LIST | IS_PLAIN) != IS_PLAIN {
            return None;
        }
        let decision = match self.0 & IS_ALLOW {
            0 => Decision::Deny,
            _ => Decision::Allow,
        };
        Some((self.0 & !(IS_PLAIN | IS_ALLOW), decision))
    }

    /// Returns the position of the interned list, if there is no single rule.
    pub(crate) const fn list(self) -> u32 {
        self.0 & !IS_LIST
    }
}

/// The rules of a span while spans are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handle {
    /// One rule that always decides.
    One(Rank),
    /// An interned list.
    Many(u32),
}

impl Handle {
    /// No rule at all.
    pub(crate) const NONE: Self = Self::Many(0);

    pub(crate) fn to_id(self) -> ListId {
        match self {
            Self::One(rank) => ListId(index_of(rank)),
            Self::Many(list) => ListId(list | IS_LIST),
        }
    }
}

pub(crate) const fn index_of(rank: Rank) -> u32 {
    (rank & 0xFFFF_FFFF) as u32
}

/// The interned lists, and the properties of each rule.
#[derive(Debug, Clone)]
pub(crate) struct RuleLists {
    lists: Vec<Box<[Rank]>>,
    ids: FixedMap<Box<[Rank]>, u32>,
    /// The size of all lists, and the limits.
    bytes: usize,
    limits: CompileLimits,
    // One byte per rule: the rules themselves are too many for the cache during compilation.
    traits: Box<[u8]>,
}

/// The rule allows.
const ALLOWS: u8 = 1;
/// The rule has conditions other than its networks, so it may match by an unknown fact.
const HAS_EXTRA: u8 = 4;
/// The rule applies only to some tags or devices, so the rules after it still count.
const CONDITIONAL: u8 = 2;

impl RuleLists {
    pub(crate) fn new(rules: &Rules, limits: &CompileLimits) -> Self {
        let bit = |holds: bool, bit: u8| if holds { bit } else { 0 };
        let traits = rules.rules.iter().map(|rule| {
            let conditional = rule.extra.is_some()
                && (!rule.tags().is_empty() || Devices::of(rule) != Devices::ALL);
            bit(conditional, CONDITIONAL)
                | bit(rule.decision == Decision::Allow, ALLOWS)
                | bit(rule.extra.is_some(), HAS_EXTRA)
        });
        let limits = CompileLimits {
            bytes: limits.bytes.min(MAX_BYTES),
            ..*limits
        };
        Self::of(traits.collect(), limits)
    }

    /// Returns the same rules without lists. `uncertain` tells for which rules it is not yet known whether they match.
    pub(crate) fn with_uncertain(&self, uncertain: impl Fn(usize) -> bool) -> Self {
        let traits = self.traits.iter().enumerate().map(|(index, traits)| {
            if uncertain(index) {
                traits | CONDITIONAL
            } else {
                *traits
            }
        });
        Self::of(traits.collect(), self.limits)
    }

    fn of(traits: Box<[u8]>, limits: CompileLimits) -> Self {
        let mut ids = FixedMap::default();
        ids.insert(Box::default(), 0);
        Self {
            lists: vec![Box::default()],
            ids,
            bytes: 0,
            limits,
            traits,
        }
    }

    /// A missing rule denies, and conditionally.
    fn traits(&self, index: u32) -> u8 {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        self.traits.get(at).copied().unwrap_or(CONDITIONAL)
    }

    fn is_conditional(&self, rank: Rank) -> bool {
        self.traits(index_of(rank)) & CONDITIONAL != 0
    }

    pub(crate) fn decision(&self, index: u32) -> Decision {
        if self.traits(index) & ALLOWS != 0 {
            Decision::Allow
        } else {
            Decision::Deny
        }
    }

    /// Marks a list whose decision needs no further check.
    pub(crate) fn mark(&self, list: ListId) -> ListId {
        let Some(index) = list.single() else {
            return list;
        };
        match self.traits(index) & (ALLOWS | CONDITIONAL | HAS_EXTRA) {
            0 => ListId(index | IS_PLAIN),
            ALLOWS => ListId(index | IS_PLAIN | IS_ALLOW),
            _ => list,
        }
    }

    /// Returns whether the rule can match by an unknown fact where the address is known. Only deny rules with further
    /// conditions can.
    pub(crate) fn may_be_unknown(&self, index: u32) -> bool {
        self.traits(index) & (ALLOWS | HAS_EXTRA) == HAS_EXTRA
    }

    /// Adds a rule to a list and removes the rules that can no longer decide.
    pub(crate) fn add(&mut self, to: Handle, rank: Rank) -> Handle {
        match to {
            Handle::One(best) if best <= rank => to,
            Handle::One(_) | Handle::NONE if !self.is_conditional(rank) => Handle::One(rank),
            Handle::Many(list) if self.is_decided_before(list, rank) => to,
            Handle::One(_) | Handle::Many(_) => self.add_all(to, vec![rank]),
        }
    }

    /// Adds several rules at once: a list between them would be kept for nothing, and take their number squared.
    pub(crate) fn add_all(&mut self, to: Handle, mut ranks: Vec<Rank>) -> Handle {
        match to {
            Handle::One(best) => ranks.push(best),
            Handle::Many(list) => ranks.extend_from_slice(self.ranks(list)),
        }
        ranks.sort_unstable();
        // A rule with several ranks counts with its best one.
        let mut seen = FixedMap::default();
        ranks.retain(|rank| seen.insert(index_of(*rank), ()).is_none());
        if let Some(last) = ranks.iter().position(|rank| !self.is_conditional(*rank)) {
            ranks.truncate(last.saturating_add(1));
        }
        match ranks.as_slice() {
            [one] if !self.is_conditional(*one) => Handle::One(*one),
            _ => self.intern(ranks),
        }
    }

    /// Returns whether a list ends with a rule that always decides, before this one.
    fn is_decided_before(&self, list: u32, rank: Rank) -> bool {
        let last = self.ranks(list).last();
        last.is_some_and(|last| *last < rank && !self.is_conditional(*last))
    }

    fn intern(&mut self, list: Vec<Rank>) -> Handle {
        // Beyond the limit `freeze` discards the result; until then memory must not grow.
        if self.bytes > self.limits.bytes {
            return Handle::NONE;
        }
        let list = list.into_boxed_slice();
        if let Some(id) = self.ids.get(&list) {
            return Handle::Many(*id);
        }
        let id = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        let bytes = size_of_val(&*list).saturating_add(LIST_BYTES);
        self.bytes = self.bytes.saturating_add(bytes);
        self.lists.push(list.clone());
        self.ids.insert(list, id);
        Handle::Many(id)
    }

    fn ranks(&self, list: u32) -> &[Rank] {
        usize::try_from(list)
            .ok()
            .and_then(|at| self.lists.get(at))
            .map_or(&[], |list| list)
    }

    /// Ends interning and drops the map that finds lists.
    pub(crate) fn freeze(&mut self) -> Result<(), CompileError> {
        self.ids = FixedMap::default();
        self.lists.shrink_to_fit();
        self.limits.check_bytes(self.bytes)
    }

    /// Returns the size of the lists, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.saturating_add(size_of_val(&*self.traits))
    }

    /// Returns the number of lists.
    pub(crate) fn len(&self) -> usize {
        self.lists.len()
    }

    /// Returns the rules of a span, best first.
    pub(crate) fn rules(&self, list: ListId) -> impl Iterator<Item = u32> + '_ {
        let one = list.single();
        let many = if one.is_some() {
            &[]
        } else {
            self.ranks(list.list())
        };
        one.into_iter()
            .chain(many.iter().map(|rank| index_of(*rank)))
    }

    /// Returns the rule that decides for this audience.
    pub(crate) fn deciding_rule(
        &self,
        rules: &Rules,
        list: ListId,
        audience: Audience<'_>,
    ) -> Option<u32> {
        if let Some(one) = list.single() {
            return Some(one);
        }
        self.rules(list).find(|index| {
            rules.at(*index).is_some_and(|rule| {
                audience.matches_rule(rule.tags(), Devices::of(rule), rule.decision)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(bytes: usize) -> RuleLists {
        let rules = Rules::parse_text("for tag 1 deny 10.*\nfor tag 2 deny 10.*\ndeny 10.*");
        let limits = CompileLimits {
            bytes,
            ..CompileLimits::default()
        };
        RuleLists::new(&rules.unwrap(), &limits)
    }

    #[test]
    fn list_limit_is_enforced() {
        let mut lists = lists(47);
        assert_eq!(lists.intern(vec![0, 1]), Handle::Many(1));
        assert_eq!(lists.intern(vec![0, 1, 2]), Handle::NONE);
        assert!(matches!(lists.freeze(), Err(CompileError::TooLarge { .. })));
    }

    #[test]
    fn rules_added_at_once_make_one_list() {
        let mut lists = lists(MAX_BYTES);
        let all = lists.add_all(Handle::NONE, vec![2, 1, 0]);
        assert_eq!((all, lists.len()), (Handle::Many(1), 2));
        assert_eq!(lists.ranks(1), [0, 1, 2]);
        // Nothing decides after a rule without conditions, and a rule counts once.
        assert_eq!(lists.add(all, (1 << 32) | 1), all);
        assert_eq!(lists.add_all(all, vec![(1 << 32) | 1, 0]), all);
        assert_eq!(lists.add_all(Handle::One(2), vec![3]), Handle::One(2));
        assert_eq!(lists.len(), 2);
    }
}
