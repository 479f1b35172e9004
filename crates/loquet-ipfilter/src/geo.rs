//! What an operator's databases say of addresses, read once at load: nothing is looked up in them per request.

use core::net::IpAddr;
use std::sync::Arc;

use crate::{Asn, Class, Country};

/// The classes of one address that an anonymiser database knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Classes(u8);

impl Classes {
    /// No class at all: the database knows of nothing.
    pub const NONE: Self = Self(0);

    /// The same with one class more.
    #[must_use]
    pub const fn with(self, class: Class) -> Self {
        Self(self.0 | Self::bit(class))
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

/// Countries, network operators and anonymisers, as an operator's databases draw them. Cheap to clone.
///
/// What no database says is unknown, and unknown never allows.
#[derive(Debug, Clone, Default)]
pub struct Geo {
    tables: Arc<Tables>,
}

#[derive(Debug, Clone, Default)]
struct Tables;

impl Geo {
    /// The country of an address, if a fresh database knows it.
    #[must_use]
    pub fn country(&self, _address: IpAddr) -> Option<Country> {
        let _ = &self.tables;
        None
    }

    /// The network operator of an address, if a fresh database knows it.
    #[must_use]
    pub fn asn(&self, _address: IpAddr) -> Option<Asn> {
        None
    }

    /// The classes of an address, if a fresh anonymiser database is loaded; an address it lacks has none.
    #[must_use]
    pub fn anonymiser(&self, _address: IpAddr) -> Option<Classes> {
        None
    }
}
