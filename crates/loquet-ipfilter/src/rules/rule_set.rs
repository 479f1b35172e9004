//! What an operator writes: rules, named places, a precedence and a default.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    Asn, Country, Decision, Embedded, Named, Precedence, Prefix, Rule, RuleRef, Subject, Tag,
};

/// One thing a named place consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceItem {
    /// A network.
    Prefix(Prefix),
    /// A whole country, as the operator's database draws it.
    Country(Country),
    /// A network operator.
    Asn(Asn),
}

/// A place with a name that rules reuse: "Garderie Laval" is two networks, "Canada" is a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(crate) name: Box<str>,
    pub(crate) items: Vec<PlaceItem>,
    pub(crate) line: u32,
}

impl Place {
    /// The name as written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it consists of; an address that any of them matches is at the place.
    #[must_use]
    pub fn items(&self) -> &[PlaceItem] {
        &self.items
    }
}

/// Why a rule or a place cannot be added to [`Rules`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleFault {
    /// A rule without a condition would decide about everybody by accident.
    #[error("the rule names no condition; write `any` for every address")]
    NoCondition,
    /// A rule names a place that was never defined.
    #[error("no place is named \"{0}\"")]
    UnknownPlace(Box<str>),
    /// Two places of one name.
    #[error("the place \"{0}\" is defined twice")]
    PlaceTwice(Box<str>),
    /// A place of nothing.
    #[error("the place \"{0}\" consists of nothing")]
    EmptyPlace(Box<str>),
    /// A name that is empty, longer than [`Rules::MAX_NAME`] bytes, or holds a quotation mark or a control character.
    #[error(
        "a name has 1 to {} bytes and neither quotation marks nor control characters",
        Rules::MAX_NAME
    )]
    Name,
    /// More than [`Rules::MAX_PLACES`] places or [`Rules::MAX_VALUES`] values in one rule.
    #[error("too many {0}")]
    TooMany(&'static str),
}

/// The rules of one organisation. Order matters for [`Precedence::FirstMatch`] alone.
///
/// Without rules the default decides; [`Rules::new`] denies everybody, [`Rules::unrestricted`] allows everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub(crate) precedence: Precedence,
    pub(crate) default: Decision,
    pub(crate) embedded: Embedded,
    pub(crate) places: Vec<Place>,
    // Shared, because a compiled filter keeps the rules that it was compiled from.
    pub(crate) rules: Arc<Vec<Rule>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

impl Rules {
    /// At most this many named places.
    pub const MAX_PLACES: usize = 10_000;
    /// At most this many values in one condition of a rule other than its networks.
    pub const MAX_VALUES: usize = 1_000;
    /// At most this many bytes in the name of a place.
    pub const MAX_NAME: usize = 128;

    /// No rules, and everybody denied.
    #[must_use]
    pub fn new() -> Self {
        Self {
            precedence: Precedence::DenyOverrides,
            default: Decision::Deny,
            embedded: Embedded::DenyOnly,
            places: Vec::new(),
            rules: Arc::default(),
        }
    }

    /// No rules, and everybody allowed: an organisation that restricts nothing.
    #[must_use]
    pub fn unrestricted() -> Self {
        let mut rules = Self::new();
        rules.default = Decision::Allow;
        rules
    }

    /// Chooses the precedence.
    pub const fn set_precedence(&mut self, precedence: Precedence) {
        self.precedence = precedence;
    }

    /// Chooses what happens where no rule matches.
    pub const fn set_default(&mut self, default: Decision) {
        self.default = default;
    }

    /// Chooses what an embedded IPv4 address counts for.
    pub const fn set_embedded(&mut self, embedded: Embedded) {
        self.embedded = embedded;
    }

    /// Defines a place.
    ///
    /// # Errors
    /// [`RuleFault`] for a bad or repeated name, for a place of nothing, and beyond the limits.
    pub fn add_place(&mut self, name: &str, items: Vec<PlaceItem>) -> Result<(), RuleFault> {
        self.push_place(Place {
            name: name.into(),
            items,
            line: 0,
        })
    }

    pub(crate) fn push_place(&mut self, place: Place) -> Result<(), RuleFault> {
        let odd = |c: char| c.is_control() || c == '"';
        if place.name.is_empty() || place.name.len() > Self::MAX_NAME || place.name.contains(odd) {
            return Err(RuleFault::Name);
        }
        if place.items.is_empty() {
            return Err(RuleFault::EmptyPlace(place.name));
        }
        if self.place(&place.name).is_some() {
            return Err(RuleFault::PlaceTwice(place.name));
        }
        if self.places.len() >= Self::MAX_PLACES {
            return Err(RuleFault::TooMany("places"));
        }
        let at = self.places.partition_point(|other| other.name < place.name);
        self.places.insert(at, place);
        Ok(())
    }

    /// Adds a rule after those already there.
    ///
    /// # Errors
    /// [`RuleFault`] for a rule without a condition, for a place that is not defined yet, and beyond the limits.
    pub fn add_rule(&mut self, mut rule: Rule) -> Result<RuleRef, RuleFault> {
        rule.line = 0;
        if let Some(name) = rule.places().find(|name| self.place(name).is_none()) {
            return Err(RuleFault::UnknownPlace(name.into()));
        }
        Self::check(&rule)?;
        let index = u32::try_from(self.rules.len()).map_err(|_| RuleFault::TooMany("rules"))?;
        Arc::make_mut(&mut self.rules).push(rule);
        Ok(RuleRef { index, line: 0 })
    }

    /// Whether the rule can be added.
    pub(crate) fn check(rule: &Rule) -> Result<(), RuleFault> {
        if rule.is_without_condition() {
            return Err(RuleFault::NoCondition);
        }
        if let Some(e) = rule.extra.as_deref()
            && [
                e.tags.len(),
                e.places.len(),
                e.countries.len(),
                e.asns.len(),
            ]
            .iter()
            .any(|&n| n > Self::MAX_VALUES)
        {
            return Err(RuleFault::TooMany("values in one condition"));
        }
        Ok(())
    }

    /// How several matching rules come to one decision.
    #[must_use]
    pub const fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// What happens where no rule matches.
    #[must_use]
    pub const fn default_decision(&self) -> Decision {
        self.default
    }

    /// What an embedded IPv4 address counts for.
    #[must_use]
    pub const fn embedded(&self) -> Embedded {
        self.embedded
    }

    /// The places, by name.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The place of this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&Place> {
        let at = self
            .places
            .binary_search_by(|place| (*place.name).cmp(name))
            .ok()?;
        self.places.get(at)
    }

    /// The rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that a verdict names.
    #[must_use]
    pub fn rule(&self, rule: RuleRef) -> Option<&Rule> {
        self.at(rule.index)
    }

    /// Every tag that some rule names, in order, each once.
    #[must_use]
    pub fn tags(&self) -> Vec<Tag> {
        let mut tags: Vec<Tag> = self
            .rules
            .iter()
            .flat_map(|rule| rule.tags().iter().copied())
            .collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    /// What the places that a rule names consist of.
    pub(crate) fn place_items<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = &'a PlaceItem> {
        rule.places()
            .filter_map(|name| self.place(name))
            .flat_map(|place| place.items())
    }

    /// The networks among them.
    pub(crate) fn place_networks<'a>(
        &'a self,
        rule: &'a Rule,
    ) -> impl Iterator<Item = Prefix> + 'a {
        self.place_items(rule).filter_map(|item| match item {
            PlaceItem::Prefix(prefix) => Some(*prefix),
            PlaceItem::Country(_) | PlaceItem::Asn(_) => None,
        })
    }

    /// Whether the rule, or a place that it names, needs a database about this.
    pub(crate) fn asks_for(&self, rule: &Rule, subject: Subject) -> bool {
        let Some(extra) = rule.extra.as_deref() else {
            return false;
        };
        let mut items = self.place_items(rule);
        match subject {
            Subject::Country => {
                !extra.countries.is_empty()
                    || items.any(|item| matches!(item, PlaceItem::Country(_)))
            }
            Subject::Asn => {
                !extra.asns.is_empty() || items.any(|item| matches!(item, PlaceItem::Asn(_)))
            }
            Subject::Anonymiser => extra
                .classes
                .iter()
                .any(|class| !matches!(class, Named::Is(class) if class.is_told_by_address())),
        }
    }

    /// Whether any rule treats a known device unlike an unknown one.
    pub(crate) fn tell_devices_apart(&self) -> bool {
        self.rules.iter().any(|rule| {
            rule.extra
                .as_deref()
                .is_some_and(|extra| !extra.devices.is_empty())
        })
    }

    pub(crate) fn at(&self, index: u32) -> Option<&Rule> {
        self.rules.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn reference(&self, index: u32) -> Option<RuleRef> {
        let line = self.at(index)?.line;
        Some(RuleRef { index, line })
    }

    /// The rules with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Rule)> {
        (0..).zip(self.rules.iter())
    }
}
