//! Codes: what each outcome costs and brings.

use super::turn::{Answer, Turn};
use crate::requirement::required;
use crate::{
    Access, Attempts, Authenticator, CodeCheck, DisabledBy, Event, Grant, Level, PairCheck,
    Refusal, RoleId, Submitted, UnixTime, Vantage, limits,
};

impl Turn<'_> {
    pub(super) fn verify_code(&mut self, code: Submitted, access: Access) -> Answer {
        self.may_verify_code(access)?;
        if code.check == CodeCheck::Absent {
            let why = required(self.readable(), self.actor(), self.now);
            return Err(Refusal::CodeRequired(why.cause()));
        }
        self.evaluate(code)?;
        self.reach_level2()
    }

    pub(super) fn resynchronize(
        &mut self,
        pair: PairCheck,
        vantage: Vantage,
        access: Access,
    ) -> Answer {
        self.may_verify_code(access)?;
        // Two codes are one attempt, with the same costs as one. A clock further off than the cap
        // is a wrong code: an unbounded search would accept what a thief recorded.
        let (check, found) = match pair {
            PairCheck::Malformed => (CodeCheck::Malformed, 0),
            PairCheck::Wrong => (CodeCheck::Wrong { behind: None }, 0),
            PairCheck::Used { step, wait } => (CodeCheck::Used { step, wait }, 0),
            PairCheck::Good { step, drift }
                if drift.unsigned_abs() <= limits::DRIFT_MAX.unsigned_abs() =>
            {
                (
                    CodeCheck::Good {
                        step,
                        offset: drift,
                    },
                    drift,
                )
            }
            PairCheck::Good { .. } => (CodeCheck::Wrong { behind: None }, 0),
        };
        self.evaluate(Submitted { check, vantage })?;
        if let Authenticator::Active { drift, .. } = &mut self.actor_mut().authenticator {
            *drift = found;
        }
        self.tell_owner(Event::Resynchronized);
        self.reach_level2()
    }

    fn may_verify_code(&self, access: Access) -> Result<(), Refusal> {
        match self.rights() {
            Ok(_) | Err(Refusal::CodeRequired(_)) => self.allowed(access),
            Err(Refusal::RecoverFirst { since }) => Err(Refusal::Disabled { since }),
            Err(other) => Err(other),
        }
    }

    fn reach_level2(&mut self) -> Answer {
        self.cancel_break_glass()?;
        let session = self.raise()?;
        let requirement = required(self.readable(), self.actor(), self.now);
        Ok(Grant::Session {
            session,
            requirement,
        })
    }

    /// A code that comes with a command, to be consumed in the same commit. The last thing that
    /// can refuse: a command that would be refused anyway must not use up a code.
    pub(super) fn fresh_code(&mut self, code: Submitted) -> Result<(), Refusal> {
        self.has_code()?;
        if code.check == CodeCheck::Absent {
            return Err(if self.is_recent() {
                Refusal::StepUp
            } else {
                Refusal::NotFresh
            });
        }
        self.evaluate(code)
    }

    /// One code of the bound authenticator: refused, counted or consumed.
    fn evaluate(&mut self, code: Submitted) -> Result<(), Refusal> {
        self.rows_of_administrator()?;
        let Authenticator::Active {
            step: last, told, ..
        } = self.actor().authenticator
        else {
            return self.bound();
        };
        let vantage = self.vantage(code.vantage);
        self.admit(vantage, true)?;
        match code.check {
            CodeCheck::Absent | CodeCheck::Malformed => Err(Refusal::Malformed),
            CodeCheck::Wrong { behind } => {
                self.count_failure(vantage)?;
                Err(Refusal::WrongCode { behind })
            }
            CodeCheck::Used { step, wait } => self.reused(step, wait, told),
            // The caller bounds its search by the last step; that a step is used once is too
            // important to depend on it.
            CodeCheck::Good { step, .. } if step <= last => self.reused(step, limits::WAIT, told),
            CodeCheck::Good { step: good, .. } => {
                let actor = self.actor_mut();
                if let Authenticator::Active { step, .. } = &mut actor.authenticator {
                    *step = good;
                }
                actor.attempts.succeed(vantage);
                Ok(())
            }
        }
    }

    fn reused(&mut self, used: u64, wait: u64, told: Option<u64>) -> Result<(), Refusal> {
        if told != Some(used) {
            if let Authenticator::Active { told, .. } = &mut self.actor_mut().authenticator {
                *told = Some(used);
            }
            self.tell_owner(Event::CodeReused);
        }
        Err(Refusal::AlreadyUsed { wait })
    }

    /// A live session is one that this decision sees live, whatever the caller says.
    pub(super) fn vantage(&self, claimed: Vantage) -> Vantage {
        match claimed {
            Vantage::LiveSession if self.standing() != Ok(Level::Level2) => Vantage::Stranger,
            vantage => vantage,
        }
    }

    /// Whether a code may be looked at at all.
    pub(super) fn admit(&self, vantage: Vantage, reserve: bool) -> Result<(), Refusal> {
        let attempts = &self.actor().attempts;
        if let Some(wait) = attempts.wait(self.now, vantage) {
            return Err(Refusal::Throttled { wait });
        }
        let left = self.actor().budget().saturating_sub(attempts.total);
        if reserve && vantage == Vantage::Stranger && left <= limits::RESERVE {
            return Err(Refusal::KnownDeviceOnly);
        }
        Ok(())
    }

    pub(super) fn count_failure(&mut self, vantage: Vantage) -> Result<(), Refusal> {
        let now = self.now;
        let actor = self.actor_mut();
        actor.attempts.fail(vantage, now);
        let (total, budget) = (actor.attempts.total, actor.budget());
        let active = matches!(actor.authenticator, Authenticator::Active { .. });
        // A hundred in a row are a hundred in all, so that one count decides.
        if active && total >= budget {
            return self.disable_authenticator(DisabledBy::Failures);
        }
        if total == limits::ADVISE_REPLACEMENT {
            self.tell_owner(Event::ReplaceAdvised);
        }
        Ok(())
    }

    /// What was bound no longer counts; enrollments beside it go with it.
    pub(super) fn disable_authenticator(&mut self, why: DisabledBy) -> Result<(), Refusal> {
        let now = self.now;
        let actor = self.actor_mut();
        actor.authenticator = Authenticator::Disabled { since: now, why };
        actor.pendings = Default::default();
        let (account, administrator) = (actor.id, actor.roles.contains(RoleId::ADMINISTRATOR));
        self.set_enrolled(account, false)?;
        let event = match why {
            DisabledBy::Failures => Event::DisabledByFailures,
            DisabledBy::Loss | DisabledBy::Recovery => Event::ReportedLost,
        };
        self.tell_owner(event);
        if administrator {
            self.tell_administrators(event);
        }
        Ok(())
    }
}

impl Attempts {
    /// Seconds until a code of such a visitor is looked at, `None` for at once.
    fn wait(&self, now: UnixTime, vantage: Vantage) -> Option<u64> {
        let until = match vantage {
            Vantage::Stranger => self.stranger.until,
            Vantage::KnownDevice | Vantage::LiveSession => self.known.until,
        };
        match until.since(now) {
            0 => None,
            wait => Some(wait),
        }
    }

    /// One more failure, in the count and in the visitor's lane.
    fn fail(&mut self, vantage: Vantage, now: UnixTime) {
        self.total = self.total.saturating_add(1);
        let lane = match vantage {
            Vantage::Stranger => &mut self.stranger,
            Vantage::KnownDevice | Vantage::LiveSession => &mut self.known,
        };
        lane.row = lane.row.saturating_add(1);
        if let Some(doublings) = lane.row.checked_sub(limits::FIRST_WAIT) {
            // 2^7 · 30 s is more than an hour already.
            let wait = limits::WAIT
                .saturating_mul(1 << doublings.min(7))
                .min(limits::WAIT_MAX);
            lane.until = now.plus(wait);
        }
    }

    /// A good code ends its own lane's wait. A stranger's wait outlives the owner's
    /// success: otherwise each of the owner's log-ins would give the thief five free guesses.
    fn succeed(&mut self, vantage: Vantage) {
        match vantage {
            Vantage::Stranger => self.stranger = crate::Lane::default(),
            Vantage::KnownDevice | Vantage::LiveSession => self.known = crate::Lane::default(),
        }
    }
}
