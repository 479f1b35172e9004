//! Rule L4 and exact analysis: lock-out, differences, dead rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::net::IpAddr;

use loquet_ipfilter::{
    Asn, Class, Classes, Country, Decision, DeviceTier, Filter, Finding, Geo, Origin, Prefix,
    Rules, Tag, diff, diff_for,
};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn filter(text: &str) -> Filter {
    Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap()
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
fn l4_rules_that_lock_out_their_writer_are_refused_with_the_reason() {
    let admin = Origin {
        address: Some(ip("203.0.113.7")),
        tags: &[Tag(1)],
        device: DeviceTier::Unknown,
    };
    assert_eq!(
        filter("allow 203.0.113.0/28").refuse_lockout(&admin),
        Ok(())
    );
    let refused = |text: &str| filter(text).refuse_lockout(&admin).unwrap_err().to_string();
    let whose = "these rules would lock out 203.0.113.7: ";
    assert_eq!(
        refused("allow 203.0.113.0/30"),
        format!("{whose}no rule allows")
    );
    assert_eq!(
        refused("allow any\nfor tag 1 deny 203.0.113.7"),
        format!("{whose}line 2 denies")
    );
    assert_eq!(
        refused("allow any device known"),
        format!("{whose}no rule allows")
    );
    let lost = Origin {
        address: None,
        ..admin
    };
    let error = filter("allow any")
        .refuse_lockout(&lost)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "these rules would lock out a client whose address is unknown: no rule allows"
    );
}

#[test]
fn lockout_is_proved_over_every_address() {
    let closed = filter("allow 10.0.0.0/8\ndeny 10.0.0.0/9\ndeny 10.128.0.0/9");
    assert_eq!(closed.allowed_somewhere(&[], DeviceTier::Known), None);
    let open = filter(
        "allow 10.0.0.0/8\ndeny 10.0.0.0/9\ndeny 10.128.0.0/10\nfor tag 1 allow 2600::/16\ndeny 10.192.0.0/10 device unknown",
    );
    assert_eq!(
        open.allowed_somewhere(&[], DeviceTier::Known),
        Some(ip("10.192.0.0"))
    );
    assert_eq!(open.allowed_somewhere(&[], DeviceTier::Unknown), None);
    assert_eq!(
        open.allowed_somewhere(&[Tag(1)], DeviceTier::Unknown),
        Some(ip("2600::"))
    );
}

#[test]
fn diff_counts_and_lists_every_address_per_tag_and_device() {
    let before = filter("allow 203.0.113.0/24\nfor tag 1 allow 10.0.0.0/8\nallow 2600::/16");
    let after = filter(
        "allow 203.0.113.0/25\nfor tag 1 allow 10.0.0.0/8 device known\nallow 2600::/15\ndeny 203.0.113.5/32\nallow unknown",
    );
    let found = diff(&before, &after);
    assert_eq!(found.len(), 4);
    let nobody = &found[0];
    assert_eq!(
        (nobody.who.tag, nobody.who.device),
        (None, DeviceTier::Unknown)
    );
    let listed: Vec<String> = nobody
        .changes
        .iter()
        .map(|c| format!("{}-{} {}", c.first, c.last, c.after))
        .collect();
    assert_eq!(
        listed,
        [
            "203.0.113.5-203.0.113.5 deny",
            "203.0.113.128-203.0.113.255 deny",
            "2601::-2601:ffff:ffff:ffff:ffff:ffff:ffff:ffff allow",
        ]
    );
    assert_eq!((nobody.lost, nobody.gained), (129, 1 << 112));
    assert_eq!(nobody.changes[0].rule.map(|rule| rule.line), Some(4));
    assert_eq!(nobody.changes[1].rule, None);
    // The new deny might mean an unknown address, so naming the unknown does not let it in.
    assert_eq!(nobody.unknown_address, None);
    let named = diff(&filter("allow any"), &filter("allow any unknown"));
    assert_eq!(
        (named[0].unknown_address, named[0].changes.len()),
        (Some(Decision::Allow), 0)
    );
    assert!(!named[0].is_empty());
    assert_eq!(found[2].who.tag, Some(Tag(1)));
    assert_eq!(found[2].lost, 129 + (1 << 24));
    assert_eq!(found[3].who.device, DeviceTier::Known);
    assert_eq!(found[3].lost, 129);
    assert!(
        diff(&before, &before)
            .iter()
            .all(|difference| difference.is_empty())
    );
}

#[test]
fn diff_for_several_tags_sees_what_single_tags_cannot() {
    let before = filter(
        "precedence first-match\nfor tag 1 allow 10.0.0.0/8\nfor tag 2 deny 10.0.0.0/8\ndefault allow",
    );
    let after = filter(
        "precedence first-match\nfor tag 2 deny 10.0.0.0/8\nfor tag 1 allow 10.0.0.0/8\ndefault allow",
    );
    assert!(
        diff(&before, &after)
            .iter()
            .all(|difference| difference.is_empty())
    );
    let both = diff_for(&before, &after, &[Tag(1), Tag(2)], DeviceTier::Unknown);
    assert_eq!(
        (both.lost, both.gained, both.unknown_address),
        (1 << 24, 0, None)
    );
}

#[test]
fn diff_leaves_tunnels_and_mapped_addresses_to_their_ipv4() {
    let all = diff(&filter("default deny"), &filter("default allow"));
    // Everything but 6to4, Teredo, NAT64, IPv4-compatible and mapped addresses; the last two of ::/96 stay.
    let six: u128 = u128::MAX - (1 << 112) - (1 << 96) - 3 * (1 << 32) + 2 + 1;
    assert_eq!(all[0].gained, six + (1 << 32));
    let in_tunnel = diff(&filter("default deny"), &filter("allow 2002::/16"));
    assert!(in_tunnel[0].is_empty());
}

#[test]
fn lint_finds_dead_and_shadowed_rules() {
    let named = |text: &str, geo: Option<&Geo>| {
        let filter = Filter::compile(&Rules::parse_text(text).unwrap(), geo).unwrap();
        filter
            .lint()
            .iter()
            .map(Finding::to_string)
            .collect::<Vec<_>>()
    };
    let shadowed =
        |rule: u32, by: u32| format!("line {rule} never decides: line {by} decides before it");
    assert_eq!(
        named("allow 10.0.0.0/8\nallow 10.1.0.0/16", None),
        [shadowed(2, 1)]
    );
    assert_eq!(
        named("allow 10.1.0.0/16\ndeny 10.0.0.0/8\nallow 11.0.0.0/8", None),
        [shadowed(1, 2)]
    );
    assert!(
        named(
            "precedence most-specific\nallow 10.1.0.0/16\ndeny 10.0.0.0/8",
            None
        )
        .is_empty()
    );
    assert_eq!(
        named(
            "precedence first-match\nallow 10.0.0.0/8\nfor tag 1 deny 10.0.0.1/32",
            None
        ),
        [shadowed(3, 2)]
    );
    assert!(
        named(
            "precedence first-match\nfor tag 1 allow 10.0.0.0/8\ndeny 10.0.0.1/32",
            None
        )
        .is_empty()
    );
    // Both tiers together leave nothing for the third rule.
    let tiers = "precedence first-match\nallow 10.0.0.0/8 device unknown\nallow 10.0.0.0/8 device known\ndeny 10.0.0.0/9";
    assert_eq!(named(tiers, None)[..1], [shadowed(4, 3)]);
    let covered = "allow 10.0.0.0/8\nallow 10.0.0.0/9\nallow 10.128.0.0/9";
    assert_eq!(named(covered, None), [shadowed(2, 1), shadowed(3, 1)]);

    let geo = places();
    let never = "allow any\nallow 192.168.0.0/16 country CA\nallow 24.48.0.0/16 country US";
    assert_eq!(
        named(never, Some(&geo))[0],
        "line 2 never matches: its conditions never hold together"
    );
    assert_eq!(
        named("place \"a\" = 10.0.0.0/8\nallow 10.0.0.0/8", None),
        ["line 1: no rule names the place \"a\""]
    );
    assert_eq!(
        named("allow any\ndeny country CA", None)[0],
        "line 2 needs a database (country) that is not loaded: every address is unknown to it"
    );
    for (rule, subject) in [
        ("allow 10.0.0.0/8 asn 5", "asn"),
        ("allow 10.0.0.0/8 class tor", "anonymiser"),
    ] {
        let text = format!("{rule}\nallow any");
        let needs = format!("line 1 needs a database ({subject}) that is not loaded");
        assert!(
            named(&text, None).iter().any(|one| one.starts_with(&needs)),
            "{:?}",
            named(&text, None)
        );
    }
    assert_eq!(
        named(
            "place \"a\" = 10.0.0.0/8\nplace \"b\" = 11.0.0.0/8\nallow place \"b\"",
            None
        ),
        ["line 1: no rule names the place \"a\""]
    );
    // No network is left for it, but it is what a client without an address meets.
    assert!(named("allow any\nallow any unknown", None).is_empty());
    let known = "a known device becomes unknown by dropping its cookie";
    let says = |text: &str| named(text, None).iter().any(|one| one.ends_with(known));
    assert!(says("allow any\ndeny 10.0.0.0/8 device known"));
    assert!(!says("allow any\nallow 10.0.0.0/8 device known"));
    assert!(!says("allow any\ndeny 10.0.0.0/8 device unknown"));
    assert!(named("allow 10.0.0.0/8\ndeny class tunnel", None).is_empty());
    assert_eq!(
        named("default deny", None),
        ["nobody is allowed from anywhere"]
    );
    assert!(named("for tag 1 allow 10.0.0.0/8", None).is_empty());
    assert!(named("allow any\ndeny device known", None)[0].starts_with("line 1 never decides"));
}

#[test]
fn diff_asks_about_devices_where_a_rule_tells_them_apart() {
    let plain = filter("allow any");
    let asked = |other: &str| {
        let found = diff(&plain, &filter(other));
        found
            .iter()
            .map(|one| (one.who.tag, one.who.device))
            .collect::<Vec<_>>()
    };
    let (unknown, known) = (DeviceTier::Unknown, DeviceTier::Known);
    assert_eq!(asked("allow any unknown"), [(None, unknown)]);
    assert_eq!(
        asked("for tag 3 allow any"),
        [(None, unknown), (Some(Tag(3)), unknown)]
    );
    assert_eq!(
        asked("allow any device known"),
        [(None, unknown), (None, known)]
    );
}
