//! What an operator writes: rules, named places, a precedence and a default.

use core::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::{
    Asn, Class, Country, Decision, DeviceTier, Embedded, Named, Precedence, Prefix, Subject, Tag,
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

// The common rule is one prefix and nothing else: it costs no allocation, which is a third of the time to read 900,000.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Prefixes {
    None,
    One(Prefix),
    #[expect(
        clippy::box_collection,
        reason = "a vector would make every rule of one prefix larger"
    )]
    Many(Box<Vec<Prefix>>),
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub(crate) struct Extra {
    pub(crate) tags: Vec<Tag>,
    pub(crate) unknown_address: bool,
    pub(crate) places: Vec<Box<str>>,
    pub(crate) countries: Vec<Named<Country>>,
    pub(crate) asns: Vec<Named<Asn>>,
    pub(crate) classes: Vec<Named<Class>>,
    pub(crate) devices: Vec<DeviceTier>,
}

/// One rule: a decision and the conditions that must all hold. Within a condition any one of its values is enough.
///
/// ```
/// use loquet_ipfilter::{DeviceTier, Rule, Tag};
///
/// let rule = Rule::allow().tagged(Tag(1)).from_prefix("203.0.113.0/28".parse()?).with_device(DeviceTier::Known);
/// assert_eq!(rule.to_string(), "for tag 1 allow 203.0.113.0/28 device known");
/// # Ok::<(), loquet_ipfilter::PrefixError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub(crate) decision: Decision,
    pub(crate) line: u32,
    pub(crate) prefixes: Prefixes,
    pub(crate) extra: Option<Box<Extra>>,
}

impl Rule {
    /// A rule that allows; give it at least one condition.
    #[must_use]
    pub const fn allow() -> Self {
        Self::new(Decision::Allow)
    }

    /// A rule that denies; give it at least one condition.
    #[must_use]
    pub const fn deny() -> Self {
        Self::new(Decision::Deny)
    }

    pub(crate) const fn new(decision: Decision) -> Self {
        Self {
            decision,
            line: 0,
            prefixes: Prefixes::None,
            extra: None,
        }
    }

    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Limits the rule to people with this tag, or with any of several.
    #[must_use]
    pub fn tagged(mut self, tag: Tag) -> Self {
        insert(&mut self.extra_mut().tags, tag);
        self
    }

    /// Adds a network to the address condition.
    #[must_use]
    pub fn from_prefix(mut self, prefix: Prefix) -> Self {
        self.push_prefix(prefix);
        self
    }

    pub(crate) fn push_prefix(&mut self, prefix: Prefix) {
        match &mut self.prefixes {
            Prefixes::None => self.prefixes = Prefixes::One(prefix),
            Prefixes::One(first) => self.prefixes = Prefixes::Many(vec![*first, prefix].into()),
            Prefixes::Many(list) => list.push(prefix),
        }
    }

    /// Adds every known address to the address condition (`any`).
    #[must_use]
    pub fn from_anywhere(self) -> Self {
        self.from_prefix(Prefix::ANY_V4).from_prefix(Prefix::ANY_V6)
    }

    /// Names the unknown address in the address condition (`unknown`).
    #[must_use]
    pub fn from_unknown_address(mut self) -> Self {
        self.extra_mut().unknown_address = true;
        self
    }

    /// Adds a named place.
    #[must_use]
    pub fn from_place(mut self, name: &str) -> Self {
        insert(&mut self.extra_mut().places, name.into());
        self
    }

    /// Adds a country, or names the unknown one.
    #[must_use]
    pub fn from_country(mut self, country: Named<Country>) -> Self {
        insert(&mut self.extra_mut().countries, country);
        self
    }

    /// Adds a network operator, or names the unknown one.
    #[must_use]
    pub fn from_asn(mut self, asn: Named<Asn>) -> Self {
        insert(&mut self.extra_mut().asns, asn);
        self
    }

    /// Adds a class of network, or names the unknown one.
    #[must_use]
    pub fn from_class(mut self, class: Named<Class>) -> Self {
        insert(&mut self.extra_mut().classes, class);
        self
    }

    /// Adds a device tier.
    #[must_use]
    pub fn with_device(mut self, tier: DeviceTier) -> Self {
        insert(&mut self.extra_mut().devices, tier);
        self
    }

    /// What the rule asks for.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// The networks of its address condition, in the order of writing.
    #[must_use]
    pub fn prefixes(&self) -> &[Prefix] {
        match &self.prefixes {
            Prefixes::None => &[],
            Prefixes::One(prefix) => core::slice::from_ref(prefix),
            Prefixes::Many(list) => list,
        }
    }

    /// The tags it is limited to; none means everybody.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.extra.as_deref().map_or(&[], |extra| &extra.tags)
    }

    /// The names of the places it names.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.extra
            .as_deref()
            .into_iter()
            .flat_map(|extra| extra.places.iter().map(|name| &**name))
    }

    pub(crate) fn names_unknown_address(&self) -> bool {
        self.extra
            .as_deref()
            .is_some_and(|extra| extra.unknown_address)
    }

    pub(crate) fn names_device(&self, tier: DeviceTier) -> bool {
        self.extra
            .as_deref()
            .is_some_and(|extra| extra.devices.contains(&tier))
    }

    /// Whether the rule, or a place that it names, needs a database about this.
    pub(crate) fn asks_for(&self, rules: &Rules, subject: Subject) -> bool {
        let Some(extra) = self.extra.as_deref() else {
            return false;
        };
        let mut items = self
            .places()
            .filter_map(|name| rules.place(name))
            .flat_map(|place| place.items());
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

    fn is_without_condition(&self) -> bool {
        self.prefixes().is_empty()
            && self.extra.as_deref().is_none_or(|e| {
                !e.unknown_address
                    && e.places.is_empty()
                    && e.countries.is_empty()
                    && e.asns.is_empty()
                    && e.classes.is_empty()
                    && e.devices.is_empty()
            })
    }
}

/// Lists of values are sets: sorted, so that two rules that mean the same compare equal.
pub(crate) fn insert<T: Ord>(list: &mut Vec<T>, value: T) {
    if let Err(at) = list.binary_search(&value) {
        list.insert(at, value);
    }
}

/// Which rule of a [`Rules`]: its position, and its line where it came from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef {
    /// Position among the rules, from 0.
    pub index: u32,
    /// Line of the text, from 1; 0 for a rule that was not read from a text.
    pub line: u32,
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "rule {}", self.index.saturating_add(1)),
            line => write!(f, "line {line}"),
        }
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
    /// More than [`Rules::MAX_RULES`] rules, [`Rules::MAX_PLACES`] places or [`Rules::MAX_VALUES`] values in one rule.
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
    /// At most this many rules: twice the whole Internet's routing table.
    pub const MAX_RULES: usize = 2_000_000;
    /// At most this many named places.
    pub const MAX_PLACES: usize = 10_000;
    /// At most this many values in one condition of a rule other than its networks.
    pub const MAX_VALUES: usize = 1_000;
    /// At most this many networks in one rule or place.
    pub const MAX_PREFIXES: usize = 2_000_000;
    /// At most this many bytes in the name of a place.
    pub const MAX_NAME: usize = 128;
    /// At most this many bytes of text: 900,000 rules take 20 MB.
    pub const MAX_TEXT: usize = 128 << 20;

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
        if place.items.len() > Self::MAX_PREFIXES {
            return Err(RuleFault::TooMany("networks in one place"));
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
        self.push_rule(rule)
    }

    fn push_rule(&mut self, rule: Rule) -> Result<RuleRef, RuleFault> {
        Self::check(&rule, self.rules.len())?;
        let index = u32::try_from(self.rules.len()).map_err(|_| RuleFault::TooMany("rules"))?;
        let line = rule.line;
        Arc::make_mut(&mut self.rules).push(rule);
        Ok(RuleRef { index, line })
    }

    /// Whether the rule may follow so many others.
    pub(crate) fn check(rule: &Rule, others: usize) -> Result<(), RuleFault> {
        if rule.is_without_condition() {
            return Err(RuleFault::NoCondition);
        }
        if others >= Self::MAX_RULES {
            return Err(RuleFault::TooMany("rules"));
        }
        if rule.prefixes().len() > Self::MAX_PREFIXES {
            return Err(RuleFault::TooMany("networks in one rule"));
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
        self.rules.get(usize::try_from(rule.index).ok()?)
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

    /// Whether any rule treats a known device unlike an unknown one.
    pub(crate) fn tell_devices_apart(&self) -> bool {
        self.rules.iter().any(|rule| {
            rule.extra
                .as_deref()
                .is_some_and(|extra| !extra.devices.is_empty())
        })
    }

    pub(crate) fn reference(&self, index: usize) -> Option<RuleRef> {
        let line = self.rules.get(index)?.line;
        Some(RuleRef {
            index: u32::try_from(index).ok()?,
            line,
        })
    }
}
