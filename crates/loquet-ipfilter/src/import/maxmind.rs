//! Reads MaxMind databases into [`Geo`].

use core::net::{IpAddr, Ipv6Addr};

use maxminddb::{Reader, WithinOptions, geoip2};
use thiserror::Error;

use crate::compile::spans::FixedMap;
use crate::{Asn, Class, Classes, Country, DatabaseKind, Geo, Prefix};

/// The reason why a database is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MmdbError {
    /// Not a MaxMind database, or a damaged one.
    #[error("the database cannot be read: {0}")]
    Damaged(Box<str>),
    /// A database of another type than countries, network operators or anonymizers.
    #[error("a database of type {0:?}; expected countries, network operators (ASN) or anonymizers")]
    Type(Box<str>),
    /// More than [`Geo::MAX_NETWORKS`] networks: a damaged tree can expand without end.
    #[error("more than {} networks", Geo::MAX_NETWORKS)]
    TooLarge,
}

impl Geo {
    /// The greatest number of networks in a database. The largest commercial ones have six million.
    pub const MAX_NETWORKS: usize = 20_000_000;

    /// Adds the contents of a MaxMind database, which states its own type. The database is read as a whole or refused.
    ///
    /// # Errors
    /// [`MmdbError`] for a damaged database, for one of another type, and beyond the limit.
    pub fn with_mmdb(self, bytes: &[u8]) -> Result<Self, MmdbError> {
        let reader = Reader::from_source(bytes)
            .map_err(|error| MmdbError::Damaged(error.to_string().into()))?;
        let kind = &reader.metadata().database_type;
        let built = reader.metadata().build_epoch;
        match kind_of(kind) {
            Some(DatabaseKind::Country) => {
                let read = |record: geoip2::Country<'_>| {
                    record.country.iso_code.and_then(Country::from_code)
                };
                Ok(self.with_countries(built, networks(&reader, read)?))
            }
            Some(DatabaseKind::Asn) => {
                let read = |record: geoip2::Asn<'_>| record.autonomous_system_number.map(Asn);
                Ok(self.with_asns(built, networks(&reader, read)?))
            }
            Some(DatabaseKind::Anonymizer) => {
                let read = |record: geoip2::AnonymousIp| {
                    Some(classes(&record)).filter(|set| *set != Classes::NONE)
                };
                Ok(self.with_anonymizers(built, networks(&reader, read)?))
            }
            None => Err(MmdbError::Type(kind.as_str().into())),
        }
    }
}

/// Returns the kind for a type as databases state it: `GeoLite2-Country`, `GeoIP2-City`, `DBIP-ASN-Lite`,
/// `GeoIP2-Anonymous-IP`.
fn kind_of(kind: &str) -> Option<DatabaseKind> {
    let words = |words: &[&str]| {
        words
            .iter()
            .any(|word| kind.split(['-', ' ']).any(|part| part == *word))
    };
    if words(&["Anonymous"]) {
        Some(DatabaseKind::Anonymizer)
    } else if words(&["ASN", "ISP"]) {
        Some(DatabaseKind::Asn)
    } else if words(&["Country", "City", "Enterprise"]) {
        Some(DatabaseKind::Country)
    } else {
        None
    }
}

fn classes(record: &geoip2::AnonymousIp) -> Classes {
    let flags = [
        (record.is_anonymous, Class::Anonymous),
        (record.is_anonymous_vpn, Class::Vpn),
        (record.is_public_proxy, Class::Proxy),
        (record.is_residential_proxy, Class::Proxy),
        (record.is_tor_exit_node, Class::Tor),
        (record.is_hosting_provider, Class::Hosting),
    ];
    let held = flags.into_iter().filter(|(flag, _)| *flag == Some(true));
    held.fold(Classes::NONE, |set, (_, class)| set.with(class))
}

/// Returns every network with its value. A record that several networks share is decoded once.
fn networks<'r, R, V: Copy>(
    reader: &'r Reader<&'r [u8]>,
    read: impl Fn(R) -> Option<V>,
) -> Result<Vec<(Prefix, V)>, MmdbError>
where
    R: serde::Deserialize<'r>,
{
    let damaged = |error: maxminddb::MaxMindDbError| MmdbError::Damaged(error.to_string().into());
    let mut known: FixedMap<usize, Option<V>> = FixedMap::default();
    let mut found = Vec::new();
    for network in reader.networks(WithinOptions::default()).map_err(damaged)? {
        let network = network.map_err(damaged)?;
        let Some(offset) = network.offset() else {
            continue;
        };
        let value = match known.get(&offset) {
            Some(value) => *value,
            None => {
                let value = network.decode::<R>().map_err(damaged)?.and_then(&read);
                known.insert(offset, value);
                value
            }
        };
        let Some(value) = value else { continue };
        if found.len() >= Geo::MAX_NETWORKS {
            return Err(MmdbError::TooLarge);
        }
        let place = network.network().map_err(damaged)?;
        let (address, len) = (place.network(), place.prefix());
        // The reader treats a record that covers all of IPv4 as IPv6.
        if address == Ipv6Addr::UNSPECIFIED && len <= 96 {
            found.push((Prefix::from_v4_bits(0, 0), value));
        }
        found.push((prefix(address, len), value));
    }
    Ok(found)
}

/// Converts a network of the reader, which gives IPv4 for what lies below the tree's first 96 zero bits.
fn prefix(address: IpAddr, len: u8) -> Prefix {
    match address {
        IpAddr::V4(v4) => Prefix::from_v4_bits(v4.to_bits(), len),
        IpAddr::V6(v6) => Prefix::from_v6_bits(v6.to_bits(), len),
    }
}
