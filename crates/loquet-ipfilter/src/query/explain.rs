//! Explains verdicts for operators and the audit log.

use core::net::IpAddr;

use crate::query::evaluate::{Audience, Match, matching};
use crate::query::facts::Facts;
use crate::query::filter::verdict;
use crate::query::record::Record;
use crate::{DatabaseKind, Filter, Origin, RuleRef, Rules, Verdict};

impl Filter {
    /// Returns the verdict with its reasons. It evaluates every rule, so its time grows with their number.
    #[must_use]
    pub fn explain(&self, origin: &Origin<'_>) -> Record {
        let facts = self.facts(origin.address);
        let audience = Audience::User(origin.tags, origin.device);
        let (verdict, matching) = judge(self.rules(), &facts, audience);
        let databases = [
            DatabaseKind::Country,
            DatabaseKind::Asn,
            DatabaseKind::Anonymizer,
        ];
        let built = |kind| Some((kind, self.geo()?.built(kind)?));
        Record {
            verdict,
            facts,
            tags: origin.tags.to_vec(),
            device: origin.device,
            hops: Vec::new(),
            databases: databases.into_iter().filter_map(built).collect(),
            matching,
        }
    }

    /// Explains [`check_before_login`](Self::check_before_login).
    #[must_use]
    pub fn explain_before_login(&self, address: Option<IpAddr>) -> Record {
        let known = self.explain(&Origin {
            address,
            ..Origin::default()
        });
        let (verdict, matching) = judge(self.rules(), &known.facts, Audience::BeforeLogin);
        Record {
            verdict,
            matching,
            ..known
        }
    }
}

fn judge(rules: &Rules, facts: &Facts, audience: Audience<'_>) -> (Verdict, Vec<RuleRef>) {
    let count = u32::try_from(rules.rules().len()).unwrap_or(u32::MAX);
    let found: Vec<(u32, Match)> = matching(rules, 0..count, facts, audience);
    let matched = found
        .iter()
        .filter_map(|(index, _)| rules.reference(*index))
        .collect();
    (
        verdict(rules, facts.address, found.first().copied()),
        matched,
    )
}
