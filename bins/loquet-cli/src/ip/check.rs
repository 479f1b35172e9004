//! `loquet ip check`: verdicts with the rule that decided.

use std::net::IpAddr;

use clap::Args;
use loquet_ipfilter::{Origin, Rules, Verdict};
use serde_json::json;

use super::databases::{Databases, note_lacking};
use super::{address, decided, filter};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

#[derive(Args)]
pub(crate) struct Arguments {
    /// A file of rules, one a line; `-` reads them from standard input
    #[arg(long, value_name = "FILE")]
    rules: String,

    /// The addresses to judge
    #[arg(required = true, value_name = "ADDRESS", value_parser = address)]
    addresses: Vec<IpAddr>,

    #[command(flatten)]
    databases: Databases,

    /// Ends with exit code 1 when an address is denied
    #[arg(long)]
    fail_on_deny: bool,

    /// An object a line: `address`, `verdict` (`allow` or `deny`), `rule`, `line` (null for the default)
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let geo = self.databases.read()?;
        let filter = filter("--rules", &self.rules, stdin, geo.as_ref())?;
        note_lacking("--rules", &filter);
        let mut outcome = Outcome::Done;
        for address in &self.addresses {
            let verdict = filter.check(&Origin::at(*address));
            if self.fail_on_deny && !verdict.is_allowed() {
                outcome = Outcome::Refused;
            }
            self.print(*address, &verdict, filter.rules())?;
        }
        Ok(outcome)
    }

    fn print(&self, address: IpAddr, verdict: &Verdict, rules: &Rules) -> Result<(), Failure> {
        let decision = verdict.decision.to_string();
        let (rule, line) = decided(verdict.rule, rules);
        if self.json {
            let object = json!({
                "address": address.to_string(),
                "verdict": decision,
                "rule": rule,
                "line": line,
            });
            return output::line(&object.to_string());
        }
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        output::line(&format!("{address}: {decision} ({place}{rule})"))
    }
}
