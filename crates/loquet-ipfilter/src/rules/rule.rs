//! One rule: a decision and its conditions.

use core::fmt;

use crate::{Asn, Class, Country, Decision, DeviceTier, Named, Prefix, Tag};

// A rule of one prefix, the common case, does not allocate: that saves a third of the time to parse 900,000 rules.
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

/// A decision and its conditions, which must all hold. A condition holds if one of its values matches.
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
    /// Returns a rule that allows. It needs at least one condition.
    #[must_use]
    pub const fn allow() -> Self {
        Self::new(Decision::Allow)
    }

    /// Returns a rule that denies. It needs at least one condition.
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

    /// Limits the rule to users with this tag. Several tags are alternatives.
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

    /// Adds the unknown address to the address condition (`unknown`).
    #[must_use]
    pub fn from_unknown_address(mut self) -> Self {
        self.extra_mut().unknown_address = true;
        self
    }

    /// Adds a named place, which [`Rules::add_place`](crate::Rules::add_place) must define first.
    #[must_use]
    pub fn from_place(mut self, name: &str) -> Self {
        insert(&mut self.extra_mut().places, name.into());
        self
    }

    /// Adds a country, or the unknown country.
    #[must_use]
    pub fn from_country(mut self, country: Named<Country>) -> Self {
        insert(&mut self.extra_mut().countries, country);
        self
    }

    /// Adds a network operator, or the unknown operator.
    #[must_use]
    pub fn from_asn(mut self, asn: Named<Asn>) -> Self {
        insert(&mut self.extra_mut().asns, asn);
        self
    }

    /// Adds a class of network, or the unknown class.
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

    /// Returns the decision.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// Returns the networks of the address condition, as written.
    #[must_use]
    pub fn prefixes(&self) -> &[Prefix] {
        match &self.prefixes {
            Prefixes::None => &[],
            Prefixes::One(prefix) => core::slice::from_ref(prefix),
            Prefixes::Many(list) => list,
        }
    }

    /// Returns the tags that the rule is limited to; empty for all users.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.extra.as_deref().map_or(&[], |extra| &extra.tags)
    }

    /// Returns the names of the rule's places.
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

    /// Returns whether the rule has a condition that such a device meets.
    #[must_use]
    pub fn names_device(&self, tier: DeviceTier) -> bool {
        self.extra
            .as_deref()
            .is_some_and(|extra| extra.devices.contains(&tier))
    }

    /// Returns about how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let prefixes = match &self.prefixes {
            Prefixes::None | Prefixes::One(_) => 0,
            Prefixes::Many(list) => size_of_val(&***list),
        };
        let extra = self.extra.as_deref().map_or(0, |extra| {
            let names = extra.places.iter().map(|name| name.len());
            [
                size_of_val(&*extra.tags),
                size_of_val(&*extra.places),
                names.sum(),
                size_of_val(&*extra.countries),
                size_of_val(&*extra.asns),
                size_of_val(&*extra.classes),
                size_of_val(&*extra.devices),
            ]
            .into_iter()
            .fold(size_of::<Extra>(), usize::saturating_add)
        });
        size_of::<Self>()
            .saturating_add(prefixes)
            .saturating_add(extra)
    }

    pub(crate) fn is_without_condition(&self) -> bool {
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

/// Inserts into a sorted set, so that rules with the same meaning are equal.
pub(crate) fn insert<T: Ord>(list: &mut Vec<T>, value: T) {
    if let Err(at) = list.binary_search(&value) {
        list.insert(at, value);
    }
}

/// The position of a rule in [`Rules`](crate::Rules), and its line in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef {
    /// The position among the rules, from 0.
    pub index: u32,
    /// The line of the text, from 1; 0 for a rule that was not parsed from text.
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
