//! The rules of an organization: named places, a precedence, a default and a list of rules.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    Asn, BYTE_ORDER_MARK, Country, DatabaseKind, Decision, Embedded, Named, Precedence, Prefix,
    Rule, RuleRef, Tag,
};

/// Whether a character makes a line look otherwise than it reads: directional embeddings, overrides and isolates, and the
/// separators of lines and paragraphs.
pub(crate) const fn turns(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One part of a named place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceItem {
    /// A network.
    Prefix(Prefix),
    /// A country, as the operator's database defines it.
    Country(Country),
    /// A network operator.
    Asn(Asn),
}

/// A named place that rules refer to: "Garderie Laval" is two networks, "Canada" is a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(crate) name: Box<str>,
    pub(crate) items: Vec<PlaceItem>,
    pub(crate) line: u32,
}

impl Place {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the parts. An address is at the place if it matches one of them.
    #[must_use]
    pub fn items(&self) -> &[PlaceItem] {
        &self.items
    }
}

/// The reason why a rule or a place cannot be added to [`Rules`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleFault {
    /// A rule without a condition would apply to all users by accident.
    #[error("the rule has no condition; write `any` for every address")]
    NoCondition,
    /// A rule names a place that is not defined.
    #[error("no place is named \"{0}\"")]
    UnknownPlace(Box<str>),
    /// Two places with the same name.
    #[error("the place \"{0}\" is defined twice")]
    PlaceTwice(Box<str>),
    /// A place without parts.
    #[error("the place \"{0}\" has no parts")]
    EmptyPlace(Box<str>),
    /// A name that is empty, longer than [`Rules::MAX_NAME`] bytes, or holds a quotation mark, a control character, a
    /// byte-order mark, or a character that changes the direction of writing or ends a line.
    #[error(
        "a name has 1 to {} bytes and no quotation marks, control characters, byte-order marks or characters that change the direction of writing",
        Rules::MAX_NAME
    )]
    Name,
    /// More than [`Rules::MAX_PLACES`] places or [`Rules::MAX_VALUES`] values in one condition.
    #[error("too many {0}")]
    TooMany(&'static str),
}

/// The rules of an organization. Their order matters for [`Precedence::FirstMatch`] only.
///
/// The docs of [`rule_text`](crate::rule_text) describe the text form, the precedences and the meaning of unknown
/// facts.
///
/// Where no rule matches, the default decides: [`Rules::new`] denies, [`Rules::unrestricted`] allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub(crate) precedence: Precedence,
    pub(crate) default: Decision,
    pub(crate) embedded: Embedded,
    pub(crate) places: Vec<Place>,
    // Shared with the filters that were compiled from these rules.
    pub(crate) rules: Arc<Vec<Rule>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

impl Rules {
    /// The greatest number of named places.
    pub const MAX_PLACES: usize = 10_000;
    /// The greatest number of values in one condition, networks excepted.
    pub const MAX_VALUES: usize = 1_000;
    /// The greatest number of bytes in the name of a place.
    pub const MAX_NAME: usize = 128;

    /// Returns rules that deny every request.
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

    /// Returns rules that allow every request.
    #[must_use]
    pub fn unrestricted() -> Self {
        let mut rules = Self::new();
        rules.default = Decision::Allow;
        rules
    }

    /// Sets the precedence.
    pub const fn set_precedence(&mut self, precedence: Precedence) {
        self.precedence = precedence;
    }

    /// Sets the decision where no rule matches.
    pub const fn set_default(&mut self, default: Decision) {
        self.default = default;
    }

    /// Sets which rules apply to an embedded IPv4 address.
    pub const fn set_embedded(&mut self, embedded: Embedded) {
        self.embedded = embedded;
    }

    /// Defines a place.
    ///
    /// # Errors
    /// [`RuleFault`] for an invalid or repeated name, for a place without parts, and beyond the limits.
    pub fn add_place(&mut self, name: &str, items: Vec<PlaceItem>) -> Result<(), RuleFault> {
        self.push_place(Place {
            name: name.into(),
            items,
            line: 0,
        })
    }

    /// Checks the name of a place. No other name can be added, or parsed from text.
    ///
    /// ```
    /// use loquet_ipfilter::{RuleFault, Rules};
    ///
    /// assert_eq!(Rules::check_place_name("Garderie Laval"), Ok(()));
    /// assert_eq!(Rules::check_place_name("\u{202e}lavaL"), Err(RuleFault::Name));
    /// ```
    ///
    /// # Errors
    /// [`RuleFault::Name`].
    pub fn check_place_name(name: &str) -> Result<(), RuleFault> {
        let is_forbidden = |c: char| c.is_control() || c == '"' || c == BYTE_ORDER_MARK || turns(c);
        if name.is_empty() || name.len() > Self::MAX_NAME || name.contains(is_forbidden) {
            return Err(RuleFault::Name);
        }
        Ok(())
    }

    pub(crate) fn push_place(&mut self, place: Place) -> Result<(), RuleFault> {
        Self::check_place_name(&place.name)?;
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

    /// Adds a rule after the others.
    ///
    /// # Errors
    /// [`RuleFault`] for a rule without a condition, for an undefined place, and beyond the limits.
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

    /// Checks a rule on its own, apart from the places that it names.
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

    /// Returns how several matching rules are combined.
    #[must_use]
    pub const fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// Returns the decision where no rule matches.
    #[must_use]
    pub const fn default_decision(&self) -> Decision {
        self.default
    }

    /// Returns which rules apply to an embedded IPv4 address.
    #[must_use]
    pub const fn embedded(&self) -> Embedded {
        self.embedded
    }

    /// Returns the places, sorted by name.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns the place with this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&Place> {
        let at = self
            .places
            .binary_search_by(|place| (*place.name).cmp(name))
            .ok()?;
        self.places.get(at)
    }

    /// Returns the rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the rule that a verdict names.
    #[must_use]
    pub fn rule(&self, rule: RuleRef) -> Option<&Rule> {
        self.at(rule.index)
    }

    /// Returns the tags of all rules, sorted, without duplicates.
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

    /// Returns the parts of the places that a rule names.
    pub(crate) fn place_items<'a>(&'a self, rule: &'a Rule) -> impl Iterator<Item = &'a PlaceItem> {
        rule.places()
            .filter_map(|name| self.place(name))
            .flat_map(|place| place.items())
    }

    /// Returns the networks of the places that a rule names.
    pub(crate) fn place_networks<'a>(
        &'a self,
        rule: &'a Rule,
    ) -> impl Iterator<Item = Prefix> + 'a {
        self.place_items(rule).filter_map(|item| match item {
            PlaceItem::Prefix(prefix) => Some(*prefix),
            PlaceItem::Country(_) | PlaceItem::Asn(_) => None,
        })
    }

    /// Returns whether the rule, or a place that it names, needs a database of this kind.
    pub(crate) fn asks_for(&self, rule: &Rule, kind: DatabaseKind) -> bool {
        let Some(extra) = rule.extra.as_deref() else {
            return false;
        };
        let mut items = self.place_items(rule);
        match kind {
            DatabaseKind::Country => {
                !extra.countries.is_empty()
                    || items.any(|item| matches!(item, PlaceItem::Country(_)))
            }
            DatabaseKind::Asn => {
                !extra.asns.is_empty() || items.any(|item| matches!(item, PlaceItem::Asn(_)))
            }
            DatabaseKind::Anonymizer => extra
                .classes
                .iter()
                .any(|class| !matches!(class, Named::Is(class) if class.is_known_from_address())),
        }
    }

    /// Returns whether any rule has a device condition.
    pub(crate) fn distinguish_devices(&self) -> bool {
        self.rules.iter().any(|rule| {
            rule.extra
                .as_deref()
                .is_some_and(|extra| !extra.devices.is_empty())
        })
    }

    /// Returns about how many bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        let rules = self.rules.iter().map(Rule::bytes);
        let places = self.places.iter().map(|place| {
            size_of::<Place>()
                .saturating_add(place.name.len())
                .saturating_add(size_of_val(&*place.items))
        });
        rules.chain(places).fold(0, usize::saturating_add)
    }

    pub(crate) fn at(&self, index: u32) -> Option<&Rule> {
        self.rules.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn reference(&self, index: u32) -> Option<RuleRef> {
        let line = self.at(index)?.line;
        Some(RuleRef { index, line })
    }

    /// Returns the rules with their positions.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Rule)> {
        (0..).zip(self.rules.iter())
    }
}
