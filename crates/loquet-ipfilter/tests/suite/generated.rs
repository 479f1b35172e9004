//! Strategies for rules, places and databases.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{
    Asn, Class, Classes, Country, Decision, DeviceTier, Embedded, Geo, Named, PlaceItem,
    Precedence, Prefix, Rule, Rules, Tag,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::cut;

/// Few distinct bits, so that prefixes nest, touch and coincide.
fn prefix() -> impl Strategy<Value = Prefix> {
    let v4 = (0..4_u32, 0..4_u32, 1..=32_u8).prop_map(|(high, low, len)| {
        let bits = (0x0a00_0000 * (high % 3)) | (high << 30) | (low << 7) | low;
        cut(IpAddr::V4(Ipv4Addr::from_bits(bits)), len)
    });
    let bases = [
        0x2001_0db8_u128 << 96,
        0x2002_0a00 << 96,
        0x2001 << 112,
        0x0064_ff9b << 96,
        0x0064_ff9b_0001 << 80,
        0,
        0x2a00 << 112,
    ];
    let v6 = (prop::sample::select(bases.to_vec()), 0..4_u128, 1..=128_u8).prop_map(
        |(base, low, len)| {
            cut(
                IpAddr::V6(Ipv6Addr::from_bits(base | (low << 60) | (low << 24) | low)),
                len,
            )
        },
    );
    prop_oneof![3 => v4, 2 => v6, 1 => Just(Prefix::ANY_V4), 1 => Just(Prefix::ANY_V6)]
}

fn country() -> impl Strategy<Value = Country> {
    prop::sample::select(vec!["CA", "US", "FR"]).prop_map(|code| Country::from_code(code).unwrap())
}

fn asn() -> impl Strategy<Value = Asn> {
    (1..4_u32).prop_map(Asn)
}

fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(vec![
        Class::Special,
        Class::Tunnel,
        Class::Anonymous,
        Class::Tor,
        Class::Hosting,
    ])
}

fn named<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Named<T>> {
    value
        .prop_flat_map(|value| (Just(value), 0..4_u8))
        .prop_map(|(value, unknown)| match unknown {
            0 => Named::Unknown,
            _ => Named::Is(value),
        })
}

fn rule(complex: bool) -> impl Strategy<Value = Rule> {
    let few = if complex { 0..2_usize } else { 0..1 };
    let places = if complex { 0..2_usize } else { 0..1 };
    (
        any::<bool>(),
        vec(prefix(), 0..3),
        prop::bool::weighted(0.1),
        vec(0..3_u32, 0..2),
        vec(0..3_usize, places),
        (
            vec(named(country()), few.clone()),
            vec(named(asn()), few.clone()),
            vec(named(class()), few),
        ),
        vec(
            prop::sample::select(vec![DeviceTier::Known, DeviceTier::Unknown]),
            0..2,
        ),
    )
        .prop_map(
            |(allow, prefixes, unknown, tags, places, (countries, asns, classes), devices)| {
                let mut rule = if allow { Rule::allow() } else { Rule::deny() };
                rule = prefixes.into_iter().fold(rule, Rule::from_prefix);
                if unknown {
                    rule = rule.from_unknown_address();
                }
                rule = tags.into_iter().map(Tag).fold(rule, Rule::tagged);
                rule = places
                    .into_iter()
                    .fold(rule, |rule, at| rule.from_place(["a", "b", "c"][at]));
                rule = countries.into_iter().fold(rule, Rule::from_country);
                rule = asns.into_iter().fold(rule, Rule::from_asn);
                rule = classes.into_iter().fold(rule, Rule::from_class);
                devices.into_iter().fold(rule, Rule::with_device)
            },
        )
}

fn place() -> impl Strategy<Value = Vec<PlaceItem>> {
    let item = prop_oneof![
        3 => prefix().prop_map(PlaceItem::Prefix),
        1 => country().prop_map(PlaceItem::Country),
        1 => asn().prop_map(PlaceItem::Asn),
    ];
    vec(item, 1..4)
}

pub(crate) fn rules(complex: bool) -> impl Strategy<Value = Rules> {
    let precedence = prop::sample::select(vec![
        Precedence::DenyOverrides,
        Precedence::MostSpecific,
        Precedence::FirstMatch,
    ]);
    (
        precedence,
        any::<bool>(),
        any::<bool>(),
        vec(place(), 3),
        vec(rule(complex), 0..9),
    )
        .prop_map(|(precedence, allow, trusted, places, list)| {
            let mut rules = Rules::new();
            rules.set_precedence(precedence);
            rules.set_default(if allow {
                Decision::Allow
            } else {
                Decision::Deny
            });
            rules.set_embedded(if trusted {
                Embedded::Trusted
            } else {
                Embedded::DenyOnly
            });
            for (name, items) in ["a", "b", "c"].into_iter().zip(places) {
                rules.add_place(name, items).unwrap();
            }
            for rule in list {
                // Rules without a condition are refused, which another test covers.
                drop(rules.add_rule(rule));
            }
            rules
        })
}

pub(crate) fn geo() -> impl Strategy<Value = Option<Geo>> {
    let classes = class().prop_map(|class| Classes::NONE.with(class));
    let geo = (
        vec((prefix(), country()), 0..6),
        vec((prefix(), asn()), 0..6),
        vec((prefix(), classes), 0..4),
        0..8_u8,
    )
        .prop_map(|(countries, asns, anonymizers, which)| {
            let mut geo = Geo::default();
            if which & 1 != 0 {
                geo = geo.with_countries(1, countries);
            }
            if which & 2 != 0 {
                geo = geo.with_asns(2, asns);
            }
            if which & 4 != 0 {
                geo = geo.with_anonymizers(3, anonymizers);
            }
            geo
        });
    proptest::option::of(geo)
}
