//! `loquet verify`: the service.

use clap::Args;
use loquet_otp::{Acceptance, HotpVerdict, LookAhead, Secret, Totp, TypedCode, Verdict, Window};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::{self, Stdin};
use crate::key;
use crate::output;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    key: key::KeyArguments,

    /// The code as typed, blanks and dashes allowed; `-` reads it from standard input, after the secret
    code: String,

    /// Another moment, in seconds since the epoch
    #[arg(long, value_name = "UNIX")]
    at: Option<u64>,

    /// Steps accepted on either side of the present one, 0 to 10
    #[arg(long, value_name = "STEPS", default_value = "1", value_parser = window)]
    window: Window,

    /// The step last accepted: it and all before it are refused
    #[arg(long, value_name = "STEP")]
    after: Option<u64>,

    /// An object: `verdict` (`accepted`, `already-used`, `wrong`), and `step` with what belongs to it
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let (secret, parameters) = self.key.read(stdin)?;
        let code = stdin.resolve("CODE", &self.code, TypedCode::MAX_LEN)?;
        let typed =
            TypedCode::parse(&code, parameters.digits).map_err(|why| Failure::of("CODE", why))?;
        if let Some((hotp, counter)) = parameters.hotp() {
            let key = secret.key(hotp.algorithm);
            return match hotp.verify(&key, typed, counter, LookAhead::default()) {
                HotpVerdict::Accepted { counter, next } => self.say(
                    Outcome::Done,
                    &format!("accepted: counter {counter}, expect {next} from now on"),
                    &json!({ "verdict": "accepted", "counter": counter, "next": next }),
                ),
                HotpVerdict::Wrong => self.wrong(),
            };
        }
        match parameters.totp() {
            Some(totp) => self.time_based(&secret, totp, typed),
            None => Err(Failure::of("--uri", "neither time-based nor counter-based")),
        }
    }

    fn time_based(
        &self,
        secret: &Secret,
        totp: Totp,
        typed: TypedCode,
    ) -> Result<Outcome, Failure> {
        let now = self.at.map_or_else(input::now, Ok)?;
        let key = secret.key(totp.algorithm);
        match totp.verify(
            &key,
            typed,
            now,
            Acceptance {
                window: self.window,
                after: self.after,
                ..Acceptance::default()
            },
        ) {
            Verdict::Accepted(found) => self.say(
                Outcome::Done,
                &format!("accepted: step {}, {}", found.step, clock(found.offset)),
                &json!({ "verdict": "accepted", "step": found.step, "offset": found.offset }),
            ),
            Verdict::AlreadyUsed { step, fresh_at } => self.say(
                Outcome::Refused,
                &format!("already used: step {step}; a fresh code is shown from {fresh_at} on"),
                &json!({ "verdict": "already-used", "step": step, "fresh_at": fresh_at }),
            ),
            Verdict::Wrong => self.wrong(),
        }
    }

    fn wrong(&self) -> Result<Outcome, Failure> {
        self.say(Outcome::Refused, "wrong", &json!({ "verdict": "wrong" }))
    }

    fn say(
        &self,
        outcome: Outcome,
        text: &str,
        json: &serde_json::Value,
    ) -> Result<Outcome, Failure> {
        if self.json {
            output::line(&json.to_string())?;
        } else {
            output::line(text)?;
        }
        Ok(outcome)
    }
}

fn clock(offset: i64) -> String {
    let steps = offset.unsigned_abs();
    let plural = if steps == 1 { "" } else { "s" };
    match offset {
        0 => "on time".to_owned(),
        offset if offset < 0 => format!("the phone is {steps} step{plural} behind"),
        _ => format!("the phone is {steps} step{plural} ahead"),
    }
}

fn window(text: &str) -> Result<Window, String> {
    let steps: u8 = text
        .parse()
        .map_err(|_| format!("a window is 0 to {} steps", Window::MAX))?;
    Window::new(steps, steps).map_err(|why| why.to_string())
}
