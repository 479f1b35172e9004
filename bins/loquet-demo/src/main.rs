//! "À petits pas": a childcare service with multi-factor log-in, to click through.
//!
//! A thin program over `loquet`, a store and `loquet-web`: it owns people, passwords and browsers' sessions, as
//! any embedding service does, and nothing of the second factor.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        reason = "a test may fail loudly"
    )
)]

mod banner;
mod brake;
mod cli;
mod connections;
mod database;
mod failure;
mod files;
mod host;
mod log_in;
mod notices;
mod pages;
mod password;
mod people;
mod places;
mod rebinding;
mod serve;
mod shares;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match serve::run(&cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // A closed standard error is no reason to stop.
            drop(writeln!(std::io::stderr(), "loquet-demo: {failure}"));
            failure.exit_code()
        }
    }
}
