//! `loquet enrollment read`: what key URIs and the exports of Google Authenticator hold, for whoever moves over.

use std::fmt::Display;

use clap::{Args, Subcommand};
use loquet_enrollment::{App, Import, Migration, MigrationPart, MovingFactor, Warning, compatible};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

/// Some ten thousand accounts.
const MAX_LIST: usize = 4 << 20;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Says what key URIs (otpauth://) and exports of Google Authenticator (otpauth-migration://) hold, one a line, and
    /// which apps show right codes with it. Never shows a secret
    Read(Arguments),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        match self {
            Self::Read(arguments) => arguments.run(stdin),
        }
    }
}

/// Exit code 1 when something in it could not be read; the rest is shown all the same.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A file of URIs, one a line, as a scanner reads them from QR codes; `-` reads standard input. Empty lines and lines
    /// that begin with `#` are left out
    file: String,

    /// An object a line: `line`, `issuer` and `account` (null when absent), `type`, `algorithm`, `digits`, `period` or
    /// `counter`, `secret_bytes`, `bindable`, `fails_in` (apps), `warnings`
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
        let text = stdin.file("FILE", &self.file, MAX_LIST)?;
        let mut reading = Reading {
            json: self.json,
            ..Reading::default()
        };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                reading.line(number, line)?;
            }
        }
        reading.end()
    }
}

#[derive(Default)]
struct Reading {
    json: bool,
    accounts: usize,
    faults: usize,
    /// The exports of which a part was read, and the line of the first.
    exports: Vec<(usize, Migration)>,
    /// Every part that was read.
    parts: Vec<MigrationPart>,
}

impl Reading {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Failure> {
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
        let parameters = &import.parameters;
        let report = compatible(parameters, &App::ALL);
        let bytes = import.secret.expose().len();
        let account = Some(import.account.as_str()).filter(|name| !name.is_empty());
        let warnings: Vec<String> = import.warnings.iter().map(told).collect();
        if self.json {
            let (kind, period, counter) = match parameters.moving {
                MovingFactor::Time(period) => ("totp", Some(period.seconds()), None),
                MovingFactor::Counter(counter) => ("hotp", None, Some(counter)),
            };
            let failing: Vec<_> = report
                .failures()
                .map(|fit| fit.app.profile().name)
                .collect();
            let mut object = json!({
                "line": number,
                "issuer": import.issuer,
                "account": account,
                "type": kind,
                "algorithm": parameters.algorithm.to_string(),
                "digits": parameters.digits.count(),
                "secret_bytes": bytes,
                "bindable": !import.secret.is_weak(),
                "fails_in": failing,
                "warnings": warnings,
            });
            let moving = match (period, counter) {
                (Some(period), _) => ("period", json!(period)),
                (None, counter) => ("counter", json!(counter)),
            };
            if let Some(object) = object.as_object_mut() {
                object.insert(moving.0.to_owned(), moving.1);
            }
            return output::line(&object.to_string());
        }
        output::line(&format!(
            "line {number}: {}, {}",
            import.issuer.as_deref().unwrap_or("no issuer"),
            account.unwrap_or("no account"),
        ))?;
        let moving = match parameters.moving {
            MovingFactor::Time(period) => format!("a code every {} s", period.seconds()),
            MovingFactor::Counter(counter) => format!("HOTP at counter {counter}"),
        };
        output::line(&format!(
            "  {}, {} digits, {moving}, a secret of {bytes} bytes",
            parameters.algorithm,
            parameters.digits.count(),
        ))?;
        for warning in warnings {
            output::line(&format!("  warning: {warning}"))?;
        }
        if report.works_everywhere() {
            return output::line("  every known app shows right codes");
        }
        for fit in report.failures() {
            output::line(&format!("  {fit}"))?;
        }
        Ok(())
    }

    fn fault(&mut self, number: usize, why: &dyn Display) {
        self.faults = self.faults.saturating_add(1);
        output::complain(&format!("FILE: line {number}: {why}"));
    }

    fn end(mut self) -> Result<Outcome, Failure> {
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
            return Err(Failure::of(
                "FILE",
                "no line holds otpauth:// or otpauth-migration://",
            ));
        }
        Ok(Outcome::Done)
    }
}
