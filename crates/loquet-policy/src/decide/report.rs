//! Reports: of a lost authenticator, which suspends it, and of an enrollment that the owner does not recognize.

use super::builder::{Answer, DecisionBuilder, end_sessions, reset};
use crate::{
    Access, Account, Authenticator, CodeSource, Digest, Event, Evidence, FactorState, Grant, Level,
    RecoverySet, Refusal, RoleId, Submitted, Suspension, UnixTime, limits,
};

impl DecisionBuilder<'_> {
    /// Suspends the authenticator. Only the password was given, and a thief may have it: the report can be undone, with
    /// more than the password.
    pub(super) fn report_lost(&mut self, link: Digest) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        self.require_bound_authenticator()
            .map_err(|refusal| match refusal {
                Refusal::RecoverFirst { since } => Refusal::Disabled { since },
                other => other,
            })?;
        let now = self.now;
        if let Some(until) = self.actor().reports_refused_until.filter(|it| now < *it) {
            return Err(Refusal::ReportsRefused { until });
        }
        self.require_administrator_rows()?;
        let actor = self.actor_mut();
        end_sessions(actor);
        suspend(actor, now, link);
        // Undone or not: a reset or a recovery code binds another authenticator, which the same thief could report.
        actor.reports_refused_until = Some(now.plus(limits::REPORTS_REFUSED));
        let (account, suspended) = (actor.id, actor.is_enrolled_but_suspended());
        self.set_in_roster(account, false, suspended)?;
        self.notify_of_actor(Event::ReportedLost);
        Ok(Grant::Done)
    }

    /// Undoes a report: the link in its notice or a recovery code, and a code of the authenticator.
    pub(super) fn undo_report(
        &mut self,
        evidence: Evidence,
        code: Submitted,
        access: Access,
    ) -> Answer {
        self.current_level()?;
        self.check_access(access)?;
        self.require_administrator_rows()?;
        let FactorState::Suspended { .. } = self.actor().second_factor.state() else {
            self.require_bound_authenticator()?;
            return Err(Refusal::Unchanged);
        };
        self.check_session_wait()?;
        let left = match evidence {
            Evidence::Link(shown) if self.is_undone_by(shown) => None,
            Evidence::Link(_) => return self.wrong_in_session(Refusal::WrongLink),
            Evidence::RecoveryCode(shown) => Some(self.check_recovery_code(shown)?),
        };
        // The link or the recovery code proves more than the password: the failures of strangers cost no wait here.
        let source = CodeSource::KnownDevice;
        self.consume_code(Submitted { source, ..code }, |it| !it.is_active())?;
        if let Some(left) = left {
            self.consume_recovery_code(left);
        }
        let now = self.now;
        let actor = self.actor_mut();
        end_sessions(actor);
        reinstate(actor, now);
        let account = actor.id;
        self.set_enrolled(account, true)?;
        self.cancel_break_glass()?;
        self.notify_of_actor(Event::ReportUndone);
        self.grant_session(Level::Level2)
    }

    /// Undoes the report about another account.
    pub(super) fn undo_report_of(&mut self, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfReset);
        }
        self.may_act_on_subject()?;
        let subject = self.subject()?.require_active()?;
        if subject.second_factor.iter().all(Authenticator::is_active) {
            return Err(Refusal::Unchanged);
        }
        self.check_probation()?;
        self.fresh_code(code)?;
        let now = self.now;
        let subject = self.subject_mut()?;
        end_sessions(subject);
        reinstate(subject, now);
        let (account, enrolled) = (subject.id, subject.is_enrolled());
        self.set_enrolled(account, enrolled)?;
        self.notify(crate::Audience::Owner { account }, Event::ReportUndone);
        self.notify_administrators(Event::ReportUndone);
        Ok(Grant::Done)
    }

    fn is_undone_by(&self, link: Digest) -> bool {
        let suspended = self.actor().second_factor.iter();
        let mut links = suspended.filter_map(|it| it.suspended);
        links.any(|suspension| suspension.link == link)
    }

    /// Checks a recovery code. Returns the set without it.
    pub(super) fn check_recovery_code(
        &mut self,
        code: Option<Digest>,
    ) -> Result<RecoverySet, Refusal> {
        if !self.organization()?.options.recovery_codes {
            return Err(Refusal::NotOffered);
        }
        let code = code.ok_or(Refusal::Malformed)?;
        match self.actor().recovery.consume(&code) {
            Some(left) => Ok(left),
            None => self.wrong_in_session(Refusal::WrongRecoveryCode),
        }
    }

    /// Keeps the codes that are left, and tells the owner.
    pub(super) fn consume_recovery_code(&mut self, left: RecoverySet) -> u8 {
        self.actor_mut().recovery = left;
        let left = u8::try_from(left.len()).unwrap_or(u8::MAX);
        self.notify_owner(Event::RecoveryCodeUsed { left });
        left
    }

    /// Refuses a reset code, a recovery code or a link while this session waits after wrong ones.
    pub(super) fn check_session_wait(&self) -> Result<(), Refusal> {
        let session = self.session()?.id;
        match self.actor().session_waits.wait(session, self.now) {
            Some(wait) => Err(Refusal::Throttled { wait }),
            None => Ok(()),
        }
    }

    /// Counts a wrong reset code, recovery code or link. It costs this session a wait, and nothing else; where a day has had
    /// enough of them, it changes nothing.
    pub(super) fn wrong_in_session<T>(&mut self, refusal: Refusal) -> Result<T, Refusal> {
        let (session, now) = (self.session()?.id, self.now);
        let mut waits = self.actor().session_waits;
        waits.fail(session, now);
        if waits != self.actor().session_waits {
            self.actor_mut().session_waits = waits;
        }
        Err(refusal)
    }

    /// Notifies the owner, and the administrators of what happens to one of them.
    pub(super) fn notify_of_actor(&mut self, event: Event) {
        let administrator = self.actor().roles.contains(RoleId::ADMINISTRATOR);
        self.notify_owner(event);
        if administrator {
            self.notify_administrators(event);
        }
    }

    pub(super) fn report_unrecognized(&mut self, link: Digest) -> Answer {
        let now = self.now;
        let good = self
            .actor()
            .binding_link
            .is_some_and(|known| known.link == link && now < known.expires);
        if !good {
            return Err(Refusal::WrongLink);
        }
        self.require_administrator_rows()?;
        let actor = self.actor_mut();
        reset(actor, None);
        actor.address_change = None;
        let account = actor.id;
        self.set_enrolled(account, false)?;
        self.notify_owner(Event::ReportedUnrecognized);
        self.notify_administrators(Event::ReportedUnrecognized);
        Ok(Grant::Done)
    }
}

fn suspend(account: &mut Account, since: UnixTime, link: Digest) {
    for authenticator in account.second_factor.iter_mut() {
        authenticator.suspended = Some(Suspension { since, link });
        authenticator.told = None;
    }
}

/// Makes suspended authenticators active again. The password alone reports no other loss for a while.
fn reinstate(account: &mut Account, now: UnixTime) {
    for authenticator in account.second_factor.iter_mut() {
        authenticator.suspended = None;
    }
    account.reports_refused_until = Some(now.plus(limits::REPORTS_REFUSED));
}
