//! `loquet ip`: rules on addresses, and what a set-up of proxies comes to.

pub(crate) mod access_rules;
mod check;
mod client;
mod databases;
mod diff;
mod explain;
mod import;
mod lint;

use std::fmt::Display;
use std::net::IpAddr;

use clap::Subcommand;
use loquet_ipfilter::{Filter, Geo, RuleRef, Rules};

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check addresses against rules
    ///
    /// Says for each whether it may log in, and by which rule.
    #[command(after_help = "\
Examples:
  loquet ip check --rules access.rules 203.0.113.2
  loquet ip check --rules access.rules --fail-on-deny --json 203.0.113.2 2001:db8::1")]
    Check(check::Arguments),
    /// Explain the verdict on one address
    ///
    /// Says what is known of the address, which rule decides, and which would decide next.
    #[command(
        after_help = "Example:\n  loquet ip explain --rules access.rules 203.0.113.2 --device known"
    )]
    Explain(explain::Arguments),
    /// Compare two sets of rules over all addresses there are
    #[command(after_help = "Example:\n  loquet ip diff access.rules new.rules")]
    Diff(diff::Arguments),
    /// Find rules that never decide, and other likely mistakes
    #[command(after_help = "Example:\n  loquet ip lint --rules access.rules --fail-on-finding")]
    Lint(lint::Arguments),
    /// Turn a published list of networks into rules
    #[command(
        after_help = "Example:\n  loquet ip import drop.txt --format spamhaus --as deny > drop.rules"
    )]
    Import(import::Arguments),
    /// Resolve the client address behind proxies
    ///
    /// Says which client a request comes from when proxies stand before the service, and why.
    #[command(after_help = "\
Example:
  loquet ip client --peer 10.0.0.1 --trusted 10.0.0.0/8 --header 'X-Forwarded-For: 203.0.113.7'")]
    Client(client::Arguments),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        match self {
            Self::Check(arguments) => arguments.run(stdin),
            Self::Explain(arguments) => arguments.run(stdin),
            Self::Diff(arguments) => arguments.run(stdin),
            Self::Lint(arguments) => arguments.run(stdin),
            Self::Import(arguments) => arguments.run(stdin),
            Self::Client(arguments) => arguments.run(),
        }
    }
}

/// The most bytes of rules that are read: the whole Internet's routing table takes 20 MB.
const LONGEST_RULES: usize = 128 << 20;

/// Reads rules from their file, and folds in what the databases say.
fn filter(flag: &str, path: &str, stdin: &mut Stdin, geo: Option<&Geo>) -> Result<Filter, Failure> {
    let text = stdin.file(flag, path, LONGEST_RULES)?;
    let rules = rules(flag, path, &text)?;
    Filter::compile(&rules, geo).map_err(|why| bad(flag, path, &why))
}

/// Reads the text of rules; a fault is shown with its line.
fn rules(flag: &str, path: &str, text: &str) -> Result<Rules, Failure> {
    Rules::parse_text(text).map_err(|why| {
        let pointed = pointed(text, why.line, why.column);
        bad(flag, path, &format_args!("{why}{pointed}"))
    })
}

fn bad(flag: &str, path: &str, why: &dyn Display) -> Failure {
    Failure::of(flag, format_args!("{}: {why}", path.escape_debug()))
}

/// The line at fault with a mark under the column; nothing where it is too long to be shown or holds what a terminal
/// would obey.
fn pointed(text: &str, line: u32, column: u32) -> String {
    let to_index = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.lines().nth(to_index(line)).unwrap_or_default();
    if line.is_empty() || line.len() > 200 || line.chars().any(char::is_control) {
        return String::new();
    }
    format!("\n  {line}\n  {}^", " ".repeat(to_index(column).min(200)))
}

/// The rule that decided, as text, and its line; the default has none.
fn decided(rule: Option<RuleRef>, rules: &Rules) -> (String, Option<u32>) {
    match rule.and_then(|at| Some((at, rules.rule(at)?))) {
        Some((at, rule)) => (rule.to_string(), Some(at.line)),
        None => (format!("default {}", rules.default_decision()), None),
    }
}

/// The standard library reads addresses in full notation only, which is what rules mean by one.
fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| "not an IP address in full notation".to_owned())
}
