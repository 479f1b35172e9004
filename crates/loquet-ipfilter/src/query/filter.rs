//! The filter: compiled rules that decide about requests.

use core::net::IpAddr;

use crate::address::special::{embedded_in, embedded_v4, may_hold_v4};
use crate::compile::error::CompileError;
use crate::compile::index::{Family, Index};
use crate::compile::limits::CompileLimits;
use crate::compile::line_numbers::LineNumbers;
use crate::compile::outcomes::{ALLOW, DENY, Outcome, Outcomes};
use crate::compile::rule_lists::{ListId, RuleLists};
use crate::compile::rule_table::{self, Tunnels};
use crate::query::evaluate::{Audience, Match, matches, matching};
use crate::query::facts::Facts;
use crate::{Decision, Geo, Origin, RuleRef, Rules, Verdict};

/// Compiled rules that decide about requests. `Send`, `Sync` and immutable: share it in an `Arc` or a
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
    lists: RuleLists,
    line_numbers: LineNumbers,
    outcomes: Vec<Outcome>,
    /// The rules that apply to an unknown address, and their outcome.
    unknown_address: (ListId, Outcome),
    tunnels: Option<Tunnels>,
}

impl Filter {
    /// Compiles rules with the contents of databases. Without databases every country and network operator is unknown.
    ///
    /// # Errors
    /// [`CompileError::Contradiction`] when two rules with the same conditions, or about the same network for the same
    /// users and devices, have opposite decisions; [`CompileError::TooLarge`] beyond the default [`CompileLimits`].
    pub fn compile(rules: &Rules, geo: Option<&Geo>) -> Result<Self, CompileError> {
        Self::compile_within(rules, geo, &CompileLimits::default())
    }

    /// Compiles rules within limits: for rules that the operator did not write.
    ///
    /// ```
    /// use loquet_ipfilter::{CompileLimits, Filter, Rules};
    ///
    /// let limits = CompileLimits { networks: 100, ..CompileLimits::default() };
    /// let rules = Rules::parse_text("allow 203.0.113.0/24\ndeny ::1-ffff::fffe")?;
    /// let error = Filter::compile_within(&rules, None, &limits).unwrap_err();
    /// assert!(error.to_string().starts_with("line 2: the rules up to here name more than 100 networks"));
    /// # Ok::<(), loquet_ipfilter::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_within(
        rules: &Rules,
        geo: Option<&Geo>,
        limits: &CompileLimits,
    ) -> Result<Self, CompileError> {
        let table = rule_table::build(rules, geo, limits)?;
        let mut outcomes = Outcomes::new(rules, &table.lists, limits);
        let v4 = table.spans.v4.map(|list| outcomes.id(list));
        let v6 = table.spans.v6.map(|list| outcomes.id(list));
        let outcomes = outcomes.finish()?;
        let unknown_address = Outcome::of(rules, &table.lists, table.unknown_address);
        let filter = Self {
            rules: rules.clone(),
            geo: geo.cloned(),
            index: Index {
                v4: Family::new(&table.spans.v4, &v4, outcomes.len()),
                v6: Family::new(&table.spans.v6, &v6, outcomes.len()),
            },
            lists: table.lists,
            line_numbers: LineNumbers::of(rules),
            outcomes,
            unknown_address: (table.unknown_address, unknown_address),
            tunnels: table.tunnels,
        };
        limits.check_bytes(filter.bytes())?;
        Ok(filter)
    }

    /// Returns the rules that it was compiled from.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns the databases that it was compiled with.
    #[must_use]
    pub const fn geo(&self) -> Option<&Geo> {
        self.geo.as_ref()
    }

    /// Decides whether a request may continue. Call it for every request; [`check`](Self::check) also names the rule.
    #[must_use]
    #[inline]
    pub fn decide(&self, origin: &Origin<'_>) -> Decision {
        self.decide_for(origin.address, Audience::User(origin.tags, origin.device))
    }

    /// Decides about a request before the user is known; [`check_before_login`](Self::check_before_login) also names
    /// the rule.
    #[must_use]
    #[inline]
    pub fn decide_before_login(&self, address: Option<IpAddr>) -> Decision {
        self.decide_for(address, Audience::BeforeLogin)
    }

    /// Only the common case is inlined. It has no branch on the decision, which a processor cannot predict.
    #[inline]
    fn decide_for(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Decision {
        let outcome = match address {
            Some(IpAddr::V4(v4)) => self.index.v4.outcome(v4.to_bits()),
            Some(IpAddr::V6(v6)) if !may_hold_v4(v6) => self.index.v6.outcome(v6.to_bits()),
            Some(IpAddr::V6(_)) | None => return self.decide_rare(address, audience),
        };
        match outcome {
            Some(DENY | ALLOW) => {
                if outcome == Some(ALLOW) {
                    Decision::Allow
                } else {
                    Decision::Deny
                }
            }
            other => self.decide_outcome(other, audience),
        }
    }

    /// Decides by an outcome that depends on the audience. A number without an outcome means a broken index: deny.
    #[inline(never)]
    fn decide_outcome(&self, outcome: Option<u16>, audience: Audience<'_>) -> Decision {
        outcome
            .and_then(|at| self.outcomes.get(usize::from(at)))
            .map_or(Decision::Deny, |outcome| outcome.decide(audience))
    }

    /// Decides without an address, or about an IPv6 address that is or carries an IPv4 address.
    #[inline(never)]
    fn decide_rare(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Decision {
        match address.map(|address| address.to_canonical()) {
            None => self.unknown_address.1.decide(audience),
            Some(IpAddr::V4(v4)) => {
                self.decide_outcome(self.index.v4.outcome(v4.to_bits()), audience)
            }
            Some(IpAddr::V6(v6)) if embedded_v4(v6).next().is_none() => {
                self.decide_outcome(self.index.v6.outcome(v6.to_bits()), audience)
            }
            Some(IpAddr::V6(_)) => self.judge(address, audience).decision,
        }
    }

    /// Returns the verdict about a user whose tags are known, with the rule that decided.
    pub fn check(&self, origin: &Origin<'_>) -> Verdict {
        self.judge(origin.address, Audience::User(origin.tags, origin.device))
    }

    /// Returns the verdict before the user is known, that is before the password: deny only if every user on every
    /// device would be denied. The answer is therefore the same for existing and unknown accounts, and users whom a
    /// rule allows by tag reach the log-in page.
    pub fn check_before_login(&self, address: Option<IpAddr>) -> Verdict {
        self.judge(address, Audience::BeforeLogin)
    }

    /// Handles the common case, a rule with networks only and an address without an embedded one.
    fn judge(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Verdict {
        let list = match address {
            Some(IpAddr::V4(v4)) => self.index.v4.list(v4.to_bits()),
            Some(IpAddr::V6(v6)) if !may_hold_v4(v6) => self.index.v6.list(v6.to_bits()),
            Some(IpAddr::V6(_)) | None => None,
        };
        match list.and_then(ListId::plain) {
            Some((index, decision)) => {
                self.verdict(address, decision, self.line_numbers.reference(index), false)
            }
            None => self.judge_slow(address.map(|address| address.to_canonical()), audience),
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

    /// Handles rules for some users, rules with unknown facts, and addresses in tunnels. The address is canonical.
    #[inline(never)]
    fn judge_slow(&self, address: Option<IpAddr>, audience: Audience<'_>) -> Verdict {
        if let Some(address) = address
            && embedded_in(address).next().is_some()
        {
            let facts = self.facts(Some(address));
            let candidates = self.candidates_in_tunnel(address);
            let found = matching(&self.rules, candidates.into_iter(), &facts, audience);
            let decider = found.first().copied();
            return verdict(&self.rules, Some(address), decider);
        }
        let list = self.list_at(address);
        let index = self.lists.deciding_rule(&self.rules, list, audience);
        self.verdict(
            address,
            index.map_or(self.rules.default, |index| self.lists.decision(index)),
            index.and_then(|index| self.line_numbers.reference(index)),
            index.is_some_and(|index| self.by_unknown(index, address, audience)),
        )
    }

    /// Returns whether the deciding rule matches by an unknown fact.
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

    /// Returns the rules that may decide at an address outside of tunnels.
    pub(crate) fn list_at(&self, address: Option<IpAddr>) -> ListId {
        let found = match address {
            Some(IpAddr::V4(v4)) => self.index.v4.list(v4.to_bits()),
            Some(IpAddr::V6(v6)) => self.index.v6.list(v6.to_bits()),
            None => None,
        };
        found.unwrap_or(self.unknown_address.0)
    }

    fn candidates_in_tunnel(&self, address: IpAddr) -> Vec<u32> {
        let outer = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(v6.to_bits()),
        };
        let inner = embedded_in(address).map(|v4| v4.to_bits());
        let (lists, outer, inner): (_, _, Vec<Option<ListId>>) = match &self.tunnels {
            Some(Tunnels { spans, lists }) => (
                lists,
                outer.and_then(|v6| spans.v6.at(v6)),
                inner.map(|v4| spans.v4.at(v4)).collect(),
            ),
            None => (
                &self.lists,
                outer.and_then(|v6| self.index.v6.list(v6)),
                inner.map(|v4| self.index.v4.list(v4)).collect(),
            ),
        };
        let mut candidates: Vec<u32> = inner
            .into_iter()
            .chain([outer])
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

    pub(crate) const fn lists(&self) -> &RuleLists {
        &self.lists
    }

    /// Returns the rules that apply to an unknown address.
    pub(crate) const fn unknown_address(&self) -> ListId {
        self.unknown_address.0
    }

    /// Returns about how many bytes it takes, its rules included, the databases not.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let tunnels = self.tunnels.as_ref().map_or(0, |tunnels| {
            let spans = tunnels.spans.v4.bytes();
            let spans = spans.saturating_add(tunnels.spans.v6.bytes());
            spans.saturating_add(tunnels.lists.bytes())
        });
        [
            self.rules.bytes(),
            self.index.v4.all_bytes(),
            self.index.v6.all_bytes(),
            self.lists.bytes(),
            self.line_numbers.bytes(),
            self.outcomes.iter().map(Outcome::bytes).sum(),
            self.unknown_address.1.bytes(),
            tunnels,
        ]
        .into_iter()
        .fold(size_of::<Self>(), usize::saturating_add)
    }

    /// Returns the bytes that [`decide`](Self::decide) reads from, for IPv4 and for IPv6. They should fit in the cache.
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
