//! Rules that never decide, and other probable mistakes.

use loquet_ipfilter::{Filter, Finding, Geo, Rules};

use crate::common::sample_geo;

fn findings(text: &str, geo: Option<&Geo>) -> Vec<String> {
    let filter = Filter::compile(&Rules::parse_text(text).unwrap(), geo).unwrap();
    filter.lint().iter().map(Finding::to_string).collect()
}

fn found(text: &str) -> Vec<String> {
    findings(text, None)
}

#[test]
fn shadowed_rule_is_found() {
    let shadowed =
        |rule: u32, by: u32| format!("line {rule} never decides: line {by} decides before it");
    for (text, expected) in [
        ("allow 10.0.0.0/8\nallow 10.1.0.0/16", vec![shadowed(2, 1)]),
        (
            "allow 10.1.0.0/16\ndeny 10.0.0.0/8\nallow 11.0.0.0/8",
            vec![shadowed(1, 2)],
        ),
        (
            "precedence most-specific\nallow 10.1.0.0/16\ndeny 10.0.0.0/8",
            vec![],
        ),
        (
            "precedence first-match\nallow 10.0.0.0/8\nfor tag 1 deny 10.0.0.1/32",
            vec![shadowed(3, 2)],
        ),
        (
            "precedence first-match\nfor tag 1 allow 10.0.0.0/8\ndeny 10.0.0.1/32",
            vec![],
        ),
        (
            "allow 10.0.0.0/8\nallow 10.0.0.0/9\nallow 10.128.0.0/9",
            vec![shadowed(2, 1), shadowed(3, 1)],
        ),
        // It decides for a client without an address.
        ("allow any\nallow any unknown", vec![]),
        ("allow 10.0.0.0/8\ndeny class tunnel", vec![]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
    // Both device tiers together leave nothing for the third rule.
    let tiers = "precedence first-match\nallow 10.0.0.0/8 device unknown\nallow 10.0.0.0/8 device known\ndeny 10.0.0.0/9";
    assert_eq!(found(tiers)[0], shadowed(4, 3));
    assert_eq!(found("allow any\ndeny device known")[0], shadowed(1, 2));
}

#[test]
fn impossible_conditions_are_found() {
    let never = "allow any\nallow 192.168.0.0/16 country CA\nallow 24.48.0.0/16 country US";
    assert_eq!(
        findings(never, Some(&sample_geo()))[0],
        "line 2 never matches: its conditions never hold together"
    );
}

#[test]
fn unused_place_is_found() {
    for text in [
        "place \"a\" = 10.0.0.0/8\nallow 10.0.0.0/8",
        "place \"a\" = 10.0.0.0/8\nplace \"b\" = 11.0.0.0/8\nallow place \"b\"",
    ] {
        assert_eq!(found(text), ["line 1: no rule names the place \"a\""]);
    }
}

#[test]
fn rule_without_database_is_found() {
    for (text, line, subject) in [
        ("allow any\ndeny country CA", 2, "country"),
        ("allow 10.0.0.0/8 asn 5\nallow any", 1, "asn"),
        ("allow 10.0.0.0/8 class tor\nallow any", 1, "anonymizer"),
    ] {
        let needs = format!(
            "line {line} needs a database ({subject}) that is not loaded: every address is unknown to it"
        );
        assert!(found(text).contains(&needs), "{text}");
    }
}

#[test]
fn deny_of_known_devices_is_found() {
    let known = "a known device becomes unknown when its cookie is deleted";
    let says = |text: &str| found(text).iter().any(|one| one.ends_with(known));
    assert!(says("allow any\ndeny 10.0.0.0/8 device known"));
    assert!(!says("allow any\nallow 10.0.0.0/8 device known"));
    assert!(!says("allow any\ndeny 10.0.0.0/8 device unknown"));
}

#[test]
fn rules_without_any_access_are_found() {
    assert_eq!(
        found("default deny"),
        ["no user is allowed from any address"]
    );
    assert!(found("for tag 1 allow 10.0.0.0/8").is_empty());
}
