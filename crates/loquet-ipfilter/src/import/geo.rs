//! What an operator's databases say of addresses, read once at load: nothing is looked up in them per request.

use core::net::IpAddr;
use std::sync::Arc;

use crate::address::number::Families;
use crate::compile::spans::Spans;
use crate::compile::sweep::{Item, sweep};
use crate::{Asn, Class, Country, Prefix};

/// The classes of one address, as a set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Classes(u8);

impl Classes {
    /// No class at all.
    pub const NONE: Self = Self(0);

    /// The same with one class more.
    #[must_use]
    pub const fn with(self, class: Class) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the class is among them.
    #[must_use]
    pub const fn contains(self, class: Class) -> bool {
        self.0 & Self::bit(class) != 0
    }

    /// The classes in order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL
            .into_iter()
            .map(|(class, _)| class)
            .filter(move |class| self.contains(*class))
    }

    const fn bit(class: Class) -> u8 {
        match class {
            Class::Special => 1,
            Class::Tunnel => 2,
            Class::Anonymous => 4,
            Class::Vpn => 8,
            Class::Proxy => 16,
            Class::Tor => 32,
            Class::Hosting => 64,
        }
    }
}

impl core::fmt::Debug for Classes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What a database is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Countries of addresses.
    Country,
    /// Network operators.
    Asn,
    /// Anonymisers and hosting.
    Anonymiser,
}

pub(crate) type Table<V> = Families<Spans<u32, Option<V>>, Spans<u128, Option<V>>>;

/// One database: when it was built and what it says.
#[derive(Debug)]
struct Database<V> {
    built: u64,
    table: Table<V>,
}

/// Countries, network operators and anonymisers, as an operator's databases draw them. Cheap to clone.
///
/// What no database says is unknown, and unknown never allows. Loquet ships no data.
///
/// ```
/// use loquet_ipfilter::{Country, Filter, Geo, Origin, Rules};
///
/// let canada = Country::from_code("CA").unwrap();
/// let geo = Geo::default().with_countries(1_700_000_000, [("24.48.0.0/16".parse()?, canada)]);
/// let filter = Filter::compile(&Rules::parse_text("allow country CA")?, Some(&geo))?;
/// assert!(filter.check(&Origin::at("24.48.0.1".parse()?)).is_allowed());
/// assert!(!filter.check(&Origin::at("8.8.8.8".parse()?)).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Geo {
    countries: Option<Arc<Database<Country>>>,
    asns: Option<Arc<Database<Asn>>>,
    anonymisers: Option<Arc<Database<Classes>>>,
}

/// A database that is too old, or dated in the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stale {
    /// Which one.
    pub subject: Subject,
    /// When it was built, seconds since the epoch.
    pub built: u64,
}

impl Geo {
    /// With a table of countries, built at this time (seconds since the epoch). Longer prefixes win.
    #[must_use]
    pub fn with_countries(
        mut self,
        built: u64,
        entries: impl IntoIterator<Item = (Prefix, Country)>,
    ) -> Self {
        self.countries = Some(Arc::new(Database {
            built,
            table: paint(entries),
        }));
        self
    }

    /// With a table of network operators, built at this time (seconds since the epoch). Longer prefixes win.
    #[must_use]
    pub fn with_asns(
        mut self,
        built: u64,
        entries: impl IntoIterator<Item = (Prefix, Asn)>,
    ) -> Self {
        self.asns = Some(Arc::new(Database {
            built,
            table: paint(entries),
        }));
        self
    }

    /// With a table of anonymisers, built at this time (seconds since the epoch). Longer prefixes win; an address that
    /// it does not list is no anonymiser.
    #[must_use]
    pub fn with_anonymisers(
        mut self,
        built: u64,
        entries: impl IntoIterator<Item = (Prefix, Classes)>,
    ) -> Self {
        self.anonymisers = Some(Arc::new(Database {
            built,
            table: paint(entries),
        }));
        self
    }

    /// When the database about this was built, seconds since the epoch; `None` when there is none.
    #[must_use]
    pub fn built(&self, subject: Subject) -> Option<u64> {
        match subject {
            Subject::Country => self.countries.as_ref().map(|database| database.built),
            Subject::Asn => self.asns.as_ref().map(|database| database.built),
            Subject::Anonymiser => self.anonymisers.as_ref().map(|database| database.built),
        }
    }

    /// The databases that are older than `max_age` seconds at `now`, or that claim to come from the future.
    #[must_use]
    pub fn stale(&self, now: u64, max_age: u64) -> Vec<Stale> {
        [Subject::Country, Subject::Asn, Subject::Anonymiser]
            .into_iter()
            .filter_map(|subject| self.built(subject).map(|built| Stale { subject, built }))
            // A day of grace for clocks: a database dated later than that is damaged or forged.
            .filter(|stale| {
                now.saturating_sub(stale.built) > max_age
                    || stale.built.saturating_sub(now) > 86_400
            })
            .collect()
    }

    /// The same without the stale databases: what they said becomes unknown, which fails closed.
    #[must_use]
    pub fn without_stale(mut self, now: u64, max_age: u64) -> Self {
        for stale in self.stale(now, max_age) {
            match stale.subject {
                Subject::Country => self.countries = None,
                Subject::Asn => self.asns = None,
                Subject::Anonymiser => self.anonymisers = None,
            }
        }
        self
    }

    /// What the country database says of an address, made canonical first.
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        look_up(self.country_table()?, address)
    }

    /// What the database of network operators says of an address, made canonical first.
    #[must_use]
    pub fn asn(&self, address: IpAddr) -> Option<Asn> {
        look_up(self.asn_table()?, address)
    }

    /// The classes of an address, made canonical first; `None` without an anonymiser database.
    #[must_use]
    pub fn anonymiser(&self, address: IpAddr) -> Option<Classes> {
        Some(look_up(self.anonymiser_table()?, address).unwrap_or_default())
    }

    pub(crate) fn country_table(&self) -> Option<&Table<Country>> {
        self.countries.as_deref().map(|database| &database.table)
    }

    pub(crate) fn asn_table(&self) -> Option<&Table<Asn>> {
        self.asns.as_deref().map(|database| &database.table)
    }

    pub(crate) fn anonymiser_table(&self) -> Option<&Table<Classes>> {
        self.anonymisers.as_deref().map(|database| &database.table)
    }
}

fn look_up<V: Copy + Eq>(table: &Table<V>, address: IpAddr) -> Option<V> {
    match address.to_canonical() {
        IpAddr::V4(v4) => table.v4.at(v4.to_bits()).flatten(),
        IpAddr::V6(v6) => table.v6.at(v6.to_bits()).flatten(),
    }
}

fn paint<V: Copy + Ord>(entries: impl IntoIterator<Item = (Prefix, V)>) -> Table<V> {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (prefix, what) in entries {
        v4.extend(Item::new(prefix, what));
        v6.extend(Item::new(prefix, what));
    }
    Families {
        v4: sweep(&mut v4, None, |_, item| Some(item.what), |value| value),
        v6: sweep(&mut v6, None, |_, item| Some(item.what), |value| value),
    }
}
