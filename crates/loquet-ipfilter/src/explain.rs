//! Why a verdict is what it is: for the operator's eyes and for the audit log.

use core::net::IpAddr;

use crate::evaluate::{Audience, Match, matching};
use crate::facts::Facts;
use crate::filter::verdict;
use crate::record::Record;
use crate::{Filter, Origin, RuleRef, Rules, Subject, Verdict};

impl Filter {
    /// The verdict with its reasons. Every rule is asked, so this takes time in proportion to their number.
    #[must_use]
    pub fn explain(&self, origin: &Origin<'_>) -> Record {
        let facts = self.facts(origin.address);
        let audience = Audience::Person(origin.tags, origin.device);
        let (verdict, matching) = judge(self.rules(), &facts, audience);
        let databases = [Subject::Country, Subject::Asn, Subject::Anonymiser];
        let built = |subject| Some((subject, self.geo()?.built(subject)?));
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

    /// The same for somebody who is not known yet; see [`check_stranger`](Self::check_stranger).
    #[must_use]
    pub fn explain_stranger(&self, address: Option<IpAddr>) -> Record {
        let known = self.explain(&Origin {
            address,
            ..Origin::default()
        });
        let (verdict, matching) = judge(self.rules(), &known.facts, Audience::Stranger);
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
