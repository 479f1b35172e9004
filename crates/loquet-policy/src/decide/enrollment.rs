//! Enrollment and replacement.

use super::bind::has_room;
use super::builder::{Answer, DecisionBuilder, end_sessions};
use super::code::is_in_time;
use super::recovery::forget_codes_of;
use crate::requirement::{enrollment_open, required};
use crate::{
    Access, Authenticator, AuthenticatorId, AuthenticatorOrigin, Cause, CodeCheck, Digest, Event,
    FactorState, Grant, Level, Origin, Pending, Purpose, RecoverySet, Refusal, Session, Submitted,
    UnixTime, limits,
};

/// What the first code of a new authenticator amounts to, the first two of a hardware token, or the answer of a new passkey.
pub(super) enum FirstCode {
    Malformed,
    Wrong {
        behind: Option<u16>,
    },
    Used {
        wait: u64,
    },
    NotSigned,
    ChallengeOver,
    Good {
        step: u64,
        drift: i8,
        origin: AuthenticatorOrigin,
    },
}

impl DecisionBuilder<'_> {
    pub(super) fn begin_enrollment(
        &mut self,
        presented: Option<Digest>,
        recovery: RecoverySet,
        access: Access,
    ) -> Answer {
        self.may_enroll()?;
        self.require_enabled()?;
        self.check_access(access)?;
        let state = self.actor().second_factor.state();
        let purpose = match state {
            FactorState::Active => return Err(Refusal::AlreadyBound),
            FactorState::Suspended { since } => return Err(Refusal::Suspended { since }),
            FactorState::Disabled { since, .. } => {
                return Err(Refusal::RecoverFirst { since });
            }
            FactorState::None => Purpose::First,
            FactorState::ResetDue { .. } => Purpose::Reset,
        };
        if let Some(grant) = self.resume(|own| own.purpose == purpose)? {
            return Ok(grant);
        }
        self.may_begin_another()?;
        match state {
            FactorState::ResetDue { reset_code } => self.check_reset_code(reset_code, presented)?,
            _ if enrollment_open(self.known_organization(), self.actor(), self.now) => {
                self.require_recent_password()?;
            }
            _ => {
                let why = required(self.known_organization(), self.actor(), self.now);
                return Err(Refusal::ResetCodeRequired(why.cause()));
            }
        }
        self.add_pending(purpose, None, recovery)
    }

    /// Requires a session with rights, or one that may only enroll.
    fn may_enroll(&self) -> Result<(), Refusal> {
        match self.current_level()? {
            Level::EnrollOnly => Ok(()),
            _ => self.rights().map(drop),
        }
    }

    /// The same, beside what is bound: a session of a code, where a mandate demands a passkey, may only enroll one.
    pub(super) fn may_enroll_beside(&self) -> Result<(), Refusal> {
        match self.require_active_authenticator() {
            Ok(()) => self.may_enroll(),
            Err(_) => self.rights().map(drop),
        }
    }

    /// Returns the enrollment that this session began, with the same secret and deadline, if it is this one.
    fn resume(&self, is_this: impl Fn(&Pending) -> bool) -> Result<Option<Grant>, Refusal> {
        let session = self.session()?.id;
        let mut own = self.actor().pendings_at(self.now);
        let own = own.find(|pending| pending.session == session && is_this(pending));
        Ok(own.map(|pending| Grant::Pending {
            purpose: pending.purpose,
            expires: pending.expires(),
            resumed: true,
        }))
    }

    /// Refuses an enrollment while too many are pending, or were begun in a day.
    fn may_begin_another(&self) -> Result<(), Refusal> {
        let (actor, session) = (self.actor(), self.session()?.id);
        // Its own ends.
        let others = actor.pendings.iter().flatten();
        let others = others.filter(|pending| pending.session != session).count();
        if others >= limits::PENDINGS {
            return Err(Refusal::TooManyPendings);
        }
        match actor.enrollments.wait(limits::ENROLLMENTS_A_DAY, self.now) {
            Some(wait) => Err(Refusal::TooManyEnrollments { wait }),
            None => Ok(()),
        }
    }

    fn add_pending(
        &mut self,
        purpose: Purpose,
        by: Option<AuthenticatorId>,
        recovery: RecoverySet,
    ) -> Answer {
        let offered = self.organization()?.options.recovery_codes;
        let recovery = if offered {
            recovery
        } else {
            RecoverySet::EMPTY
        };
        let pending = Pending {
            purpose,
            session: self.session()?.id,
            by,
            since: self.now,
            wrong: 0,
            recovery,
        };
        let (expires, now) = (pending.expires(), self.now);
        // A session has one enrollment, or else it would confirm another than the one that it shows.
        self.erase_pending(self.session()?);
        let actor = self.actor_mut();
        let slot = actor.pendings.iter_mut().find(|slot| slot.is_none());
        *slot.ok_or(Refusal::TooManyPendings)? = Some(pending);
        actor.enrollments.count(now);
        Ok(Grant::Pending {
            purpose,
            expires,
            resumed: false,
        })
    }

    pub(super) fn begin_replacement(&mut self, code: Submitted, recovery: RecoverySet) -> Answer {
        self.begin_beside(Purpose::Replace, code, recovery)
    }

    /// Adding one makes no recovery codes: those that there are stay.
    pub(super) fn begin_addition(&mut self, code: Submitted, passkeys: bool) -> Answer {
        let factor = &self.actor().second_factor;
        let has_place = has_room(factor, false) || passkeys && has_room(factor, true);
        if !has_place {
            self.may_enroll_beside()?;
            return Err(Refusal::TooManyAuthenticators);
        }
        self.begin_beside(Purpose::Add, code, RecoverySet::EMPTY)
    }

    /// Begins an enrollment beside what is bound.
    fn begin_beside(&mut self, purpose: Purpose, code: Submitted, recovery: RecoverySet) -> Answer {
        self.may_enroll_beside()?;
        self.require_enabled()?;
        self.require_owner()?;
        let is_known = !matches!(code.check, CodeCheck::Wrong { .. } | CodeCheck::Malformed);
        let by_the_same =
            |own: &Pending| code.check == CodeCheck::Absent || own.by == Some(code.by) && is_known;
        if let Some(grant) = self.resume(|own| own.purpose == purpose && by_the_same(own))? {
            return Ok(grant);
        }
        self.require_bound_authenticator()?;
        self.may_begin_another()?;
        let by = self.binding_code(code)?;
        self.add_pending(purpose, Some(by), recovery)
    }

    pub(super) fn remove_authenticator(&mut self, id: AuthenticatorId, code: Submitted) -> Answer {
        self.rights()?;
        self.require_enabled()?;
        self.require_owner()?;
        self.require_bound_authenticator()?;
        if self.actor().second_factor.get(id).is_none() {
            return Err(Refusal::NoSuchAuthenticator);
        }
        if self.actor().second_factor.active().all(|it| it.id == id) {
            return Err(Refusal::AskAnotherAdmin);
        }
        let mut rest = self.actor().second_factor;
        rest.remove(|it| it.id == id);
        let had = self.actor().has_active_passkey();
        let why = required(self.known_organization(), self.actor(), self.now).passkey;
        if let Some(why) = why.filter(|_| had && !rest.active().any(Authenticator::is_passkey)) {
            return Err(Refusal::Mandated(Cause::from(&why)));
        }
        if self.binding_code(code)? == id {
            return Err(Refusal::OtherCodeRequired);
        }
        let now = self.now;
        let actor = self.actor_mut();
        forget_codes_of(actor, id, now);
        actor.second_factor.remove(|it| it.id == id);
        actor.forget_links(now);
        end_sessions(actor);
        self.record_in_roster()?;
        self.notify_of_actor(Event::AuthenticatorRemoved);
        self.grant_session(self.new_session(Level::Level2, Some(code.by)))
    }

    pub(super) fn confirm_enrollment(
        &mut self,
        check: CodeCheck,
        link: Digest,
        break_glass: Option<Digest>,
        access: Access,
    ) -> Answer {
        let first = match check {
            CodeCheck::Absent | CodeCheck::Malformed => FirstCode::Malformed,
            CodeCheck::Wrong { behind } => FirstCode::Wrong { behind },
            CodeCheck::Used { wait, .. } | CodeCheck::Ambiguous { wait } => {
                FirstCode::Used { wait }
            }
            CodeCheck::Good { step, .. } => FirstCode::Good {
                step,
                drift: 0,
                origin: AuthenticatorOrigin::Enrolled,
            },
            CodeCheck::Signed {
                issued,
                counter,
                backed_up,
            } => FirstCode::Good {
                step: issued.0,
                drift: 0,
                origin: AuthenticatorOrigin::Passkey { counter, backed_up },
            },
            CodeCheck::NotSigned => FirstCode::NotSigned,
            CodeCheck::ChallengeOver => FirstCode::ChallengeOver,
        };
        let is_app = !self.actor().awaits_token;
        let first = is_app.then_some(first).ok_or(Refusal::TwoCodesRequired);
        self.confirm(first, link, break_glass, access)
    }

    pub(super) fn confirm(
        &mut self,
        first: Result<FirstCode, Refusal>,
        link: Digest,
        break_glass: Option<Digest>,
        access: Access,
    ) -> Answer {
        self.may_enroll()?;
        self.require_enabled()?;
        self.check_access(access)?;
        self.require_administrator_rows()?;
        let session = *self.session()?;
        let pending = self.own_pending(&session)?;
        let Some(by_break_glass) = self.is_due(&pending, &session)? else {
            return self.void_reset_code().map(|()| Grant::Done);
        };
        if by_break_glass && break_glass.is_none() {
            return Err(Refusal::BreakGlassCodeFirst);
        }
        match first? {
            // Of an earlier enrollment, which showed something else.
            FirstCode::Good {
                step,
                origin: AuthenticatorOrigin::Passkey { .. },
                ..
            } if step < pending.since.0 || !is_in_time(UnixTime(step), self.now) => {
                Err(Refusal::ChallengeOver)
            }
            FirstCode::Malformed => Err(Refusal::Malformed),
            FirstCode::ChallengeOver => Err(Refusal::ChallengeOver),
            FirstCode::NotSigned => {
                self.check_session_wait()?;
                self.wrong_in_session(Refusal::WrongPasskey)
            }
            FirstCode::Used { wait } => Err(Refusal::AlreadyUsed { wait }),
            FirstCode::Wrong { behind } => {
                self.count_pending_failure(&session);
                match self.own_pending(&session) {
                    Ok(_) => Err(Refusal::WrongCode { behind }),
                    Err(_) => Err(Refusal::EnrollmentEnded),
                }
            }
            FirstCode::Good {
                step,
                drift,
                origin,
            } => {
                self.require_may_bind(&pending, origin)?;
                if let (true, Some(break_glass)) = (by_break_glass, break_glass) {
                    // Used up with the reset code that it gave.
                    self.renew_break_glass(break_glass)?;
                }
                self.bind(&pending, (step, drift, origin), link)
            }
        }
    }

    /// Refuses an enrollment for which the account is not any more. Returns whether break-glass led to it; `None` where its
    /// reset code is void.
    fn is_due(&mut self, pending: &Pending, session: &Session) -> Result<Option<bool>, Refusal> {
        Ok(
            match (pending.purpose, self.actor().second_factor.state()) {
                (Purpose::First, FactorState::None) => Some(false),
                (Purpose::Replace | Purpose::Add, FactorState::Active)
                    if self.is_active(pending.by) =>
                {
                    Some(false)
                }
                (
                    Purpose::Reset,
                    FactorState::ResetDue {
                        reset_code: Some(reset_code),
                    },
                ) => {
                    if !self.author_is_current(&reset_code)? {
                        self.erase_pending(session);
                        return Ok(None);
                    }
                    Some(matches!(reset_code.origin, Origin::BreakGlass { .. }))
                }
                // An enrollment that began in time may finish after the code expired, but not after it became
                // void.
                (Purpose::Reset, FactorState::ResetDue { reset_code: None }) => {
                    return Err(Refusal::WrongResetCode);
                }
                _ => return Err(Refusal::NothingPending),
            },
        )
    }

    fn is_active(&self, id: Option<AuthenticatorId>) -> bool {
        let bound = id.and_then(|id| self.actor().second_factor.get(id));
        bound.is_some_and(Authenticator::is_active)
    }

    fn own_pending(&self, session: &Session) -> Result<Pending, Refusal> {
        let mut pendings = self.actor().pendings_at(self.now).peekable();
        let none = match pendings.peek() {
            Some(_) => Refusal::NotYours,
            None => Refusal::NothingPending,
        };
        let own = pendings.find(|pending| pending.session == session.id);
        own.copied().ok_or(none)
    }

    fn count_pending_failure(&mut self, session: &Session) {
        for slot in &mut self.actor_mut().pendings {
            if let Some(pending) = slot
                .as_mut()
                .filter(|pending| pending.session == session.id)
            {
                pending.wrong = pending.wrong.saturating_add(1);
                if pending.wrong >= limits::PENDING_TRIES {
                    *slot = None;
                }
            }
        }
    }

    pub(super) fn cancel_enrollment(&mut self) -> Answer {
        self.current_level()?;
        let session = *self.session()?;
        if !self
            .actor()
            .pendings
            .iter()
            .flatten()
            .any(|pending| pending.session == session.id)
        {
            return Err(Refusal::NothingPending);
        }
        self.erase_pending(&session);
        Ok(Grant::Done)
    }

    pub(super) fn erase_pending(&mut self, session: &Session) {
        let own = |slot: &Option<Pending>| {
            slot.as_ref()
                .is_some_and(|pending| pending.session == session.id)
        };
        if self.actor().pendings.iter().any(own) {
            for slot in self
                .actor_mut()
                .pendings
                .iter_mut()
                .filter(|slot| own(slot))
            {
                *slot = None;
            }
        }
    }
}
