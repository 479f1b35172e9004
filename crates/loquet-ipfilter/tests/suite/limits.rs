//! What rules may cost to compile and to keep.

use loquet_ipfilter::{
    CompileError, CompileLimits, Country, Filter, Geo, Limit, Origin, Prefix, RuleRef, Rules, Tag,
};

use crate::common::{cut, ip};

const SMALL: CompileLimits = CompileLimits {
    networks: 50_000,
    located: 50_000,
    bytes: 1 << 20,
};

/// A range of 158 networks for each of many tags: 16 KiB of text that once took half a gigabyte.
fn ranges_for_tags(tags: usize) -> Rules {
    let mut text = String::from("precedence most-specific\ndefault allow\n");
    for tag in 100..100 + tags {
        text += &format!("for tag {tag} deny ::1-ffff::fffe\n");
    }
    Rules::parse_text(&text).unwrap()
}

fn refused(rules: &Rules, geo: Option<&Geo>, limits: &CompileLimits) -> (Limit, Option<RuleRef>) {
    match Filter::compile_within(rules, geo, limits) {
        Err(CompileError::TooLarge { limit, rule }) => (limit, rule),
        other => panic!("{other:?}"),
    }
}

#[test]
fn t60_networks_are_counted_for_each_rule() {
    let rules = ranges_for_tags(510);
    let each = rules.rules()[0].prefixes().len();
    let (limit, rule) = refused(&rules, None, &SMALL);
    assert_eq!(limit, Limit::Networks(50_000));
    // The rule named is the one that goes beyond, so no more was done.
    let line = u32::try_from(50_000 / each + 1 + 2).unwrap();
    assert_eq!(rule.map(|rule| rule.line), Some(line));
    let fits = ranges_for_tags(50_000 / each);
    let generous = CompileLimits {
        bytes: 64 << 20,
        ..SMALL
    };
    assert!(Filter::compile_within(&fits, None, &generous).is_ok());
    // Networks of places count for each rule that names them.
    let mut text = String::from("place \"a\" = 10.0.0.0/8 11.0.0.0/8\nallow place \"a\"\n");
    text += "for tag 1 allow place \"a\"\nallow any";
    let places = Rules::parse_text(&text).unwrap();
    let limit = |networks| CompileLimits { networks, ..SMALL };
    assert!(Filter::compile_within(&places, None, &limit(8)).is_ok());
    assert_eq!(
        refused(&places, None, &limit(7)).1.map(|rule| rule.line),
        Some(4)
    );
}

#[test]
fn t60_rules_for_tags_take_little_memory() {
    // Each network once kept a list for each number of tags: half a gigabyte for this.
    let rules = ranges_for_tags(510);
    let filter = Filter::compile(&rules, None).unwrap();
    assert!(filter.bytes() < 8 << 20, "{} bytes", filter.bytes());
    let there = |tag| Origin {
        tags: &[Tag(100), Tag(609)][tag..],
        ..Origin::at(ip("2600::1"))
    };
    assert!(!filter.check(&there(0)).is_allowed() && !filter.check(&there(1)).is_allowed());
    assert!(filter.check(&Origin::at(ip("2600::1"))).is_allowed());
}

#[test]
fn t60_filter_beyond_its_bytes_is_refused() {
    let rules = ranges_for_tags(200);
    let filter = Filter::compile(&rules, None).unwrap();
    let limits = |bytes| CompileLimits { bytes, ..SMALL };
    assert!(Filter::compile_within(&rules, None, &limits(filter.bytes())).is_ok());
    for bytes in [filter.bytes() - 1, 100_000, 1_000, 0] {
        assert_eq!(
            refused(&rules, None, &limits(bytes)),
            (Limit::Bytes(bytes), None)
        );
    }
}

#[test]
fn t60_networks_of_databases_are_counted() {
    let canada = Country::from_code("CA").unwrap();
    // Every other network of 65,536 addresses.
    let networks = (0..2_000_u32).map(|at| cut(std::net::Ipv4Addr::from_bits(at << 17).into(), 16));
    let networks: Vec<Prefix> = networks
        .filter(|network| !network.contains(ip("10.0.0.1")))
        .collect();
    let geo = Geo::default().with_countries(1, networks.iter().map(|network| (*network, canada)));
    let located = |located| CompileLimits { located, ..SMALL };
    let one = Rules::parse_text("allow country CA").unwrap();
    assert!(Filter::compile_within(&one, Some(&geo), &located(2_100)).is_ok());
    assert!(matches!(
        refused(&one, Some(&geo), &located(1_000)).0,
        Limit::Located(1_000)
    ));
    assert!(Filter::compile_within(&one, None, &located(1_000)).is_ok());
    // Rules that differ in tags are compiled together and still count; so does a search that finds nothing.
    let two = Rules::parse_text("allow country CA\nfor tag 1 allow country CA").unwrap();
    let (_, rule) = refused(&two, Some(&geo), &located(2_100));
    assert_eq!(rule.map(|rule| rule.line), Some(2));
    let mut text = String::new();
    for host in 1..=250 {
        text += &format!("allow country FR address 10.0.0.{host}\n");
    }
    let searches = Rules::parse_text(&text).unwrap();
    let (limit, rule) = refused(&searches, Some(&geo), &located(1_000));
    assert_eq!(limit, Limit::Located(1_000));
    assert!(
        rule.is_some_and(|rule| (40..100).contains(&rule.line)),
        "{rule:?}"
    );
}

#[test]
fn errors_name_the_limit() {
    let (rules, limits) = (ranges_for_tags(1), |networks| CompileLimits {
        networks,
        ..SMALL
    });
    let error = Filter::compile_within(&rules, None, &limits(100)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("line 3: the rules up to here name more than 100 networks")
    );
    let none = CompileLimits { bytes: 9, ..SMALL };
    let error = Filter::compile_within(&rules, None, &none).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the rules take more than 9 bytes")
    );
    assert_eq!(limits(7).doubled().networks, 14);
}
