//! `loquet`, the command-line tool.
//!
//! This is the edge: the clock, files and standard input are read here and nowhere below.

mod account;
mod administrator;
mod audit;
mod backup;
mod code;
mod enrollment;
mod failure;
mod glass;
mod house;
mod input;
mod ip;
mod key;
mod keys;
mod mfa;
mod output;
mod policy;
mod qr;
mod ring;
mod role;
mod uri;
mod verify;
mod when;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;

/// Multi-factor log-in from the command line
///
/// Wherever a secret, a key URI or a code is asked for, `-` takes the next line of standard input,
/// so that it does not show in the list of processes.
///
/// Exit codes: 0 done, 1 refused (a wrong code, a rule that forbids it), 2 bad input.
#[derive(Parser)]
#[command(
    name = "loquet",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the code of this moment, as an authenticator app does
    Code(code::Arguments),
    /// Checks a code, as a service does
    Verify(verify::Arguments),
    /// Writes the key URI that hands a secret to an app
    Uri(uri::Arguments),
    /// Draws the QR code of a key URI
    Qr(qr::Arguments),
    /// What comes from other services: key URIs and exports
    #[command(subcommand)]
    Enrollment(enrollment::Command),
    /// Rules on addresses: where a log-in may come from
    #[command(subcommand)]
    Ip(ip::Command),
    /// Rules about people: told as a story, and tested
    #[command(subcommand)]
    Policy(policy::Command),
    /// Accounts in a database, and how they stand
    #[command(subcommand)]
    Account(account::Command),
    /// Multi-factor log-in of an organization
    #[command(subcommand)]
    Mfa(mfa::Command),
    /// Copies a database while services use it
    Backup(backup::Backup),
    /// Puts a backup in a database's place. Ends every session, voids reset codes and recovery codes, counts the codes of
    /// this moment as used, and lists what may have happened since
    Restore(backup::Arguments),
    /// The log of every decision about a person
    #[command(subcommand)]
    Audit(audit::Command),
    /// The key ring of a database, and its rotation
    #[command(subcommand)]
    Keys(keys::Command),
    /// The way back when no administrator can log in, with the code from the envelope
    #[command(subcommand)]
    BreakGlass(glass::Command),
}

fn main() -> ExitCode {
    let ended = match run(&Arguments::parse().command) {
        Err(Failure::Refused(told)) => output::line(&told).map(|()| Outcome::Refused),
        ended => ended,
    };
    match ended {
        Ok(Outcome::Done) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) | Err(Failure::Refused(_)) => ExitCode::from(1),
        Err(Failure::BadInput(why)) => {
            output::complain(&why);
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<Outcome, Failure> {
    let mut stdin = Stdin::open()?;
    match command {
        Command::Code(arguments) => arguments.run(&mut stdin),
        Command::Verify(arguments) => arguments.run(&mut stdin),
        Command::Uri(arguments) => arguments.run(&mut stdin),
        Command::Qr(arguments) => arguments.run(&mut stdin),
        Command::Enrollment(command) => command.run(&mut stdin),
        Command::Ip(command) => command.run(&mut stdin),
        Command::Policy(command) => command.run(&mut stdin),
        Command::Account(command) => command.run(),
        Command::Mfa(command) => command.run(&mut stdin),
        Command::Backup(arguments) => arguments.run(),
        Command::Restore(arguments) => arguments.run(),
        Command::Audit(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::BreakGlass(command) => command.run(&mut stdin),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        super::Arguments::command().debug_assert();
    }
}
