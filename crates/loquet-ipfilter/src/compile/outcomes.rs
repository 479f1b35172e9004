//! The outcome of each list of rules. Lists with equal outcomes are one value in the index.

use core::cmp::Reverse;
use std::collections::BTreeMap;

use crate::compile::error::{CompileError, Limit};
use crate::compile::limits::CompileLimits;
use crate::compile::rule_lists::{ListId, RuleLists};
use crate::compile::spans::FixedMap;
use crate::query::evaluate::{Audience, Devices};
use crate::{Decision, DeviceTier, Rules, Tag};

/// What a list of rules decides for each audience, apart from which rule decides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Outcome {
    /// In order; the first step that applies decides.
    steps: Box<[Step]>,
    otherwise: Decision,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    tags: Box<[Tag]>,
    devices: Devices,
    decision: Decision,
}

impl Outcome {
    pub(crate) fn constant(decision: Decision) -> Self {
        Self {
            steps: Box::default(),
            otherwise: decision,
        }
    }

    pub(crate) fn of(rules: &Rules, lists: &RuleLists, list: ListId) -> Self {
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
        // A last step with the decision of the default changes nothing.
        while steps.last().is_some_and(|step| step.decision == otherwise) {
            steps.pop();
        }
        Self {
            steps: steps.into_boxed_slice(),
            otherwise,
        }
    }

    /// Returns whether a user whom this denies is allowed `after`: any set of tags, on any device.
    pub(crate) fn opens(&self, after: &Self) -> bool {
        let mut devices = [DeviceTier::Unknown, DeviceTier::Known].into_iter();
        devices.any(|device| self.opens_on(after, device))
    }

    /// The first step for one of a user's tags decides, so that two tags suffice for any pair of deciding steps: one for
    /// the step of before, one for the step of after. The second must not decide before the first where that denies.
    fn opens_on(&self, after: &Self, device: DeviceTier) -> bool {
        let (old, new) = (self.first_steps(device), after.first_steps(device));
        let tags = old.of_tags.keys().chain(new.of_tags.keys());
        let mut steps: Vec<(usize, usize)> = tags.map(|tag| (old.of(*tag), new.of(*tag))).collect();
        steps.push((old.of_all, new.of_all));
        // Those that decide last before come first.
        steps.sort_unstable_by_key(|(old, new)| (Reverse(*old), *new));
        let mut allowing = usize::MAX;
        steps.chunk_by(|one, two| one.0 == two.0).any(|chunk| {
            let allows = |step: &usize| after.decision(*step) == Decision::Allow;
            let here = chunk.iter().map(|(_, new)| *new).filter(allows).min();
            allowing = allowing.min(here.unwrap_or(usize::MAX));
            let mut denied = chunk
                .iter()
                .filter(|(old, _)| self.decision(*old) == Decision::Deny);
            denied.any(|(_, new)| allowing <= *new)
        })
    }

    fn decision(&self, step: usize) -> Decision {
        self.steps
            .get(step)
            .map_or(self.otherwise, |step| step.decision)
    }

    fn first_steps(&self, device: DeviceTier) -> FirstSteps {
        let mut first = FirstSteps {
            of_tags: BTreeMap::new(),
            of_all: self.steps.len(),
        };
        for (at, step) in self.steps.iter().enumerate() {
            if !step.devices.contains(device) {
                continue;
            }
            if step.tags.is_empty() {
                first.of_all = at;
                break;
            }
            for tag in &step.tags {
                first.of_tags.entry(*tag).or_insert(at);
            }
        }
        first
    }

    /// Returns its size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let tags = self.steps.iter().map(|step| size_of_val(&*step.tags));
        size_of::<Self>()
            .saturating_add(size_of_val(&*self.steps))
            .saturating_add(tags.sum())
    }

    #[inline]
    pub(crate) fn decide(&self, audience: Audience<'_>) -> Decision {
        let applies = |step: &&Step| audience.matches_rule(&step.tags, step.devices, step.decision);
        self.steps
            .iter()
            .find(applies)
            .map_or(self.otherwise, |step| step.decision)
    }
}

/// The first step that applies to users with a tag, and to all users.
struct FirstSteps {
    of_tags: BTreeMap<Tag, usize>,
    of_all: usize,
}

impl FirstSteps {
    fn of(&self, tag: Tag) -> usize {
        self.of_tags.get(&tag).copied().unwrap_or(self.of_all)
    }
}

/// The outcome that always denies.
pub(crate) const DENY: u16 = 0;
/// The outcome that always allows.
pub(crate) const ALLOW: u16 = 1;

/// The distinct outcomes, numbered. The two constant ones come first, so that they fit in one bit.
pub(crate) struct Outcomes<'r> {
    rules: &'r Rules,
    lists: &'r RuleLists,
    outcomes: Vec<Outcome>,
    ids: FixedMap<Outcome, u16>,
    seen: Vec<Option<u16>>,
    bytes: usize,
    limits: CompileLimits,
    fault: Option<CompileError>,
}

impl<'r> Outcomes<'r> {
    pub(crate) fn new(rules: &'r Rules, lists: &'r RuleLists, limits: &CompileLimits) -> Self {
        let outcomes = vec![
            Outcome::constant(Decision::Deny),
            Outcome::constant(Decision::Allow),
        ];
        let ids = outcomes.iter().cloned().zip(0..).collect();
        Self {
            rules,
            lists,
            outcomes,
            ids,
            seen: vec![None; lists.len()],
            bytes: 0,
            limits: *limits,
            fault: None,
        }
    }

    pub(crate) fn id(&mut self, list: ListId) -> u16 {
        // Most lists contain their decision; looking up the rule would miss the cache.
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
        let outcome = Outcome::of(self.rules, self.lists, list);
        let id = match (self.ids.get(&outcome), u16::try_from(self.outcomes.len())) {
            (Some(id), _) => *id,
            (None, Ok(id)) if self.fault.is_none() => {
                self.bytes = self.bytes.saturating_add(outcome.bytes());
                self.fault = self.limits.check_bytes(self.bytes).err();
                self.outcomes.push(outcome.clone());
                self.ids.insert(outcome, id);
                id
            }
            (None, _) => {
                self.fault.get_or_insert(CompileError::TooLarge {
                    limit: Limit::Combinations(usize::from(u16::MAX)),
                    rule: None,
                });
                0
            }
        };
        if let Some(seen) = self.seen.get_mut(at) {
            *seen = Some(id);
        }
        id
    }

    /// Returns the outcomes.
    pub(crate) fn finish(self) -> Result<Vec<Outcome>, CompileError> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.outcomes),
        }
    }
}
