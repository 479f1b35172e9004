//! Folding rules, places and databases into spans of lists.
//!
//! Every condition becomes runs of addresses where the rule fires, runs become prefixes, and one sweep over all
//! prefixes gives each span its list. The oracle is [`matching`](crate::query::evaluate::matching), rule by rule.

use crate::address::number::{Families, Word};
use crate::compile::error::CompileError;
use crate::compile::facts_table::FactsTable;
use crate::compile::groups::{Groups, contradictions};
use crate::compile::rule_lists::{Handle, ListId, Lists};
use crate::compile::rule_ranges::{
    Items, Part, is_placed, limit, own_items, push_complex, push_simple,
};
use crate::compile::spans::Spans;
use crate::compile::sweep::{Item, sort, sweep};
use crate::query::evaluate::{EMBEDDED_SHIFT, NAMED_UNKNOWN, fires, place, rank};
use crate::query::facts::Facts;
use crate::{Decision, Embedded, Geo, Precedence, Rule, Rules};

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

pub(crate) fn fold(rules: &Rules, geo: Option<&Geo>) -> Result<Folded, CompileError> {
    // The numbers of rules share their bits with marks: see `ListId`.
    limit(rules.rules.len())?;
    let any_complex = rules.rules.iter().any(is_complex);
    let mut lists = Lists::new(rules);
    let mut table = fold_table(rules, geo, any_complex, &mut lists)?;
    let nowhere = fold_nowhere(rules, &mut lists);
    lists.freeze()?;
    table.v4.rename(|list| lists.mark(list));
    table.v6.rename(|list| lists.mark(list));
    // Where deny rules come first and need no database, the lists already hold every rule that could match from inside
    // a tunnel: the second table would say the same.
    let tunnels = match rules.embedded {
        Embedded::DenyOnly if !any_complex && rules.precedence == Precedence::DenyOverrides => None,
        _ => Some(fold_tunnels(rules, &lists)?),
    };
    Ok(Folded {
        table,
        lists,
        nowhere: nowhere.seal(),
        tunnels,
    })
}

fn is_complex(rule: &Rule) -> bool {
    rule.extra.as_deref().is_some_and(is_placed)
}

/// Which rules may decide at each address.
fn fold_table(
    rules: &Rules,
    geo: Option<&Geo>,
    any_complex: bool,
    lists: &mut Lists,
) -> Result<Table, CompileError> {
    let facts = any_complex.then(|| FactsTable::new(geo));
    let mut groups = Groups::default();
    let mut v4 = Vec::with_capacity(rules.rules.len());
    let mut v6 = Vec::new();
    for (index, rule) in rules.numbered() {
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
    Ok(Families {
        v4: fold_family(rules, &groups, lists, &mut v4, 0)?,
        v6: fold_family(rules, &groups, lists, &mut v6, 0)?,
    })
}

/// Which rules may decide where the address is unknown.
fn fold_nowhere(rules: &Rules, lists: &mut Lists) -> Handle {
    let mut nowhere = Handle::NONE;
    let unknown = Facts::gather(None, rules.embedded, None);
    for (index, rule) in rules.numbered() {
        // An allow of networks alone never fires here.
        if rule.extra.is_none() && rule.decision == Decision::Allow {
            continue;
        }
        let (truth, specificity) = place(rules, rule, &unknown);
        if fires(truth, rule.decision) {
            let rank = rank(rules.precedence, rule.decision, specificity, index);
            nowhere = lists.add(nowhere, rank);
        }
    }
    nowhere
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

/// Candidates for addresses in tunnels. A rule is a candidate where its networks match, or everywhere when it has none;
/// whether it matches is asked when such a request comes, because the inner address has facts of its own.
fn fold_tunnels(rules: &Rules, lists: &Lists) -> Result<Tunnels, CompileError> {
    let mut lists = lists.anew(|index| rules.rules.get(index).is_some_and(is_complex));
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (index, rule) in rules.numbered() {
        let counts_inside = rule.decision == Decision::Deny || rules.embedded == Embedded::Trusted;
        // The best rank that an open rule could have, because its places may make it more specific than its own
        // networks do: a candidate must not be cut off by a rule that it may beat.
        let best = Part {
            rules: index,
            specificity: if is_complex(rule) { NAMED_UNKNOWN } else { 0 },
        };
        if rule.prefixes().is_empty() && (is_complex(rule) || !rule.names_unknown_address()) {
            v6.push(Item::everywhere(best));
        }
        let what = |own: Part| if is_complex(rule) { best } else { own };
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
