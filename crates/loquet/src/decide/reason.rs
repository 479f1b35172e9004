//! Which rule decided, for the audit log.

use crate::decide::{AccessCheck, Case};
use loquet_policy::{Decision, Refusal, Rule, explain};

impl Case<'_> {
    /// The rules that decided, and what required it: `code`, or `requirement LEVEL_2, requirement MANDATE of role 2`; of a
    /// forbidden place the line of the access rules: `access line 3`.
    pub(crate) fn rule(&self, decision: &Decision) -> String {
        if let Err(refusal @ (Refusal::AccessDenied | Refusal::AccessUnknown)) = decision.answer {
            return match self.access {
                AccessCheck::Guarded(filter) => filter
                    .check(&self.origin(&crate::decide::tags(&self.actor.facts)))
                    .rule
                    .map_or_else(
                        || "access default".to_owned(),
                        |rule| format!("access {rule}"),
                    ),
                AccessCheck::Open | AccessCheck::Unreadable => format!("access {}", refusal.code()),
            };
        }
        let refused = decision.answer.err().map(|refusal| refusal.code());
        let mut told = String::new();
        for reason in explain(decision) {
            if !told.is_empty() {
                told.push_str(", ");
            }
            told.push_str(name(reason.rule));
            // The record already has the verdict.
            if refused != Some(reason.code) {
                told.push(' ');
                told.push_str(reason.code);
            }
            if let Some(role) = reason.role {
                told.push_str(&format!(" of role {}", role.0));
            }
        }
        told
    }
}

const fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Requirement => "requirement",
        Rule::Latch => "latch",
        Rule::Authority => "authority",
        Rule::Code => "code",
        Rule::Enrollment => "enrollment",
        Rule::WayBack => "way back",
        Rule::Notice => "notice",
        Rule::FailClosed => "fail closed",
        Rule::Request => "request",
    }
}
