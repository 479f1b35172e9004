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

#[derive(Debug, Clone, Copy)]
struct Settings {
    precedence: Precedence,
    allow: bool,
    trusted: bool,
}

fn settings() -> impl Strategy<Value = Settings> {
    let precedence = prop::sample::select(vec![
        Precedence::DenyOverrides,
        Precedence::MostSpecific,
        Precedence::FirstMatch,
    ]);
    (precedence, any::<bool>(), any::<bool>()).prop_map(|(precedence, allow, trusted)| Settings {
        precedence,
        allow,
        trusted,
    })
}

fn assemble(
    settings: Settings,
    places: impl IntoIterator<Item = Vec<PlaceItem>>,
    list: impl IntoIterator<Item = Rule>,
) -> Rules {
    let mut rules = Rules::new();
    rules.set_precedence(settings.precedence);
    rules.set_default(if settings.allow {
        Decision::Allow
    } else {
        Decision::Deny
    });
    rules.set_embedded(if settings.trusted {
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
}

pub(crate) fn rules(complex: bool) -> impl Strategy<Value = Rules> {
    let list = vec(rule(complex), 0..9);
    (settings(), vec(place(), 3), list)
        .prop_map(|(settings, places, list)| assemble(settings, places, list))
}

/// Rules and an edit of them: some rules removed, added or moved, and sometimes another setting or place.
pub(crate) fn edit(complex: bool) -> impl Strategy<Value = [Rules; 2]> {
    let others = (settings(), 0..8_u8);
    let moved = proptest::option::weighted(0.3, any::<[prop::sample::Index; 2]>());
    let list = vec((rule(complex), 0..6_u8), 1..8);
    let places = (vec(place(), 3), place(), 0..4_usize);
    (settings(), others, places, list, moved).prop_map(
        |(settings, (other, which), (places, place, changed), list, moved)| {
            let kept = |gone: u8| list.iter().filter(move |(_, at)| *at != gone);
            let (before, mut after): (Vec<Rule>, Vec<Rule>) = (
                kept(0).map(|(rule, _)| rule.clone()).collect(),
                kept(1).map(|(rule, _)| rule.clone()).collect(),
            );
            if let Some([one, two]) = moved
                && !after.is_empty()
            {
                let (one, two) = (one.index(after.len()), two.index(after.len()));
                after.swap(one, two);
            }
            let mut settings_after = settings;
            match which {
                0 => settings_after.precedence = other.precedence,
                1 => settings_after.allow = other.allow,
                2 => settings_after.trusted = other.trusted,
                _ => {}
            }
            let mut places_after = places.clone();
            if let Some(at) = places_after.get_mut(changed) {
                *at = place;
            }
            [
                assemble(settings, places, before),
                assemble(settings_after, places_after, after),
            ]
        },
    )
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
