//! Which rules may decide at an address, best first: the value of every span.

use crate::compile::error::CompileError;
use crate::compile::spans::FixedMap;
use crate::query::evaluate::{Audience, Devices};
use crate::{Decision, Rules};

/// A rule's place in the order of deciding; the least decides. Its low 32 bits are the rule's index.
pub(crate) type Rank = u64;

/// The rules of a span, stored. The common span has one rule for everybody, which needs no list: it is the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ListId(u32);

const IS_LIST: u32 = 1 << 31;
/// The one rule has no condition but its networks, and is an allow with the other bit: its verdict needs no further look.
const IS_PLAIN: u32 = 1 << 30;
const IS_ALLOW: u32 = 1 << 29;

/// At most this many entries in all lists together: half a gigabyte.
const MAX_RANKS: usize = 64 << 20;

impl ListId {
    /// No rule at all.
    pub(crate) const NONE: Self = Self(IS_LIST);
    /// No list: what stands in place of several. There are never so many lists.
    pub(crate) const INSIDE: Self = Self(u32::MAX);

    /// The single rule that decides about everybody, where there is one.
    pub(crate) const fn single(self) -> Option<u32> {
        if self.0 & IS_LIST == 0 {
            Some(self.0 & !(IS_PLAIN | IS_ALLOW))
        } else {
            None
        }
    }

    /// The same with its decision, where it can match by no unknown fact.
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

    /// The position of the interned list otherwise.
    pub(crate) const fn list(self) -> u32 {
        self.0 & !IS_LIST
    }
}

/// The rules of a span while spans are being folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handle {
    /// One rule that decides about everybody.
    One(Rank),
    /// An interned list.
    Many(u32),
}

impl Handle {
    /// No rule at all.
    pub(crate) const NONE: Self = Self::Many(0);

    pub(crate) fn seal(self) -> ListId {
        match self {
            Self::One(rank) => ListId(index_of(rank)),
            Self::Many(list) => ListId(list | IS_LIST),
        }
    }
}

pub(crate) const fn index_of(rank: Rank) -> u32 {
    (rank & 0xFFFF_FFFF) as u32
}

/// The interned lists, and which rules tell people apart.
#[derive(Debug, Clone)]
pub(crate) struct Lists {
    lists: Vec<Box<[Rank]>>,
    ids: FixedMap<Box<[Rank]>, u32>,
    ranks: usize,
    // One byte a rule, because the rules themselves are far too many for the cache while spans are folded.
    traits: Box<[u8]>,
}

/// The rule allows.
const ALLOWS: u8 = 1;
/// The rule has conditions other than its networks, so that it may match by an unknown fact.
const HAS_EXTRA: u8 = 4;
/// The rule applies only to some tags or devices, so that what stands behind it still counts.
const CONDITIONAL: u8 = 2;

impl Lists {
    pub(crate) fn new(rules: &Rules) -> Self {
        let bit = |holds: bool, bit: u8| if holds { bit } else { 0 };
        let traits = rules.rules.iter().map(|rule| {
            let conditional = rule.extra.is_some()
                && (!rule.tags().is_empty() || Devices::of(rule) != Devices::ALL);
            bit(conditional, CONDITIONAL)
                | bit(rule.decision == Decision::Allow, ALLOWS)
                | bit(rule.extra.is_some(), HAS_EXTRA)
        });
        Self::of(traits.collect())
    }

    /// The same rules without any list. `uncertain` says of which rules with further conditions it is open at this point
    /// whether they match.
    pub(crate) fn anew(&self, uncertain: impl Fn(usize) -> bool) -> Self {
        let traits = self.traits.iter().enumerate().map(|(index, traits)| {
            if traits & HAS_EXTRA != 0 && uncertain(index) {
                traits | CONDITIONAL
            } else {
                *traits
            }
        });
        Self::of(traits.collect())
    }

    fn of(traits: Box<[u8]>) -> Self {
        let mut ids = FixedMap::default();
        ids.insert(Box::default(), 0);
        Self {
            lists: vec![Box::default()],
            ids,
            ranks: 0,
            traits,
        }
    }

    /// A rule that is none denies, and on some condition.
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

    /// The same list, marked where its verdict needs no further look.
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

    /// Whether the rule can match by an unknown fact where the address is known. Only a deny with further conditions can.
    pub(crate) fn may_be_unknown(&self, index: u32) -> bool {
        self.traits(index) & (ALLOWS | HAS_EXTRA) == HAS_EXTRA
    }

    /// The list with one rule more. What can no longer decide is cut off.
    pub(crate) fn add(&mut self, to: Handle, rank: Rank) -> Handle {
        match to {
            Handle::One(best) if best <= rank => to,
            Handle::One(_) | Handle::NONE if !self.is_conditional(rank) => Handle::One(rank),
            Handle::One(best) => self.intern(vec![rank, best]),
            Handle::Many(list) => {
                let old = self.ranks(list);
                let at = old.partition_point(|other| *other < rank);
                let (before, after) = old.split_at_checked(at).unwrap_or((old, &[]));
                let is_same = |other: &Rank| index_of(*other) == index_of(rank);
                // A rule that is there already with a better rank gains nothing.
                if before.iter().any(is_same) || after.first() == Some(&rank) {
                    return to;
                }
                if before
                    .last()
                    .is_some_and(|last| !self.is_conditional(*last))
                {
                    return to;
                }
                let mut new = before.to_vec();
                new.push(rank);
                if self.is_conditional(rank) {
                    new.extend(after.iter().filter(|other| !is_same(other)));
                }
                match new.as_slice() {
                    [one] if !self.is_conditional(*one) => Handle::One(*one),
                    _ => self.intern(new),
                }
            }
        }
    }

    fn intern(&mut self, list: Vec<Rank>) -> Handle {
        // Beyond the limit the result is thrown away by `freeze`; until then memory must not grow.
        if self.ranks > MAX_RANKS {
            return Handle::NONE;
        }
        let list = list.into_boxed_slice();
        if let Some(id) = self.ids.get(&list) {
            return Handle::Many(*id);
        }
        let id = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        self.ranks = self.ranks.saturating_add(list.len());
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

    /// Ends interning: the map that finds lists is no longer needed.
    pub(crate) fn freeze(&mut self) -> Result<(), CompileError> {
        self.ids = FixedMap::default();
        self.lists.shrink_to_fit();
        if self.ranks > MAX_RANKS {
            Err(CompileError::TooLarge)
        } else {
            Ok(())
        }
    }

    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.lists.len()
    }

    /// The rules of a span, best first.
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

    /// The rule that decides about this audience.
    pub(crate) fn decider(
        &self,
        rules: &Rules,
        list: ListId,
        audience: Audience<'_>,
    ) -> Option<u32> {
        if let Some(one) = list.single() {
            return Some(one);
        }
        self.rules(list).find(|index| {
            rules
                .at(*index)
                .is_some_and(|rule| audience.meets(rule.tags(), Devices::of(rule), rule.decision))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_no_list_is_kept_and_the_end_is_an_error() {
        let mut lists = Lists::new(&Rules::new());
        lists.ranks = MAX_RANKS;
        assert!(lists.clone().freeze().is_ok());
        assert_eq!(lists.intern(vec![1, 2]), Handle::Many(1));
        assert_eq!(lists.intern(vec![1, 2]), Handle::NONE);
        assert!(matches!(lists.freeze(), Err(CompileError::TooLarge)));
    }
}
