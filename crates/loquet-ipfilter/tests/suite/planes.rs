//! Many networks: compares the decision of the bit planes with the rule that the search finds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{DeviceTier, Filter, Origin, Precedence, Prefix, Rule, Rules, Tag};

use crate::common::{cut, near};

/// Generates route-like prefixes from a seed, so that the test needs no file.
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

fn compare_at_boundaries(rules: &Rules) {
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
        for address in near(edge) {
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
fn planes_agree_with_spans_at_boundaries() {
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
        compare_at_boundaries(&rules);
    }
}

#[test]
fn planes_agree_with_evaluation() {
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
fn index_stays_small() {
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
        // A much lower count would mean that something is not counted.
        assert!((most.0 / 2..=most.0).contains(&v4), "{v4}");
        assert!((most.1 / 2..=most.1).contains(&v6), "{v6}");
    };
    // Unlike real networks, random IPv6 networks are scattered and share little.
    within(bytes(20_000), (310_000, 880_000));
    within(bytes(100), (9_500, 12_000));
    within(bytes(0), (8, 8));
}
