//! `loquet ip lint`: what is probably not meant.

use clap::Args;
use loquet_ipfilter::Finding;
use serde_json::json;

use super::databases::Databases;
use super::filter;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

#[derive(Args)]
pub(crate) struct Arguments {
    /// A file of rules; `-` reads them from standard input
    #[arg(long, value_name = "FILE")]
    rules: String,

    #[command(flatten)]
    databases: Databases,

    /// Ends with exit code 1 when something is found
    #[arg(long)]
    fail_on_finding: bool,

    /// An object a line: `finding`, `line`, `text`
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let geo = self.databases.read()?;
        let filter = filter("--rules", &self.rules, stdin, geo.as_ref())?;
        let findings = filter.lint();
        for finding in &findings {
            if self.json {
                let (name, line) = name(finding);
                output::line(
                    &json!({ "finding": name, "line": line, "text": finding.to_string() })
                        .to_string(),
                )?;
            } else {
                output::line(&finding.to_string())?;
            }
        }
        if findings.is_empty() && !self.json {
            output::line("nothing to remark")?;
        }
        if self.fail_on_finding && !findings.is_empty() {
            return Ok(Outcome::Refused);
        }
        Ok(Outcome::Done)
    }
}

/// The finding in one word for programs, and its line.
fn name(finding: &Finding) -> (&'static str, Option<u32>) {
    match finding {
        Finding::NeverMatches { rule } => ("never-matches", Some(rule.line)),
        Finding::Shadowed { rule, .. } => ("shadowed", Some(rule.line)),
        Finding::UnusedPlace { line, .. } => ("unused-place", Some(*line)),
        Finding::NoDatabase { rule, .. } => ("no-database", Some(rule.line)),
        Finding::DenyKnownDevice { rule } => ("deny-known-device", Some(rule.line)),
        Finding::NothingAllowed => ("nobody-allowed", None),
        _ => ("other", None),
    }
}
