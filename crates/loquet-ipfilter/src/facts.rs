//! What can be told of an address, after every look-up.

use core::net::IpAddr;

use crate::address::{embedded_in, is_special};
use crate::{Asn, Class, Classes, Country, Embedded, Geo};

/// What is known of a request, after every look-up. With it a verdict is understood without any database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The address in canonical form.
    pub address: Option<IpAddr>,
    /// The country. A special-purpose address has none, and that is known.
    pub country: Located,
    /// The network operator.
    pub asn: Option<Asn>,
    /// The classes that hold.
    pub classes: Classes,
    /// Whether an anonymiser database had its say; without it only special ranges and tunnels can be told.
    pub anonymiser_known: bool,
}

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Located {
    /// In this country.
    In(Country),
    /// Nowhere, for certain: a special-purpose address.
    Nowhere,
    /// Nobody can tell: no address, no database, a stale one, a tunnel, or an address that the database lacks.
    Unknown,
}

impl Facts {
    /// Looks up what can be told of an address.
    #[must_use]
    pub fn gather(address: Option<IpAddr>, embedded: Embedded, geo: Option<&Geo>) -> Self {
        let unknown = Self {
            address: None,
            country: Located::Unknown,
            asn: None,
            classes: Classes::NONE,
            anonymiser_known: false,
        };
        let Some(address) = address.map(|address| address.to_canonical()) else {
            return unknown;
        };
        let mut facts = Self {
            address: Some(address),
            ..unknown
        };
        let mut place = address;
        if let Some(v4) = embedded_in(address) {
            facts.classes = facts.classes.with(Class::Tunnel);
            if embedded == Embedded::DenyOnly {
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
        if let Some(classes) = geo.and_then(|geo| geo.anonymiser(place)) {
            facts.anonymiser_known = true;
            facts.classes = facts.classes.and(classes);
        }
        facts
    }
}
