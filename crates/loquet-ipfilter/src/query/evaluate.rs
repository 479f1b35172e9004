//! Evaluates rules one by one: slow and simple. Tests compare the index with it.
//!
//! Facts are three-valued. A rule matches when each of its conditions holds. For a condition on an unknown fact it is
//! open whether it holds: an allow rule then does not match, a deny rule does. So an unknown fact never allows a
//! request and never bypasses a deny rule; only a rule that names `unknown` treats it as a known value.

use core::net::IpAddr;

use crate::address::special::embedded_in;
use crate::query::facts::{Facts, Located};
use crate::rules::rule::Extra;
use crate::{
    Asn, Class, Country, Decision, DeviceTier, Embedded, Named, PlaceItem, Precedence, Prefix,
    Rule, Rules, Tag,
};

/// The three values of Kleene's logic, ordered so that *and* is the minimum and *or* the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    No,
    Unknown,
    Yes,
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// The specificity of a match: 0 without an address, otherwise the prefix's length plus one, at most [`NAMED_UNKNOWN`].
pub(crate) type Specificity = u8;
/// The specificity of a rule that names the unknown address.
pub(crate) const NAMED_UNKNOWN: Specificity = u8::MAX;
/// An embedded IPv4 prefix counts as the NAT64 prefix that contains it.
pub(crate) const EMBEDDED_SHIFT: u8 = 96;

/// How a rule matches the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) specificity: Specificity,
    pub(crate) by_unknown: bool,
}

/// The users that rules are evaluated for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Audience<'a> {
    /// A user with these tags on such a device.
    User(&'a [Tag], DeviceTier),
    /// The user is not known yet: an allow rule for some tag or device may still apply, a deny rule for some may not.
    BeforeLogin,
}

impl Audience<'_> {
    /// Returns whether a rule for these tags and devices applies, if its location matches.
    pub(crate) fn matches_rule(self, tags: &[Tag], devices: Devices, decision: Decision) -> bool {
        match self {
            Self::User(user_tags, device) => {
                devices.contains(device)
                    && (tags.is_empty()
                        || user_tags.iter().any(|tag| tags.binary_search(tag).is_ok()))
            }
            Self::BeforeLogin => {
                decision == Decision::Allow || (tags.is_empty() && devices == Devices::ALL)
            }
        }
    }
}

/// The device tiers for which a rule applies. An unknown device does not match an allow rule for known devices, but
/// matches a deny rule for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Devices(u8);

impl Devices {
    pub(crate) const ALL: Self = Self(0b11);

    pub(crate) fn of(rule: &Rule) -> Self {
        let wanted = rule
            .extra
            .as_deref()
            .map_or(&[][..], |extra| &extra.devices);
        let bit = |device| {
            let truth = any(wanted, |tier| device_truth(tier, device));
            u8::from(fires(truth, rule.decision))
        };
        Self(bit(DeviceTier::Unknown) | (bit(DeviceTier::Known) << 1))
    }

    pub(crate) const fn contains(self, device: DeviceTier) -> bool {
        let bit = match device {
            DeviceTier::Unknown => 0b01,
            DeviceTier::Known => 0b10,
        };
        self.0 & bit != 0
    }
}

/// Returns whether a rule applies: an allow rule must match for certain, a deny rule possibly.
pub(crate) fn fires(truth: Truth, decision: Decision) -> bool {
    match decision {
        Decision::Allow => truth == Truth::Yes,
        Decision::Deny => truth >= Truth::Unknown,
    }
}

/// Evaluates the conditions about the location, without tags and device, and returns how specific they are.
pub(crate) fn location_truth(rules: &Rules, rule: &Rule, facts: &Facts) -> (Truth, Specificity) {
    let (mut truth, specificity) = address_truth(rules, rule, facts);
    if let Some(extra) = rule.extra.as_deref() {
        truth = truth.min(places_truth(rules, rule, facts));
        truth = truth.min(geo_truth(extra, facts));
    }
    (truth, specificity)
}

/// Evaluates the conditions that need a database.
pub(crate) fn geo_truth(extra: &Extra, facts: &Facts) -> Truth {
    any(&extra.countries, |country| country_truth(country, facts))
        .min(any(&extra.asns, |asn| asn_truth(asn, facts)))
        .min(any(&extra.classes, |class| class_truth(class, facts)))
}

/// Returns how the rule matches for this audience; `None` if it does not.
pub(crate) fn matches(
    rules: &Rules,
    rule: &Rule,
    facts: &Facts,
    audience: Audience<'_>,
) -> Option<Match> {
    if !audience.matches_rule(rule.tags(), Devices::of(rule), rule.decision) {
        return None;
    }
    let (mut truth, specificity) = location_truth(rules, rule, facts);
    if let (Audience::User(_, device), Some(extra)) = (audience, rule.extra.as_deref()) {
        truth = truth.min(any(&extra.devices, |tier| device_truth(tier, device)));
    }
    fires(truth, rule.decision).then_some(Match {
        specificity,
        by_unknown: truth == Truth::Unknown,
    })
}

/// A condition that is not written always holds.
fn any<T: Copy>(values: &[T], truth: impl Fn(T) -> Truth) -> Truth {
    values
        .iter()
        .map(|&value| truth(value))
        .max()
        .unwrap_or(Truth::Yes)
}

fn address_truth(rules: &Rules, rule: &Rule, facts: &Facts) -> (Truth, Specificity) {
    let unknown_named = rule.names_unknown_address();
    let own = rule.prefixes();
    let all = || own.iter().copied().chain(rules.place_networks(rule));
    let Some(address) = facts.address else {
        if unknown_named {
            return (Truth::Yes, NAMED_UNKNOWN);
        }
        // The address may lie in the longest of them.
        let longest = all()
            .map(|prefix| prefix.len().saturating_add(1))
            .max()
            .unwrap_or(0);
        return (
            if own.is_empty() {
                Truth::Yes
            } else {
                Truth::Unknown
            },
            longest,
        );
    };
    let specificity = all()
        .filter_map(|p| covers(p, address, rule.decision, rules.embedded))
        .max();
    if own.is_empty() && !unknown_named {
        return (Truth::Yes, specificity.unwrap_or(0));
    }
    let inside = own
        .iter()
        .any(|p| covers(*p, address, rule.decision, rules.embedded).is_some());
    (inside.into(), specificity.unwrap_or(0))
}

/// Returns the specificity with which a prefix covers an address, or the embedded IPv4 address where that counts.
pub(crate) fn covers(
    prefix: Prefix,
    address: IpAddr,
    decision: Decision,
    embedded: Embedded,
) -> Option<Specificity> {
    if prefix.contains(address) {
        return Some(prefix.len().saturating_add(1));
    }
    if decision == Decision::Allow && embedded == Embedded::DenyOnly {
        return None;
    }
    let mut inner = embedded_in(address);
    let covered = match decision {
        Decision::Deny => inner.any(|inner| prefix.contains(inner.into())),
        // Where the place of the inner address is uncertain, each of its readings must be allowed.
        Decision::Allow => {
            inner.clone().next().is_some() && inner.all(|inner| prefix.contains(inner.into()))
        }
    };
    covered.then(|| {
        prefix
            .len()
            .saturating_add(1)
            .saturating_add(EMBEDDED_SHIFT)
    })
}

fn places_truth(rules: &Rules, rule: &Rule, facts: &Facts) -> Truth {
    if rule.places().next().is_none() {
        return Truth::Yes;
    }
    rules
        .place_items(rule)
        .map(|item| item_truth(*item, rule.decision, rules, facts))
        .max()
        .unwrap_or(Truth::No)
}

pub(crate) fn item_truth(
    item: PlaceItem,
    decision: Decision,
    rules: &Rules,
    facts: &Facts,
) -> Truth {
    match item {
        PlaceItem::Prefix(prefix) => match facts.address {
            Some(address) => covers(prefix, address, decision, rules.embedded)
                .is_some()
                .into(),
            None => Truth::Unknown,
        },
        PlaceItem::Country(country) => country_truth(Named::Is(country), facts),
        PlaceItem::Asn(asn) => asn_truth(Named::Is(asn), facts),
    }
}

fn country_truth(named: Named<Country>, facts: &Facts) -> Truth {
    match (named, facts.country) {
        (Named::Is(wanted), Located::In(country)) => (wanted == country).into(),
        (Named::Is(_), Located::Nowhere) => Truth::No,
        (Named::Is(_), Located::Unknown) => Truth::Unknown,
        (Named::Unknown, located) => (located == Located::Unknown).into(),
    }
}

fn asn_truth(named: Named<Asn>, facts: &Facts) -> Truth {
    match (named, facts.asn) {
        (Named::Is(wanted), Some(asn)) => (wanted == asn).into(),
        (Named::Is(_), None) => Truth::Unknown,
        (Named::Unknown, asn) => asn.is_none().into(),
    }
}

fn class_truth(named: Named<Class>, facts: &Facts) -> Truth {
    let known = |class: Class| {
        facts.address.is_some() && (class.is_known_from_address() || facts.anonymizer_known)
    };
    match named {
        Named::Is(class) if facts.classes.contains(class) => Truth::Yes,
        Named::Is(class) if known(class) => Truth::No,
        Named::Is(_) => Truth::Unknown,
        Named::Unknown => (!facts.anonymizer_known).into(),
    }
}

fn device_truth(tier: DeviceTier, device: DeviceTier) -> Truth {
    match (tier, device) {
        (DeviceTier::Known, DeviceTier::Unknown) => Truth::Unknown,
        (DeviceTier::Unknown, DeviceTier::Unknown) | (DeviceTier::Known, DeviceTier::Known) => {
            Truth::Yes
        }
        (DeviceTier::Unknown, DeviceTier::Known) => Truth::No,
    }
}

/// Returns a rule's position in the order of deciding: the lowest decides.
pub(crate) fn rank(
    precedence: Precedence,
    decision: Decision,
    specificity: Specificity,
    index: u32,
) -> u64 {
    let allow = u64::from(decision == Decision::Allow);
    let index = u64::from(index);
    match precedence {
        Precedence::FirstMatch => index,
        Precedence::DenyOverrides => (allow << 32) | index,
        Precedence::MostSpecific => {
            (u64::from(u8::MAX.saturating_sub(specificity)) << 33) | (allow << 32) | index
        }
    }
}

/// Returns the matching rules in the order in which they would decide.
pub(crate) fn matching<'r>(
    rules: &'r Rules,
    candidates: impl Iterator<Item = u32> + 'r,
    facts: &'r Facts,
    audience: Audience<'r>,
) -> Vec<(u32, Match)> {
    let mut found: Vec<(u64, u32, Match)> = candidates
        .filter_map(|index| {
            let rule = rules.at(index)?;
            let met = matches(rules, rule, facts, audience)?;
            Some((
                rank(rules.precedence, rule.decision, met.specificity, index),
                index,
                met,
            ))
        })
        .collect();
    found.sort_unstable_by_key(|&(rank, ..)| rank);
    found
        .into_iter()
        .map(|(_, index, met)| (index, met))
        .collect()
}
