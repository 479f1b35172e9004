//! Which rules may decide at an address, best first: the value of every span.

use crate::evaluate::{Audience, Devices};
use crate::filter::CompileError;
use crate::spans::FixedMap;
use crate::{Decision, Rules, Tag};

/// A rule's place in the order of deciding; the least decides. Its low 32 bits are the rule's index.
pub(crate) type Rank = u64;

/// The rules of a span, stored. The common span has one rule for everybody, which needs no list: it is the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ListId(u32);

const IS_LIST: u32 = 1 << 31;

/// At most this many entries in all lists together: half a gigabyte.
const MAX_RANKS: usize = 64 << 20;

impl ListId {
    /// The single rule that decides about everybody, where there is one.
    pub(crate) const fn single(self) -> Option<u32> {
        if self.0 & IS_LIST == 0 {
            Some(self.0)
        } else {
            None
        }
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
/// The rule applies only to some tags or devices, so that what stands behind it still counts.
const CONDITIONAL: u8 = 2;

impl Lists {
    /// `uncertain` says of which rules it is open at this point whether they match.
    pub(crate) fn new(rules: &Rules, uncertain: impl Fn(usize) -> bool) -> Self {
        let traits = rules.rules.iter().enumerate().map(|(index, rule)| {
            let conditional = uncertain(index)
                || rule.extra.is_some()
                    && (!rule.tags().is_empty() || Devices::of(rule) != Devices::ALL);
            let allows = rule.decision == Decision::Allow;
            (if conditional { CONDITIONAL } else { 0 }) | (if allows { ALLOWS } else { 0 })
        });
        let mut ids = FixedMap::default();
        ids.insert(Box::default(), 0);
        Self {
            lists: vec![Box::default()],
            ids,
            ranks: 0,
            traits: traits.collect(),
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
        self.rules(list).find(|index| {
            rule_at(rules, *index)
                .is_some_and(|rule| audience.meets(rule.tags(), Devices::of(rule), rule.decision))
        })
    }
}

pub(crate) fn rule_at(rules: &Rules, index: u32) -> Option<&crate::Rule> {
    rules.rules.get(usize::try_from(index).ok()?)
}

/// What a span does, whichever rule makes it so. Spans that do the same are one span to the index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Behaviour {
    /// In order; the first that applies decides.
    steps: Box<[Step]>,
    otherwise: Decision,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    tags: Box<[Tag]>,
    devices: Devices,
    decision: Decision,
}

impl Behaviour {
    pub(crate) fn constant(decision: Decision) -> Self {
        Self {
            steps: Box::default(),
            otherwise: decision,
        }
    }

    pub(crate) fn of(rules: &Rules, lists: &Lists, list: ListId) -> Self {
        let mut steps = Vec::new();
        let mut otherwise = rules.default;
        for rule in lists.rules(list).filter_map(|index| rule_at(rules, index)) {
            let devices = Devices::of(rule);
            if rule.tags().is_empty() && devices == Devices::ALL {
                otherwise = rule.decision;
                break;
            }
            steps.push(Step {
                tags: rule.tags().into(),
                devices,
                decision: rule.decision,
            });
        }
        // A last step that decides as everything after it does makes no difference.
        while steps.last().is_some_and(|step| step.decision == otherwise) {
            steps.pop();
        }
        Self {
            steps: steps.into_boxed_slice(),
            otherwise,
        }
    }

    #[inline]
    pub(crate) fn decide(&self, audience: Audience<'_>) -> Decision {
        let applies = |step: &&Step| audience.meets(&step.tags, step.devices, step.decision);
        self.steps
            .iter()
            .find(applies)
            .map_or(self.otherwise, |step| step.decision)
    }
}

/// The behaviour that denies everybody.
pub(crate) const DENY: u16 = 0;
/// The behaviour that allows everybody.
pub(crate) const ALLOW: u16 = 1;

/// The distinct behaviours, numbered. The two that are the same for everybody come first and fit in one bit.
pub(crate) struct Catalogue<'r> {
    rules: &'r Rules,
    lists: &'r Lists,
    behaviours: Vec<Behaviour>,
    ids: FixedMap<Behaviour, u16>,
    seen: Vec<Option<u16>>,
    overflow: bool,
}

impl<'r> Catalogue<'r> {
    pub(crate) fn new(rules: &'r Rules, lists: &'r Lists) -> Self {
        let behaviours = vec![
            Behaviour::constant(Decision::Deny),
            Behaviour::constant(Decision::Allow),
        ];
        let ids = behaviours.iter().cloned().zip(0..).collect();
        Self {
            rules,
            lists,
            behaviours,
            ids,
            seen: vec![None; lists.len()],
            overflow: false,
        }
    }

    pub(crate) fn id(&mut self, list: ListId) -> u16 {
        if let Some(rule) = list.single() {
            return match self.lists.decision(rule) {
                Decision::Allow => ALLOW,
                Decision::Deny => DENY,
            };
        }
        let at = usize::try_from(list.list()).unwrap_or(usize::MAX);
        if let Some(Some(id)) = self.seen.get(at) {
            return *id;
        }
        let behaviour = Behaviour::of(self.rules, self.lists, list);
        let id = match (
            self.ids.get(&behaviour),
            u16::try_from(self.behaviours.len()),
        ) {
            (Some(id), _) => *id,
            (None, Ok(id)) => {
                self.behaviours.push(behaviour.clone());
                self.ids.insert(behaviour, id);
                id
            }
            (None, Err(_)) => {
                self.overflow = true;
                0
            }
        };
        if let Some(seen) = self.seen.get_mut(at) {
            *seen = Some(id);
        }
        id
    }

    /// The behaviours, or nothing when there are more than numbers for them.
    pub(crate) fn finish(self) -> Option<Vec<Behaviour>> {
        (!self.overflow).then_some(self.behaviours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_no_list_is_kept_and_the_end_is_an_error() {
        let mut lists = Lists::new(&Rules::new(), |_| true);
        lists.ranks = MAX_RANKS;
        assert!(lists.clone().freeze().is_ok());
        assert_eq!(lists.intern(vec![1, 2]), Handle::Many(1));
        assert_eq!(lists.intern(vec![1, 2]), Handle::NONE);
        assert!(matches!(lists.freeze(), Err(CompileError::TooLarge)));
    }
}
