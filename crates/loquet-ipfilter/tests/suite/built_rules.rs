//! Rules built by a program, and the values they reject.
use loquet_ipfilter::{
    Class, Classes, Country, Decision, Embedded, Filter, Origin, Place, PlaceItem, Precedence,
    Prefix, Rule, RuleFault, Rules,
};
use proptest::prelude::*;

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
    for name in [
        "",
        "a\"b",
        "a\nb",
        "a\u{7f}",
        "\u{feff}a",
        "a\u{2028}b",
        "a\u{2029}",
        "\u{202e}a",
        "a\u{2066}b\u{2069}",
    ] {
        let added = Rules::new().add_place(name, vec![network]);
        assert_eq!(added, Err(RuleFault::Name), "{name:?}");
    }
}

proptest! {
    /// What a program can build can be written down and read again.
    #[test]
    fn place_of_any_name_is_refused_or_read_back(name in any_name()) {
        let network: Prefix = "203.0.113.0/28".parse().unwrap();
        let items = [PlaceItem::Prefix(network)];
        let mut rules = Rules::new();
        let added = rules.add_place(&name, items.to_vec());
        prop_assert_eq!(&added, &Rules::check_place_name(&name));
        let text = format!("place \"{name}\" = {network}\nallow place \"{name}\"");
        let read = Rules::parse_text(&text);
        if added.is_err() {
            prop_assert!(read.is_err(), "{name:?}");
            return Ok(());
        }
        rules.add_rule(Rule::allow().from_place(&name)).unwrap();
        let written = Rules::parse_text(&rules.to_string()).unwrap();
        prop_assert_eq!(written.place(&name).map(Place::items), Some(&items[..]));
        prop_assert_eq!(written.to_string(), rules.to_string());
        prop_assert_eq!(read.unwrap().to_string(), rules.to_string());
    }
}

/// Any text, with the characters that the text form refuses more often than by chance.
fn any_name() -> impl Strategy<Value = String> {
    let odd =
        "[\u{0}\t\n\r \"#=\u{7f}\u{85}\u{a0}\u{feff}\u{200e}\u{2028}-\u{202e}\u{2066}-\u{2069}]";
    let some =
        prop_oneof![4 => any::<char>(), 1 => "[a-zé]".prop_map(first), 1 => odd.prop_map(first)];
    prop::collection::vec(some, 0..8).prop_map(String::from_iter)
}

fn first(text: String) -> char {
    text.chars().next().unwrap()
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
