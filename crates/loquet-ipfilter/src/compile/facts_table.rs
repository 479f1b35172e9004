//! What the databases say, for every address at once.

use core::net::IpAddr;

use crate::address::number::{Families, Word};
use crate::address::ranges::join;
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
