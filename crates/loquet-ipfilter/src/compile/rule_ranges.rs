//! Over which networks a rule fires: its own, and those where its places and the databases say so.

use core::net::IpAddr;

use crate::address::number::Word;
use crate::address::ranges::{cover, intersect, join, run};
use crate::compile::error::CompileError;
use crate::compile::facts_table::FactsTable;
use crate::compile::sweep::Item;
use crate::query::evaluate::{Specificity, fires, geo_truth, item_truth};
use crate::rules::rule::Extra;
use crate::{Geo, PlaceItem, Precedence, Rule, Rules};

/// At most this many prefixes after folding: rules, places and databases can multiply.
const MAX_ITEMS: usize = 32_000_000;

/// What a network brings into the lists of its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    /// A rule's index, or [`GROUP`] and a group's: rules that differ in tags and devices alone are folded once.
    pub(crate) rules: u32,
    pub(crate) specificity: Specificity,
}

pub(crate) const GROUP: u32 = 1 << 31;

pub(crate) type Items<K> = Vec<Item<K, Part>>;

pub(crate) fn limit(items: usize) -> Result<(), CompileError> {
    if items > MAX_ITEMS {
        Err(CompileError::TooLarge)
    } else {
        Ok(())
    }
}

/// Whether the rule has conditions about the place other than its own networks.
pub(crate) fn is_placed(extra: &Extra) -> bool {
    !(extra.places.is_empty()
        && extra.countries.is_empty()
        && extra.asns.is_empty()
        && extra.classes.is_empty())
}

/// A rule about its own networks alone, or about people and devices anywhere.
pub(crate) fn push_simple<K: Word>(rule: &Rule, rules: u32, items: &mut Items<K>) {
    if rule.prefixes().is_empty() && !rule.names_unknown_address() {
        let specificity = 0;
        items.push(Item::everywhere(Part { rules, specificity }));
    }
    items.extend(own_items(rule, rules));
}

/// The networks that a rule names itself.
pub(crate) fn own_items<K: Word>(rule: &Rule, rules: u32) -> impl Iterator<Item = Item<K, Part>> {
    rule.prefixes().iter().filter_map(move |prefix| {
        let specificity = prefix.len().saturating_add(1);
        Item::new(*prefix, Part { rules, specificity })
    })
}

/// A rule with a named place, a country, a network operator or a class: where all of them fire at once.
pub(crate) fn push_complex<K: Word>(
    rules: &Rules,
    rule: &Rule,
    what: u32,
    facts: &FactsTable<K>,
    items: &mut Items<K>,
) -> Result<(), CompileError> {
    let runs = runs_of(rules, rule, facts);
    let mut push = |runs: &[(K, K)], specificity| {
        for (start, len) in runs.iter().flat_map(|(first, last)| cover(*first, *last)) {
            let what = Part {
                rules: what,
                specificity,
            };
            items.push(Item { start, len, what });
        }
        limit(items.len())
    };
    push(&runs, 0)?;
    if rules.precedence == Precedence::MostSpecific {
        let own = rule.prefixes().iter().copied();
        for prefix in own.chain(rules.place_networks(rule)) {
            if let Some(run) = run(prefix) {
                push(&intersect(&runs, &[run]), prefix.len().saturating_add(1))?;
            }
        }
    }
    Ok(())
}

/// The runs of addresses over which a rule fires.
fn runs_of<K: Word>(rules: &Rules, rule: &Rule, facts: &FactsTable<K>) -> Vec<(K, K)> {
    let mut runs = vec![(K::ZERO, K::LAST)];
    if !rule.prefixes().is_empty() || rule.names_unknown_address() {
        let own = rule.prefixes().iter().copied();
        runs = join(own.filter_map(run).collect());
    }
    if rule.places().next().is_some() {
        runs = intersect(&runs, &runs_of_places(rules, rule, facts));
    }
    if let Some(extra) = rule.extra.as_deref()
        && !(extra.countries.is_empty() && extra.asns.is_empty() && extra.classes.is_empty())
    {
        let told = facts.runs_where(|facts| fires(geo_truth(extra, facts), rule.decision));
        runs = intersect(&runs, &told);
    }
    runs
}

/// The runs of addresses that lie in any of the rule's places.
fn runs_of_places<K: Word>(rules: &Rules, rule: &Rule, facts: &FactsTable<K>) -> Vec<(K, K)> {
    let mut runs: Vec<(K, K)> = rules.place_networks(rule).filter_map(run).collect();
    let told: Vec<PlaceItem> = rules
        .place_items(rule)
        .filter(|item| !matches!(item, PlaceItem::Prefix(_)))
        .copied()
        .collect();
    if !told.is_empty() {
        let fires_at = |facts: &_, item: &PlaceItem| {
            let truth = item_truth(*item, rule.decision, rules, facts);
            fires(truth, rule.decision)
        };
        runs.extend(facts.runs_where(|facts| told.iter().any(|item| fires_at(facts, item))));
    }
    join(runs)
}

/// The lowest address at which a rule fires, IPv4 first, if there is one.
pub(crate) fn first_address<'a>(
    rules: &'a Rules,
    geo: Option<&'a Geo>,
) -> impl FnMut(&Rule) -> Option<IpAddr> + 'a {
    let mut facts = None;
    move |rule| {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        if rule.extra.as_deref().is_some_and(is_placed) {
            let facts = facts.get_or_insert_with(|| FactsTable::new(geo));
            push_complex(rules, rule, 0, &facts.v4, &mut v4).ok()?;
            push_complex(rules, rule, 0, &facts.v6, &mut v6).ok()?;
        } else {
            push_simple(rule, 0, &mut v4);
            push_simple(rule, 0, &mut v6);
        }
        let v4 = v4.iter().map(|item| item.start).min().map(Word::address);
        v4.or_else(|| v6.iter().map(|item| item.start).min().map(Word::address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_items_than_memory_should_hold_are_refused() {
        assert_eq!(limit(MAX_ITEMS), Ok(()));
        assert_eq!(
            limit(MAX_ITEMS.saturating_add(1)),
            Err(CompileError::TooLarge)
        );
    }
}
