//! Rule L1 and its neighbours: the semantics as tables that an operator could check by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use loquet_ipfilter::{
    Asn, Class, Classes, CompileError, Country, Decision, DeviceTier, Filter, Geo, Origin, Prefix,
    RuleRef, Rules, SharedFilter, Subject, Tag,
};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn filter(text: &str) -> Filter {
    Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap()
}

fn compiled(text: &str, geo: &Geo) -> Filter {
    Filter::compile(&Rules::parse_text(text).unwrap(), Some(geo)).unwrap()
}

/// "allow 3" is an allow by the rule of line 3, "deny -" a deny by default.
fn said(filter: &Filter, origin: &Origin<'_>) -> String {
    let verdict = filter.check(origin);
    assert_eq!(filter.decide(origin), verdict.decision);
    let rule = verdict
        .rule
        .map_or("-".to_owned(), |rule| rule.line.to_string());
    format!("{} {rule}", verdict.decision)
}

const NESTED: &str = "

allow 10.0.0.0/8
deny 10.1.0.0/16
allow 10.1.2.0/24
deny 10.1.2.128/25
allow 10.1.2.200/32";

#[test]
fn l1_five_rules_nested_under_the_three_precedences() {
    for (address, overrides, specific, first) in [
        ("9.255.255.255", "deny -", "deny -", "deny -"),
        ("10.0.0.0", "allow 3", "allow 3", "allow 3"),
        ("10.1.0.0", "deny 4", "deny 4", "allow 3"),
        ("10.1.2.0", "deny 4", "allow 5", "allow 3"),
        ("10.1.2.127", "deny 4", "allow 5", "allow 3"),
        ("10.1.2.128", "deny 4", "deny 6", "allow 3"),
        ("10.1.2.199", "deny 4", "deny 6", "allow 3"),
        ("10.1.2.200", "deny 4", "allow 7", "allow 3"),
        ("10.1.2.201", "deny 4", "deny 6", "allow 3"),
        ("10.1.3.0", "deny 4", "deny 4", "allow 3"),
        ("10.2.0.0", "allow 3", "allow 3", "allow 3"),
        ("11.0.0.0", "deny -", "deny -", "deny -"),
    ] {
        let origin = Origin::at(ip(address));
        for (precedence, expected) in [
            ("deny-overrides", overrides),
            ("most-specific", specific),
            ("first-match", first),
        ] {
            let filter = filter(&format!("precedence {precedence}{NESTED}"));
            assert_eq!(said(&filter, &origin), expected, "{precedence} {address}");
            assert_eq!(filter.check(&origin).precedence.to_string(), precedence);
        }
    }
}

#[test]
fn l1_the_order_of_writing_matters_for_first_match_alone() {
    let lines = ["allow 10.0.0.0/8", "deny 10.1.0.0/16"];
    for (precedence, one, two) in [
        ("deny-overrides", "deny 3", "deny 2"),
        ("most-specific", "deny 3", "deny 2"),
        ("first-match", "allow 2", "deny 2"),
    ] {
        let origin = Origin::at(ip("10.1.0.1"));
        assert_eq!(
            said(
                &filter(&format!(
                    "precedence {precedence}\n{}\n{}",
                    lines[0], lines[1]
                )),
                &origin
            ),
            one
        );
        assert_eq!(
            said(
                &filter(&format!(
                    "precedence {precedence}\n{}\n{}",
                    lines[1], lines[0]
                )),
                &origin
            ),
            two
        );
    }
}

#[test]
fn l1_duplicates_with_opposite_verdicts_are_refused() {
    let lines = |first, second| {
        Err::<(), _>(CompileError::Contradiction {
            first: RuleRef {
                index: first,
                line: first + 1,
            },
            second: RuleRef {
                index: second,
                line: second + 1,
            },
        })
    };
    for precedence in ["deny-overrides", "most-specific", "first-match"] {
        for (text, outcome) in [
            ("allow 10.0.0.0/8\ndeny 10.0.0.0/8", lines(0, 1)),
            (
                "deny 2001:db8::/32\nallow 11.0.0.0/8\nallow 2001:db8::/32",
                lines(0, 2),
            ),
            (
                "allow 10.0.0.0/8 11.0.0.0/8\ndeny 12.0.0.0/8 10.0.0.0/8",
                lines(0, 1),
            ),
            ("allow ::ffff:10.0.0.0/104\ndeny 10.0.0.0/8", lines(0, 1)),
            (
                "for tag 1 allow 10.0.0.0/8\nfor tag 1 deny 10.0.0.0/8",
                lines(0, 1),
            ),
            (
                "for tag 1 allow 10.0.0.0/8 11.0.0.0/8\nfor tag 1 deny 10.0.0.0/8",
                lines(0, 1),
            ),
            ("allow country CA FR\ndeny country FR CA", lines(0, 1)),
            ("allow device known\ndeny device known", lines(0, 1)),
            ("allow unknown\ndeny unknown", lines(0, 1)),
            (
                "place \"a\" = 10.0.0.0/8\nallow place \"a\"\ndeny place \"a\"",
                lines(0, 1),
            ),
            (
                "for tag 1 allow 10.0.0.0/8\nfor tag 2 deny 10.0.0.0/8",
                Ok(()),
            ),
            ("allow 10.0.0.0/8\nfor tag 2 deny 10.0.0.0/8", Ok(())),
            ("allow 10.0.0.0/8\nallow 10.0.0.0/8", Ok(())),
            (
                "allow 10.0.0.0/8 country CA\ndeny 10.0.0.0/8 country FR",
                Ok(()),
            ),
            ("allow 10.0.0.0/8\ndeny 10.0.0.0/9", Ok(())),
        ] {
            let rules = Rules::parse_text(&format!("{text}\nprecedence {precedence}")).unwrap();
            let found = Filter::compile(&rules, None).map(|_| ());
            match (&found, &outcome) {
                (
                    Err(CompileError::Contradiction { first, second }),
                    Err(CompileError::Contradiction {
                        first: one,
                        second: two,
                    }),
                ) => {
                    assert_eq!(
                        (first.index, second.index),
                        (one.index, two.index),
                        "{text}"
                    );
                }
                _ => assert_eq!(found, outcome, "{text}"),
            }
        }
    }
}

#[test]
fn conditions_all_hold_and_values_of_one_are_alternatives() {
    let rules = "place \"Laval\" = 203.0.113.0/28 198.51.100.7/32\n\
                 for tag 1 2 allow 203.0.113.0/24 198.51.100.0/24 place \"Laval\" device known\n";
    let filter = filter(rules);
    let mut verdicts = Vec::new();
    for (address, tags, device) in [
        ("203.0.113.15", &[Tag(1)][..], DeviceTier::Known),
        ("198.51.100.7", &[Tag(2), Tag(9)], DeviceTier::Known),
        ("203.0.113.16", &[Tag(1)], DeviceTier::Known),
        ("203.0.113.15", &[Tag(3)], DeviceTier::Known),
        ("203.0.113.15", &[], DeviceTier::Known),
        ("203.0.113.15", &[Tag(1)], DeviceTier::Unknown),
    ] {
        verdicts.push(
            filter
                .check(&Origin {
                    address: Some(ip(address)),
                    tags,
                    device,
                })
                .is_allowed(),
        );
    }
    assert_eq!(verdicts, [true, true, false, false, false, false]);
}

fn places() -> Geo {
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

#[test]
fn places_follow_the_databases_longest_prefix() {
    let geo = places();
    let filter = compiled(
        "place \"Canada\" = country CA\nallow place \"Canada\"\ndeny class tor",
        &geo,
    );
    for (address, expected) in [
        ("24.0.0.1", "allow 2"),
        ("24.47.255.255", "allow 2"),
        ("24.48.0.0", "deny -"),
        ("24.49.0.0", "allow 2"),
        ("24.1.2.3", "deny 3"),
        ("25.0.0.0", "deny -"),
        ("2600::1", "allow 2"),
        ("2601::1", "deny -"),
        ("192.168.1.1", "deny -"),
    ] {
        assert_eq!(
            said(&filter, &Origin::at(ip(address))),
            expected,
            "{address}"
        );
    }
    let record = filter.explain(&Origin::at(ip("24.1.2.3")));
    assert_eq!(record.databases[0], (Subject::Country, 1_700_000_000));
    assert_eq!(
        record
            .matching
            .iter()
            .map(|rule| rule.line)
            .collect::<Vec<_>>(),
        [3, 2]
    );
}

#[test]
fn what_is_unknown_never_allows_and_never_slips_past_a_deny() {
    let geo = places();
    let nowhere = Origin::default();
    let elsewhere = Origin::at(ip("8.8.8.8"));
    for (rules, no_address, no_country) in [
        ("allow any", "deny -", "allow 1"),
        ("allow any\nallow unknown", "allow 2", "allow 1"),
        ("allow country CA", "deny -", "deny -"),
        ("allow country CA unknown", "allow 1", "allow 1"),
        ("default allow\ndeny country CA", "deny 2", "deny 2"),
        ("default allow\ndeny 24.0.0.0/8", "deny 2", "allow -"),
        ("default allow\ndeny asn 577", "deny 2", "deny 2"),
        ("default allow\ndeny class tor", "deny 2", "allow -"),
        ("allow class tor", "deny -", "deny -"),
        ("default allow", "allow -", "allow -"),
        ("", "deny -", "deny -"),
    ] {
        let filter = compiled(rules, &geo);
        assert_eq!(said(&filter, &nowhere), no_address, "{rules}");
        assert_eq!(said(&filter, &elsewhere), no_country, "{rules}");
    }
    assert!(
        compiled("default allow\ndeny country CA", &geo)
            .check(&elsewhere)
            .by_unknown
    );
    assert!(
        !compiled("default allow\ndeny country CA", &geo)
            .check(&Origin::at(ip("24.0.0.1")))
            .by_unknown
    );
}

#[test]
fn an_unrecognised_device_is_denied_unless_a_rule_names_it() {
    let known = |device| Origin {
        device,
        ..Origin::at(ip("24.0.0.1"))
    };
    for (rules, unknown, recognised) in [
        ("allow any device known", false, true),
        ("allow any device unknown", true, false),
        ("allow any device unknown known", true, true),
        ("default allow\ndeny device unknown", false, true),
        ("default allow\ndeny device known", false, false),
    ] {
        let filter = filter(rules);
        assert_eq!(
            filter.check(&known(DeviceTier::Unknown)).is_allowed(),
            unknown,
            "{rules}"
        );
        assert_eq!(
            filter.check(&known(DeviceTier::Known)).is_allowed(),
            recognised,
            "{rules}"
        );
    }
}

#[test]
fn g2_a_stale_database_is_reported_and_can_fail_closed() {
    let geo = places();
    let month = 30 * 86_400;
    assert!(geo.stale(1_700_000_000 + month, month).is_empty());
    let stale: Vec<Subject> = geo
        .stale(1_700_000_001 + month, month)
        .iter()
        .map(|stale| stale.subject)
        .collect();
    assert_eq!(stale, [Subject::Country]);
    // Dated beyond a day of grace in the future.
    assert!(geo.stale(1_700_000_002 - 86_400, month).is_empty());
    assert_eq!(
        geo.stale(1_700_000_001 - 86_400, month)[0].subject,
        Subject::Anonymiser
    );

    let fresh = geo.clone().without_stale(1_700_000_001 + month, month);
    assert_eq!(
        (fresh.built(Subject::Country), fresh.built(Subject::Asn)),
        (None, Some(1_700_000_001))
    );
    let origin = Origin::at(ip("24.0.0.1"));
    assert!(
        compiled("allow country CA", &geo)
            .check(&origin)
            .is_allowed()
    );
    assert!(
        !compiled("allow country CA", &fresh)
            .check(&origin)
            .is_allowed()
    );
    assert!(
        !compiled("default allow\ndeny country FR", &fresh)
            .check(&origin)
            .is_allowed()
    );
}

#[test]
fn a_stranger_is_refused_only_when_everybody_would_be() {
    // Whoever explains it lists what a stranger would meet, which the rules for some people are.
    let some = filter("for tag 1 allow any\ndeny 10.0.0.0/8");
    let matching = |address: &str| {
        let record = some.explain_stranger(Some(ip(address)));
        assert_eq!(record.verdict, some.check_stranger(Some(ip(address))));
        record
            .matching
            .iter()
            .map(|rule| rule.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(matching("10.0.0.1"), [2, 1]);
    assert_eq!(matching("11.0.0.1"), [1]);
    let at = |address| Some(ip(address));
    for (rules, refused) in [
        ("for tag 1 allow 10.0.0.0/8", false),
        ("allow 10.0.0.0/8 device known", false),
        ("for tag 1 deny 10.0.0.0/8\nallow 10.0.0.0/8", false),
        ("allow 10.0.0.0/8\ndeny device unknown", false),
        ("for tag 1 allow 10.0.0.0/8\ndeny 10.0.0.0/9", true),
        ("for tag 1 allow 11.0.0.0/8", true),
        ("default allow\nfor tag 1 deny any", false),
        ("default allow\ndeny any device known unknown", true),
    ] {
        assert_eq!(
            !filter(rules).check_stranger(at("10.0.0.1")).is_allowed(),
            refused,
            "{rules}"
        );
    }
    assert!(
        !filter("for tag 1 allow any")
            .check_stranger(None)
            .is_allowed()
    );
}

#[test]
fn l3_each_request_sees_one_whole_version() {
    // Every version allows exactly one of two networks; a reader that saw two versions at once would see both or none.
    let versions: Vec<Filter> = (0..2)
        .map(|n| filter(&format!("allow {}.0.0.0/8", 10 + n)).with_version(n))
        .collect();
    let shared = Arc::new(SharedFilter::new(versions[0].clone()));
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (shared, stop) = (Arc::clone(&shared), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut seen = [0_u32; 2];
                while !stop.load(Ordering::Relaxed) || seen.iter().sum::<u32>() == 0 {
                    let current = shared.current();
                    let verdicts = ["10.1.1.1", "11.1.1.1"]
                        .map(|address| current.check(&Origin::at(ip(address))));
                    let version = verdicts[0].version;
                    assert_eq!(verdicts.map(|verdict| verdict.version), [version; 2]);
                    assert_eq!(
                        verdicts.map(|verdict| verdict.is_allowed()),
                        [version == 0, version == 1]
                    );
                    seen[usize::from(version == 1)] += 1;
                }
                seen
            })
        })
        .collect();
    for turn in 1..=2_000_usize {
        let before = shared.replace(versions[turn % 2].clone());
        assert_eq!(before.version(), ((turn + 1) % 2) as u64);
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap().iter().sum::<u32>() > 0);
    }
}

#[test]
fn l1_of_two_rules_as_specific_as_each_other_the_deny_decides() {
    for text in [
        "precedence most-specific\nallow 10.0.0.0/8\nfor tag 1 deny 10.0.0.0/8",
        "precedence most-specific\nfor tag 1 deny 10.0.0.0/8\nallow 10.0.0.0/8",
    ] {
        let filter = filter(text);
        let whose = |tags: &'static [Tag]| Origin {
            tags,
            ..Origin::at(ip("10.1.2.3"))
        };
        assert_eq!(filter.decide(&whose(&[Tag(1)])), Decision::Deny, "{text}");
        assert_eq!(filter.decide(&whose(&[])), Decision::Allow, "{text}");
    }
}

#[test]
fn l1_a_networks_last_address_lies_inside_of_it() {
    let filter = filter("deny 10.0.0.0/31\nallow 10.0.0.1/32\nallow 10.0.0.2/32");
    for (address, expected) in [
        ("10.0.0.0", "deny 1"),
        ("10.0.0.1", "deny 1"),
        ("10.0.0.2", "allow 3"),
    ] {
        assert_eq!(said(&filter, &Origin::at(ip(address))), expected);
    }
}

#[test]
fn without_an_anonymiser_database_every_address_may_be_one() {
    let deny = "allow any\ndeny class vpn";
    let allow = "allow class unknown";
    let at = Origin::at(ip("24.1.2.3"));
    assert_eq!(said(&filter(deny), &at), "deny 2");
    assert!(filter(deny).check(&at).by_unknown);
    assert_eq!(said(&filter(allow), &at), "allow 1");
    let geo = Geo::default().with_anonymisers(
        0,
        [(
            "24.0.0.0/8".parse().unwrap(),
            Classes::NONE.with(Class::Hosting),
        )],
    );
    assert_eq!(said(&compiled(deny, &geo), &at), "allow 1");
    assert_eq!(said(&compiled(allow, &geo), &at), "deny -");
    // The address alone says that it is none of these, with or without a database.
    assert_eq!(
        said(&filter("allow any\ndeny class special"), &at),
        "allow 1"
    );
}
