//! Whether a change of rules may let a request in that was denied before.

use crate::Filter;
use crate::address::number::Word;
use crate::compile::outcomes::Outcome;
use crate::compile::rule_lists::ListId;
use crate::compile::spans::{FixedMap, Spans};
use crate::query::diff::plain_addresses;
use crate::query::tunnel_rules::tunnels_may_open;

/// Returns whether a change of rules may let a request in that was denied before. `false` proves that it does not: from
/// every address and the unknown one, for users with any set of tags, and on every device.
///
/// The answer is exact except for addresses that carry an embedded IPv4 address (6to4, Teredo, NAT64 and others). Of what
/// reaches these, only allow rules that are gone and deny rules that are new, or their networks, are known to open
/// nothing; every other change counts as an opening.
///
/// ```
/// use loquet_ipfilter::{Filter, Rules, opens};
///
/// let filter = |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap();
/// let before = filter("allow 203.0.113.0/24");
/// assert!(!opens(&before, &filter("allow 203.0.113.0/25\ndeny 203.0.113.7")));
/// assert!(opens(&before, &filter("allow 203.0.113.0/24 2002::/16")));
/// ```
#[must_use]
pub fn opens(before: &Filter, after: &Filter) -> bool {
    let (old, new) = (before.index(), after.index());
    let mut pairs = Pairs {
        before: Side::of(before),
        after: Side::of(after),
        opening: FixedMap::default(),
    };
    let unknown = (before.unknown_address(), after.unknown_address());
    let v6 = old.v6.spans().zip(&new.v6.spans()).zip(&plain_addresses());
    let v6 = v6.map(|(lists, plain)| plain.then_some(lists));
    pairs.opens(unknown)
        || pairs.opens_in(&old.v4.spans().zip(&new.v4.spans()).map(Some))
        || pairs.opens_in(&v6)
        || tunnels_may_open(before, after)
}

/// Lists of rules before and after. Each pair of outcomes is compared once.
struct Pairs<'f> {
    before: Side<'f>,
    after: Side<'f>,
    opening: FixedMap<(usize, usize), bool>,
}

impl Pairs<'_> {
    fn opens_in<K: Word>(&mut self, spans: &Spans<K, Option<(ListId, ListId)>>) -> bool {
        let mut lists = spans.iter().filter_map(|(_, lists)| lists);
        lists.any(|lists| self.opens(lists))
    }

    fn opens(&mut self, (before, after): (ListId, ListId)) -> bool {
        let (before, after) = (self.before.id(before), self.after.id(after));
        let (old, new) = (&self.before.outcomes, &self.after.outcomes);
        *self.opening.entry((before, after)).or_insert_with(|| {
            let outcomes = old.get(before).zip(new.get(after));
            outcomes.is_none_or(|(old, new)| old.opens(new))
        })
    }
}

/// The distinct outcomes of one filter, numbered.
struct Side<'f> {
    filter: &'f Filter,
    outcomes: Vec<Outcome>,
    ids: FixedMap<Outcome, usize>,
    of_lists: FixedMap<ListId, usize>,
}

impl<'f> Side<'f> {
    fn of(filter: &'f Filter) -> Self {
        Self {
            filter,
            outcomes: Vec::new(),
            ids: FixedMap::default(),
            of_lists: FixedMap::default(),
        }
    }

    fn id(&mut self, list: ListId) -> usize {
        let (filter, outcomes, ids) = (self.filter, &mut self.outcomes, &mut self.ids);
        *self.of_lists.entry(list).or_insert_with(|| {
            let outcome = match list.single() {
                Some(rule) => Outcome::constant(filter.lists().decision(rule)),
                None => Outcome::of(filter.rules(), filter.lists(), list),
            };
            *ids.entry(outcome).or_insert_with_key(|outcome| {
                outcomes.push(outcome.clone());
                outcomes.len().saturating_sub(1)
            })
        })
    }
}
