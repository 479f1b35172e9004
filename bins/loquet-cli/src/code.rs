//! `loquet code`: the person's phone.

use std::io::{self, IsTerminal};
use std::thread::sleep;
use std::time::Duration;

use clap::Args;
use loquet_enrollment::Parameters;
use loquet_otp::{Algorithm, Secret, Totp};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::{self, Stdin};
use crate::key;
use crate::output;

/// How wide the countdown is, in characters.
const BAR: u64 = 20;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    key: key::KeyArguments,

    /// Another moment, in seconds since the epoch
    #[arg(long, value_name = "UNIX")]
    at: Option<u64>,

    /// Goes on, with a countdown and the next code, until interrupted
    #[arg(long, conflicts_with = "at")]
    watch: bool,

    /// An object: `code`, `next_code`, `remaining`, `period`, `next_at`; a line for each code with --watch
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let (secret, parameters) = self.key.read(stdin)?;
        if let Some((hotp, counter)) = parameters.hotp() {
            if self.watch {
                return Err(Failure::of(
                    "--watch",
                    "codes of a counter do not pass with time",
                ));
            }
            let code = hotp.generate(&secret.key(hotp.algorithm), counter);
            self.print(
                &code.to_string(),
                || json!({ "code": code.to_string(), "counter": counter }),
            )?;
            return Ok(Outcome::Done);
        }
        let phone = Phone::new(&secret, &parameters)?;
        if self.watch {
            return self.watch(&phone);
        }
        let readout = phone.read(self.at.map_or_else(input::now, Ok)?);
        self.print(&readout.code, || readout.json())?;
        Ok(Outcome::Done)
    }

    fn print(&self, code: &str, json: impl FnOnce() -> serde_json::Value) -> Result<(), Failure> {
        if self.json {
            output::line(&json().to_string())
        } else {
            output::line(code)
        }
    }

    /// Redraws one line each second on a terminal; elsewhere a line for each code is of more use.
    fn watch(&self, phone: &Phone) -> Result<Outcome, Failure> {
        let redraw = !self.json && io::stdout().is_terminal();
        let mut shown = None;
        loop {
            let readout = phone.read(input::now()?);
            if redraw {
                output::raw(format!("\r\u{1b}[K{}", readout.bar()).as_bytes())?;
            } else if shown != Some(readout.next_at) {
                shown = Some(readout.next_at);
                self.print(&readout.code, || readout.json())?;
            }
            sleep(Duration::from_secs(1));
        }
    }
}

/// An authenticator app by another hand: what it shows is a second opinion on what our verifier expects.
struct Phone {
    app: totp_rs::Totp,
    clock: Totp,
}

struct Readout {
    code: String,
    next_code: String,
    remaining: u64,
    period: u64,
    next_at: u64,
}

impl Phone {
    fn new(secret: &Secret, parameters: &Parameters) -> Result<Self, Failure> {
        let clock = parameters
            .totp()
            .ok_or_else(|| Failure::of("--uri", "not time-based"))?;
        // Digits, period and secret are within the limits of their types; the app itself would
        // refuse the short secrets that some services hand out.
        let app = totp_rs::Builder::new()
            .with_algorithm(match clock.algorithm {
                Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
                Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
                Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
            })
            .with_digits(clock.digits.count())
            .with_step_duration(clock.period.seconds())
            .with_secret(secret.expose().to_vec())
            .build_noncompliant();
        Ok(Self { app, clock })
    }

    fn read(&self, now: u64) -> Readout {
        let countdown = self.clock.countdown(now);
        Readout {
            code: self.app.generate(now).to_string(),
            next_code: self.app.generate(countdown.next_at).to_string(),
            remaining: countdown.remaining,
            period: countdown.period.seconds(),
            next_at: countdown.next_at,
        }
    }
}

impl Readout {
    fn json(&self) -> serde_json::Value {
        json!({
            "code": self.code,
            "next_code": self.next_code,
            "remaining": self.remaining,
            "period": self.period,
            "next_at": self.next_at,
        })
    }

    /// `  492 039  ████████████░░░░░░░░  18 s  then 381 022`
    fn bar(&self) -> String {
        let full = self
            .remaining
            .saturating_mul(BAR)
            .div_ceil(self.period.max(1))
            .min(BAR);
        let cell = |at| if at < full { '█' } else { '░' };
        let bar: String = (0..BAR).map(cell).collect();
        format!(
            "  {}  {bar}  {:>2} s  then {} ",
            grouped(&self.code),
            self.remaining,
            grouped(&self.next_code)
        )
    }
}

/// Two halves, as apps show codes: `492 039`, `1234 5678`.
fn grouped(code: &str) -> String {
    match code.split_at_checked(code.len().div_ceil(2)) {
        Some((left, right)) => format!("{left} {right}"),
        None => code.to_owned(),
    }
}
