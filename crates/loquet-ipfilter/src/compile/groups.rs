//! Groups rules that are compiled together, and finds rules that contradict each other.

use crate::address::number::Word;
use crate::compile::error::CompileError;
use crate::compile::rule_ranges::{GROUP, Items, RuleEntry, has_location};
use crate::compile::spans::FixedMap;
use crate::compile::sweep::Item;
use crate::rules::rule::{Extra, Prefixes};
use crate::{Decision, Rule, Rules};

/// Groups of rules with equal location conditions, for different users or devices.
#[derive(Default)]
pub(crate) struct Groups {
    groups: Vec<Vec<u32>>,
    places: FixedMap<(Decision, Prefixes, Extra), u32>,
    whole: FixedMap<(Prefixes, Extra), (Decision, u32)>,
}

impl Groups {
    /// Returns what stands for the rule in the lists, and whether it joined an earlier rule's group.
    pub(crate) fn join(
        &mut self,
        rules: &Rules,
        index: u32,
        rule: &Rule,
    ) -> Result<(u32, bool), CompileError> {
        let Some(extra) = rule.extra.as_deref() else {
            return Ok((index, false));
        };
        let mut prefixes = rule.prefixes.clone();
        if let Prefixes::Many(list) = &mut prefixes {
            list.sort_unstable();
            list.dedup();
        }
        let whole = (prefixes.clone(), extra.clone());
        let (decision, first) = *self.whole.entry(whole).or_insert((rule.decision, index));
        if decision != rule.decision {
            contradiction(rules, first, index)?;
        }
        let mut place = extra.clone();
        place.tags.clear();
        place.devices.clear();
        // There are fewer rules than such numbers.
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let group = *self
            .places
            .entry((rule.decision, prefixes, place))
            .or_insert(next);
        if group == next {
            self.groups.push(vec![index]);
            return Ok((next | GROUP, false));
        }
        if let Some(members) = usize::try_from(group)
            .ok()
            .and_then(|at| self.groups.get_mut(at))
        {
            members.push(index);
        }
        Ok((group | GROUP, true))
    }

    pub(crate) fn members<'a>(&'a self, part: &'a RuleEntry) -> &'a [u32] {
        if part.rules & GROUP == 0 {
            return core::slice::from_ref(&part.rules);
        }
        let at = usize::try_from(part.rules & !GROUP).unwrap_or(usize::MAX);
        self.groups.get(at).map_or(&[], |members| members)
    }
}

/// Refuses two rules, both of which are there.
fn contradiction(rules: &Rules, one: u32, two: u32) -> Result<(), CompileError> {
    match (rules.reference(one.min(two)), rules.reference(one.max(two))) {
        (Some(first), Some(second)) => Err(CompileError::Contradiction { first, second }),
        _ => Ok(()),
    }
}

/// Finds two rules with opposite decisions about one network, for the same users and devices: a mistake under every
/// precedence. Rules with other conditions were compared when they joined their groups.
pub(crate) fn contradictions<K: Word>(
    rules: &Rules,
    groups: &Groups,
    items: &Items<K>,
) -> Result<(), CompileError> {
    let same = |one: &Item<K, RuleEntry>, two: &Item<K, RuleEntry>| {
        (one.start, one.len) == (two.start, two.len)
    };
    for run in items.chunk_by(same).filter(|run| run.len() > 1) {
        let mut seen: FixedMap<Option<&Extra>, (Decision, u32)> = FixedMap::default();
        for &index in run.iter().flat_map(|item| groups.members(&item.what)) {
            let Some(rule) = rules.at(index) else {
                continue;
            };
            let extra = rule.extra.as_deref();
            if extra.is_some_and(has_location) {
                continue;
            }
            let (decision, first) = *seen.entry(extra).or_insert((rule.decision, index));
            if decision != rule.decision {
                contradiction(rules, first, index)?;
            }
        }
    }
    Ok(())
}
