use loquet_ipfilter::{Filter, Origin};
use proptest::prelude::*;

use super::*;

fn none() -> Plan {
    Plan::in_force("").unwrap()
}

fn plan() -> Plan {
    let plan = none().with_country("CA", Language::French, true).unwrap();
    let laval = plan.with_address("Bureau Laval", "203.0.113.7", true);
    let laval = laval.unwrap();
    let both = laval.with_address("Bureau Laval", "2001:db8::7", true);
    let both = both.unwrap();
    both.with_address("Les visiteurs", "203.0.113.64/26", false)
        .unwrap()
}

#[test]
fn plan_reads_back_from_its_text() {
    let mut odd = plan();
    for name in ["Bureau #2", &"é".repeat(64)] {
        odd = odd.with_address(name, "203.0.113.8", true).unwrap();
    }
    for plan in [none(), plan(), odd] {
        assert_eq!(Plan::read(plan.text()), Ok(plan));
    }
    assert_eq!(
        plan().text(),
        "precedence deny-overrides\ndefault deny\nplace \"Bureau Laval\" = 203.0.113.7/32 2001:db8::7/128\nplace \"Canada\" = country CA\nplace \"Les visiteurs\" = 203.0.113.64/26\nallow place \"Canada\"\nallow place \"Bureau Laval\"\ndeny place \"Les visiteurs\"\n"
    );
}

#[test]
fn plan_without_allowed_places_allows_the_rest() {
    let plan = plan().without(0).and_then(|plan| plan.without(0)).unwrap();
    assert!(!plan.closes() && plan.text().contains("default allow"));
    let plan = plan.without(7).unwrap();
    assert_eq!(plan.spots().len(), 1);
    assert_eq!(plan.without(0), Ok(none()));
}

#[test]
fn rules_of_another_shape_are_left_alone() {
    for text in [
        "allow 203.0.113.0/24",
        "default deny\nplace \"A\" = 203.0.113.7/32\nfor tag 1 allow place \"A\"",
        "default deny\nplace \"A\" = 203.0.113.7/32\nallow place \"A\" device known",
        "precedence first-match\ndefault deny\nplace \"A\" = 203.0.113.7/32\nallow place \"A\"",
        "default allow\nplace \"A\" = 203.0.113.7/32\nallow place \"A\"",
        "precedence deny-overrides\ndefault deny\nplace \"A\" = 203.0.113.7/32\nallow place \"A\"\ndeny place \"A\"",
        "nonsense",
        "\u{feff}",
    ] {
        assert_eq!(Plan::read(text), Err(Fault::Unreadable), "{text}");
        assert_eq!(Plan::in_force(text), None, "{text}");
    }
}

#[test]
fn blank_text_is_no_plan() {
    for text in ["", " ", "\r\n\t"] {
        assert_eq!(Plan::read(text), Err(Fault::Blank), "{text:?}");
    }
    assert_eq!(none().text(), "precedence deny-overrides\ndefault allow\n");
}

#[test]
fn faulty_place_says_why() {
    let plan = plan();
    let address = |name: &str, text: &str, allowed| {
        let with = plan.with_address(name, text, allowed);
        with.unwrap_err()
    };
    for bad in [
        "",
        "203.0.113",
        "203.0.113.007",
        "0.0.0.0/0",
        "::/0",
        "Laval",
    ] {
        assert_eq!(address("A", bad, true), Fault::Address, "{bad}");
    }
    for bad in [" ", "a\"b"] {
        assert_eq!(address(bad, "203.0.113.9", true), Fault::Name);
    }
    for bad in ["a\tb", "\u{feff}a", "a\u{2029}b", "\u{202e}a", "a\u{2069}"] {
        assert_eq!(address(bad, "203.0.113.9", true), Fault::Unseen);
    }
    let long = "é".repeat(65);
    assert_eq!(address(&long, "203.0.113.9", true), Fault::LongName);
    assert_eq!(address("Bureau Laval", "203.0.113.9", false), Fault::Both);
    assert_eq!(
        plan.with_country("Canada", Language::French, true),
        Err(Fault::Country)
    );
    let twice = plan.with_address("Bureau Laval", " 203.0.113.7 ", true);
    assert_eq!(twice.as_ref(), Ok(&plan), "twice is once");
}

#[test]
fn plan_is_no_longer_than_rules_may_be() {
    let plan = plan();
    let length = plan.text().len();
    assert_eq!(plan.clone().within(length), Ok(plan.clone()));
    assert_eq!(plan.within(length.saturating_sub(1)), Err(Fault::TooMany));
}

#[test]
fn every_country_can_be_planned() {
    for language in [Language::French, Language::English] {
        for (code, name) in countries::sorted(language) {
            let with = none().with_country(code, language, false).unwrap();
            assert_eq!(with.spots()[0].name, name);
        }
    }
}

/// Any text, with what names and their notation trip over more often than by chance.
fn any_name() -> impl Strategy<Value = String> {
    let odd = prop::char::ranges(
        vec![
            '\u{0}'..='#',
            '\u{7f}'..='\u{a0}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202f}',
            '\u{2060}'..='\u{2069}',
            '\u{feff}'..='\u{feff}',
        ]
        .into(),
    );
    let some = prop_oneof![2 => any::<char>(), 2 => prop::char::range('a', 'z'), 1 => odd];
    prop::collection::vec(some, 0..8).prop_map(String::from_iter)
}

proptest! {
    /// A name is refused, or the draft that is sent says what the page shows: never less, and never nothing.
    #[test]
    fn any_name_is_refused_or_stands_in_the_draft(
        name in any_name(),
        allowed: bool,
        begins_empty: bool,
    ) {
        let before = if begins_empty { none() } else { plan() };
        let Ok(after) = before.with_address(&name, "198.51.100.1", allowed) else {
            return Ok(());
        };
        // As browsers send it and as it is read.
        let sent = after.text().replace('\n', "\r\n");
        let draft = Plan::read(&sent.trim().replace("\r\n", "\n"));
        prop_assert_eq!(draft.as_ref(), Ok(&after));
        let rules = Rules::parse_text(after.text()).unwrap();
        prop_assert_eq!(rules.rules().len(), before.spots().len().saturating_add(1));
        prop_assert_eq!(rules.rules().len(), after.spots().len());
        for (rule, spot) in rules.rules().iter().zip(after.spots()) {
            prop_assert_eq!(rule.decision() == Decision::Allow, spot.allowed);
            prop_assert_eq!(rule.places().collect::<Vec<_>>(), [&spot.name]);
            let items = rules.place(&spot.name).unwrap().items();
            prop_assert_eq!(items, &spot.items);
        }
        let shown = after.spots().last().unwrap();
        prop_assert_eq!(shown.name.as_str(), name.trim());
        prop_assert_eq!(rules.default_decision() == Decision::Deny, after.closes());
        let filter = Filter::compile(&rules, None).unwrap();
        let origin = Origin::at("198.51.100.1".parse().unwrap());
        prop_assert_eq!(filter.check(&origin).is_allowed(), allowed);
    }
}
