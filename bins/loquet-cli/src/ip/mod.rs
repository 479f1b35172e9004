//! `loquet ip`: rules on addresses, and what a set-up of proxies comes to.

mod check;
mod client;
mod databases;
mod diff;
mod explain;
mod host;
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
    /// Says which addresses may log in, and by which rule
    Check(check::Arguments),
    /// Says why an address gets its verdict, and which rules would decide next
    Explain(explain::Arguments),
    /// Says for which addresses, of all there are, two sets of rules differ
    Diff(diff::Arguments),
    /// Says which rules never decide, and what else is probably not meant
    Lint(lint::Arguments),
    /// Turns a published list of networks into rules
    Import(import::Arguments),
    /// Says which client a request comes from, when proxies stand before the service
    Client(client::Arguments),
    /// Lets people log in from everywhere until an administrator sets other rules: for the day when the rules lock out
    /// those who could change them. All administrators are told
    Suspend(host::Host),
    /// Puts the rules back that held before the last change; once more puts the others back. All administrators are told
    Rollback(host::Host),
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
            Self::Suspend(arguments) => arguments.suspend(),
            Self::Rollback(arguments) => arguments.roll_back(),
        }
    }
}

/// The most bytes of rules that are read: the whole Internet's routing table takes 20 MB.
const LONGEST_RULES: usize = 128 << 20;

/// Reads rules from their file, and folds in what the databases say.
fn filter(flag: &str, path: &str, stdin: &mut Stdin, geo: Option<&Geo>) -> Result<Filter, Failure> {
    let bad = |why: &dyn Display| Failure::of(flag, format_args!("{}: {why}", path.escape_debug()));
    let text = stdin.file(flag, path, LONGEST_RULES)?;
    let rules = Rules::parse_text(&text).map_err(|why| {
        bad(&format_args!(
            "{why}{}",
            pointed(&text, why.line, why.column)
        ))
    })?;
    Filter::compile(&rules, geo).map_err(|why| bad(&why))
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
