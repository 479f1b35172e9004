//! What the thief of a password tries, and what comes of it.

use std::ops::ControlFlow;

use crate::defender::{Defender, mix};
use crate::house::ACCESS;
use loquet_policy::*;

pub const SIX_DIGITS: u64 = 1_000_000;
pub const HUNDRED_YEARS: u64 = 36_525 * limits::DAY;

/// How the thief guesses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// One code after another.
    Codes,
    /// Two codes at a time, by the way that corrects a clock.
    Pairs,
    /// Codes; whenever the answer "your phone is late" betrays one, pairs that begin with it.
    Hints,
}

/// One kind of siege.
#[derive(Clone, Copy)]
pub struct Siege {
    pub name: &'static str,
    pub guess: Guess,
    /// From where the thief types.
    pub thief: Vantage,
    /// From where the owner logs in once a day, if at all.
    pub owner: Option<Vantage>,
    /// Steps by which the phone's clock was corrected.
    pub drift: i8,
    /// Codes there are.
    pub codes: u64,
    /// How long the thief goes on.
    pub seconds: u64,
}

pub const SIEGE: Siege = Siege {
    name: "password; the owner logs in daily from a known device",
    guess: Guess::Codes,
    thief: Vantage::Stranger,
    owner: Some(Vantage::KnownDevice),
    drift: 0,
    codes: SIX_DIGITS,
    seconds: 30 * limits::DAY,
};

/// What came of one siege.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outcome {
    /// Codes that were looked at.
    pub evaluated: u64,
    /// Whether one was right.
    pub broken: bool,
    /// Days on which the owner came in, and on which not.
    pub days: (u64, u64),
}

impl Siege {
    /// One secret besieged until it falls, nobody looks at the thief's codes any more, or time is over.
    pub fn lay(&self, secret: u64) -> Outcome {
        let mut house = Defender::new(secret, self.codes, self.drift);
        let mut outcome = Outcome::default();
        let end = house.now.plus(self.seconds);
        let mut session: Option<Session> = None;
        let mut betrayed: Option<(u64, u64)> = None;
        let mut morning = house.now;
        while house.now < end {
            if house.now >= morning {
                morning = morning.plus(limits::DAY);
                if let Some(vantage) = self.owner {
                    let entered = house.owner_enters(vantage);
                    outcome.days.0 += u64::from(entered);
                    outcome.days.1 += u64::from(!entered);
                }
            }
            if session.is_none_or(|it| house.now >= it.at.plus(limits::HALF_LOGIN)) {
                session = house.log_in();
            }
            let Some(half) = session else {
                // Disabled: the secret is out of reach for everybody.
                house.now = morning;
                continue;
            };
            let typed = mix(!secret, house.next) % self.codes;
            let command = match (self.guess, betrayed) {
                (Guess::Hints, Some((step, known))) if step + 4 > house.step() => {
                    self.pair(&house, [known, typed])
                }
                (Guess::Codes | Guess::Hints, _) => Command::VerifyCode {
                    code: Submitted {
                        check: house.check(typed, self.guess == Guess::Hints),
                        vantage: self.thief,
                    },
                    access: ACCESS,
                },
                (Guess::Pairs, _) => {
                    let second = mix(secret ^ 7, house.next) % self.codes;
                    self.pair(&house, [typed, second])
                }
            };
            let answer = house.ask(Some(&half), &command);
            if self
                .judge(&mut house, answer, morning, &mut outcome)
                .is_break()
            {
                break;
            }
            if let Err(Refusal::WrongCode {
                behind: Some(minutes),
            }) = answer
            {
                betrayed = Some((house.step().saturating_sub(u64::from(minutes) * 2), typed));
            }
        }
        outcome
    }

    fn pair(&self, house: &Defender, typed: [u64; 2]) -> Command {
        Command::Resynchronize {
            pair: house.pair(typed),
            vantage: self.thief,
            access: ACCESS,
        }
    }

    /// Counts what was looked at, and moves to the next moment at which anything can happen.
    fn judge(
        &self,
        house: &mut Defender,
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
            Err(Refusal::AlreadyUsed { .. }) => house.now = house.now.plus(1),
            Err(Refusal::Throttled { wait }) => {
                let awake = house.now.plus(wait);
                house.now = if self.owner.is_some() {
                    awake.min(morning)
                } else {
                    awake
                };
            }
            // Nobody looks any more. Without an owner's log-in to wait for, nothing changes that.
            Err(Refusal::KnownDeviceOnly | Refusal::StaleLogIn | Refusal::Disabled { .. }) => {
                if self.owner.is_none() {
                    return ControlFlow::Break(());
                }
                house.now = morning;
            }
            Err(other) => panic!("{other}"),
        }
        ControlFlow::Continue(())
    }

    /// Codes that are good at a time.
    pub fn good_at_a_time(&self) -> u64 {
        if self.drift.unsigned_abs() > 1 { 4 } else { 3 }
    }

    /// Lays siege to many secrets and says what came of it.
    pub fn campaign(&self, secrets: u64) -> (u64, u64, (u64, u64)) {
        let half = secrets / 2;
        let march = |from: u64, to: u64| {
            let (mut most, mut broken, mut days) = (0, 0, (0, 0));
            for secret in from..to {
                let outcome = self.lay(mix(0x10c4e7, secret));
                most = outcome.evaluated.max(most);
                broken += u64::from(outcome.broken);
                days = (days.0 + outcome.days.0, days.1 + outcome.days.1);
            }
            (most, broken, days)
        };
        let (one, two) = std::thread::scope(|scope| {
            let other = scope.spawn(|| march(half, secrets));
            (march(0, half), other.join().unwrap())
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
