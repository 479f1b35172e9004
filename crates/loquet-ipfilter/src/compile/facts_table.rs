//! The facts about every address, from the databases and the special ranges.

use core::net::IpAddr;

use crate::address::number::{Families, Word};
use crate::address::ranges::merge;
use crate::address::special::{special_prefixes, tunnel_prefixes};
use crate::compile::spans::{FixedMap, Spans};
use crate::compile::sweep::{Item, sweep};
use crate::import::geo::Table;
use crate::query::facts::{Facts, Located};
use crate::{Asn, Class, Classes, Country, Geo};

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
                geo.and_then(Geo::anonymizer_table).map(|table| &table.v4),
            ),
            v6: family(
                geo.and_then(Geo::country_table).map(|table| &table.v6),
                geo.and_then(Geo::asn_table).map(|table| &table.v6),
                geo.and_then(Geo::anonymizer_table).map(|table| &table.v6),
            ),
        }
    }
}

fn kinds<K: Word>() -> Spans<K, Kind> {
    let special = special_prefixes().map(|prefix| (prefix, Kind::Special));
    let tunnels = tunnel_prefixes().map(|prefix| (prefix, Kind::Tunnel));
    let mut items: Vec<Item<K, Kind>> = special
        .chain(tunnels)
        .filter_map(|(prefix, kind)| Item::new(prefix, kind))
        .collect();
    sweep(&mut items, Kind::Common, |_, item| item.what, |kind| kind)
}

fn family<K: Word>(
    countries: Option<&Spans<K, Option<Country>>>,
    asns: Option<&Spans<K, Option<Asn>>>,
    anonymizers: Option<&Spans<K, Option<Classes>>>,
) -> FactsTable<K> {
    let all = kinds::<K>()
        .zip(countries.unwrap_or(&Spans::uniform(None)))
        .zip(asns.unwrap_or(&Spans::uniform(None)))
        .zip(anonymizers.unwrap_or(&Spans::uniform(None)));
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
                    anonymizers.map(|_| classes.unwrap_or_default()),
                ));
                id
            })
    });
    FactsTable { spans, facts }
}

/// Returns what [`Facts::gather`] returns for one address; a test compares the two.
fn facts_of(
    address: IpAddr,
    kind: Kind,
    country: Option<Country>,
    asn: Option<Asn>,
    classes: Option<Classes>,
) -> Facts {
    let unknown = Facts {
        address: Some(address),
        country: Located::Unknown,
        asn: None,
        classes: Classes::NONE,
        anonymizer_known: false,
    };
    let listed = classes.unwrap_or_default();
    match kind {
        Kind::Tunnel => Facts {
            classes: Classes::NONE.with(Class::Tunnel),
            ..unknown
        },
        Kind::Special => Facts {
            country: Located::Nowhere,
            asn,
            classes: listed.with(Class::Special),
            anonymizer_known: classes.is_some(),
            ..unknown
        },
        Kind::Common => Facts {
            country: country.map_or(Located::Unknown, Located::In),
            asn,
            classes: listed,
            anonymizer_known: classes.is_some(),
            ..unknown
        },
    }
}

impl<K: Word> FactsTable<K> {
    /// Returns the number of ranges.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns the ranges of addresses whose facts satisfy a condition, evaluated once per distinct set of facts.
    pub(crate) fn ranges_where(&self, holds: impl Fn(&Facts) -> bool) -> Vec<(K, K)> {
        let held: Vec<bool> = self.facts.iter().map(holds).collect();
        let is_held = |id: u32| {
            usize::try_from(id)
                .ok()
                .and_then(|at| held.get(at))
                .copied()
                .unwrap_or(false)
        };
        merge(
            self.spans
                .ranges()
                .filter(|(.., id)| is_held(*id))
                .map(|(first, last, _)| (first, last))
                .collect(),
        )
    }
}
