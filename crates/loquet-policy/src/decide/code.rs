//! Codes: acceptance, reuse, failures and throttling.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use crate::level::level_by_code;
use crate::requirement::required;
use crate::{
    Access, Account, Authenticator, AuthenticatorId, AuthenticatorOrigin, CodeCheck, CodeSource,
    DisabledBy, Event, Grant, Level, PairCheck, PresentSteps, Refusal, SecondFactor, Submitted,
    Suspension, UnixTime, limits,
};

impl DecisionBuilder<'_> {
    pub(super) fn verify_code(&mut self, code: Submitted, access: Access) -> Answer {
        self.may_verify_code(access)?;
        if code.check == CodeCheck::Absent {
            let why = required(self.known_organization(), self.actor(), self.now);
            return Err(Refusal::CodeRequired(why.cause()));
        }
        self.check_code(code)?;
        self.reach_level2(code.by)
    }

    pub(super) fn resynchronize(
        &mut self,
        pair: PairCheck,
        (by, source): (AuthenticatorId, CodeSource),
        access: Access,
    ) -> Answer {
        self.may_verify_code(access)?;
        let known = self.actor().second_factor.get(by);
        let reach = known.map_or(0, Authenticator::drift_max);
        // Two codes count as one attempt. An offset beyond the limit counts as a wrong code, because an
        // unbounded search would accept recorded codes.
        let (check, found) = match pair {
            PairCheck::Malformed => (CodeCheck::Malformed, 0),
            PairCheck::Wrong => (CodeCheck::Wrong { behind: None }, 0),
            PairCheck::Used { step, wait } => (CodeCheck::Used { step, wait }, 0),
            PairCheck::Good { step, drift } if drift.unsigned_abs() <= reach.unsigned_abs() => {
                let offset = drift;
                (CodeCheck::Good { step, offset }, drift)
            }
            PairCheck::Good { .. } => (CodeCheck::Wrong { behind: None }, 0),
        };
        self.check_code(Submitted { check, by, source })?;
        if let Some(authenticator) = self.actor_mut().second_factor.get_mut(by) {
            authenticator.drift = found;
        }
        self.notify_owner(Event::Resynchronized);
        self.reach_level2(by)
    }

    fn may_verify_code(&self, access: Access) -> Result<(), Refusal> {
        match self.rights() {
            Ok(_) | Err(Refusal::CodeRequired(_)) => self.check_access(access),
            // A mandate demands a passkey, and the session's code is old.
            Err(Refusal::EnrollOnly(_)) if self.may_enroll_beside().is_ok() => {
                self.check_access(access)
            }
            Err(Refusal::RecoverFirst { since })
                if self.require_active_authenticator().is_err() =>
            {
                Err(Refusal::Disabled { since })
            }
            Err(other) => Err(other),
        }
    }

    fn reach_level2(&mut self, by: AuthenticatorId) -> Answer {
        let session = self.level2_session(by)?;
        self.cancel_break_glass(&session)?;
        self.grant_session(session)
    }

    /// Checks the fresh code of a command and consumes it. It is the last check of each command, so that a
    /// command refused for another reason does not use up a code.
    pub(super) fn fresh_code(&mut self, code: Submitted) -> Result<(), Refusal> {
        self.require_active_authenticator()?;
        if code.check == CodeCheck::Absent {
            return Err(if self.is_recent() {
                Refusal::StepUp
            } else {
                Refusal::NotFresh
            });
        }
        self.check_code(code)
    }

    /// Checks the fresh code of a command that only a settled authenticator proves. Returns which one it was. Where none has
    /// settled, no code is looked at.
    pub(super) fn settled_code(&mut self, code: Submitted) -> Result<AuthenticatorId, Refusal> {
        let now = self.now;
        self.require_settled_authenticator()?;
        self.fresh_code(code)?;
        let proved = self.actor().second_factor.get(code.by);
        match proved.and_then(|it| it.settles(now)) {
            Some(until) => Err(Refusal::NotSettled { until }),
            None => Ok(code.by),
        }
    }

    /// Checks the fresh code of a command that changes what is bound, of recovery codes too, or that turns the second factor off
    /// or redirects the notices. Where a passkey has settled it takes a passkey: a code can be phished.
    pub(super) fn binding_code(&mut self, code: Submitted) -> Result<AuthenticatorId, Refusal> {
        let is_code = code.check != CodeCheck::Absent && !code.check.is_of_passkey();
        if is_code && self.actor().has_settled_passkey(self.now) {
            return Err(Refusal::PasskeyRequired);
        }
        self.settled_code(code)
    }

    /// Checks one code of an active authenticator, and counts or consumes it.
    fn check_code(&mut self, code: Submitted) -> Result<(), Refusal> {
        self.require_administrator_rows()?;
        self.require_bound_authenticator()?;
        self.consume_code(code, Authenticator::is_active)
    }

    /// Checks one code against the last accepted step of its authenticator, one of `these`, and counts or consumes it.
    pub(super) fn consume_code(
        &mut self,
        code: Submitted,
        these: fn(&Authenticator) -> bool,
    ) -> Result<(), Refusal> {
        if code.check.is_of_passkey() {
            return self.consume_signature(code, these);
        }
        if self.takes_passkeys_alone() {
            return Err(Refusal::PasskeyRequired);
        }
        let source = self.verified_source(code.source);
        self.check_throttle(source)?;
        let bound = self.actor().second_factor.get(code.by);
        let bound = bound.filter(|it| these(it) && !it.is_passkey());
        let last = bound.map(|it| it.step);
        match code.check {
            CodeCheck::Absent
            | CodeCheck::Malformed
            | CodeCheck::Signed { .. }
            | CodeCheck::NotSigned
            | CodeCheck::ChallengeOver => Err(Refusal::Malformed),
            CodeCheck::Wrong { behind } => {
                self.count_failure(source, these)?;
                Err(Refusal::WrongCode { behind })
            }
            CodeCheck::Used { step, wait } => self.refuse_reused(code.by, step, wait),
            CodeCheck::Ambiguous { wait } => Err(Refusal::AlreadyUsed { wait }),
            // The caller searches only unused steps. Single use is checked again here, because it is
            // essential.
            CodeCheck::Good { step, .. } if last.is_some_and(|last| step <= last) => {
                self.refuse_reused(code.by, step, limits::WAIT)
            }
            CodeCheck::Good { step, .. } if last.is_some() => {
                let now = self.now;
                let actor = self.actor_mut();
                if let Some(authenticator) = actor.second_factor.get_mut(code.by) {
                    authenticator.step = step;
                }
                actor.attempts.succeed(source);
                note_unsettled(actor, code.by, now);
                self.prove_authenticator(code.by)
            }
            // A code of an authenticator that does not count.
            CodeCheck::Good { .. } => {
                self.count_failure(source, these)?;
                Err(Refusal::WrongCode { behind: None })
            }
        }
    }

    /// Returns whether the account has no codes, or a mandate lets none of them count.
    fn takes_passkeys_alone(&self) -> bool {
        let (organization, actor) = (self.known_organization(), self.actor());
        actor.second_factor.with_codes().next().is_none()
            || level_by_code(organization, actor, self.now) == Level::HalfLogin
    }

    /// Checks the answer of a passkey. It cannot be guessed: a wrong one costs this session a wait, and no failure.
    fn consume_signature(
        &mut self,
        code: Submitted,
        these: fn(&Authenticator) -> bool,
    ) -> Result<(), Refusal> {
        self.check_session_wait()?;
        if code.check == CodeCheck::ChallengeOver {
            return Err(Refusal::ChallengeOver);
        }
        let bound = self.actor().second_factor.get(code.by).copied();
        let passkey = bound.filter(these);
        let (
            CodeCheck::Signed {
                issued,
                counter,
                backed_up,
            },
            Some(passkey),
        ) = (code.check, passkey)
        else {
            return self.wrong_in_session(Refusal::WrongPasskey);
        };
        let AuthenticatorOrigin::Passkey { counter: last, .. } = passkey.origin else {
            return self.wrong_in_session(Refusal::WrongPasskey);
        };
        // Before the counter: an answer that is sent twice is no sign of a copy.
        if !is_in_time(issued, self.now) || issued.0 <= passkey.step {
            return Err(Refusal::ChallengeOver);
        }
        if counter <= last && (counter, last) != (0, 0) {
            self.suspend_cloned(code.by)?;
            return Err(Refusal::PasskeyCloned);
        }
        let now = self.now;
        let actor = self.actor_mut();
        if let Some(passkey) = actor.second_factor.get_mut(code.by) {
            // What was asked before this moment, and is sent later, is over: its count may be lower, and is no sign of a copy.
            passkey.step = issued.0.max(now.0.saturating_sub(1));
            passkey.origin = AuthenticatorOrigin::Passkey { counter, backed_up };
        }
        note_unsettled(actor, code.by, now);
        self.prove_authenticator(code.by)
    }

    /// Suspends a passkey of which there may be a copy. Its owner undoes that with a recovery code and the passkey, or another
    /// administrator does.
    fn suspend_cloned(&mut self, id: AuthenticatorId) -> Result<(), Refusal> {
        let (since, link) = (self.now, None);
        let actor = self.actor_mut();
        if let Some(passkey) = actor.second_factor.get_mut(id) {
            passkey.suspended = Some(Suspension { since, link });
        }
        end_sessions(actor);
        self.record_in_roster()?;
        self.notify_of_actor(Event::PasskeyCloned);
        Ok(())
    }

    fn refuse_reused(&mut self, by: AuthenticatorId, used: u64, wait: u64) -> Result<(), Refusal> {
        // Steps told of only rise, so that two used codes in turn are two notices, not many. A suspended authenticator's
        // are none.
        let bound = self.actor().second_factor.get(by);
        let active = bound.filter(|it| it.is_active());
        if active.is_some_and(|it| it.told.is_none_or(|told| used > told)) {
            if let Some(authenticator) = self.actor_mut().second_factor.get_mut(by) {
                authenticator.told = Some(used);
            }
            self.notify_owner(Event::CodeReused);
        }
        Err(Refusal::AlreadyUsed { wait })
    }

    /// Returns the source, where `LiveSession` is accepted only from a session that is at Level2 now.
    fn verified_source(&self, claimed: CodeSource) -> CodeSource {
        match claimed {
            CodeSource::LiveSession { .. } if self.current_level() != Ok(Level::Level2) => {
                CodeSource::Stranger
            }
            source => source,
        }
    }

    /// Refuses a code that may not be checked now.
    fn check_throttle(&self, source: CodeSource) -> Result<(), Refusal> {
        let attempts = &self.actor().attempts;
        if let Some(wait) = attempts.wait(self.now, source) {
            return Err(Refusal::Throttled { wait });
        }
        let left = self.actor().budget().saturating_sub(attempts.total);
        let reserved = match source {
            CodeSource::Stranger => limits::RESERVE,
            CodeSource::LiveSession {
                beside_devices: true,
            } => limits::RESERVE_OF_DEVICES,
            CodeSource::LiveSession { .. } | CodeSource::KnownDevice => 0,
        };
        if left <= reserved && reserved > 0 {
            return Err(Refusal::KnownDeviceOnly);
        }
        Ok(())
    }

    fn count_failure(
        &mut self,
        source: CodeSource,
        these: fn(&Authenticator) -> bool,
    ) -> Result<(), Refusal> {
        let now = self.now;
        let actor = self.actor_mut();
        // Each authenticator is a code more that a guess may hit.
        let compared = actor.second_factor.with_codes().filter(|it| these(it));
        let points = compared.count().max(1);
        let points = u8::try_from(points).unwrap_or(u8::MAX);
        let before = actor.attempts.total;
        let row = actor.attempts.fail(source, points, now);
        let (total, budget) = (actor.attempts.total, actor.budget());
        // Consecutive failures are included in the total, so that one count is enough. A rest that does not pay for another
        // guess would be a chance above the bound.
        if total.saturating_add(points) > budget {
            return self.disable_authenticators();
        }
        if (before..total).contains(&limits::ADVISE_REPLACEMENT.saturating_sub(1)) {
            self.actor_mut().replace_advised = true;
            self.notify_owner(Event::ReplaceAdvised);
        } else if row == limits::FIRST_WAIT {
            self.notify_owner(Event::WrongCodes);
        }
        Ok(())
    }

    /// Cuts the times that lie ahead of a clock that is right again, and ends the sessions of an account that has any. Where
    /// the last step did, codes that were accepted meanwhile are good a second time, so that the owner is told to replace
    /// the authenticator.
    pub(super) fn clock_corrected(&mut self, present: PresentSteps) -> Answer {
        let now = self.now;
        let organization = self.known_organization();
        let home = organization.map(|it| it.without_times_ahead(now));
        let home = home.filter(|home| Some(home) != organization);
        let account = self.actor().without_times_ahead(&present, now);
        let is_ahead = account != *self.actor();
        if home.is_none() && !is_ahead && self.is_unchanged() {
            return Err(Refusal::Unchanged);
        }
        if let Some(home) = home {
            *self.organization_mut()? = home;
        }
        if is_ahead {
            let steps = |account: &Account| -> u64 {
                let all = account.second_factor.with_codes();
                all.fold(0, |sum, it| sum.saturating_add(it.step))
            };
            let is_replayable = steps(&account) != steps(self.actor());
            let actor = self.actor_mut();
            *actor = account;
            end_sessions(actor);
            if is_replayable {
                actor.replace_advised = true;
                self.notify_owner(Event::ClockCorrected);
            }
        }
        Ok(Grant::Done)
    }

    /// Disables the authenticators whose codes can be guessed and erases the pending enrollments. Where a passkey has settled,
    /// it stays, and so does any other.
    fn disable_authenticators(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        let actor = self.actor_mut();
        if actor.has_settled_passkey(now) {
            actor.second_factor.remove(|it| !it.is_passkey());
            actor.forget_links(now);
            end_sessions(actor);
        } else {
            actor.second_factor = SecondFactor::Disabled {
                since: now,
                why: DisabledBy::Failures,
            };
            actor.pendings = Default::default();
        }
        self.record_in_roster()?;
        self.notify_of_actor(Event::DisabledByFailures);
        Ok(())
    }
}

/// Returns whether a challenge that was issued then may still be answered.
pub(super) fn is_in_time(issued: UnixTime, now: UnixTime) -> bool {
    issued.age(now).is_some_and(|age| age < limits::CHALLENGE)
}

/// Notes that an authenticator proved the account which has not settled.
pub(super) fn note_unsettled(account: &mut Account, by: AuthenticatorId, now: UnixTime) {
    let proved = account.second_factor.get(by);
    if proved.is_some_and(|it| it.settles(now).is_some()) {
        // Of several nodes, one may be ahead.
        account.unsettled_proof = account.unsettled_proof.max(Some(now));
    }
}
