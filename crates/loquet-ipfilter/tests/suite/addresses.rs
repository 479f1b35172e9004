//! Requirements N1–N4: canonical forms, tunnels and special ranges.

use std::net::{IpAddr, Ipv4Addr};

use loquet_ipfilter::{
    Class, Country, Decision, Facts, Filter, Geo, Located, Origin, Prefix, Rules, embedded_v4,
    is_special,
};

use crate::common::ip;

const TUNNELLED: [&str; 6] = [
    "2002:a01:203::1",
    "2001:0:1:2:3:4:f5fe:fdfc",
    "64:ff9b::10.1.2.3",
    "64:ff9b:1:fffe::10.1.2.3",
    "::ffff:0:10.1.2.3",
    "::10.1.2.3",
];

fn allowed(rules: &str, address: &str) -> bool {
    let filter = Filter::compile(&Rules::parse_text(rules).unwrap(), None).unwrap();
    filter.check(&Origin::at(ip(address))).is_allowed()
}

#[test]
fn n1_rules_and_peers_become_canonical() {
    assert!(allowed("allow 10.0.0.0/8", "::ffff:10.1.2.3"));
    assert!(allowed("allow ::ffff:10.0.0.0/104", "10.1.2.3"));
    assert!(!allowed("allow ::/1", "::ffff:10.1.2.3"));
    assert!(!allowed(
        "default allow\ndeny 10.0.0.0/8",
        "::ffff:10.1.2.3"
    ));
}

#[test]
fn n2_embedded_address_matches_deny_rules_only() {
    for address in TUNNELLED {
        assert_eq!(inner(address), [Ipv4Addr::new(10, 1, 2, 3)], "{address}");
        assert!(!allowed("allow 10.0.0.0/8", address), "{address}");
        assert!(
            !allowed("default allow\ndeny 10.0.0.0/8", address),
            "{address}"
        );
        assert!(
            allowed("default allow\ndeny 11.0.0.0/8", address),
            "{address}"
        );
        assert!(!allowed("allow any\ndeny 10.1.2.3", address), "{address}");
        assert!(
            allowed("embedded trusted\nallow 10.0.0.0/8", address),
            "{address}"
        );
        assert!(
            !allowed("embedded trusted\nallow 11.0.0.0/8", address),
            "{address}"
        );
    }
    for plain in [
        "::",
        "::1",
        "2001:db8::1",
        "64:ff9b:2::a01:203",
        "2001:1::a01:203",
        "64:ff9b::1:0:0",
        "::fffe:0:10.1.2.3",
        "::ffff:1:10.1.2.3",
    ] {
        assert_eq!(inner(plain), [Ipv4Addr::LOCALHOST; 0], "{plain}");
    }
}

fn inner(address: &str) -> Vec<Ipv4Addr> {
    let IpAddr::V6(v6) = ip(address) else {
        panic!("{address}")
    };
    embedded_v4(v6).collect()
}

/// RFC 6052 §2.4 for prefixes of 48, 56, 64 and 96 bits, under the prefix of RFC 8215.
const LOCAL_NAT64: [&str; 4] = [
    "64:ff9b:1:c000:2:700::",
    "64:ff9b:1:abc0:0:207::",
    "64:ff9b:1:abcd:c0:2:700:0",
    "64:ff9b:1:abcd::192.0.2.7",
];

#[test]
fn t46_deny_rule_meets_every_form_of_address() {
    let rest = [
        "64:ff9b:1::192.0.2.7",
        "64:ff9b::192.0.2.7",
        "::ffff:0:192.0.2.7",
        "192.0.2.7",
    ];
    let rest = rest
        .into_iter()
        .chain(["::ffff:192.0.2.7", "::192.0.2.7", "2002:c000:207::1"]);
    for address in LOCAL_NAT64.into_iter().chain(rest) {
        for precedence in ["deny-overrides", "most-specific", "first-match"] {
            let text = format!("precedence {precedence}\ndeny 192.0.2.7\nallow any");
            assert!(!allowed(&text, address), "{precedence} {address}");
        }
        assert!(
            allowed("deny 192.0.2.6 192.0.2.8\nallow any", address),
            "{address}"
        );
    }
}

#[test]
fn t46_embedded_address_gains_no_allow() {
    let tunnelled = LOCAL_NAT64.into_iter().chain(["::ffff:0:192.0.2.7"]);
    for address in tunnelled {
        assert!(!allowed("allow 192.0.2.0/24", address), "{address}");
        let tunnel = "default allow\ndeny class tunnel";
        assert!(!allowed(tunnel, address), "{address}");
    }
    // Where several places are possible, all of them must be allowed.
    let trusted = "embedded trusted\nallow 192.0.2.7";
    let whole = LOCAL_NAT64.map(|address| allowed(trusted, address));
    assert_eq!(whole, [false, false, false, true]);
    let [first, ..] = LOCAL_NAT64;
    assert_eq!(inner(first).len(), 4);
    let zero = "embedded trusted\nallow 192.0.2.7 0.0.0.0/8 2.7.0.0/16";
    assert!(!allowed(zero, first));
    assert!(allowed("embedded trusted\nallow any-v4", first));
}

/// A rule that allows one reading alone does not apply, so it must not stand before the rule that denies it.
#[test]
fn t46_allowed_reading_hides_no_denied_one() {
    let [_, _, address, _] = LOCAL_NAT64;
    let inner = inner(address);
    for precedence in ["first-match", "most-specific"] {
        for allowed_one in &inner {
            let pair = Ipv4Addr::from_bits(allowed_one.to_bits() & !1);
            let text = format!(
                "default allow\nembedded trusted\nprecedence {precedence}\n\
                 allow {allowed_one}\ndeny {pair}/31"
            );
            assert!(!allowed(&text, address), "{text}");
        }
    }
}

/// A host chooses the second half of its address, so nothing is read from it (RFC 5214 §6.1).
#[test]
fn t46_isatap_address_is_only_itself() {
    for address in ["2001:db8::5efe:192.0.2.7", "fe80::200:5efe:192.0.2.7"] {
        assert_eq!(inner(address), [Ipv4Addr::LOCALHOST; 0]);
        assert!(!allowed("embedded trusted\nallow 192.0.2.7", address));
        assert!(allowed("deny 192.0.2.7\nallow any", address));
        assert!(!allowed("deny 2001:db8::/32 fe80::/10\nallow any", address));
    }
}

#[test]
fn n2_embedded_deny_wins_under_every_precedence() {
    for address in TUNNELLED {
        // The first rule decides at 10.1.2.3 itself, so the second is not in the list of that address.
        let hidden = "allow 10.0.0.0/8\ndeny 10.1.0.0/16\nallow any-v6";
        assert!(
            !allowed(&format!("precedence first-match\n{hidden}"), address),
            "{address}"
        );
        let hidden = "deny 10.0.0.0/8\nallow 10.1.0.0/16";
        let text = format!("precedence most-specific\ndefault allow\n{hidden}");
        assert!(!allowed(&text, address), "{address}");
    }
}

#[test]
fn n2_place_specificity_is_equal_inside_tunnels() {
    let most = "precedence most-specific\nembedded trusted\ndefault allow\n";
    let inner = "place \"a\" = 10.1.2.0/24\ndeny 10.0.0.0/8 place \"a\"\nallow 10.1.0.0/16";
    let outer = "place \"a\" = 2002:a01:203::/48\ndeny 2002::/16 place \"a\"\nallow 2002:a01::/32";
    for (rules, address) in [
        (inner, "10.1.2.3"),
        (inner, "2002:a01:203::1"),
        (outer, "2002:a01:203::1"),
    ] {
        assert!(
            !allowed(&format!("{most}{rules}"), address),
            "{rules} {address}"
        );
    }
}

#[test]
fn n3_tunnel_is_class_without_country() {
    let canada = Country::from_code("CA").unwrap();
    let entries = ["10.0.0.0/8", "2002::/16", "2001::/32", "64:ff9b::/32"]
        .map(|p| (p.parse().unwrap(), canada));
    let geo = Geo::default().with_countries(1, entries);
    let filter =
        |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), Some(&geo)).unwrap();
    for address in TUNNELLED {
        let origin = Origin::at(ip(address));
        assert!(
            !filter("allow country CA").check(&origin).is_allowed(),
            "{address}"
        );
        assert!(
            filter("allow class tunnel").check(&origin).is_allowed(),
            "{address}"
        );
        assert!(
            filter("allow country unknown").check(&origin).is_allowed(),
            "{address}"
        );
        assert!(
            !filter("default allow\ndeny class tunnel")
                .check(&origin)
                .is_allowed(),
            "{address}"
        );
        let record = filter("allow country CA").explain(&origin);
        assert_eq!(record.facts.country, Located::Unknown);
        assert!(record.facts.classes.contains(Class::Tunnel));
    }
}

#[test]
fn n3_country_lookup_makes_address_canonical() {
    let canada = Country::from_code("CA").unwrap();
    let geo = Geo::default().with_countries(1, [("24.48.0.0/16".parse().unwrap(), canada)]);
    assert_eq!(geo.country(ip("::ffff:24.48.1.1")), Some(canada));
    let filter =
        Filter::compile(&Rules::parse_text("allow country CA").unwrap(), Some(&geo)).unwrap();
    assert_eq!(
        filter.decide(&Origin::at(ip("::ffff:24.48.1.1"))),
        Decision::Allow
    );
}

#[test]
fn n4_special_range_has_no_country() {
    let canada = Country::from_code("CA").unwrap();
    let everything = [(Prefix::ANY_V4, canada), (Prefix::ANY_V6, canada)];
    let geo = Geo::default().with_countries(1, everything);
    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "203.0.113.1",
        "::",
        "::1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
    ] {
        assert!(is_special(ip(address)), "{address}");
        let facts = Facts::gather(Some(ip(address)), Default::default(), Some(&geo));
        assert_eq!(facts.country, Located::Nowhere, "{address}");
        let filter =
            |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), Some(&geo)).unwrap();
        assert!(
            !filter("allow country CA")
                .check(&Origin::at(ip(address)))
                .is_allowed(),
            "{address}"
        );
        assert!(
            !filter("allow country unknown")
                .check(&Origin::at(ip(address)))
                .is_allowed(),
            "{address}"
        );
        assert!(
            filter("allow class special")
                .check(&Origin::at(ip(address)))
                .is_allowed(),
            "{address}"
        );
    }
    for address in [
        "9.255.255.255",
        "11.0.0.0",
        "100.128.0.0",
        "172.32.0.0",
        "8.8.8.8",
        "2600::1",
        "fe00::1",
    ] {
        assert!(!is_special(ip(address)), "{address}");
    }
}
