//! `loquet ip explain`: a verdict with everything that it rests on.

use std::net::IpAddr;

use clap::{Args, ValueEnum};
use loquet_ipfilter::{DeviceTier, Facts, Located, Origin, Tag};
use serde_json::json;

use super::databases::{Databases, note_lacking};
use super::{address, decided, filter};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

/// More groups than any account has.
const MAX_TAGS: usize = 256;

#[derive(Args)]
pub(crate) struct Arguments {
    /// A file of rules; `-` reads them from standard input
    #[arg(long, value_name = "FILE")]
    rules: String,

    /// A group that the person is in; may be repeated
    #[arg(long = "tag", value_name = "NUMBER")]
    tags: Vec<u32>,

    /// How well the device is known
    #[arg(long, value_enum, default_value_t = Device::Unknown)]
    device: Device,

    #[command(flatten)]
    databases: Databases,

    /// The address to judge; `unknown` where it is not known
    #[arg(value_name = "ADDRESS", value_parser = place)]
    address: Place,

    /// An object: `address`, `facts` in the words of rules, `verdict`, `rule`, `line`, `matching` rules in the order of
    /// deciding, and the `record` to log
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Device {
    Unknown,
    Known,
}

#[derive(Clone, Copy)]
struct Place(Option<IpAddr>);

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        if self.tags.len() > MAX_TAGS {
            return Err(Failure::of("--tag", format_args!("more than {MAX_TAGS}")));
        }
        let geo = self.databases.read()?;
        let filter = filter("--rules", &self.rules, stdin, geo.as_ref())?;
        note_lacking("--rules", &filter);
        let rules = filter.rules();
        let tags: Vec<Tag> = self.tags.iter().copied().map(Tag).collect();
        let origin = Origin {
            address: self.address.0,
            tags: &tags,
            device: match self.device {
                Device::Unknown => DeviceTier::Unknown,
                Device::Known => DeviceTier::Known,
            },
        };
        let record = filter.explain(&origin);
        let facts = facts(&record.facts);
        let (rule, line) = decided(record.verdict.rule, rules);
        let matching: Vec<(String, Option<u32>)> = record
            .matching
            .iter()
            .map(|at| decided(Some(*at), rules))
            .collect();
        if self.json {
            let matching: Vec<_> = matching
                .iter()
                .map(|(rule, line)| json!({ "rule": rule, "line": line }))
                .collect();
            let object = json!({
                "address": self.address.0.map(|address| address.to_string()),
                "facts": facts,
                "verdict": record.verdict.decision.to_string(),
                "rule": rule,
                "line": line,
                "matching": matching,
                "record": record.to_string(),
            });
            output::line(&object.to_string())?;
            return Ok(Outcome::Done);
        }
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        output::line(&format!("{} ({place}{rule})", record.verdict.decision))?;
        if record.verdict.by_unknown {
            output::line("  by an unknown fact, which never allows")?;
        }
        for (rule, line) in matching.iter().skip(1) {
            let place = line.map_or_else(String::new, |line| format!("line {line}: "));
            output::line(&format!("  would decide next: {place}{rule}"))?;
        }
        if !facts.is_empty() {
            output::line(&format!("  known of it: {}", facts.join(", ")))?;
        }
        output::line(&format!("  record: {record}"))?;
        Ok(Outcome::Done)
    }
}

/// What is known of an address, in the words that a rule would ask for it with.
fn facts(facts: &Facts) -> Vec<String> {
    let country = match facts.country {
        Located::In(country) => Some(format!("country {country}")),
        Located::Nowhere => None,
        Located::Unknown => Some("country unknown".to_owned()),
    };
    let asn = facts
        .asn
        .map_or_else(|| "unknown".to_owned(), |asn| asn.to_string());
    let classes = facts.classes.iter().map(|class| format!("class {class}"));
    let unknown = (!facts.anonymizer_known).then(|| "class unknown".to_owned());
    let asn = [format!("asn {asn}")];
    country
        .into_iter()
        .chain(asn)
        .chain(classes)
        .chain(unknown)
        .collect()
}

fn place(text: &str) -> Result<Place, String> {
    match text {
        "unknown" => Ok(Place(None)),
        text => address(text).map(|address| Place(Some(address))),
    }
}
