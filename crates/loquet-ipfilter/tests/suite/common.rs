//! Filters, places and addresses that several subjects ask about.

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

/// "allow 3" is an allow by the rule of line 3, "deny -" a deny by default.
pub(crate) fn said(filter: &Filter, origin: &Origin<'_>) -> String {
    let verdict = filter.check(origin);
    assert_eq!(filter.decide(origin), verdict.decision);
    let rule = verdict
        .rule
        .map_or("-".to_owned(), |rule| rule.line.to_string());
    format!("{} {rule}", verdict.decision)
}

pub(crate) fn places() -> Geo {
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
        .with_anonymisers(
            1_700_000_002,
            [(
                prefix("24.1.0.0/16"),
                Classes::NONE.with(Class::Anonymous).with(Class::Tor),
            )],
        )
}

/// The address with the ones before and after it.
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

/// The network of this length that an address lies in.
pub(crate) fn cut(address: IpAddr, len: u8) -> Prefix {
    Prefix::new(masked(address, len), len).unwrap_or(Prefix::host(address))
}
