//! `loquet ip diff`: what a change of rules changes, for every address there is.

use clap::Args;
use loquet_ipfilter::{Change, DeviceTier, Difference, Filter, Rules, diff};
use serde_json::{Value, json};

use super::databases::{Databases, note_lacking};
use super::{decided, filter};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The rules in force; `-` reads them from standard input
    #[arg(value_name = "BEFORE")]
    before: String,

    /// The rules to come; `-` reads them from standard input
    #[arg(value_name = "AFTER")]
    after: String,

    #[command(flatten)]
    databases: Databases,

    /// An object for each kind of person: `tag`, `device`, `gained` and `lost` addresses as text, `unknown_address`,
    /// `changes` with `first`, `last`, `after`, `rule`, `line`
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        if (self.before.as_str(), self.after.as_str()) == ("-", "-") {
            return Err(Failure::of(
                "AFTER",
                "standard input can hold one of the two",
            ));
        }
        let geo = self.databases.read()?;
        let before = filter("BEFORE", &self.before, stdin, geo.as_ref())?;
        let after = filter("AFTER", &self.after, stdin, geo.as_ref())?;
        note_lacking("BEFORE", &before);
        note_lacking("AFTER", &after);
        let found = diff(&before, &after);
        if self.json {
            for difference in &found {
                output::line(&object(difference, after.rules()).to_string())?;
            }
        } else if found.iter().all(Difference::is_empty) {
            output::line("nothing changes")?;
        } else {
            for difference in found.iter().filter(|difference| !difference.is_empty()) {
                print(difference, &after)?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn print(difference: &Difference, after: &Filter) -> Result<(), Failure> {
    output::line(&format!(
        "{}: {} addresses gained, {} lost",
        who(difference),
        difference.gained,
        difference.lost
    ))?;
    for change in &difference.changes {
        let range = if change.first == change.last {
            change.first.to_string()
        } else {
            format!("{} to {}", change.first, change.last)
        };
        let (rule, line) = decided(change.rule, after.rules());
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        output::line(&format!("  {range}: now {} ({place}{rule})", change.after))?;
    }
    if let Some(decision) = difference.unknown_address {
        output::line(&format!("  unknown address: now {decision}"))?;
    }
    Ok(())
}

fn who(difference: &Difference) -> String {
    let tag = match difference.group.tag {
        Some(tag) => format!("with tag {}", tag.0),
        None => "without tags".to_owned(),
    };
    format!("{tag}, {} device", tier(difference.group.device))
}

pub(super) fn tier(device: DeviceTier) -> &'static str {
    match device {
        DeviceTier::Unknown => "unknown",
        DeviceTier::Known => "known",
    }
}

fn object(difference: &Difference, rules: &Rules) -> Value {
    let change = |change: &Change| {
        let (rule, line) = decided(change.rule, rules);
        json!({
            "first": change.first.to_string(),
            "last": change.last.to_string(),
            "after": change.after.to_string(),
            "rule": rule,
            "line": line,
        })
    };
    json!({
        "tag": difference.group.tag.map(|tag| tag.0),
        "device": tier(difference.group.device),
        // Counts of IPv6 addresses go beyond what many readers of JSON take for a number.
        "gained": difference.gained.to_string(),
        "lost": difference.lost.to_string(),
        "unknown_address": difference.unknown_address.map(|decision| decision.to_string()),
        "changes": difference.changes.iter().map(change).collect::<Vec<_>>(),
    })
}
