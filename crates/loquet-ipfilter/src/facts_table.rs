//! What the databases say, for every address at once.

use core::net::IpAddr;

use crate::address::{special_prefixes, tunnel_prefixes};
use crate::evaluate::{Facts, Located};
use crate::geo::Table;
use crate::spans::{Families, FixedMap, Item, Spans, Word, sweep};
use crate::{Asn, Class, Classes, Country, Geo, Prefix};

/// An address space cut where any fact changes.
#[derive(Debug)]
pub(crate) struct FactsTable<K> {
    spans: Spans<K, u32>,
    facts: Vec<Facts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Common,
    Special,
    Tunnel,
}

impl FactsTable<u32> {
    pub(crate) fn new(geo: Option<&Geo>) -> Families<Self, FactsTable<u128>> {
        Families {
            v4: family(
                geo.and_then(Geo::country_table)
                    .map(|table: &Table<Country>| &table.v4),
                geo.and_then(Geo::asn_table).map(|table| &table.v4),
                geo.and_then(Geo::anonymiser_table).map(|table| &table.v4),
            ),
            v6: family(
                geo.and_then(Geo::country_table).map(|table| &table.v6),
                geo.and_then(Geo::asn_table).map(|table| &table.v6),
                geo.and_then(Geo::anonymiser_table).map(|table| &table.v6),
            ),
        }
    }
}

fn kinds<K: Word>() -> Spans<K, Kind> {
    let item = |prefix: Prefix, what| {
        Some(Item {
            start: K::of_prefix(prefix)?,
            len: prefix.len(),
            what,
        })
    };
    let special = special_prefixes().filter_map(|prefix| item(prefix, Kind::Special));
    let tunnels = tunnel_prefixes()
        .into_iter()
        .filter_map(|prefix| item(prefix, Kind::Tunnel));
    let mut items: Vec<Item<K, Kind>> = special.chain(tunnels).collect();
    sweep(&mut items, Kind::Common, |_, item| item.what, |kind| kind)
}

fn family<K: Word>(
    countries: Option<&Spans<K, Option<Country>>>,
    asns: Option<&Spans<K, Option<Asn>>>,
    anonymisers: Option<&Spans<K, Option<Classes>>>,
) -> FactsTable<K> {
    let all = kinds::<K>()
        .zip(countries.unwrap_or(&Spans::uniform(None)))
        .zip(asns.unwrap_or(&Spans::uniform(None)))
        .zip(anonymisers.unwrap_or(&Spans::uniform(None)));
    let mut ids = FixedMap::default();
    let mut facts = Vec::new();
    let spans = all.map(|(((kind, country), asn), classes)| {
        *ids.entry((kind as u8, country, asn, classes))
            .or_insert_with(|| {
                let id = u32::try_from(facts.len()).unwrap_or(u32::MAX);
                facts.push(facts_of(
                    K::ZERO.address(),
                    kind,
                    country,
                    asn,
                    anonymisers.map(|_| classes.unwrap_or_default()),
                ));
                id
            })
    });
    FactsTable { spans, facts }
}

/// As [`Facts::gather`] says for one address; a test holds the two together.
fn facts_of(
    address: IpAddr,
    kind: Kind,
    country: Option<Country>,
    asn: Option<Asn>,
    classes: Option<Classes>,
) -> Facts {
    let nothing = Facts {
        address: Some(address),
        country: Located::Unknown,
        asn: None,
        classes: Classes::NONE,
        anonymiser_known: false,
    };
    let told = classes.unwrap_or_default();
    match kind {
        Kind::Tunnel => Facts {
            classes: Classes::NONE.with(Class::Tunnel),
            ..nothing
        },
        Kind::Special => Facts {
            country: Located::Nowhere,
            asn,
            classes: told.with(Class::Special),
            anonymiser_known: classes.is_some(),
            ..nothing
        },
        Kind::Common => Facts {
            country: country.map_or(Located::Unknown, Located::In),
            asn,
            classes: told,
            anonymiser_known: classes.is_some(),
            ..nothing
        },
    }
}

impl<K: Word> FactsTable<K> {
    /// The runs of addresses whose facts answer to this, asked once per distinct set of facts.
    pub(crate) fn runs_where(&self, holds: impl Fn(&Facts) -> bool) -> Vec<(K, K)> {
        let held: Vec<bool> = self.facts.iter().map(holds).collect();
        let is_held = |id: u32| {
            usize::try_from(id)
                .ok()
                .and_then(|at| held.get(at))
                .copied()
                .unwrap_or(false)
        };
        join(
            self.spans
                .runs()
                .filter(|(.., id)| is_held(*id))
                .map(|(first, last, _)| (first, last))
                .collect(),
        )
    }
}

/// Sorted, and overlapping or touching runs made one.
pub(crate) fn join<K: Word>(mut runs: Vec<(K, K)>) -> Vec<(K, K)> {
    runs.sort_unstable();
    let mut joined: Vec<(K, K)> = Vec::with_capacity(runs.len());
    for (first, last) in runs {
        match joined.last_mut() {
            Some(before) if before.1.next().is_none_or(|after| first <= after) => {
                before.1 = before.1.max(last)
            }
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// What two lists of sorted, separate runs have in common.
pub(crate) fn intersect<K: Word>(one: &[(K, K)], two: &[(K, K)]) -> Vec<(K, K)> {
    // A short list finds its counterparts by bisection: a rule of a few networks against a country's 100,000 runs.
    let (few, many) = if one.len() <= two.len() {
        (one, two)
    } else {
        (two, one)
    };
    let mut common = Vec::new();
    for &(first, last) in few {
        let from = many.partition_point(|(_, end)| *end < first);
        let met = many
            .iter()
            .skip(from)
            .take_while(|(start, _)| *start <= last);
        common.extend(met.map(|&(start, end)| (start.max(first), end.min(last))));
    }
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn runs() -> impl Strategy<Value = Vec<(u32, u32)>> {
        let run =
            (0..60_u32, 0..8_u32).prop_map(|(first, more)| (first, first.saturating_add(more)));
        prop::collection::vec(run, 0..8)
    }

    fn holds(runs: &[(u32, u32)], address: u32) -> bool {
        runs.iter()
            .any(|(first, last)| (*first..=*last).contains(&address))
    }

    proptest! {
        #[test]
        fn joined_runs_are_apart_and_what_is_common_is_in_both(one in runs(), two in runs()) {
            let (first, second) = (join(one.clone()), join(two.clone()));
            let common = intersect(&first, &second);
            for runs in [&first, &second] {
                let apart = |pair: &[(u32, u32)]| pair[0].1.saturating_add(1) < pair[1].0;
                prop_assert!(runs.windows(2).all(apart));
            }
            prop_assert!(common.is_sorted_by(|one, two| one.1 < two.0));
            for address in 0..80 {
                prop_assert_eq!(holds(&first, address), holds(&one, address));
                prop_assert_eq!(holds(&second, address), holds(&two, address));
                let both = holds(&one, address) && holds(&two, address);
                prop_assert_eq!(holds(&common, address), both);
            }
        }
    }
}
