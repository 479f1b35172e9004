//! What the rules of a list come to, for whomever: lists that come to the same are one to the index.

use crate::compile::rule_lists::{ListId, Lists};
use crate::compile::spans::FixedMap;
use crate::query::evaluate::{Audience, Devices};
use crate::{Decision, Rules, Tag};

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
        for rule in lists.rules(list).filter_map(|index| rules.at(index)) {
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
        // Most lists tell it themselves; looking a rule up would miss the cache.
        let plain = list.plain().map(|(_, decision)| decision);
        let alone = plain.or_else(|| list.single().map(|rule| self.lists.decision(rule)));
        if let Some(decision) = alone {
            return match decision {
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
