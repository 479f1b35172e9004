//! Requirement L1: the precedences, as tables that an operator can check by hand.
use loquet_ipfilter::{CompileError, Decision, Filter, Origin, RuleRef, Rules, Tag};

use crate::common::{decided, filter, ip};

const NESTED: &str = "

allow 10.0.0.0/8
deny 10.1.0.0/16
allow 10.1.2.0/24
deny 10.1.2.128/25
allow 10.1.2.200/32";

#[test]
fn l1_nested_rules_decide_by_precedence() {
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
            assert_eq!(
                decided(&filter, &origin),
                expected,
                "{precedence} {address}"
            );
            assert_eq!(filter.check(&origin).precedence.to_string(), precedence);
        }
    }
}

#[test]
fn l1_order_matters_for_first_match_only() {
    let lines = ["allow 10.0.0.0/8", "deny 10.1.0.0/16"];
    for (precedence, one, two) in [
        ("deny-overrides", "deny 3", "deny 2"),
        ("most-specific", "deny 3", "deny 2"),
        ("first-match", "allow 2", "deny 2"),
    ] {
        let origin = Origin::at(ip("10.1.0.1"));
        assert_eq!(
            decided(
                &filter(&format!(
                    "precedence {precedence}\n{}\n{}",
                    lines[0], lines[1]
                )),
                &origin
            ),
            one
        );
        assert_eq!(
            decided(
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

/// Returns the numbers of two rules that contradict each other.
fn contradiction(text: &str) -> Option<(u32, u32)> {
    match Filter::compile(&Rules::parse_text(text).unwrap(), None) {
        Err(CompileError::Contradiction { first, second }) => {
            let line = |rule: RuleRef| rule.line - text.matches("place \"a\" =").count() as u32;
            assert_eq!(
                (line(first), line(second)),
                (first.index + 1, second.index + 1)
            );
            Some((first.index, second.index))
        }
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    }
}

#[test]
fn l1_contradicting_rules_are_refused() {
    for precedence in ["deny-overrides", "most-specific", "first-match"] {
        let found = |text: &str| contradiction(&format!("{text}\nprecedence {precedence}"));
        for text in [
            "allow 10.0.0.0/8\ndeny 10.0.0.0/8",
            "allow 10.0.0.0/8 11.0.0.0/8\ndeny 12.0.0.0/8 10.0.0.0/8",
            "allow ::ffff:10.0.0.0/104\ndeny 10.0.0.0/8",
            "for tag 1 allow 10.0.0.0/8\nfor tag 1 deny 10.0.0.0/8",
            "for tag 1 allow 10.0.0.0/8 11.0.0.0/8\nfor tag 1 deny 10.0.0.0/8",
            "allow country CA FR\ndeny country FR CA",
            "allow device known\ndeny device known",
            "allow unknown\ndeny unknown",
            "place \"a\" = 10.0.0.0/8\nallow place \"a\"\ndeny place \"a\"",
        ] {
            assert_eq!(found(text), Some((0, 1)), "{text}");
        }
        let apart = "deny 2001:db8::/32\nallow 11.0.0.0/8\nallow 2001:db8::/32";
        assert_eq!(found(apart), Some((0, 2)));
        for text in [
            "for tag 1 allow 10.0.0.0/8\nfor tag 2 deny 10.0.0.0/8",
            "allow 10.0.0.0/8\nfor tag 2 deny 10.0.0.0/8",
            "allow 10.0.0.0/8\nallow 10.0.0.0/8",
            "allow 10.0.0.0/8 country CA\ndeny 10.0.0.0/8 country FR",
            "allow 10.0.0.0/8\ndeny 10.0.0.0/9",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

#[test]
fn l1_deny_wins_at_equal_specificity() {
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
fn l1_network_contains_its_last_address() {
    let filter = filter("deny 10.0.0.0/31\nallow 10.0.0.1/32\nallow 10.0.0.2/32");
    for (address, expected) in [
        ("10.0.0.0", "deny 1"),
        ("10.0.0.1", "deny 1"),
        ("10.0.0.2", "allow 3"),
    ] {
        assert_eq!(decided(&filter, &Origin::at(ip(address))), expected);
    }
}
