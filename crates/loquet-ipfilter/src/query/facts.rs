//! The facts about an address.

use core::net::IpAddr;

use crate::address::special::{embedded_in, is_special};
use crate::{Asn, Class, Classes, Country, Embedded, Geo};

/// The known facts about a request's address. With them a verdict can be understood without a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The address in canonical form.
    pub address: Option<IpAddr>,
    /// The country. A special-purpose address certainly has none.
    pub country: Located,
    /// The network operator.
    pub asn: Option<Asn>,
    /// The classes that hold.
    pub classes: Classes,
    /// Whether an anonymizer database was consulted. Without one, only special ranges and tunnels are known.
    pub anonymizer_known: bool,
}

/// The country of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Located {
    /// In this country.
    In(Country),
    /// In no country: a special-purpose address.
    Nowhere,
    /// Unknown: no address, no database, a stale one, a tunnel, or an address that the database does not list.
    Unknown,
}

impl Facts {
    /// Looks up the facts about an address.
    #[must_use]
    pub fn gather(address: Option<IpAddr>, embedded: Embedded, geo: Option<&Geo>) -> Self {
        let unknown = Self {
            address: None,
            country: Located::Unknown,
            asn: None,
            classes: Classes::NONE,
            anonymizer_known: false,
        };
        let Some(address) = address.map(|address| address.to_canonical()) else {
            return unknown;
        };
        let mut facts = Self {
            address: Some(address),
            ..unknown
        };
        let mut place = address;
        let mut inner = embedded_in(address);
        if let Some(v4) = inner.next() {
            facts.classes = facts.classes.with(Class::Tunnel);
            // Where the place of the inner address is uncertain, nothing is known of it.
            if embedded == Embedded::DenyOnly || inner.next().is_some() {
                return facts;
            }
            place = v4.into();
        }
        if is_special(place) {
            facts.classes = facts.classes.with(Class::Special);
            facts.country = Located::Nowhere;
        } else if let Some(country) = geo.and_then(|geo| geo.country(place)) {
            facts.country = Located::In(country);
        }
        facts.asn = geo.and_then(|geo| geo.asn(place));
        if let Some(classes) = geo.and_then(|geo| geo.anonymizer(place)) {
            facts.anonymizer_known = true;
            facts.classes = facts.classes.and(classes);
        }
        facts
    }
}
