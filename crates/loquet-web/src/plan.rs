//! Access rules as a plan, for administrators who do not know the notation: places that may or may not log in.
//!
//! A plan is rules of one shape, written and read back as their text. Rules of another shape were written by hand, and
//! are left to the field for them.

use std::net::IpAddr;

use loquet_ipfilter::{Country, Decision, PlaceItem, Precedence, Prefix, Rule, Rules};

use crate::Language;
use crate::countries;

/// More places than a page can show.
const MOST: usize = 40;

/// Somewhere people log in from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) name: String,
    pub(crate) allowed: bool,
    pub(crate) items: Vec<PlaceItem>,
}

/// Where people may log in from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    pub(crate) spots: Vec<Spot>,
}

/// Why something cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Name,
    LongName,
    Address,
    /// That place is allowed and denied at once.
    Both,
    Country,
    TooMany,
}

impl Fault {
    pub(crate) const fn field(self) -> Option<&'static str> {
        match self {
            Self::Name | Self::LongName | Self::Both => Some("name"),
            Self::Address => Some("network"),
            Self::Country => Some("country"),
            Self::TooMany => None,
        }
    }

    pub(crate) fn sentence(self, language: Language) -> &'static str {
        match self {
            Self::Name => language.say(
                "Donnez un nom à cet endroit, sans guillemets\u{a0}: «\u{a0}Bureau de Laval\u{a0}» se reconnaît mieux qu’une adresse.",
                "Give this place a name, without quotation marks: “Laval office” is easier to recognize than an address.",
            ),
            Self::LongName => language.say(
                "Ce nom est trop long. Raccourcissez-le.",
                "This name is too long. Shorten it.",
            ),
            Self::Address => language.say(
                "Ce n’est pas une adresse. Elle ressemble à 203.0.113.7 ou à 2001:db8::7; votre fournisseur Internet la connaît.",
                "This is no address. One looks like 203.0.113.7 or 2001:db8::7; your Internet provider knows it.",
            ),
            Self::Both => language.say(
                "Cet endroit existe déjà avec l’autre réponse. Retirez-le d’abord.",
                "This place is there already with the other answer. Remove it first.",
            ),
            Self::Country => language.say("Choisissez un pays.", "Choose a country."),
            Self::TooMany => language.say(
                "Il y a déjà beaucoup d’endroits. Écrivez les règles vous-même, plus bas.",
                "There are many places already. Write the rules yourself, below.",
            ),
        }
    }
}

impl Plan {
    /// Reads a plan from rules; `None` when they are of another shape.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::default());
        }
        let rules = Rules::parse_text(text).ok()?;
        let mut spots = Vec::new();
        for rule in rules.rules() {
            let mut names = rule.places();
            let name = names.next()?;
            let place = rules.place(name)?;
            spots.push(Spot {
                name: name.to_owned(),
                allowed: rule.decision() == Decision::Allow,
                items: place.items().to_vec(),
            });
        }
        let plan = Self { spots };
        // What this plan does not say, the rules must not say either.
        (plan.rules()? == rules && plan.spots.len() <= MOST).then_some(plan)
    }

    /// Whether every other place is kept out. Only where some place is allowed: otherwise every log-in would be refused.
    pub(crate) fn closes(&self) -> bool {
        self.spots.iter().any(|spot| spot.allowed)
    }

    fn rules(&self) -> Option<Rules> {
        let mut rules = Rules::new();
        rules.set_precedence(Precedence::DenyOverrides);
        if !self.closes() {
            rules.set_default(Decision::Allow);
        }
        for spot in &self.spots {
            rules.add_place(&spot.name, spot.items.clone()).ok()?;
        }
        for spot in &self.spots {
            let rule = if spot.allowed {
                Rule::allow()
            } else {
                Rule::deny()
            };
            rules.add_rule(rule.from_place(&spot.name)).ok()?;
        }
        // Lines are no part of what rules mean, and comparing compares them: both sides come from text.
        Rules::parse_text(&rules.to_string()).ok()
    }

    /// The text of its rules.
    pub(crate) fn text(&self) -> String {
        self.rules()
            .map_or_else(String::new, |rules| rules.to_string())
    }

    /// Adds an address, or a network, to a place of this name, which is made if there is none.
    pub(crate) fn add_address(
        &mut self,
        name: &str,
        address: &str,
        allowed: bool,
    ) -> Result<(), Fault> {
        let prefix = prefix(address).ok_or(Fault::Address)?;
        let name = name.trim();
        if name.is_empty() || name.contains(|c: char| c == '"' || c.is_control()) {
            return Err(Fault::Name);
        }
        if name.len() > Rules::MAX_NAME {
            return Err(Fault::LongName);
        }
        self.add(name, PlaceItem::Prefix(prefix), allowed)
    }

    /// Adds a country, named as its people's neighbours name it.
    pub(crate) fn add_country(
        &mut self,
        code: &str,
        language: Language,
        allowed: bool,
    ) -> Result<(), Fault> {
        let country = Country::from_code(code).ok_or(Fault::Country)?;
        let name = countries::name(code, language).unwrap_or(code);
        self.add(name, PlaceItem::Country(country), allowed)
    }

    fn add(&mut self, name: &str, item: PlaceItem, allowed: bool) -> Result<(), Fault> {
        let full = self.spots.len() >= MOST;
        match self.spots.iter_mut().find(|spot| spot.name == name) {
            Some(spot) if spot.allowed != allowed => return Err(Fault::Both),
            Some(spot) if spot.items.len() >= MOST => return Err(Fault::TooMany),
            Some(spot) if spot.items.contains(&item) => {}
            Some(spot) => spot.items.push(item),
            None if full => return Err(Fault::TooMany),
            None => self.spots.push(Spot {
                name: name.to_owned(),
                allowed,
                items: vec![item],
            }),
        }
        Ok(())
    }

    /// Takes a place out, by its position.
    pub(crate) fn remove(&mut self, at: usize) {
        if at < self.spots.len() {
            self.spots.remove(at);
        }
    }
}

/// One address, or a network in the notation. Never every address: that is what no rules say.
fn prefix(text: &str) -> Option<Prefix> {
    let text = text.trim();
    match text.parse::<IpAddr>() {
        Ok(address) => Some(Prefix::host(address)),
        Err(_) => text
            .parse::<Prefix>()
            .ok()
            .filter(|prefix| prefix.len() > 0),
    }
}

/// What a person reads of an item: one address without its length.
pub(crate) fn shown(item: &PlaceItem, language: Language) -> String {
    match item {
        PlaceItem::Prefix(prefix) => {
            let text = prefix.to_string();
            let whole = if text.contains(':') { "/128" } else { "/32" };
            text.strip_suffix(whole).unwrap_or(&text).to_owned()
        }
        PlaceItem::Country(country) => {
            let code = country.to_string();
            countries::name(&code, language).map_or(code.clone(), str::to_owned)
        }
        PlaceItem::Asn(asn) => format!("AS{asn}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let mut plan = Plan::default();
        plan.add_country("CA", Language::French, true).unwrap();
        plan.add_address("Bureau Laval", "203.0.113.7", true)
            .unwrap();
        plan.add_address("Bureau Laval", "2001:db8::7", true)
            .unwrap();
        plan.add_address("Les visiteurs", "203.0.113.64/26", false)
            .unwrap();
        plan
    }

    #[test]
    fn plan_reads_back_from_its_text() {
        let mut odd = plan();
        for name in ["Bureau #2", &"é".repeat(64)] {
            odd.add_address(name, "203.0.113.8", true).unwrap();
        }
        for plan in [Plan::default(), plan(), odd] {
            assert_eq!(Plan::read(&plan.text()), Some(plan));
        }
        assert_eq!(
            plan().text(),
            "precedence deny-overrides\ndefault deny\nplace \"Bureau Laval\" = 203.0.113.7/32 2001:db8::7/128\nplace \"Canada\" = country CA\nplace \"Les visiteurs\" = 203.0.113.64/26\nallow place \"Canada\"\nallow place \"Bureau Laval\"\ndeny place \"Les visiteurs\"\n"
        );
    }

    #[test]
    fn plan_without_allowed_places_allows_the_rest() {
        let mut plan = plan();
        plan.remove(0);
        plan.remove(0);
        assert!(!plan.closes() && plan.text().contains("default allow"));
        plan.remove(7);
        assert_eq!(plan.spots.len(), 1);
    }

    #[test]
    fn rules_of_another_shape_are_left_alone() {
        for text in [
            "allow 203.0.113.0/24",
            "default deny\nplace \"A\" = 203.0.113.7/32\nfor tag 1 allow place \"A\"",
            "default deny\nplace \"A\" = 203.0.113.7/32\nallow place \"A\" device known",
            "precedence first-match\ndefault deny\nplace \"A\" = 203.0.113.7/32\nallow place \"A\"",
            "default allow\nplace \"A\" = 203.0.113.7/32\nallow place \"A\"",
            "nonsense",
        ] {
            assert_eq!(Plan::read(text), None, "{text}");
        }
    }

    #[test]
    fn faulty_place_says_why() {
        let mut plan = plan();
        let address = |plan: &mut Plan, name: &str, text: &str, allowed| {
            plan.add_address(name, text, allowed).unwrap_err()
        };
        for bad in [
            "",
            "203.0.113",
            "203.0.113.007",
            "0.0.0.0/0",
            "::/0",
            "Laval",
        ] {
            assert_eq!(address(&mut plan, "A", bad, true), Fault::Address, "{bad}");
        }
        assert_eq!(address(&mut plan, " ", "203.0.113.9", true), Fault::Name);
        for bad in ["a\"b", "a\tb"] {
            assert_eq!(address(&mut plan, bad, "203.0.113.9", true), Fault::Name);
        }
        let long = "é".repeat(65);
        assert_eq!(
            address(&mut plan, &long, "203.0.113.9", true),
            Fault::LongName
        );
        assert_eq!(
            address(&mut plan, "Bureau Laval", "203.0.113.9", false),
            Fault::Both
        );
        assert_eq!(
            plan.add_country("Canada", Language::French, true),
            Err(Fault::Country)
        );
        let before = plan.clone();
        plan.add_address("Bureau Laval", " 203.0.113.7 ", true)
            .unwrap();
        assert_eq!(plan, before, "twice is once");
    }
}
