//! Compiles rules, places and databases into spans of rule lists.
//!
//! Every condition becomes ranges of addresses where the rule applies, ranges become prefixes, and one sweep over all
//! prefixes gives each span its list. Tests compare the result with [`matching`](crate::query::evaluate::matching),
//! which evaluates rule by rule.
//!

use crate::address::number::{Families, Word};
use crate::compile::error::CompileError;
use crate::compile::facts_table::FactsTable;
use crate::compile::groups::{Groups, contradictions};
use crate::compile::limits::{Budget, CompileLimits};
use crate::compile::rule_lists::{Handle, ListId, RuleLists};
use crate::compile::rule_ranges::{
    Items, RuleEntry, has_location, own_items, push_located, push_own,
};
use crate::compile::spans::{FixedMap, Spans};
use crate::compile::sweep::{Item, sort, sweep};
use crate::query::evaluate::{EMBEDDED_SHIFT, NAMED_UNKNOWN, fires, location_truth, rank};
use crate::query::facts::Facts;
use crate::{Decision, Embedded, Geo, Precedence, Rule, Rules};

/// The list of rules for every address.
pub(crate) type ListSpans = Families<Spans<u32, ListId>, Spans<u128, ListId>>;

/// The compiled rules.
#[derive(Debug, Clone)]
pub(crate) struct RuleTable {
    pub(crate) spans: ListSpans,
    pub(crate) lists: RuleLists,
    /// The rules that apply to an unknown address.
    pub(crate) unknown_address: ListId,
    /// `None` where the spans already name every candidate.
    pub(crate) tunnels: Option<Tunnels>,
}

/// For addresses that embed an IPv4 address: the rules that may match it or the outer address. A query evaluates them
/// one by one.
#[derive(Debug, Clone)]
pub(crate) struct Tunnels {
    pub(crate) spans: ListSpans,
    pub(crate) lists: RuleLists,
}

pub(crate) fn build(
    rules: &Rules,
    geo: Option<&Geo>,
    limits: &CompileLimits,
) -> Result<RuleTable, CompileError> {
    let mut budget = Budget::new(rules, limits);
    for (index, rule) in rules.numbered() {
        let networks = rule.prefixes().len();
        budget.take_networks(index, networks.max(1))?;
        budget.take_networks(index, rules.place_networks(rule).count())?;
    }
    let any_needs_facts = rules.rules.iter().any(needs_facts);
    let mut lists = RuleLists::new(rules, limits);
    let mut spans = address_spans(rules, geo, any_needs_facts, &mut lists, &mut budget)?;
    let unknown_address = list_for_unknown_address(rules, &mut lists);
    lists.freeze()?;
    spans.v4.rename(|list| lists.mark(list));
    spans.v6.rename(|list| lists.mark(list));
    // Where deny rules come first and need no database, the lists already hold every rule that could match the embedded
    // address.
    let tunnels = match rules.embedded {
        Embedded::DenyOnly if !any_needs_facts && rules.precedence == Precedence::DenyOverrides => {
            None
        }
        _ => Some(tunnel_candidates(rules, &lists)?),
    };
    Ok(RuleTable {
        spans,
        lists,
        unknown_address: unknown_address.to_id(),
        tunnels,
    })
}

fn needs_facts(rule: &Rule) -> bool {
    rule.extra.as_deref().is_some_and(has_location)
}

/// Computes which rules may decide at each address.
fn address_spans(
    rules: &Rules,
    geo: Option<&Geo>,
    any_needs_facts: bool,
    lists: &mut RuleLists,
    budget: &mut Budget<'_>,
) -> Result<ListSpans, CompileError> {
    let facts = any_needs_facts.then(|| FactsTable::new(geo));
    let mut groups = Groups::default();
    let mut located: FixedMap<u32, usize> = FixedMap::default();
    let mut v4 = Vec::with_capacity(rules.rules.len());
    let mut v6 = Vec::new();
    for (index, rule) in rules.numbered() {
        let (what, joined) = groups.join(rules, index, rule)?;
        if joined {
            // Each rule of a group stands in its lists.
            budget.take_located(index, located.get(&what).copied().unwrap_or(0))?;
            continue;
        }
        match &facts {
            Some(facts) if needs_facts(rule) => {
                let cost = located.entry(what).or_default();
                let mut take = |count: usize| {
                    *cost = cost.saturating_add(count);
                    budget.take_located(index, count)
                };
                push_located(rules, (rule, what), &facts.v4, &mut v4, &mut take)?;
                push_located(rules, (rule, what), &facts.v6, &mut v6, &mut take)?;
            }
            _ => {
                push_own(rule, what, &mut v4);
                push_own(rule, what, &mut v6);
            }
        }
    }
    drop(facts);
    Ok(Families {
        v4: family_spans(rules, &groups, lists, &mut v4, 0)?,
        v6: family_spans(rules, &groups, lists, &mut v6, 0)?,
    })
}

/// Computes which rules may decide where the address is unknown.
fn list_for_unknown_address(rules: &Rules, lists: &mut RuleLists) -> Handle {
    let mut unknown_address = Handle::NONE;
    let unknown = Facts::gather(None, rules.embedded, None);
    for (index, rule) in rules.numbered() {
        // An allow rule with networks only never applies here.
        if rule.extra.is_none() && rule.decision == Decision::Allow {
            continue;
        }
        let (truth, specificity) = location_truth(rules, rule, &unknown);
        if fires(truth, rule.decision) {
            let rank = rank(rules.precedence, rule.decision, specificity, index);
            unknown_address = lists.add(unknown_address, rank);
        }
    }
    unknown_address
}

fn family_spans<K: Word>(
    rules: &Rules,
    groups: &Groups,
    lists: &mut RuleLists,
    items: &mut Items<K>,
    shift: u8,
) -> Result<Spans<K, ListId>, CompileError> {
    sort(items);
    contradictions(rules, groups, items)?;
    let add = |around: Handle, item: &Item<K, RuleEntry>| {
        let specificity = item.what.specificity.saturating_add(shift);
        let rank = |index: &u32| {
            let decision = lists.decision(*index);
            rank(rules.precedence, decision, specificity, *index)
        };
        match groups.members(&item.what) {
            [one] => lists.add(around, rank(one)),
            many => {
                let ranks = many.iter().map(rank).collect();
                lists.add_all(around, ranks)
            }
        }
    };
    Ok(sweep(items, Handle::NONE, add, Handle::to_id))
}

/// Computes the candidates for addresses in tunnels. A rule is a candidate where its networks match, or everywhere when
/// it has none. A query evaluates them, because the embedded address has facts of its own.
fn tunnel_candidates(rules: &Rules, lists: &RuleLists) -> Result<Tunnels, CompileError> {
    // An address that can be read in several ways is allowed only if each reading is: an allow rule that holds one of
    // them must not remove the rules behind it.
    let is_uncertain = |rule: &Rule| {
        let some_readings = rules.embedded == Embedded::Trusted && rule.decision == Decision::Allow;
        some_readings || needs_facts(rule)
    };
    let mut lists = lists.with_uncertain(|index| rules.rules.get(index).is_some_and(is_uncertain));
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    let mut groups = Groups::default();
    for (index, rule) in rules.numbered() {
        let (index, joined) = groups.join(rules, index, rule)?;
        if joined {
            continue;
        }
        let applies_inside = rule.decision == Decision::Deny || rules.embedded == Embedded::Trusted;
        // The best rank that an undecided rule could have: its places may make it more specific than its own networks
        // do, and a rule that it may beat must not remove it.
        let best = RuleEntry {
            rules: index,
            specificity: if needs_facts(rule) { NAMED_UNKNOWN } else { 0 },
        };
        if rule.prefixes().is_empty() && (needs_facts(rule) || !rule.names_unknown_address()) {
            v6.push(Item::everywhere(best));
        }
        let what = |own: RuleEntry| if needs_facts(rule) { best } else { own };
        v6.extend(own_items(rule, index).map(|item| Item {
            what: what(item.what),
            ..item
        }));
        if applies_inside {
            v4.extend(own_items(rule, index).map(|item| Item {
                what: what(item.what),
                ..item
            }));
        }
    }
    let spans = Families {
        v4: family_spans(rules, &groups, &mut lists, &mut v4, EMBEDDED_SHIFT)?,
        v6: family_spans(rules, &groups, &mut lists, &mut v6, 0)?,
    };
    lists.freeze()?;
    Ok(Tunnels { spans, lists })
}
