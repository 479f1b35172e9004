//! Countries, network operators and anonymizers of addresses, read from databases once at load.

use core::net::IpAddr;
use std::sync::Arc;

use crate::address::number::Families;
use crate::compile::spans::Spans;
use crate::compile::sweep::{Item, sweep};
use crate::{Asn, Class, Country, Prefix};

/// The set of classes of one address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Classes(u8);

impl Classes {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Returns the set with one more class.
    #[must_use]
    pub const fn with(self, class: Class) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the class is in the set.
    #[must_use]
    pub const fn contains(self, class: Class) -> bool {
        self.0 & Self::bit(class) != 0
    }

    /// Returns the classes in order.
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

/// The kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatabaseKind {
    /// Countries.
    Country,
    /// Network operators.
    Asn,
    /// Anonymizers and hosting providers.
    Anonymizer,
}

pub(crate) type Table<V> = Families<Spans<u32, Option<V>>, Spans<u128, Option<V>>>;

/// One database: its build time and its contents.
#[derive(Debug)]
struct Database<V> {
    built: u64,
    table: Table<V>,
}

/// The countries, network operators and anonymizers in an operator's databases. Cheap to clone.
///
/// An address that no database lists is unknown, and an unknown fact never allows. Loquet ships no data.
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
    anonymizers: Option<Arc<Database<Classes>>>,
}

/// A database that is too old or dated in the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stale {
    /// The kind of the database.
    pub kind: DatabaseKind,
    /// When it was built, seconds since the epoch.
    pub built: u64,
}

impl Geo {
    /// Adds a table of countries, built at this time (seconds since the epoch). Longer prefixes win.
    #[must_use]
    pub fn with_countries(
        mut self,
        built: u64,
        entries: impl IntoIterator<Item = (Prefix, Country)>,
    ) -> Self {
        self.countries = Some(Arc::new(Database {
            built,
            table: longest_prefix_table(entries),
        }));
        self
    }

    /// Adds a table of network operators, built at this time (seconds since the epoch). Longer prefixes win.
    #[must_use]
    pub fn with_asns(
        mut self,
        built: u64,
        entries: impl IntoIterator<Item = (Prefix, Asn)>,
    ) -> Self {
        self.asns = Some(Arc::new(Database {
            built,
            table: longest_prefix_table(entries),
        }));
        self
    }

    /// Adds a table of anonymizers, built at this time (seconds since the epoch). Longer prefixes win. An address that
    /// is not listed is no anonymizer.
    #[must_use]
    pub fn with_anonymizers(
        mut self,
        built: u64,
        entries: impl IntoIterator<Item = (Prefix, Classes)>,
    ) -> Self {
        self.anonymizers = Some(Arc::new(Database {
            built,
            table: longest_prefix_table(entries),
        }));
        self
    }

    /// Returns whether both hold the very same databases.
    pub(crate) fn are_same(one: Option<&Self>, two: Option<&Self>) -> bool {
        let none = Self::default();
        let (one, two) = (one.unwrap_or(&none), two.unwrap_or(&none));
        fn same<T>(one: &Option<Arc<T>>, two: &Option<Arc<T>>) -> bool {
            match (one, two) {
                (Some(one), Some(two)) => Arc::ptr_eq(one, two),
                (one, two) => one.is_none() && two.is_none(),
            }
        }
        same(&one.countries, &two.countries)
            && same(&one.asns, &two.asns)
            && same(&one.anonymizers, &two.anonymizers)
    }

    /// Returns when the database of this kind was built, in seconds since the epoch; `None` when there is none.
    #[must_use]
    pub fn built(&self, kind: DatabaseKind) -> Option<u64> {
        match kind {
            DatabaseKind::Country => self.countries.as_ref().map(|database| database.built),
            DatabaseKind::Asn => self.asns.as_ref().map(|database| database.built),
            DatabaseKind::Anonymizer => self.anonymizers.as_ref().map(|database| database.built),
        }
    }

    /// Returns the databases that are older than `max_age` seconds at `now`, or dated in the future.
    #[must_use]
    pub fn stale(&self, now: u64, max_age: u64) -> Vec<Stale> {
        [
            DatabaseKind::Country,
            DatabaseKind::Asn,
            DatabaseKind::Anonymizer,
        ]
        .into_iter()
        .filter_map(|kind| self.built(kind).map(|built| Stale { kind, built }))
        // One day is tolerated for wrong clocks: a database dated later than that is damaged or forged.
        .filter(|stale| {
            now.saturating_sub(stale.built) > max_age || stale.built.saturating_sub(now) > 86_400
        })
        .collect()
    }

    /// Removes the stale databases. What they contained becomes unknown, which denies.
    #[must_use]
    pub fn without_stale(mut self, now: u64, max_age: u64) -> Self {
        for stale in self.stale(now, max_age) {
            match stale.kind {
                DatabaseKind::Country => self.countries = None,
                DatabaseKind::Asn => self.asns = None,
                DatabaseKind::Anonymizer => self.anonymizers = None,
            }
        }
        self
    }

    /// Returns the country of an address, made canonical first.
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        look_up(self.country_table()?, address)
    }

    /// Returns the network operator of an address, made canonical first.
    #[must_use]
    pub fn asn(&self, address: IpAddr) -> Option<Asn> {
        look_up(self.asn_table()?, address)
    }

    /// Returns the classes of an address, made canonical first; `None` without an anonymizer database.
    #[must_use]
    pub fn anonymizer(&self, address: IpAddr) -> Option<Classes> {
        Some(look_up(self.anonymizer_table()?, address).unwrap_or_default())
    }

    pub(crate) fn country_table(&self) -> Option<&Table<Country>> {
        self.countries.as_deref().map(|database| &database.table)
    }

    pub(crate) fn asn_table(&self) -> Option<&Table<Asn>> {
        self.asns.as_deref().map(|database| &database.table)
    }

    pub(crate) fn anonymizer_table(&self) -> Option<&Table<Classes>> {
        self.anonymizers.as_deref().map(|database| &database.table)
    }
}

fn look_up<V: Copy + Eq>(table: &Table<V>, address: IpAddr) -> Option<V> {
    match address.to_canonical() {
        IpAddr::V4(v4) => table.v4.at(v4.to_bits()).flatten(),
        IpAddr::V6(v6) => table.v6.at(v6.to_bits()).flatten(),
    }
}

fn longest_prefix_table<V: Copy + Ord>(entries: impl IntoIterator<Item = (Prefix, V)>) -> Table<V> {
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
