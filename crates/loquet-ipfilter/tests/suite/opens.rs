//! Whether a change of rules may let more in.

use loquet_ipfilter::{Decision, DeviceTier, Filter, Geo, Origin, Rules, Tag, opens};
use proptest::prelude::*;

use crate::common::{compiled, filter, ip, sample_geo};
use crate::generated::{edit, geo, rules};
use crate::oracle::probes;

const TAGS: [&[Tag]; 8] = [
    &[],
    &[Tag(0)],
    &[Tag(1)],
    &[Tag(2)],
    &[Tag(0), Tag(1)],
    &[Tag(0), Tag(2)],
    &[Tag(1), Tag(2)],
    &[Tag(0), Tag(1), Tag(2)],
];

/// Every opening that is found address by address must be called one.
fn no_opening_is_missed([before, after]: [Rules; 2], geo: Option<&Geo>) {
    let compile = |rules| Filter::compile(rules, geo);
    let (Ok(old), Ok(new)) = (compile(&before), compile(&after)) else {
        return;
    };
    assert!(
        !opens(&old, &old) && !opens(&new, &new),
        "{before}\n{after}"
    );
    if opens(&old, &new) {
        return;
    }
    for address in probes(&before).into_iter().chain(probes(&after)) {
        for tags in TAGS {
            for device in [DeviceTier::Unknown, DeviceTier::Known] {
                let origin = Origin {
                    address,
                    tags,
                    device,
                };
                let decisions = (old.decide(&origin), new.decide(&origin));
                assert_ne!(
                    decisions,
                    (Decision::Deny, Decision::Allow),
                    "{origin:?}\n{before}\n{after}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn t61_no_opening_is_missed(pair in edit(false)) {
        no_opening_is_missed(pair, None);
    }

    #[test]
    fn t61_no_opening_is_missed_with_databases(pair in edit(true), geo in geo()) {
        no_opening_is_missed(pair, geo.as_ref());
    }

    #[test]
    fn t61_no_opening_is_missed_between_any_rules(one in rules(true), two in rules(true), geo in geo()) {
        no_opening_is_missed([one, two], geo.as_ref());
    }
}

fn opened(before: &str, after: &str) -> bool {
    opens(&filter(before), &filter(after))
}

const OFFICE: &str = "default deny\nallow 203.0.113.0/24\n";

#[test]
fn t61_tunnels_are_compared() {
    for tunnel in [
        "2002::/16",
        "2001::/32",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "::ffff:0:0:0/96",
        "::/90",
        "2002:c633:6407::1",
        "any-v6 device known",
    ] {
        let after = format!("{OFFICE}allow {tunnel}\n");
        assert!(opened(OFFICE, &after), "{tunnel}");
        assert!(!opened(&after, OFFICE), "{tunnel}");
        let denied = format!("default allow\ndeny {tunnel}\n");
        assert!(opened(&denied, "default allow"), "{tunnel}");
        assert!(!opened("default allow", &denied), "{tunnel}");
    }
    // Only an inner address is opened.
    let names = "allow any-v6\ndeny 192.0.2.0/24";
    assert!(opened(names, "allow any-v6\ndeny 192.0.2.0/25"));
    assert!(opened(names, "allow any-v6\nfor tag 1 deny 192.0.2.0/24"));
    // Only the order tells.
    let [denies, allows] = [
        "precedence first-match\ndeny 192.0.2.0/24\nallow any-v6",
        "precedence first-match\nallow any-v6\ndeny 192.0.2.0/24",
    ];
    assert!(opened(denies, allows) && !opened(allows, denies));
    assert!(opened("deny 192.0.2.0/24\nallow any-v6", allows));
}

#[test]
fn t61_trusting_embedded_addresses_opens() {
    let trusted = format!("embedded trusted\n{OFFICE}");
    assert!(opened(OFFICE, &trusted) && !opened(&trusted, OFFICE));
    // Two allowed networks never held both readings of an address; their union may.
    let two = "embedded trusted\nallow 10.0.0.0/9 10.128.0.0/9";
    assert!(opened(two, "embedded trusted\nallow 10.0.0.0/8"));
}

#[test]
fn t61_users_with_several_tags_are_compared() {
    let (deny, allow) = (
        "for tag 1 deny 198.51.100.0/24\n",
        "for tag 0 allow 198.51.100.0/24\n",
    );
    let head = format!("precedence first-match\n{OFFICE}");
    let (before, after) = (
        format!("{head}{deny}{allow}"),
        format!("{head}{allow}{deny}"),
    );
    let decide = |text: &str| {
        filter(text).decide(&Origin {
            tags: &[Tag(0), Tag(1)],
            ..Origin::at(ip("198.51.100.7"))
        })
    };
    assert_eq!(
        (decide(&before), decide(&after)),
        (Decision::Deny, Decision::Allow)
    );
    assert!(opened(&before, &after) && !opened(&after, &before));
}

#[test]
fn t61_tightening_is_no_opening() {
    let geo = sample_geo();
    let opened = |before: &str, after: &str| opens(&compiled(before, &geo), &compiled(after, &geo));
    let many = "place \"Laval\" = 203.0.113.0/24 198.51.100.0/24 2001:db8::/32\n\
                allow place \"Laval\"\nallow 10.0.0.0/8 2600::/16\nallow country CA device known\n\
                for tag 1 2 allow any\ndeny 203.0.113.7\ndeny class tor\ndeny country FR\n";
    for precedence in ["deny-overrides", "most-specific", "first-match"] {
        let before = format!("precedence {precedence}\n{many}");
        let office = Origin::at(ip("203.0.113.200"));
        assert_eq!(compiled(&before, &geo).decide(&office), Decision::Allow);
        for (from, to) in [
            ("", "deny 203.0.113.9\n"),
            ("", "for tag 1 deny 2600::1\n"),
            ("", "deny 2002::/16 10.0.0.0/9\n"),
            ("allow country CA device known\n", ""),
            ("for tag 1 2 allow any\n", ""),
            ("allow 10.0.0.0/8 2600::/16", "allow 10.0.0.0/8"),
            ("allow 10.0.0.0/8", "allow 10.64.0.0/10"),
            ("2600::/16", "2600::/16 device known"),
            ("198.51.100.0/24 ", ""),
            ("deny country FR", "deny country FR DE"),
            ("deny class tor", "deny class tor vpn"),
        ] {
            let after = match from {
                "" => format!("{before}{to}"),
                from => before.replace(from, to),
            };
            assert_ne!(before, after);
            assert!(!opened(&before, &after), "{precedence}: {from} {to}");
        }
    }
    let wider = many.replace("deny 203.0.113.7", "deny 203.0.113.0/28");
    assert!(!opened(many, &wider) && opened(&wider, many));
    let twice = "precedence first-match\nallow any\ndeny any device unknown\nallow any";
    assert!(!opened(twice, twice));
    // Without rules that allow in tunnels, other orders and precedences tell nothing of them.
    let order = "precedence first-match\ndeny 203.0.113.7\nallow 203.0.113.0/24";
    assert!(!opened(order, "deny 203.0.113.7\nallow 203.0.113.0/24"));
}
