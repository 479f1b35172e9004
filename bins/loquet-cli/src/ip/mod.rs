//! `loquet ip`: rules on addresses, and what a set-up of proxies comes to.

mod check;
mod client;

use std::net::IpAddr;

use clap::Subcommand;
use loquet_ipfilter::Rules;

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Says which addresses may log in, and by which rule
    Check(check::Arguments),
    /// Says which client a request comes from, when proxies stand before the service
    Client(client::Arguments),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        match self {
            Self::Check(arguments) => arguments.run(stdin),
            Self::Client(arguments) => arguments.run(),
        }
    }
}

/// Reads rules from their file.
fn rules(flag: &str, path: &str, stdin: &mut Stdin) -> Result<Rules, Failure> {
    let text = stdin.file(flag, path, Rules::MAX_TEXT)?;
    Rules::parse_text(&text)
        .map_err(|why| Failure::of(flag, format_args!("{}: {why}", path.escape_debug())))
}

/// The standard library reads addresses in full notation only, which is what rules mean by one.
fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| "not an IP address in full notation".to_owned())
}
