//! Rules built by a program, and the values they reject.
use loquet_ipfilter::{
    Class, Classes, Country, Decision, Embedded, Filter, Origin, PlaceItem, Precedence, Prefix,
    Rule, RuleFault, Rules,
};

#[test]
fn built_rules_display_as_text() {
    let mut rules = Rules::new();
    rules.set_precedence(Precedence::FirstMatch);
    rules.set_default(Decision::Allow);
    rules.set_embedded(Embedded::Trusted);
    let network: Prefix = "203.0.113.0/28".parse().unwrap();
    rules
        .add_place("Garderie Laval", vec![PlaceItem::Prefix(network)])
        .unwrap();
    rules
        .add_rule(Rule::allow().from_place("Garderie Laval"))
        .unwrap();
    assert_eq!(
        rules.to_string(),
        "precedence first-match\ndefault allow\nembedded trusted\n\
         place \"Garderie Laval\" = 203.0.113.0/28\nallow place \"Garderie Laval\"\n"
    );
    assert_eq!(rules.embedded(), Embedded::Trusted);
    assert_eq!(Rules::new().embedded(), Embedded::DenyOnly);
}

#[test]
fn new_rules_deny_and_unrestricted_rules_allow() {
    let decide =
        |rules: &Rules, origin: Origin<'_>| Filter::compile(rules, None).unwrap().decide(&origin);
    let somewhere = Origin::at("203.0.113.7".parse().unwrap());
    for (rules, expected) in [
        (Rules::unrestricted(), Decision::Allow),
        (Rules::new(), Decision::Deny),
    ] {
        assert_eq!(decide(&rules, somewhere), expected);
        assert_eq!(decide(&rules, Origin::default()), expected);
    }
}

#[test]
fn invalid_place_name_is_refused() {
    let network = PlaceItem::Prefix("203.0.113.0/28".parse().unwrap());
    for name in ["", "a\"b", "a\nb", "a\u{7f}"] {
        let added = Rules::new().add_place(name, vec![network]);
        assert_eq!(added, Err(RuleFault::Name), "{name:?}");
    }
}

#[test]
fn classes_behave_as_set() {
    let tor = Classes::NONE.with(Class::Tor);
    assert_eq!(tor.with(Class::Tor), tor);
    assert_eq!(tor.and(tor), tor);
    let both = tor.and(Classes::NONE.with(Class::Vpn));
    assert_eq!(both, tor.with(Class::Vpn));
    assert_eq!(both.iter().collect::<Vec<_>>(), [Class::Vpn, Class::Tor]);
    assert!(!both.contains(Class::Proxy));
}

#[test]
fn debug_equals_display() {
    let network: Prefix = "203.0.113.0/28".parse().unwrap();
    let country = Country::from_code("CA").unwrap();
    let classes = Classes::NONE.with(Class::Tor);
    let printed = format!("{network:?} {country:?} {classes:?}");
    assert_eq!(printed, "203.0.113.0/28 CA {Tor}");
}
