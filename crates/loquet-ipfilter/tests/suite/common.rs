//! Filters, sample databases and addresses for several test files.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{Asn, Class, Classes, Country, Filter, Geo, Origin, Prefix, Rules};

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn filter(text: &str) -> Filter {
    Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap()
}

pub(crate) fn compiled(text: &str, geo: &Geo) -> Filter {
    Filter::compile(&Rules::parse_text(text).unwrap(), Some(geo)).unwrap()
}

/// Returns `allow 3` if the rule of line 3 allows, `deny -` if the default denies.
pub(crate) fn decided(filter: &Filter, origin: &Origin<'_>) -> String {
    let verdict = filter.check(origin);
    assert_eq!(filter.decide(origin), verdict.decision);
    let rule = verdict
        .rule
        .map_or("-".to_owned(), |rule| rule.line.to_string());
    format!("{} {rule}", verdict.decision)
}

pub(crate) fn sample_geo() -> Geo {
    let prefix = |text: &str| text.parse::<Prefix>().unwrap();
    let country = |code: &str| Country::from_code(code).unwrap();
    Geo::default()
        .with_countries(
            1_700_000_000,
            [
                (prefix("24.0.0.0/8"), country("CA")),
                (prefix("24.48.0.0/16"), country("US")),
                (prefix("2600::/16"), country("CA")),
            ],
        )
        .with_asns(1_700_000_001, [(prefix("24.48.0.0/12"), Asn(577))])
        .with_anonymizers(
            1_700_000_002,
            [(
                prefix("24.1.0.0/16"),
                Classes::NONE.with(Class::Anonymous).with(Class::Tor),
            )],
        )
}

/// Returns the address and its two neighbors.
pub(crate) fn near(address: IpAddr) -> [IpAddr; 3] {
    [-1_i32, 0, 1].map(|step| match address {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits().wrapping_add_signed(step)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits().wrapping_add_signed(step.into())).into(),
    })
}

pub(crate) fn masked(address: IpAddr, len: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

/// Returns the network of this length that contains the address.
pub(crate) fn cut(address: IpAddr, len: u8) -> Prefix {
    Prefix::new(masked(address, len), len).unwrap_or(Prefix::host(address))
}
