//! `loquet enrollment read`: what key URIs, exports of Google Authenticator and backups of other apps hold, for a move from
//! another service or app.

mod backups;

use std::fmt::Display;

use clap::{Args, Subcommand};
use loquet_enrollment::{App, Import, Migration, MigrationPart, MovingFactor, Warning, compatible};
use serde_json::{Value, json};

use self::backups::Backup;
use crate::failure::{Failure, Outcome};
use crate::input::{self, Stdin};
use crate::output;

/// Some ten thousand accounts, or some hundred with the icons that backups hold.
const MAX_LIST: usize = 16 << 20;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Read key URIs, and exports and backups of apps, from a file
    ///
    /// Says what key URIs (otpauth://) and exports of Google Authenticator (otpauth-migration://) hold, one a line, or the
    /// backup of an app that is not encrypted: of Aegis, 2FAS, andOTP and Bitwarden Authenticator, and of Bitwarden (JSON and
    /// CSV). Says too which apps show right codes with it. Never shows a secret. Exit code 1 when a line or entry cannot be
    /// read; the others are shown all the same.
    #[command(after_help = "\
Examples:
  loquet enrollment read uris.txt --json
  loquet enrollment read aegis-export.json")]
    Read(Arguments),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        match self {
            Self::Read(arguments) => arguments.run(stdin),
        }
    }
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// A file of URIs, one a line, as a scanner reads them from QR codes, or a backup; `-` reads standard input. Empty lines
    /// and lines that begin with `#` are left out
    file: String,

    /// An object a line: `line` (in JSON backups the number of the entry), `issuer` and `account` (null when absent), `type`,
    /// `algorithm`, `digits`, `period` or `counter`, `secret_bytes`, `bindable`, `fails_in` (apps), `warnings`
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let scheme = self.file.trim_start().get(..7);
        if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("otpauth")) {
            return Err(Failure::of(
                "FILE",
                "a key URI on the command line shows in the list of processes: put it into a file, or give it to `-`",
            ));
        }
        let bytes = stdin.content("FILE", &self.file, MAX_LIST)?;
        let text = input::text(&bytes).map_err(|why| {
            let why = format!("{why}; {}", backups::AND_OTP);
            input::unread("FILE", &self.file, &why)
        })?;
        let mut reading = Reading {
            json: self.json,
            unit: "line",
            ..Reading::default()
        };
        if let Some(backup) = backups::read(text) {
            let backup = backup.map_err(|why| input::unread("FILE", &self.file, &why))?;
            reading.backup(backup)?;
            return reading.end("the backup holds no authenticator");
        }
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                reading.line(number, line)?;
            }
        }
        reading.end("no line holds otpauth:// or otpauth-migration://")
    }
}

#[derive(Default)]
struct Reading {
    json: bool,
    /// What is counted: lines, or the entries of a backup.
    unit: &'static str,
    accounts: usize,
    faults: usize,
    /// The exports of which a part was read, and the line of the first.
    exports: Vec<(usize, Migration)>,
    /// Every part that was read.
    parts: Vec<MigrationPart>,
}

impl Reading {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Failure> {
        if let Err(why) = input::without_mark(line) {
            self.fault(number, &why);
            return Ok(());
        }
        let scheme = line.split(':').next().unwrap_or_default();
        if scheme.eq_ignore_ascii_case("otpauth-migration") {
            return match MigrationPart::parse(line) {
                Ok(part) => self.part(number, part),
                Err(why) => {
                    self.fault(number, &why);
                    Ok(())
                }
            };
        }
        match Import::parse(line) {
            Ok(import) => self.account(number, &import, |warning| {
                format!("at byte {}: {}", warning.position, warning.kind)
            }),
            Err(why) => {
                self.fault(number, &why);
                Ok(())
            }
        }
    }

    fn backup(&mut self, backup: Backup) -> Result<(), Failure> {
        self.unit = backup.unit;
        for (number, entry) in backup.entries {
            match entry {
                Ok(import) => self.account(number, &import, |warning| warning.kind.to_string())?,
                Err(why) => self.fault(number, &why),
            }
        }
        Ok(())
    }

    fn part(&mut self, number: usize, part: MigrationPart) -> Result<(), Failure> {
        if self.parts.contains(&part) {
            output::note(&format!(
                "FILE: line {number}: this QR code was read before"
            ));
            return Ok(());
        }
        self.join(number, &part);
        for account in &part.accounts {
            match account {
                Ok(import) => {
                    self.account(number, import, |warning| warning.kind.to_string())?;
                }
                Err(why) => self.fault(number, why),
            }
        }
        self.parts.push(part);
        Ok(())
    }

    /// Puts a part into the export that lacks it, or into a new one: not every export has a number of its own.
    fn join(&mut self, number: usize, part: &MigrationPart) {
        for (_, export) in &mut self.exports {
            if export.missing().contains(&part.index) && export.add(part.clone()).is_ok() {
                return;
            }
        }
        let mut export = Migration::default();
        // The first part of an export belongs to it.
        if export.add(part.clone()).is_ok() {
            self.exports.push((number, export));
        }
    }

    fn account(
        &mut self,
        number: usize,
        import: &Import,
        told: impl Fn(&Warning) -> String,
    ) -> Result<(), Failure> {
        self.accounts = self.accounts.saturating_add(1);
        let warnings: Vec<String> = import.warnings.iter().map(told).collect();
        if self.json {
            return output::line(&object(number, import, &warnings).to_string());
        }
        output::line(&format!("{} {number}: {}", self.unit, title(import)))?;
        for line in lines(import, &warnings) {
            output::line(&line)?;
        }
        Ok(())
    }

    fn fault(&mut self, number: usize, why: &dyn Display) {
        self.faults = self.faults.saturating_add(1);
        output::complain(&format!("FILE: {} {number}: {why}", self.unit));
    }

    /// `nothing` says that the file holds nothing.
    fn end(mut self, nothing: &str) -> Result<Outcome, Failure> {
        for (line, export) in std::mem::take(&mut self.exports) {
            let missing = export.missing();
            if !missing.is_empty() {
                let missing: Vec<String> = missing
                    .iter()
                    .map(|part| part.saturating_add(1).to_string())
                    .collect();
                self.fault(
                    line,
                    &format_args!(
                        "this export has more QR codes, which are not here: number {}",
                        missing.join(", ")
                    ),
                );
            }
        }
        if self.faults > 0 {
            return Ok(Outcome::Refused);
        }
        if self.accounts == 0 {
            return Err(Failure::of("FILE", nothing));
        }
        Ok(Outcome::Done)
    }
}

/// The account's name, if it has one.
fn named(import: &Import) -> Option<&str> {
    Some(import.account.as_str()).filter(|name| !name.is_empty())
}

fn object(number: usize, import: &Import, warnings: &[String]) -> Value {
    let parameters = &import.parameters;
    let report = compatible(parameters, &App::ALL);
    let failing = report.failures().map(|fit| fit.app.profile().name);
    let (kind, moving, value) = match parameters.moving {
        MovingFactor::Time(period) => ("totp", "period", period.seconds()),
        MovingFactor::Counter(counter) => ("hotp", "counter", counter),
    };
    json!({
        "line": number,
        "issuer": import.issuer,
        "account": named(import),
        "type": kind,
        "algorithm": parameters.algorithm.to_string(),
        "digits": parameters.digits.count(),
        moving: value,
        "secret_bytes": import.secret.expose().len(),
        "bindable": !import.secret.is_weak(),
        "fails_in": failing.collect::<Vec<_>>(),
        "warnings": warnings,
    })
}

/// Whose the codes are.
fn title(import: &Import) -> String {
    let issuer = import.issuer.as_deref().unwrap_or("no issuer");
    let account = named(import).unwrap_or("no account");
    format!("{issuer}, {account}")
}

fn lines(import: &Import, warnings: &[String]) -> Vec<String> {
    let parameters = &import.parameters;
    let moving = match parameters.moving {
        MovingFactor::Time(period) => format!("a code every {} s", period.seconds()),
        MovingFactor::Counter(counter) => format!("HOTP at counter {counter}"),
    };
    let mut lines = vec![format!(
        "  {}, {} digits, {moving}, a secret of {} bytes",
        parameters.algorithm,
        parameters.digits.count(),
        import.secret.expose().len(),
    )];
    lines.extend(
        warnings
            .iter()
            .map(|warning| format!("  warning: {warning}")),
    );
    let report = compatible(parameters, &App::ALL);
    if report.works_everywhere() {
        lines.push("  every known app shows right codes".to_owned());
    } else {
        lines.extend(report.failures().map(|fit| format!("  {fit}")));
    }
    lines
}
