//! Rules made ready to answer: compiled once, frozen, shared.

use core::net::IpAddr;

use crate::address::{embedded_in, embedded_v4, may_hold_v4};
use crate::behaviours::{ALLOW, Behaviour, Catalogue, DENY};
use crate::compile_error::CompileError;
use crate::evaluate::{Audience, Match, matches, matching};
use crate::facts::Facts;
use crate::fold::{Tunnels, fold};
use crate::index::{Family, Index};
use crate::lines::Lines;
use crate::lists::{ListId, Lists};
use crate::{Decision, Geo, Origin, RuleRef, Rules, Verdict};

/// Rules compiled for answering. `Send`, `Sync` and immutable: put it in an `Arc` or a
/// [`SharedFilter`](crate::SharedFilter).
///
/// ```
/// use loquet_ipfilter::{Filter, Origin, Rules};
///
/// let rules = Rules::parse_text("default deny\nallow 203.0.113.0/28")?;
/// let filter = Filter::compile(&rules, None)?;
/// let verdict = filter.check(&Origin::at("203.0.113.7".parse()?));
/// assert!(verdict.is_allowed());
/// assert_eq!(verdict.rule.map(|rule| rule.line), Some(2));
/// assert!(!filter.check(&Origin::default()).is_allowed(), "an unknown address never allows");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    rules: Rules,
    geo: Option<Geo>,
    index: Index,
    lists: Lists,
    lines: Lines,
    behaviours: Vec<Behaviour>,
    /// The rules about an unknown address, and what they come to.
    nowhere: (ListId, Behaviour),
    tunnels: Option<Tunnels>,
}

impl Filter {
    /// Compiles rules with what the databases say. Without databases every country and network operator is unknown.
    ///
    /// # Errors
    /// [`CompileError::Contradiction`] when two rules with the same conditions, or about the same network for the same
    /// people and devices, have opposite decisions; [`CompileError::TooLarge`] beyond the limits of memory.
    pub fn compile(rules: &Rules, geo: Option<&Geo>) -> Result<Self, CompileError> {
        let folded = fold(rules, geo)?;
        let mut catalogue = Catalogue::new(rules, &folded.lists);
        let v4 = folded.table.v4.map(|list| catalogue.id(list));
        let v6 = folded.table.v6.map(|list| catalogue.id(list));
        let behaviours = catalogue.finish().ok_or(CompileError::TooLarge)?;
        let nowhere = Behaviour::of(rules, &folded.lists, folded.nowhere);
        Ok(Self {
            rules: rules.clone(),
            geo: geo.cloned(),
            index: Index {
                v4: Family::new(&folded.table.v4, &v4, behaviours.len()),
                v6: Family::new(&folded.table.v6, &v6, behaviours.len()),
            },
            lists: folded.lists,
            lines: Lines::of(rules),
            behaviours,
            nowhere: (folded.nowhere, nowhere),
            tunnels: folded.tunnels,
        })
    }

    /// The rules it was compiled from.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The databases it was compiled with.
    #[must_use]
    pub const fn geo(&self) -> Option<&Geo> {
        self.geo.as_ref()
    }

    /// Whether this request may go on: the question of every request. [`check`](Self::check) also names the rule.
    #[must_use]
    #[inline]
    pub fn decide(&self, origin: &Origin<'_>) -> Decision {
        self.decide_about(origin.address, Audience::Person(origin.tags, origin.device))
    }

    /// The decision while nobody is known yet; see [`check_stranger`](Self::check_stranger), which also names the rule.
    #[must_use]
    #[inline]
    pub fn decide_stranger(&self, address: Option<IpAddr>) -> Decision {
        self.decide_about(address, Audience::Stranger)
    }

    /// What most requests need stands at the caller's and has no branch on the answer, which nobody can foresee.
    #[inline]
    fn decide_about(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Decision {
        let behaviour = match address {
            Some(IpAddr::V4(v4)) => self.index.v4.behaviour(v4.to_bits()),
            Some(IpAddr::V6(v6)) if !may_hold_v4(v6) => self.index.v6.behaviour(v6.to_bits()),
            Some(IpAddr::V6(_)) | None => return self.decide_odd(address, audience),
        };
        match behaviour {
            Some(DENY | ALLOW) => {
                if behaviour == Some(ALLOW) {
                    Decision::Allow
                } else {
                    Decision::Deny
                }
            }
            other => self.decide_by(other, audience),
        }
    }

    /// The behaviours that tell people apart. A number that `behaviours` lacks would be a fault of the index: refused.
    #[inline(never)]
    fn decide_by(&self, behaviour: Option<u16>, audience: Audience<'_>) -> Decision {
        behaviour
            .and_then(|at| self.behaviours.get(usize::from(at)))
            .map_or(Decision::Deny, |behaviour| behaviour.decide(audience))
    }

    /// No address, or an IPv6 address that is or holds an IPv4 address.
    #[inline(never)]
    fn decide_odd(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Decision {
        match address.map(|address| address.to_canonical()) {
            None => self.nowhere.1.decide(audience),
            Some(IpAddr::V4(v4)) => self.decide_by(self.index.v4.behaviour(v4.to_bits()), audience),
            Some(IpAddr::V6(v6)) if embedded_v4(v6).is_none() => {
                self.decide_by(self.index.v6.behaviour(v6.to_bits()), audience)
            }
            Some(IpAddr::V6(_)) => self.judge(address, audience).decision,
        }
    }

    /// The verdict on a person whose tags are known, with the rule that decided.
    pub fn check(&self, origin: &Origin<'_>) -> Verdict {
        self.judge(origin.address, Audience::Person(origin.tags, origin.device))
    }

    /// The verdict while nobody is known yet, before the pass phrase: deny only if every person on every device would
    /// be denied. So the answer is the same for an account that exists and for one that does not, and a rule for some
    /// people lets them get as far as saying who they are.
    pub fn check_stranger(&self, address: Option<IpAddr>) -> Verdict {
        self.judge(address, Audience::Stranger)
    }

    /// What most verdicts need: a rule of networks alone, and an address that holds no other.
    fn judge(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Verdict {
        let list = match address {
            Some(IpAddr::V4(v4)) => self.index.v4.list(v4.to_bits()),
            Some(IpAddr::V6(v6)) if !may_hold_v4(v6) => self.index.v6.list(v6.to_bits()),
            Some(IpAddr::V6(_)) | None => None,
        };
        match list.and_then(ListId::plain) {
            Some((index, decision)) => {
                self.verdict(address, decision, self.lines.reference(index), false)
            }
            None => self.judge_at_length(address.map(|address| address.to_canonical()), audience),
        }
    }

    fn verdict(
        &self,
        address: Option<IpAddr>,
        decision: Decision,
        rule: Option<RuleRef>,
        by_unknown: bool,
    ) -> Verdict {
        Verdict {
            decision,
            rule,
            by_unknown,
            precedence: self.rules.precedence,
            address,
        }
    }

    /// Rules that tell people apart, have unknown facts, or stand about addresses in tunnels; addresses in canonical form.
    #[inline(never)]
    fn judge_at_length(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Verdict {
        if let Some(address) = address
            && embedded_in(address).is_some()
        {
            let facts = self.facts(Some(address));
            let candidates = self.candidates_in_tunnel(address);
            let found = matching(&self.rules, candidates.into_iter(), &facts, audience);
            let decider = found.first().copied();
            return verdict(&self.rules, Some(address), decider);
        }
        let list = self.list_at(address);
        let index = self.lists.decider(&self.rules, list, audience);
        self.verdict(
            address,
            index.map_or(self.rules.default, |index| self.lists.decision(index)),
            index.and_then(|index| self.lines.reference(index)),
            index.is_some_and(|index| self.by_unknown(index, address, audience)),
        )
    }

    /// Whether the deciding rule matches by an unknown fact.
    fn by_unknown(&self, index: u32, address: Option<IpAddr>, audience: Audience<'_>) -> bool {
        let is_open = match address {
            Some(_) => self.lists.may_be_unknown(index),
            None => self.lists.decision(index) == Decision::Deny,
        };
        let rule = self.rules.at(index).filter(|_| is_open);
        rule.and_then(|rule| matches(&self.rules, rule, &self.facts(address), audience))
            .is_some_and(|met| met.by_unknown)
    }

    pub(crate) fn facts(&self, address: Option<IpAddr>) -> Facts {
        Facts::gather(address, self.rules.embedded(), self.geo.as_ref())
    }

    /// The rules that may decide at an address that is no tunnel's.
    pub(crate) fn list_at(&self, address: Option<IpAddr>) -> ListId {
        let found = match address {
            Some(IpAddr::V4(v4)) => self.index.v4.list(v4.to_bits()),
            Some(IpAddr::V6(v6)) => self.index.v6.list(v6.to_bits()),
            None => None,
        };
        found.unwrap_or(self.nowhere.0)
    }

    fn candidates_in_tunnel(&self, address: IpAddr) -> Vec<u32> {
        let outer = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(v6.to_bits()),
        };
        let inner = embedded_in(address).map(|v4| v4.to_bits());
        let (lists, found) = match &self.tunnels {
            Some(Tunnels { table, lists }) => (
                lists,
                [
                    outer.and_then(|v6| table.v6.at(v6)),
                    inner.and_then(|v4| table.v4.at(v4)),
                ],
            ),
            None => (
                &self.lists,
                [
                    outer.and_then(|v6| self.index.v6.list(v6)),
                    inner.and_then(|v4| self.index.v4.list(v4)),
                ],
            ),
        };
        let mut candidates: Vec<u32> = found
            .into_iter()
            .flatten()
            .flat_map(|list| lists.rules(list))
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    pub(crate) const fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The rules about an unknown address.
    pub(crate) const fn nowhere(&self) -> ListId {
        self.nowhere.0
    }

    /// Bytes that [`decide`](Self::decide) reads from, for IPv4 and for IPv6: what an operator who writes many rules
    /// would have stay in the processor's cache.
    #[must_use]
    pub fn index_bytes(&self) -> (usize, usize) {
        (self.index.v4.bytes(), self.index.v6.bytes())
    }
}

pub(crate) fn verdict(
    rules: &Rules,
    address: Option<IpAddr>,
    decider: Option<(u32, Match)>,
) -> Verdict {
    let index = decider.map(|(index, _)| index);
    let rule = index.and_then(|index| rules.at(index));
    Verdict {
        decision: rule.map_or(rules.default_decision(), |rule| rule.decision),
        rule: index.and_then(|index| rules.reference(index)),
        by_unknown: decider.is_some_and(|(_, met)| met.by_unknown),
        precedence: rules.precedence(),
        address,
    }
}
