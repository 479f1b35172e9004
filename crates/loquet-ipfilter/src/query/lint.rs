//! Finds probable mistakes in rules.

use core::fmt;

use crate::compile::rule_lists::ListId;
use crate::compile::rule_ranges::first_address;
use crate::compile::spans::FixedMap;
use crate::query::evaluate::Devices;
use crate::{DatabaseKind, Decision, DeviceTier, Filter, Rule, RuleRef, Tag};

/// A probable mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The rule's conditions never hold together.
    NeverMatches {
        /// The rule.
        rule: RuleRef,
    },
    /// Another rule decides before this one, for every address and user that it matches.
    Shadowed {
        /// The rule.
        rule: RuleRef,
        /// A rule that decides before it.
        by: RuleRef,
    },
    /// No rule names this place.
    UnusedPlace {
        /// The place's name.
        name: Box<str>,
        /// Its line; 0 for a place that was not parsed from text.
        line: u32,
    },
    /// The rule needs a database that is not loaded, so the fact is unknown for every address.
    NoDatabase {
        /// The rule.
        rule: RuleRef,
        /// The missing database.
        kind: DatabaseKind,
    },
    /// A deny rule for known devices also denies unknown ones, because a known device becomes unknown when its cookie
    /// is deleted.
    DenyKnownDevice {
        /// The rule.
        rule: RuleRef,
    },
    /// No user without tags is allowed from any address, and no user with a single tag.
    NothingAllowed,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverMatches { rule } => write!(
                f,
                "{rule} never matches: its conditions never hold together"
            ),
            Self::Shadowed { rule, by } => {
                write!(f, "{rule} never decides: {by} decides before it")
            }
            Self::UnusedPlace { name, line: 0 } => {
                write!(f, "no rule names the place \"{name}\"")
            }
            Self::UnusedPlace { name, line } => {
                write!(f, "line {line}: no rule names the place \"{name}\"")
            }
            Self::NoDatabase { rule, kind } => {
                write!(
                    f,
                    "{rule} needs a database ({kind}) that is not loaded: every address is unknown to it"
                )
            }
            Self::DenyKnownDevice { rule } => {
                write!(
                    f,
                    "{rule} denies unknown devices too: a known device becomes unknown when its cookie is deleted"
                )
            }
            Self::NothingAllowed => f.write_str("no user is allowed from any address"),
        }
    }
}

impl Filter {
    /// Finds rules that never decide about a known address, tunnels apart, and other probable mistakes.
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = self.dead_rules();
        let rules = self.rules();
        for place in rules.places() {
            if !rules
                .rules()
                .iter()
                .any(|rule| rule.places().any(|name| name == place.name()))
            {
                findings.push(Finding::UnusedPlace {
                    name: place.name().into(),
                    line: place.line,
                });
            }
        }
        for (rule, kind) in self.without_database() {
            findings.push(Finding::NoDatabase { rule, kind });
        }
        for (index, rule) in rules.numbered() {
            if rule.decision() == Decision::Deny && rule.names_device(DeviceTier::Known) {
                let rule = rules.reference(index);
                findings.extend(rule.map(|rule| Finding::DenyKnownDevice { rule }));
            }
        }
        let is_allowed = |tags: &[_]| {
            [DeviceTier::Unknown, DeviceTier::Known]
                .into_iter()
                .any(|device| self.allowed_somewhere(tags, device).is_some())
        };
        if !is_allowed(&[]) && !rules.tags().into_iter().any(|tag| is_allowed(&[tag])) {
            findings.push(Finding::NothingAllowed);
        }
        findings
    }

    /// Returns the rules that need a database that is not loaded, with its kind. [`lint`](Self::lint) reports them too,
    /// and takes longer.
    pub fn without_database(&self) -> impl Iterator<Item = (RuleRef, DatabaseKind)> {
        let rules = self.rules();
        let referred = rules
            .numbered()
            .filter_map(|(index, rule)| Some((rules.reference(index)?, rule)));
        referred.flat_map(|(at, rule)| self.lacking(rule).map(move |kind| (at, kind)))
    }

    fn lacking(&self, rule: &Rule) -> impl Iterator<Item = DatabaseKind> {
        let is_loaded = |kind| self.geo().and_then(|geo| geo.built(kind)).is_some();
        [
            DatabaseKind::Country,
            DatabaseKind::Asn,
            DatabaseKind::Anonymizer,
        ]
        .into_iter()
        .filter(move |kind| self.rules().asks_for(rule, *kind) && !is_loaded(*kind))
    }

    fn dead_rules(&self) -> Vec<Finding> {
        let rules = self.rules();
        let alive = self.alive();
        let mut first_address_of = first_address(rules, self.geo());
        let dead = rules.numbered().zip(alive).filter(|(_, alive)| !alive);
        dead.filter_map(|((index, rule), _)| {
            let reference = rules.reference(index)?;
            let by = first_address_of(rule).and_then(|address| {
                let list = self.list_at(Some(address));
                // The last rule before it is the one that leaves nothing for it.
                let before = self.lists().rules(list).take_while(|by| *by != index);
                rules.reference(before.last()?)
            });
            Some(match by {
                Some(by) => Finding::Shadowed {
                    rule: reference,
                    by,
                },
                None => Finding::NeverMatches { rule: reference },
            })
        })
        .collect()
    }

    /// Returns for each rule whether it decides about some user at some address.
    fn alive(&self) -> Vec<bool> {
        let rules = self.rules().rules();
        let mut alive = vec![false; rules.len()];
        let mut seen = FixedMap::default();
        let (v4, v6) = (self.index().v4.spans(), self.index().v6.spans());
        let lists = v4.iter().map(|(_, list)| list);
        for list in lists.chain(v6.iter().map(|(_, list)| list)) {
            if seen.insert(list, ()).is_none() {
                self.mark_alive(list, &mut alive);
            }
        }
        // Every deny rule applies to an unknown address, so that alone does not make a rule useful; naming the unknown
        // address does.
        let mut unknown_address = vec![false; alive.len()];
        self.mark_alive(self.unknown_address(), &mut unknown_address);
        for ((rule, alive), decides) in rules.iter().zip(&mut alive).zip(unknown_address) {
            *alive |= decides && rule.names_unknown_address();
        }
        alive
    }

    /// Marks the rules of a list that decide about some user.
    fn mark_alive(&self, list: ListId, alive: &mut [bool]) {
        let rules = self.rules();
        let members: Vec<u32> = self.lists().rules(list).collect();
        for (at, &index) in members.iter().enumerate() {
            let before = members.iter().take(at);
            let before = before.filter_map(|other| rules.at(*other));
            let decides = rules
                .at(index)
                .is_some_and(|rule| is_reachable(rule, before));
            if let Some(alive) = usize::try_from(index).ok().and_then(|at| alive.get_mut(at)) {
                *alive |= decides;
            }
        }
    }
}

/// Returns whether the rules before a rule leave some user for it. Users with exactly one of the rule's tags, or with
/// none, match the fewest earlier rules.
fn is_reachable<'r>(rule: &Rule, before: impl Iterator<Item = &'r Rule> + Clone) -> bool {
    let tags: Vec<_> = if rule.tags().is_empty() {
        vec![None]
    } else {
        rule.tags().iter().copied().map(Some).collect()
    };
    let applies = |other: &Rule, tag: Option<Tag>| {
        other.tags().is_empty() || tag.is_some_and(|tag| other.tags().contains(&tag))
    };
    [DeviceTier::Unknown, DeviceTier::Known]
        .into_iter()
        .filter(|device| Devices::of(rule).contains(*device))
        .any(|device| {
            tags.iter().any(|tag| {
                let mut before = before.clone();
                !before.any(|other| Devices::of(other).contains(device) && applies(other, *tag))
            })
        })
}
