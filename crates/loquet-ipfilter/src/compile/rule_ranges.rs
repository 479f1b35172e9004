//! The networks in which a rule applies: its own, and those that its places and the databases give.

use core::net::IpAddr;

use crate::address::number::Word;
use crate::address::ranges::{intersect, merge, range_of, to_prefixes};
use crate::compile::error::CompileError;
use crate::compile::facts_table::FactsTable;
use crate::compile::sweep::Item;
use crate::query::evaluate::{Specificity, fires, geo_truth, item_truth};
use crate::rules::rule::Extra;
use crate::{Geo, PlaceItem, Precedence, Rule, Rules};

/// The rules that one network adds to the lists of its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleEntry {
    /// A rule's index, or [`GROUP`] and a group's index: rules that differ only in tags and devices are compiled
    /// together.
    pub(crate) rules: u32,
    pub(crate) specificity: Specificity,
}

pub(crate) const GROUP: u32 = 1 << 31;

pub(crate) type Items<K> = Vec<Item<K, RuleEntry>>;

/// Returns whether the rule has conditions about the location other than its own networks.
pub(crate) fn has_location(extra: &Extra) -> bool {
    !(extra.places.is_empty()
        && extra.countries.is_empty()
        && extra.asns.is_empty()
        && extra.classes.is_empty())
}

/// Adds a rule without location conditions: its own networks, or every address if it has none.
pub(crate) fn push_own<K: Word>(rule: &Rule, rules: u32, items: &mut Items<K>) {
    if rule.prefixes().is_empty() && !rule.names_unknown_address() {
        let specificity = 0;
        items.push(Item::everywhere(RuleEntry { rules, specificity }));
    }
    items.extend(own_items(rule, rules));
}

/// Returns the networks that the rule itself names.
pub(crate) fn own_items<K: Word>(
    rule: &Rule,
    rules: u32,
) -> impl Iterator<Item = Item<K, RuleEntry>> {
    rule.prefixes().iter().filter_map(move |prefix| {
        let specificity = prefix.len().saturating_add(1);
        Item::new(*prefix, RuleEntry { rules, specificity })
    })
}

/// Adds a rule with a place, country, network operator or class: the ranges where all these conditions hold. `take`
/// counts what that costs, in networks.
pub(crate) fn push_located<K: Word>(
    rules: &Rules,
    (rule, what): (&Rule, u32),
    facts: &FactsTable<K>,
    items: &mut Items<K>,
    mut take: impl FnMut(usize) -> Result<(), CompileError>,
) -> Result<(), CompileError> {
    if searches_facts(rules, rule) {
        take(facts.len().div_ceil(RANGES_A_NETWORK))?;
    }
    let ranges = ranges_of(rules, rule, facts);
    let mut push = |ranges: &[(K, K)], specificity| {
        ranges.iter().try_for_each(|(first, last)| {
            let before = items.len();
            items.extend(to_prefixes(*first, *last).map(|(start, len)| {
                let rules = what;
                let what = RuleEntry { rules, specificity };
                Item { start, len, what }
            }));
            take(items.len().saturating_sub(before))
        })
    };
    push(&ranges, 0)?;
    if rules.precedence == Precedence::MostSpecific {
        let own = rule.prefixes().iter().copied();
        for prefix in own.chain(rules.place_networks(rule)) {
            if let Some(range) = range_of(prefix) {
                push(
                    &intersect(&ranges, &[range]),
                    prefix.len().saturating_add(1),
                )?;
            }
        }
    }
    Ok(())
}

/// To search this many ranges of the databases costs no more than to add one network.
const RANGES_A_NETWORK: usize = 256;

/// Returns whether the ranges of a rule depend on facts about addresses.
fn searches_facts(rules: &Rules, rule: &Rule) -> bool {
    let is_located = |item: &PlaceItem| !matches!(item, PlaceItem::Prefix(_));
    rule.extra.as_deref().is_some_and(|extra| {
        !(extra.countries.is_empty() && extra.asns.is_empty() && extra.classes.is_empty())
    }) || rules.place_items(rule).any(is_located)
}

/// Returns the ranges of addresses in which a rule applies.
fn ranges_of<K: Word>(rules: &Rules, rule: &Rule, facts: &FactsTable<K>) -> Vec<(K, K)> {
    let mut ranges = vec![(K::ZERO, K::LAST)];
    if !rule.prefixes().is_empty() || rule.names_unknown_address() {
        let own = rule.prefixes().iter().copied();
        ranges = merge(own.filter_map(range_of).collect());
    }
    if rule.places().next().is_some() {
        ranges = intersect(&ranges, &ranges_of_places(rules, rule, facts));
    }
    if let Some(extra) = rule.extra.as_deref()
        && !(extra.countries.is_empty() && extra.asns.is_empty() && extra.classes.is_empty())
    {
        let located = facts.ranges_where(|facts| fires(geo_truth(extra, facts), rule.decision));
        ranges = intersect(&ranges, &located);
    }
    ranges
}

/// Returns the ranges of addresses that lie in any of the rule's places.
fn ranges_of_places<K: Word>(rules: &Rules, rule: &Rule, facts: &FactsTable<K>) -> Vec<(K, K)> {
    let mut ranges: Vec<(K, K)> = rules.place_networks(rule).filter_map(range_of).collect();
    let located: Vec<PlaceItem> = rules
        .place_items(rule)
        .filter(|item| !matches!(item, PlaceItem::Prefix(_)))
        .copied()
        .collect();
    if !located.is_empty() {
        let fires_at = |facts: &_, item: &PlaceItem| {
            let truth = item_truth(*item, rule.decision, rules, facts);
            fires(truth, rule.decision)
        };
        ranges.extend(facts.ranges_where(|facts| located.iter().any(|item| fires_at(facts, item))));
    }
    merge(ranges)
}

/// Returns a function that finds the lowest address at which a rule applies, IPv4 first.
pub(crate) fn first_address<'a>(
    rules: &'a Rules,
    geo: Option<&'a Geo>,
) -> impl FnMut(&Rule) -> Option<IpAddr> + 'a {
    let mut facts = None;
    move |rule| {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        if rule.extra.as_deref().is_some_and(has_location) {
            let facts = facts.get_or_insert_with(|| FactsTable::new(geo));
            push_located(rules, (rule, 0), &facts.v4, &mut v4, |_| Ok(())).ok()?;
            push_located(rules, (rule, 0), &facts.v6, &mut v6, |_| Ok(())).ok()?;
        } else {
            push_own(rule, 0, &mut v4);
            push_own(rule, 0, &mut v6);
        }
        let v4 = v4.iter().map(|item| item.start).min().map(Word::address);
        v4.or_else(|| v6.iter().map(|item| item.start).min().map(Word::address))
    }
}
