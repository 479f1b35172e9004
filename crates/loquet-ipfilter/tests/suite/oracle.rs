//! Compares the compiled filter with rule-by-rule evaluation, at every boundary −1, 0, +1.
use std::net::{IpAddr, Ipv6Addr};

use loquet_ipfilter::{CompileError, DeviceTier, Filter, Geo, Origin, PlaceItem, Rules, Tag};
use proptest::prelude::*;

use crate::common::near;
use crate::generated::{geo, rules};

/// Returns addresses just outside, at the edge and inside of every network, with mapped forms and tunnels.
pub(crate) fn probes(rules: &Rules) -> Vec<Option<IpAddr>> {
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
            for address in near(edge) {
                probes.push(Some(address));
                if let IpAddr::V4(v4) = address {
                    let bits = u128::from(v4.to_bits());
                    for outer in [
                        (0xffff << 32) | bits,
                        (0x0064_ff9b << 96) | bits,
                        (0x0064_ff9b_0001 << 80) | bits,
                        (0x0064_ff9b_0001 << 80) | (bits << 24),
                        (0x0064_ff9b_0001 << 80)
                            | ((bits >> 24) << 64)
                            | ((bits & 0xff_ffff) << 32),
                        (0x0064_ff9b_0001 << 80) | ((bits >> 16) << 64) | ((bits & 0xffff) << 40),
                        (0xffff << 48) | bits,
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
        Ok(filter) => filter,
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
        let record = filter.explain_before_login(address);
        assert_eq!(
            filter.check_before_login(address),
            record.verdict,
            "{address:?}\n{rules}{record}"
        );
        assert_eq!(
            filter.decide_before_login(address),
            record.verdict.decision,
            "{address:?}\n{rules}{record}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn l2_index_agrees_with_evaluation(rules in rules(false)) {
        agree(&rules, None);
    }

    #[test]
    fn l2_index_agrees_with_evaluation_with_databases(rules in rules(true), geo in geo()) {
        agree(&rules, geo.as_ref());
    }

    #[test]
    fn displayed_rules_parse_to_same_rules(rules in rules(true)) {
        let text = rules.to_string();
        let again = Rules::parse_text(&text).unwrap();
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(again.places().len(), rules.places().len());
        for (one, two) in again.rules().iter().zip(rules.rules()) {
            prop_assert_eq!(one.prefixes(), two.prefixes());
            prop_assert_eq!(one.to_string(), two.to_string());
        }
    }
}
