//! Folding rules, places and databases into spans of lists.
//!
//! Every condition becomes runs of addresses where the rule fires, runs become prefixes, and one sweep over all
//! prefixes gives each span its list. The oracle is [`matching`](crate::evaluate::matching), rule by rule.

use core::net::IpAddr;

use crate::evaluate::{
    EMBEDDED_SHIFT, Facts, NAMED_UNKNOWN, Specificity, fires, geo_truth, item_truth, place, rank,
};
use crate::facts_table::{FactsTable, intersect, join};
use crate::filter::CompileError;
use crate::lists::{Handle, ListId, Lists, rule_at};
use crate::rules::{Extra, Prefixes};
use crate::spans::{Families, FixedMap, Item, Spans, Word, cover, sort, sweep};
use crate::{Decision, Embedded, Geo, PlaceItem, Precedence, Prefix, Rule, Rules};

/// The list of every address.
pub(crate) type Table = Families<Spans<u32, ListId>, Spans<u128, ListId>>;

/// Everything that folding makes.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    pub(crate) table: Table,
    pub(crate) lists: Lists,
    /// The rules about an unknown address.
    pub(crate) nowhere: ListId,
    /// `None` where the table itself names every candidate.
    pub(crate) tunnels: Option<Tunnels>,
}

/// For addresses that embed an IPv4 address: which rules might match it or the inner one, to be asked one by one.
#[derive(Debug, Clone)]
pub(crate) struct Tunnels {
    pub(crate) table: Table,
    pub(crate) lists: Lists,
}

/// At most this many prefixes after folding: rules, places and databases can multiply.
const MAX_ITEMS: usize = 32_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    // A rule's index, or `GROUP` and a group's: rules that differ in tags and devices alone are folded once.
    rules: u32,
    specificity: Specificity,
}

const GROUP: u32 = 1 << 31;

type Items<K> = Vec<Item<K, Part>>;

pub(crate) fn fold(rules: &Rules, geo: Option<&Geo>) -> Result<Folded, CompileError> {
    let is_complex = |rule: &Rule| rule.extra.as_deref().is_some_and(is_placed);
    let any_complex = rules.rules.iter().any(is_complex);
    let facts = any_complex.then(|| FactsTable::new(geo));
    let mut groups = Groups::default();
    let mut v4 = Vec::with_capacity(rules.rules.len());
    let mut v6 = Vec::new();
    for (index, rule) in (0_u32..).zip(rules.rules.iter()) {
        let Some(what) = groups.join(rules, index, rule)? else {
            continue;
        };
        match &facts {
            Some(facts) if is_complex(rule) => {
                push_complex(rules, rule, what, &facts.v4, &mut v4)?;
                push_complex(rules, rule, what, &facts.v6, &mut v6)?;
            }
            _ => {
                push_simple(rule, what, &mut v4);
                push_simple(rule, what, &mut v6);
            }
        }
        limit(v4.len())?;
        limit(v6.len())?;
    }
    drop(facts);
    let mut lists = Lists::new(rules, |_| false);
    let table = Families {
        v4: fold_family(rules, &groups, &mut lists, &mut v4, 0)?,
        v6: fold_family(rules, &groups, &mut lists, &mut v6, 0)?,
    };
    drop((v4, v6));
    let mut nowhere = Handle::NONE;
    let unknown = Facts::gather(None, rules.embedded, None);
    for (index, rule) in (0_u32..).zip(rules.rules.iter()) {
        // An allow of networks alone never fires here.
        if rule.extra.is_none() && rule.decision == Decision::Allow {
            continue;
        }
        let (truth, specificity) = place(rules, rule, &unknown);
        if fires(truth, rule.decision) {
            nowhere = lists.add(
                nowhere,
                rank(rules.precedence, rule.decision, specificity, index),
            );
        }
    }
    lists.freeze()?;
    // Where deny rules come first and need no database, the lists already hold every rule that could match from inside
    // a tunnel: the second table would say the same.
    let tunnels = match rules.embedded {
        Embedded::DenyOnly if !any_complex && rules.precedence == Precedence::DenyOverrides => None,
        _ => Some(fold_tunnels(rules)?),
    };
    Ok(Folded {
        table,
        lists,
        nowhere: nowhere.seal(),
        tunnels,
    })
}

fn limit(items: usize) -> Result<(), CompileError> {
    if items > MAX_ITEMS {
        Err(CompileError::TooLarge)
    } else {
        Ok(())
    }
}

/// Whether the rule has conditions about the place other than its own networks.
fn is_placed(extra: &Extra) -> bool {
    !(extra.places.is_empty()
        && extra.countries.is_empty()
        && extra.asns.is_empty()
        && extra.classes.is_empty())
}

/// Rules that say the same of places, for different people or devices.
#[derive(Default)]
struct Groups {
    groups: Vec<Vec<u32>>,
    places: FixedMap<(Decision, Prefixes, Extra), u32>,
    whole: FixedMap<(Prefixes, Extra), (Decision, u32)>,
}

impl Groups {
    /// Where the rule belongs; `None` when its group is being folded already.
    fn join(
        &mut self,
        rules: &Rules,
        index: u32,
        rule: &Rule,
    ) -> Result<Option<u32>, CompileError> {
        let Some(extra) = rule.extra.as_deref() else {
            return Ok(Some(index));
        };
        let mut prefixes = rule.prefixes.clone();
        if let Prefixes::Many(list) = &mut prefixes {
            list.sort_unstable();
            list.dedup();
        }
        let whole = (prefixes.clone(), extra.clone());
        let (decision, first) = *self.whole.entry(whole).or_insert((rule.decision, index));
        if decision != rule.decision {
            return Err(contradiction(rules, first, index));
        }
        let mut place = extra.clone();
        place.tags.clear();
        place.devices.clear();
        let next = u32::try_from(self.groups.len()).map_err(|_| CompileError::TooLarge)?;
        let group = *self
            .places
            .entry((rule.decision, prefixes, place))
            .or_insert(next);
        if group == next {
            self.groups.push(vec![index]);
            return Ok(Some(next | GROUP));
        }
        if let Some(members) = usize::try_from(group)
            .ok()
            .and_then(|at| self.groups.get_mut(at))
        {
            members.push(index);
        }
        Ok(None)
    }

    fn members<'a>(&'a self, part: &'a Part) -> &'a [u32] {
        if part.rules & GROUP == 0 {
            return core::slice::from_ref(&part.rules);
        }
        let at = usize::try_from(part.rules & !GROUP).unwrap_or(usize::MAX);
        self.groups.get(at).map_or(&[], |members| members)
    }
}

fn contradiction(rules: &Rules, one: u32, two: u32) -> CompileError {
    let reference = |index| rules.reference(usize::try_from(index).ok()?);
    match (reference(one.min(two)), reference(one.max(two))) {
        (Some(first), Some(second)) => CompileError::Contradiction { first, second },
        _ => CompileError::TooLarge,
    }
}

/// A rule about its own networks alone, or about people and devices anywhere.
fn push_simple<K: Word>(rule: &Rule, rules: u32, items: &mut Items<K>) {
    let prefixes = rule.prefixes();
    if prefixes.is_empty()
        && !rule
            .extra
            .as_deref()
            .is_some_and(|extra| extra.unknown_address)
    {
        items.push(Item {
            start: K::ZERO,
            len: 0,
            what: Part {
                rules,
                specificity: 0,
            },
        });
    }
    items.extend(own_items(rule, rules));
}

fn own_items<K: Word>(rule: &Rule, rules: u32) -> impl Iterator<Item = Item<K, Part>> {
    rule.prefixes().iter().filter_map(move |prefix| {
        let what = Part {
            rules,
            specificity: prefix.len().saturating_add(1),
        };
        Some(Item {
            start: K::of_prefix(*prefix)?,
            len: prefix.len(),
            what,
        })
    })
}

/// A rule with a named place, a country, a network operator or a class: where all of them fire at once.
fn push_complex<K: Word>(
    rules: &Rules,
    rule: &Rule,
    what: u32,
    facts: &FactsTable<K>,
    items: &mut Items<K>,
) -> Result<(), CompileError> {
    let Some(extra) = rule.extra.as_deref() else {
        return Ok(());
    };
    let prefix_run =
        |prefix: Prefix| K::of_prefix(prefix).map(|start| (start, start.last_of(prefix.len())));
    let mut runs = vec![(K::ZERO, K::LAST)];
    if !rule.prefixes().is_empty() || extra.unknown_address {
        runs = join(
            rule.prefixes()
                .iter()
                .filter_map(|prefix| prefix_run(*prefix))
                .collect(),
        );
    }
    let mut specific: Vec<Prefix> = rule.prefixes().to_vec();
    if !extra.places.is_empty() {
        let place_items = || {
            rule.places()
                .filter_map(|name| rules.place(name))
                .flat_map(|place| place.items().iter())
        };
        let networks: Vec<Prefix> = place_items()
            .filter_map(|item| match item {
                PlaceItem::Prefix(prefix) => Some(*prefix),
                PlaceItem::Country(_) | PlaceItem::Asn(_) => None,
            })
            .collect();
        specific.extend_from_slice(&networks);
        let told: Vec<PlaceItem> = place_items()
            .filter(|item| !matches!(item, PlaceItem::Prefix(_)))
            .copied()
            .collect();
        let mut there: Vec<(K, K)> = networks.into_iter().filter_map(prefix_run).collect();
        if !told.is_empty() {
            there.extend(facts.runs_where(|facts| {
                told.iter().any(|item| {
                    fires(
                        item_truth(*item, rule.decision, rules, facts),
                        rule.decision,
                    )
                })
            }));
        }
        runs = intersect(&runs, &join(there));
    }
    if !(extra.countries.is_empty() && extra.asns.is_empty() && extra.classes.is_empty()) {
        let told = facts.runs_where(|facts| fires(geo_truth(extra, facts), rule.decision));
        runs = intersect(&runs, &told);
    }
    let mut push = |runs: &[(K, K)], specificity| {
        for (start, len) in runs.iter().flat_map(|(first, last)| cover(*first, *last)) {
            items.push(Item {
                start,
                len,
                what: Part {
                    rules: what,
                    specificity,
                },
            });
        }
        limit(items.len())
    };
    push(&runs, 0)?;
    if rules.precedence == Precedence::MostSpecific {
        for prefix in specific {
            if let Some(run) = prefix_run(prefix) {
                push(&intersect(&runs, &[run]), prefix.len().saturating_add(1))?;
            }
        }
    }
    Ok(())
}

fn fold_family<K: Word>(
    rules: &Rules,
    groups: &Groups,
    lists: &mut Lists,
    items: &mut Items<K>,
    shift: u8,
) -> Result<Spans<K, ListId>, CompileError> {
    sort(items);
    contradictions(rules, groups, items)?;
    let add = |around: Handle, item: &Item<K, Part>| {
        groups
            .members(&item.what)
            .iter()
            .fold(around, |list, &index| {
                let specificity = item.what.specificity.saturating_add(shift);
                let decision = lists.decision(index);
                lists.add(list, rank(rules.precedence, decision, specificity, index))
            })
    };
    Ok(sweep(items, Handle::NONE, add, Handle::seal))
}

/// Two rules about one network, for the same people and devices, with opposite decisions: a slip, whatever the
/// precedence. Rules with other conditions were compared whole when they joined their groups.
fn contradictions<K: Word>(
    rules: &Rules,
    groups: &Groups,
    items: &Items<K>,
) -> Result<(), CompileError> {
    let same =
        |one: &Item<K, Part>, two: &Item<K, Part>| (one.start, one.len) == (two.start, two.len);
    for run in items.chunk_by(same).filter(|run| run.len() > 1) {
        let mut seen: FixedMap<Option<&Extra>, (Decision, u32)> = FixedMap::default();
        for &index in run.iter().flat_map(|item| groups.members(&item.what)) {
            let Some(rule) = rule_at(rules, index) else {
                continue;
            };
            let extra = rule.extra.as_deref();
            if extra.is_some_and(is_placed) {
                continue;
            }
            let (decision, first) = *seen.entry(extra).or_insert((rule.decision, index));
            if decision != rule.decision {
                return Err(contradiction(rules, first, index));
            }
        }
    }
    Ok(())
}

/// Candidates for addresses in tunnels. A rule is a candidate where its networks match, or everywhere when it has none;
/// whether it matches is asked when such a request comes, because the inner address has facts of its own.
fn fold_tunnels(rules: &Rules) -> Result<Tunnels, CompileError> {
    let is_open = |rule: &Rule| rule.extra.as_deref().is_some_and(is_placed);
    let mut lists = Lists::new(rules, |index| rules.rules.get(index).is_some_and(is_open));
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (index, rule) in (0_u32..).zip(rules.rules.iter()) {
        let counts_inside = rule.decision == Decision::Deny || rules.embedded == Embedded::Trusted;
        // The best rank that an open rule could have, because its places may make it more specific than its own
        // networks do: a candidate must not be cut off by a rule that it may beat.
        let best = Part {
            rules: index,
            specificity: if is_open(rule) { NAMED_UNKNOWN } else { 0 },
        };
        let only_unknown = rule
            .extra
            .as_deref()
            .is_some_and(|extra| extra.unknown_address);
        if rule.prefixes().is_empty() && (is_open(rule) || !only_unknown) {
            v6.push(Item {
                start: 0_u128,
                len: 0,
                what: best,
            });
        }
        let what = |own: Part| if is_open(rule) { best } else { own };
        v6.extend(own_items(rule, index).map(|item| Item {
            what: what(item.what),
            ..item
        }));
        if counts_inside {
            v4.extend(own_items(rule, index).map(|item| Item {
                what: what(item.what),
                ..item
            }));
        }
        limit(v4.len())?;
        limit(v6.len())?;
    }
    let groups = Groups::default();
    let table = Families {
        v4: fold_family(rules, &groups, &mut lists, &mut v4, EMBEDDED_SHIFT)?,
        v6: fold_family(rules, &groups, &mut lists, &mut v6, 0)?,
    };
    lists.freeze()?;
    Ok(Tunnels { table, lists })
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
