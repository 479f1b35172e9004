//! `loquet`, the command-line tool.
//!
//! This is the edge: the clock, files and standard input are read here and nowhere below.

mod account;
mod acting;
mod audit;
mod backup;
mod break_glass;
mod code;
mod csv_file;
mod enrollment;
mod exit;
mod failure;
mod fields;
mod import;
mod input;
mod installation;
mod ip;
mod key;
mod keys;
mod mfa;
mod output;
mod place;
mod policy;
mod qr;
mod ring;
mod role;
mod store;
mod token;
mod token_files;
mod uri;
mod verify;
mod when;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;

/// Multi-factor log-in from the command line
///
/// Where a secret, a key URI or a code is asked for, `-` takes the next line of standard input, so that it does not show in
/// the list of processes.
#[derive(Parser)]
#[command(
    name = "loquet",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = failure::HELP
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the current code, as an authenticator app does
    #[command(after_help = "\
Examples:
  loquet code --uri - < uri.txt
  loquet code --secret - --watch < secret.txt")]
    Code(code::Arguments),
    /// Verify a code, as a service does
    ///
    /// Exit code 1 when the code is wrong or was used.
    #[command(after_help = "Example:\n  loquet verify --uri - 123456 < uri.txt")]
    Verify(verify::Arguments),
    /// Write the key URI that hands a secret to an app
    #[command(after_help = "\
Example:
  loquet uri --issuer Shop --account marie@example.org --secret - < secret.txt")]
    Uri(uri::Arguments),
    /// Draw the QR code of a key URI
    #[command(after_help = "\
Examples:
  loquet qr --uri - < uri.txt
  loquet qr --uri - --format png --out code.png < uri.txt")]
    Qr(qr::Arguments),
    /// Read key URIs, exports and backups of other services and apps
    #[command(subcommand)]
    Enrollment(enrollment::Command),
    /// Test, explain and compare access rules in files
    #[command(subcommand)]
    Ip(ip::Command),
    /// Test the rules about accounts against scenarios
    #[command(subcommand)]
    Policy(policy::Command),
    /// Manage the accounts of an organization
    #[command(subcommand)]
    Account(account::Command),
    /// Import the authenticators that people already have, and hardware tokens
    ///
    /// Binds them where nothing was ever bound, 500 in a transaction. An import that was interrupted, or repeated, goes on
    /// where it was. Exit code 1 when a line was refused.
    ///
    /// Columns of csv and jsonl: account (the user's name at the host), secret, and where they differ from what is usual
    /// encoding (base32, hex or base64), algorithm, digits, period, last_step. A column `name` is read and not kept.
    ///
    /// Columns of token-csv: serial, then seed (hexadecimal) or secret key (base32), and where they differ from what is usual
    /// encoding, period, algorithm, digits. Columns upn, manufacturer and model are not read; a file with any
    /// other column is refused.
    ///
    /// Of each KeyPackage of pskc: SerialNo or else the Id of the Key, Secret, TimeInterval, Suite, ResponseFormat, and
    /// Policy, which may forbid the key. Only time-based keys are imported.
    ///
    /// With --json each authenticator or token gives an object on a line of its own: line, account (for tokens serial),
    /// outcome (imported, already_there or refused) and reason (why it was refused, or a warning about its key; otherwise
    /// null).
    #[command(after_help = "\
Examples:
  loquet import --db app.db users.csv --format csv --dry-run
  loquet import --db app.db users.jsonl --format jsonl --json
  loquet import --db app.db users.jsonl --format jsonl --source laravel --source-key app.key")]
    Import(import::Import),
    /// List hardware tokens, assign them, take them back
    #[command(subcommand)]
    Token(token::Command),
    /// Manage multi-factor log-in of an organization
    #[command(subcommand)]
    Mfa(mfa::Command),
    /// Manage the access rules of an organization
    #[command(subcommand)]
    AccessRules(ip::access_rules::Command),
    /// Let an administrator in with the code from the envelope
    #[command(subcommand)]
    BreakGlass(break_glass::Command),
    /// Verify, export and trim the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Manage and rotate the keys of a database
    #[command(subcommand)]
    Keys(keys::Command),
    /// Create the tables in PostgreSQL, copy them between databases
    #[command(subcommand)]
    Store(store::Command),
    /// Copy a database while services use it
    #[command(after_help = "Example:\n  loquet backup --db app.db app.backup")]
    Backup(backup::Backup),
    /// Restore a database from a backup
    ///
    /// Ends every session, voids reset codes and recovery codes, counts the codes of this moment as used, and lists what may
    /// have happened since.
    #[command(after_help = "\
Example:
  loquet restore --db app.db app.backup --replace --against kept.checkpoint")]
    Restore(backup::Arguments),
    /// Make a database safe that other tools have put back to an earlier time
    ///
    /// pg_restore, a recovery to a point in time, a failover to a replica that was behind, a snapshot of the disk. Run it before
    /// a service opens the database. It does what `restore` does, in place; if it stopped half-way, run it again.
    #[command(after_help = "\
Example:
  loquet restored --db postgres://owner@localhost/app --against kept.checkpoint --none-enabled")]
    Restored(backup::InPlace),
}

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let json = is_json(&matches);
    let ended = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => run(&arguments.command),
        Err(why) => why.exit(),
    };
    exit::exit(ended, json)
}

/// Whether the command that was named is to print JSON: refusals are told likewise.
fn is_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, matches)) => is_json(matches),
        None => matches!(matches.try_get_one("json"), Ok(Some(true))),
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
        Command::Account(command) => command.run(&mut stdin),
        Command::Import(arguments) => installation::wait(arguments.run(&mut stdin)),
        Command::Token(command) => command.run(),
        Command::Mfa(command) => command.run(&mut stdin),
        Command::AccessRules(command) => command.run(&mut stdin),
        Command::BreakGlass(command) => command.run(&mut stdin),
        Command::Audit(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Store(command) => command.run(),
        Command::Backup(arguments) => arguments.run(),
        Command::Restore(arguments) => arguments.run(&mut stdin),
        Command::Restored(arguments) => arguments.run(&mut stdin),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use clap::{Command, CommandFactory};

    /// Every command that does something, with the words that call it.
    fn leaves(command: &Command, words: &str, found: &mut Vec<(String, Command)>) {
        if !command.has_subcommands() {
            found.push((words.to_owned(), command.clone()));
        }
        for inner in command.get_subcommands() {
            check_about(inner);
            leaves(inner, &format!("{words} {}", inner.get_name()), found);
        }
    }

    fn check_about(command: &Command) {
        let name = command.get_name();
        let about = command.get_about().unwrap().to_string();
        assert!(about.len() <= 72, "{name}: {about}");
        assert!(
            !about.ends_with('.') && !about.contains('\n'),
            "{name}: {about}"
        );
        // Imperative: "Show", not "Shows".
        let verb = about.split_whitespace().next().unwrap();
        assert!(
            !verb.ends_with('s') && verb.starts_with(char::is_uppercase),
            "{name}: {about}"
        );
    }

    #[test]
    fn arguments_do_not_contradict_each_other() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_one_line_and_an_example() {
        let mut found = Vec::new();
        leaves(&super::Arguments::command(), "loquet", &mut found);
        for (words, command) in found {
            let examples = command.get_after_help().unwrap().to_string();
            assert!(examples.contains(&words), "{words}: {examples}");
        }
    }

    #[test]
    fn every_example_parses() {
        let mut found = Vec::new();
        leaves(&super::Arguments::command(), "loquet", &mut found);
        for (words, command) in found {
            let examples = command.get_after_help().unwrap().to_string();
            for example in examples.lines().filter(|line| line.starts_with("  loquet")) {
                let typed = example.split(['<', '>']).next().unwrap();
                let typed = typed.replace("'X-Forwarded-For: 203.0.113.7'", "a:b");
                let parsed =
                    super::Arguments::command().try_get_matches_from(typed.split_whitespace());
                assert!(parsed.is_ok(), "{words}: {example}: {parsed:?}");
            }
        }
    }
}
