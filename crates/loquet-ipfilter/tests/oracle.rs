//! The folded filter against the rules asked one by one, at every boundary −1, 0, +1.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{
    Asn, Class, Classes, CompileError, Country, Decision, DeviceTier, Embedded, Filter, Geo, Named,
    Origin, PlaceItem, Precedence, Prefix, Record, Rule, Rules, Tag,
};
use proptest::collection::vec;
use proptest::prelude::*;

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

fn cut(address: IpAddr, len: u8) -> Prefix {
    let cut = match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX << (32 - u32::from(len));
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX << (128 - u32::from(len));
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    };
    Prefix::new(cut, len).unwrap_or(Prefix::host(address))
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

fn rules(complex: bool) -> impl Strategy<Value = Rules> {
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
                // A rule without any condition is refused, which is tested elsewhere.
                drop(rules.add_rule(rule));
            }
            rules
        })
}

fn geo() -> impl Strategy<Value = Option<Geo>> {
    let classes = class().prop_map(|class| Classes::NONE.with(class));
    let geo = (
        vec((prefix(), country()), 0..6),
        vec((prefix(), asn()), 0..6),
        vec((prefix(), classes), 0..4),
        0..8_u8,
    )
        .prop_map(|(countries, asns, anonymisers, which)| {
            let mut geo = Geo::default();
            if which & 1 != 0 {
                geo = geo.with_countries(1, countries);
            }
            if which & 2 != 0 {
                geo = geo.with_asns(2, asns);
            }
            if which & 4 != 0 {
                geo = geo.with_anonymisers(3, anonymisers);
            }
            geo
        });
    proptest::option::of(geo)
}

/// Addresses just outside, at the edge of and inside everything that is written, mapped forms and tunnels included.
fn probes(rules: &Rules) -> Vec<Option<IpAddr>> {
    let places = rules
        .places()
        .iter()
        .flat_map(|place| place.items())
        .filter_map(|item| match item {
            PlaceItem::Prefix(prefix) => Some(*prefix),
            PlaceItem::Country(_) | PlaceItem::Asn(_) => None,
        });
    let own = rules
        .rules()
        .iter()
        .flat_map(|rule| rule.prefixes().iter().copied());
    let mut probes = vec![None];
    for prefix in own.chain(places) {
        for edge in [prefix.network(), prefix.last()] {
            for step in [-1_i32, 0, 1] {
                let address = match edge {
                    IpAddr::V4(v4) => {
                        IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits().wrapping_add_signed(step)))
                    }
                    IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(
                        v6.to_bits().wrapping_add_signed(step.into()),
                    )),
                };
                probes.push(Some(address));
                if let IpAddr::V4(v4) = address {
                    let bits = u128::from(v4.to_bits());
                    for outer in [
                        (0xffff << 32) | bits,
                        (0x0064_ff9b << 96) | bits,
                        bits,
                        (0x2002 << 112) | (bits << 80),
                        (0x2001 << 112) | (bits ^ 0xffff_ffff),
                    ] {
                        probes.push(Some(IpAddr::V6(Ipv6Addr::from_bits(outer))));
                    }
                }
            }
        }
    }
    probes
}

fn agree(rules: &Rules, geo: Option<&Geo>) {
    let filter = match Filter::compile(rules, geo) {
        Ok(filter) => filter.with_version(9),
        Err(CompileError::Contradiction { first, second }) => {
            let [one, two] = [first, second].map(|at| rules.rule(at).unwrap());
            assert_ne!(one.decision(), two.decision());
            assert_eq!(one.tags(), two.tags());
            return;
        }
        Err(other) => panic!("{other}"),
    };
    for address in probes(rules) {
        for tags in [&[][..], &[Tag(0)], &[Tag(1), Tag(2)]] {
            for device in [DeviceTier::Unknown, DeviceTier::Known] {
                let origin = Origin {
                    address,
                    tags,
                    device,
                };
                let record = filter.explain(&origin);
                assert_eq!(
                    filter.check(&origin),
                    record.verdict,
                    "{origin:?}\n{rules}{record}"
                );
                assert_eq!(
                    filter.decide(&origin),
                    record.verdict.decision,
                    "{origin:?}\n{rules}{record}"
                );
            }
        }
        let record = filter.explain_stranger(address);
        assert_eq!(
            filter.check_stranger(address),
            record.verdict,
            "{address:?}\n{rules}{record}"
        );
        let line = record.to_string();
        assert_eq!(
            line.parse::<Record>().unwrap(),
            Record {
                matching: Vec::new(),
                ..record
            },
            "{line}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn l2_simple_rules_agree_with_the_rules_asked_one_by_one(rules in rules(false)) {
        agree(&rules, None);
    }

    #[test]
    fn l2_rules_with_places_and_databases_agree_too(rules in rules(true), geo in geo()) {
        agree(&rules, geo.as_ref());
    }

    #[test]
    fn text_of_rules_reads_back_to_the_same_rules(rules in rules(true)) {
        let text = rules.to_string();
        let again = Rules::parse_text(&text).unwrap();
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(again.places().len(), rules.places().len());
        for (one, two) in again.rules().iter().zip(rules.rules()) {
            prop_assert_eq!(one.prefixes(), two.prefixes());
            prop_assert_eq!(one.to_string(), two.to_string());
        }
    }

    #[test]
    fn a_recorded_verdict_replays_without_any_database(rules in rules(true), geo in geo()) {
        let Ok(filter) = Filter::compile(&rules, geo.as_ref()) else { return Ok(()) };
        for address in probes(&rules) {
            let origin = Origin { address, tags: &[Tag(1)], device: DeviceTier::Known };
            let line = filter.explain(&origin).to_string();
            prop_assert_eq!(line.parse::<Record>().unwrap().replay(&rules), filter.check(&origin));
        }
    }
}

/// A seeded generator of route-like prefixes, so that the planes are built without any file.
fn routes(seed: u64, count: usize, v6: bool) -> Vec<Prefix> {
    let mut state = seed;
    let mut next = move || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    (0..count)
        .map(|_| {
            let (a, b) = (next(), next());
            if v6 {
                let len =
                    [20, 29, 32, 32, 36, 40, 44, 48, 48, 48, 56, 64, 127, 128][(b % 14) as usize];
                cut(
                    IpAddr::V6(Ipv6Addr::from_bits(
                        (0x2a00 << 112) | (u128::from(a) << 52) | u128::from(b),
                    )),
                    len,
                )
            } else {
                let len =
                    [9, 12, 16, 18, 20, 22, 22, 23, 24, 24, 24, 24, 25, 30, 32][(b % 15) as usize];
                cut(IpAddr::V4(Ipv4Addr::from_bits(a as u32)), len)
            }
        })
        .collect()
}

fn compare_at_every_edge(rules: &Rules) {
    let filter = Filter::compile(rules, None).unwrap();
    let mut edges: Vec<IpAddr> = Vec::new();
    for prefix in rules.rules().iter().flat_map(|rule| rule.prefixes()) {
        edges.extend([prefix.network(), prefix.last()]);
    }
    let ends = [
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ];
    edges.extend(ends.iter().map(|end| end.parse::<IpAddr>().unwrap()));
    for edge in edges {
        for step in [-1_i32, 0, 1] {
            let address = match edge {
                IpAddr::V4(v4) => {
                    IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits().wrapping_add_signed(step)))
                }
                IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(
                    v6.to_bits().wrapping_add_signed(step.into()),
                )),
            };
            for tags in [&[][..], &[Tag(1)], &[Tag(2)]] {
                let origin = Origin {
                    address: Some(address),
                    tags,
                    device: DeviceTier::Known,
                };
                assert_eq!(
                    filter.decide(&origin),
                    filter.check(&origin).decision,
                    "{address}"
                );
            }
        }
    }
}

#[test]
fn the_planes_agree_with_the_spans_at_every_boundary() {
    for (precedence, tagged) in [
        (Precedence::MostSpecific, false),
        (Precedence::MostSpecific, true),
        (Precedence::DenyOverrides, true),
        (Precedence::FirstMatch, false),
    ] {
        let mut rules = Rules::new();
        rules.set_precedence(precedence);
        let mut prefixes = routes(7, 6_000, false);
        prefixes.extend(routes(8, 6_000, true));
        prefixes.sort_unstable();
        prefixes.dedup();
        for (at, prefix) in prefixes.into_iter().enumerate() {
            let mut rule = if at % 3 == 0 {
                Rule::deny()
            } else {
                Rule::allow()
            };
            if tagged && at % 5 == 0 {
                rule = rule.tagged(Tag(1 + (at % 2) as u32));
            }
            rules.add_rule(rule.from_prefix(prefix)).unwrap();
        }
        let filter = Filter::compile(&rules, None).unwrap();
        assert!(filter.index_bytes().0 > 1 << 17, "this is about the planes");
        compare_at_every_edge(&rules);
    }
}

#[test]
fn the_planes_agree_with_the_rules_asked_one_by_one() {
    let mut rules = Rules::new();
    rules.set_precedence(Precedence::MostSpecific);
    let prefixes: std::collections::BTreeSet<Prefix> = routes(11, 700, false).into_iter().collect();
    for (at, prefix) in prefixes.into_iter().enumerate() {
        let rule = if at % 2 == 0 {
            Rule::deny()
        } else {
            Rule::allow()
        };
        rules.add_rule(rule.from_prefix(prefix)).unwrap();
    }
    let filter = Filter::compile(&rules, None).unwrap();
    for prefix in rules.rules().iter().map(|rule| rule.prefixes()[0]) {
        for address in [prefix.network(), prefix.last()] {
            assert_eq!(
                filter.decide(&Origin::at(address)),
                filter.explain(&Origin::at(address)).verdict.decision
            );
        }
    }
}

#[test]
fn the_index_stays_small() {
    let bytes = |count: usize| {
        let mut rules = Rules::new();
        rules.set_precedence(Precedence::MostSpecific);
        let mut prefixes = routes(21, count, false);
        prefixes.extend(routes(22, count, true));
        prefixes.sort_unstable();
        prefixes.dedup();
        for (at, prefix) in prefixes.into_iter().enumerate() {
            let rule = if at % 3 == 0 {
                Rule::deny()
            } else {
                Rule::allow()
            };
            rules.add_rule(rule.from_prefix(prefix)).unwrap();
        }
        Filter::compile(&rules, None).unwrap().index_bytes()
    };
    let within = |(v4, v6): (usize, usize), most: (usize, usize)| {
        // Not much less either: then something would have been left out of the count.
        assert!((most.0 / 2..=most.0).contains(&v4), "{v4}");
        assert!((most.1 / 2..=most.1).contains(&v6), "{v6}");
    };
    // The random IPv6 networks lie apart, unlike real ones, so that little can be shared.
    within(bytes(20_000), (310_000, 880_000));
    within(bytes(100), (9_500, 11_000));
    within(bytes(0), (8, 8));
}
