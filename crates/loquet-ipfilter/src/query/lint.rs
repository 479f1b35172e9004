//! What an operator should look at before the rules go live: proved, not guessed.

use core::fmt;

use crate::compile::rule_lists::ListId;
use crate::compile::rule_ranges::first_address;
use crate::compile::spans::FixedMap;
use crate::query::evaluate::Devices;
use crate::{Decision, DeviceTier, Filter, Rule, RuleRef, Subject, Tag};

/// Something that is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The conditions of this rule never hold together.
    NeverMatches {
        /// The rule.
        rule: RuleRef,
    },
    /// Wherever this rule matches, for whomever, another decides before it.
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
        /// Its line, 0 for a place that was not read from a text.
        line: u32,
    },
    /// The rule asks for facts that no loaded database tells: every address is unknown to it.
    NoDatabase {
        /// The rule.
        rule: RuleRef,
        /// What database is missing.
        subject: Subject,
    },
    /// A deny that also meets every unknown device, because whoever throws the cookie away is unknown.
    DenyKnownDevice {
        /// The rule.
        rule: RuleRef,
    },
    /// Nobody without tags is allowed from anywhere, and nobody with any one of the tags.
    NobodyAllowed,
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
            Self::NoDatabase { rule, subject } => {
                write!(
                    f,
                    "{rule} needs a database ({subject}) that is not loaded: every address is unknown to it"
                )
            }
            Self::DenyKnownDevice { rule } => {
                write!(
                    f,
                    "{rule} denies unknown devices too: a known device becomes unknown by dropping its cookie"
                )
            }
            Self::NobodyAllowed => f.write_str("nobody is allowed from anywhere"),
        }
    }
}

impl Filter {
    /// Looks for rules that can never decide about a known address, tunnels apart, and for other things that are probably
    /// not meant.
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
        for (rule, subject) in self.without_database() {
            findings.push(Finding::NoDatabase { rule, subject });
        }
        for (index, rule) in rules.numbered() {
            if rule.decision() == Decision::Deny && rule.names_device(DeviceTier::Known) {
                let rule = rules.reference(index);
                findings.extend(rule.map(|rule| Finding::DenyKnownDevice { rule }));
            }
        }
        let someone = |tags: &[_]| {
            [DeviceTier::Unknown, DeviceTier::Known]
                .into_iter()
                .any(|device| self.allowed_somewhere(tags, device).is_some())
        };
        if !someone(&[]) && !rules.tags().into_iter().any(|tag| someone(&[tag])) {
            findings.push(Finding::NobodyAllowed);
        }
        findings
    }

    /// The rules that ask for facts that no loaded database tells, with what each lacks: to them every address is
    /// unknown. [`lint`](Self::lint) says so too, and takes longer.
    pub fn without_database(&self) -> impl Iterator<Item = (RuleRef, Subject)> {
        let rules = self.rules();
        let referred = rules
            .numbered()
            .filter_map(|(index, rule)| Some((rules.reference(index)?, rule)));
        referred.flat_map(|(at, rule)| self.lacking(rule).map(move |subject| (at, subject)))
    }

    fn lacking(&self, rule: &Rule) -> impl Iterator<Item = Subject> {
        let is_loaded = |subject| self.geo().and_then(|geo| geo.built(subject)).is_some();
        [Subject::Country, Subject::Asn, Subject::Anonymiser]
            .into_iter()
            .filter(move |subject| self.rules().asks_for(rule, *subject) && !is_loaded(*subject))
    }

    fn dead_rules(&self) -> Vec<Finding> {
        let rules = self.rules();
        let alive = self.alive();
        let mut first_of = first_address(rules, self.geo());
        let dead = rules.numbered().zip(alive).filter(|(_, alive)| !alive);
        dead.filter_map(|((index, rule), _)| {
            let reference = rules.reference(index)?;
            let by = first_of(rule).and_then(|address| {
                let list = self.list_at(Some(address));
                // The last of those before it is what leaves nothing for it.
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

    /// Of each rule, whether it decides about somebody at some address.
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
        // Every deny meets an unknown address, so that alone does not make a rule useful; being asked for it by name does.
        let mut nowhere = vec![false; alive.len()];
        self.mark_alive(self.nowhere(), &mut nowhere);
        for ((rule, alive), decides) in rules.iter().zip(&mut alive).zip(nowhere) {
            *alive |= decides && rule.names_unknown_address();
        }
        alive
    }

    /// Marks the rules of a list that decide about somebody.
    fn mark_alive(&self, list: ListId, alive: &mut [bool]) {
        let rules = self.rules();
        let members: Vec<u32> = self.lists().rules(list).collect();
        for (at, &index) in members.iter().enumerate() {
            let before = members.iter().take(at);
            let before = before.filter_map(|other| rules.at(*other));
            let decides = rules
                .at(index)
                .is_some_and(|rule| is_left_some(rule, before));
            if let Some(alive) = usize::try_from(index).ok().and_then(|at| alive.get_mut(at)) {
                *alive |= decides;
            }
        }
    }
}

/// Whether the rules before a rule leave somebody for it. A person with one of the rule's tags and no other, or with none,
/// meets the fewest of them.
fn is_left_some<'r>(rule: &Rule, before: impl Iterator<Item = &'r Rule> + Clone) -> bool {
    let people: Vec<_> = if rule.tags().is_empty() {
        vec![None]
    } else {
        rule.tags().iter().copied().map(Some).collect()
    };
    let meets = |other: &Rule, tag: Option<Tag>| {
        other.tags().is_empty() || tag.is_some_and(|tag| other.tags().contains(&tag))
    };
    [DeviceTier::Unknown, DeviceTier::Known]
        .into_iter()
        .filter(|device| Devices::of(rule).contains(*device))
        .any(|device| {
            people.iter().any(|tag| {
                let mut before = before.clone();
                !before.any(|other| Devices::of(other).contains(device) && meets(other, *tag))
            })
        })
}
