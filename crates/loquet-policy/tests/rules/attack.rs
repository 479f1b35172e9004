//! Simulated guessing attacks by a thief of the password.

use std::ops::ControlFlow;

use crate::defender::{Defender, mix};
use crate::fixture::ACCESS;
use loquet_policy::*;

pub const SIX_DIGITS: u64 = 1_000_000;
pub const HUNDRED_YEARS: u64 = 36_525 * limits::DAY;

/// The thief's method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// Single codes.
    Codes,
    /// Two codes at a time, through resynchronization.
    Pairs,
    /// Single codes; when the hint "your phone is late" reveals one, pairs that begin with it.
    Hints,
}

/// One kind of attack.
#[derive(Clone, Copy)]
pub struct Attack {
    pub name: &'static str,
    pub guess: Guess,
    /// The source of the thief's codes.
    pub thief: CodeSource,
    /// The source of the owner's daily log-in, if any.
    pub owner: Option<CodeSource>,
    /// Steps by which the clock of the newest authenticator was corrected.
    pub drift: i8,
    /// How many the account has.
    pub authenticators: u16,
    /// The number of possible codes.
    pub codes: u64,
    /// The duration.
    pub seconds: u64,
}

pub const ATTACK: Attack = Attack {
    name: "password; the owner logs in daily from a known device",
    guess: Guess::Codes,
    thief: CodeSource::Stranger,
    owner: Some(CodeSource::KnownDevice),
    drift: 0,
    authenticators: 1,
    codes: SIX_DIGITS,
    seconds: 30 * limits::DAY,
};

/// The outcome of one attack.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outcome {
    /// Codes that were checked.
    pub evaluated: u64,
    /// Whether one was right.
    pub broken: bool,
    /// Days on which the owner could log in, and could not.
    pub days: (u64, u64),
}

impl Attack {
    /// Attacks one secret until a guess succeeds, codes are no longer checked, or the time is over.
    pub fn run(&self, secret: u64) -> Outcome {
        let mut defender = Defender::new(secret, self.codes, self.drift, self.authenticators);
        let mut outcome = Outcome::default();
        let end = defender.now.plus(self.seconds);
        let mut session: Option<Session> = None;
        let mut hinted: Option<(u64, u64)> = None;
        let mut morning = defender.now;
        while defender.now < end {
            if defender.now >= morning {
                morning = morning.plus(limits::DAY);
                if let Some(source) = self.owner {
                    let entered = defender.owner_enters(source);
                    outcome.days.0 += u64::from(entered);
                    outcome.days.1 += u64::from(!entered);
                }
            }
            if session.is_none_or(|it| defender.now >= it.at.plus(limits::HALF_LOGIN)) {
                session = defender.log_in();
            }
            let Some(half) = session else {
                // The authenticator is disabled.
                defender.now = morning;
                continue;
            };
            let typed = mix(!secret, defender.next) % self.codes;
            let command = match (self.guess, hinted) {
                (Guess::Hints, Some((step, known))) if step + 4 > defender.step() => {
                    self.pair(&defender, [known, typed])
                }
                (Guess::Codes | Guess::Hints, _) => {
                    let (check, by) = defender.check(typed, self.guess == Guess::Hints);
                    let source = self.thief;
                    Command::VerifyCode {
                        code: Submitted { check, by, source },
                        access: ACCESS,
                    }
                }
                (Guess::Pairs, _) => {
                    let second = mix(secret ^ 7, defender.next) % self.codes;
                    self.pair(&defender, [typed, second])
                }
            };
            let answer = defender.ask(Some(&half), &command);
            if self
                .judge(&mut defender, answer, morning, &mut outcome)
                .is_break()
            {
                break;
            }
            if let Err(Refusal::WrongCode {
                behind: Some(minutes),
            }) = answer
            {
                hinted = Some((
                    defender.step().saturating_sub(u64::from(minutes) * 2),
                    typed,
                ));
            }
        }
        outcome
    }

    fn pair(&self, defender: &Defender, typed: [u64; 2]) -> Command {
        let (pair, by) = defender.pair(typed);
        Command::Resynchronize {
            pair,
            by,
            source: self.thief,
            access: ACCESS,
        }
    }

    /// Counts a checked code, and moves to the next time at which the state can change.
    fn judge(
        &self,
        defender: &mut Defender,
        answer: Result<Grant, Refusal>,
        morning: UnixTime,
        outcome: &mut Outcome,
    ) -> ControlFlow<()> {
        match answer {
            Ok(_) => {
                outcome.evaluated += 1;
                outcome.broken = true;
                return ControlFlow::Break(());
            }
            Err(Refusal::WrongCode { .. }) => outcome.evaluated += 1,
            Err(Refusal::AlreadyUsed { .. }) => defender.now = defender.now.plus(1),
            Err(Refusal::Throttled { wait }) => {
                let awake = defender.now.plus(wait);
                defender.now = if self.owner.is_some() {
                    awake.min(morning)
                } else {
                    awake
                };
            }
            // Codes are no longer checked. Only the owner's log-in could change that.
            Err(Refusal::KnownDeviceOnly | Refusal::StaleLogIn | Refusal::Disabled { .. }) => {
                if self.owner.is_none() {
                    return ControlFlow::Break(());
                }
                defender.now = morning;
            }
            Err(other) => panic!("{other}"),
        }
        ControlFlow::Continue(())
    }

    /// Returns the number of codes that are good at a time.
    pub fn good_at_a_time(&self) -> u64 {
        let corrected = u64::from(self.drift.unsigned_abs() > 1);
        3 * u64::from(self.authenticators) + corrected
    }

    /// Attacks many secrets and prints the result.
    pub fn run_many(&self, secrets: u64) -> (u64, u64, (u64, u64)) {
        let half = secrets / 2;
        let run_range = |from: u64, to: u64| {
            let (mut most, mut broken, mut days) = (0, 0, (0, 0));
            for secret in from..to {
                let outcome = self.run(mix(0x10c4e7, secret));
                most = outcome.evaluated.max(most);
                broken += u64::from(outcome.broken);
                days = (days.0 + outcome.days.0, days.1 + outcome.days.1);
            }
            (most, broken, days)
        };
        let (one, two) = std::thread::scope(|scope| {
            let other = scope.spawn(|| run_range(half, secrets));
            (run_range(0, half), other.join().unwrap())
        });
        let days = (one.2.0 + two.2.0, one.2.1 + two.2.1);
        let (most, broken) = (one.0.max(two.0), one.1 + two.1);
        println!(
            "| {:66} | {secrets} | {most} | {broken} | {:.5} % | {:.5} % | {} |",
            self.name,
            100.0 * broken as f64 / secrets as f64,
            100.0 * (most * self.good_at_a_time()) as f64 / self.codes as f64,
            days.1
        );
        (most, broken, days)
    }
}
