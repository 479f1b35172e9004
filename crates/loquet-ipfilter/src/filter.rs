//! Rules made ready to answer: compiled once, frozen, shared.

use thiserror::Error;

use crate::evaluate::{Audience, Match, matching};
use crate::{Decision, Facts, Geo, Origin, RuleRef, Rules, Verdict};

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
    version: u64,
}

/// Why rules cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Two rules say opposite things about exactly the same.
    #[error("{first} and {second} say opposite things about the same")]
    Contradiction {
        /// The earlier rule.
        first: RuleRef,
        /// The later rule.
        second: RuleRef,
    },
}

impl Filter {
    /// Compiles rules with what the databases say. Without databases every country and network operator is unknown.
    ///
    /// # Errors
    /// [`CompileError::Contradiction`] when two rules with the same conditions have opposite decisions.
    pub fn compile(rules: &Rules, geo: Option<&Geo>) -> Result<Self, CompileError> {
        Ok(Self {
            rules: rules.clone(),
            geo: geo.cloned(),
            version: 0,
        })
    }

    /// The same with the host's number for this version of the rules, which every verdict then carries.
    #[must_use]
    pub const fn with_version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    /// The rules it was compiled from.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether this request may go on. The fastest answer; [`check`](Self::check) also names the rule.
    #[must_use]
    pub fn decide(&self, origin: &Origin<'_>) -> Decision {
        self.check(origin).decision
    }

    /// The verdict on a person whose tags are known, with the rule that decided.
    pub fn check(&self, origin: &Origin<'_>) -> Verdict {
        self.judge(origin, Audience::Tagged(origin.tags))
    }

    /// The verdict while nobody is known yet, before the pass phrase: deny only if every person would be denied by
    /// rules for everybody or by the default. The tags of `origin` are not looked at, so the answer is the same for an
    /// account that exists and for one that does not.
    pub fn check_stranger(&self, origin: &Origin<'_>) -> Verdict {
        self.judge(origin, Audience::Stranger)
    }

    fn judge(&self, origin: &Origin<'_>, audience: Audience<'_>) -> Verdict {
        let facts = Facts::gather(
            origin.address,
            origin.device,
            self.rules.embedded(),
            self.geo.as_ref(),
        );
        let count = u32::try_from(self.rules.rules().len()).unwrap_or(u32::MAX);
        let found = matching(&self.rules, 0..count, &facts, audience);
        verdict(&self.rules, self.version, &facts, found.first().copied())
    }
}

fn verdict(rules: &Rules, version: u64, facts: &Facts, decider: Option<(u32, Match)>) -> Verdict {
    let at = decider.and_then(|(index, _)| usize::try_from(index).ok());
    let rule = at.and_then(|index| rules.rules().get(index));
    Verdict {
        decision: rule.map_or(rules.default_decision(), |rule| rule.decision()),
        rule: at.and_then(|index| rules.reference(index)),
        by_unknown: decider.is_some_and(|(_, met)| met.by_unknown),
        precedence: rules.precedence(),
        version,
        address: facts.address,
    }
}
