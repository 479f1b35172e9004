//! Reports: of a lost authenticator, which suspends it, and of an enrollment that the owner does not recognize.

use super::builder::{Answer, DecisionBuilder, end_sessions, reset};
use crate::{
    Access, Account, Administrator, Authenticator, AuthenticatorId, CodeCheck, CodeSource, Digest,
    Event, Evidence, Grant, Level, RecoverySet, Refusal, RoleId, Submitted, Suspension, UnixTime,
    limits,
};

impl DecisionBuilder<'_> {
    /// Suspends the authenticator. Only the password was given, and a thief may have it: the report can be undone, with
    /// more than the password.
    pub(super) fn report_lost(&mut self, lost: AuthenticatorId, link: Digest) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        self.require_bound_authenticator()
            .map_err(|refusal| match refusal {
                Refusal::RecoverFirst { since } => Refusal::Disabled { since },
                other => other,
            })?;
        let now = self.now;
        let bound = self.actor().second_factor.get(lost);
        if !bound.is_some_and(Authenticator::is_active) {
            return Err(Refusal::NoSuchAuthenticator);
        }
        if let Some(until) = self.actor().reports_refused_until.filter(|it| now < *it) {
            return Err(Refusal::ReportsRefused { until });
        }
        self.require_administrator_rows()?;
        let actor = self.actor_mut();
        end_sessions(actor);
        if let Some(lost) = actor.second_factor.get_mut(lost) {
            let link = Some(link);
            lost.suspended = Some(Suspension { since: now, link });
            lost.told = None;
        }
        // Undone or not: a reset or a recovery code binds another authenticator, which the same thief could report.
        actor.reports_refused_until = Some(now.plus(limits::REPORTS_REFUSED));
        self.record_in_roster()?;
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
        let is_active = Authenticator::is_active;
        if self.actor().second_factor.iter().all(is_active) {
            self.require_bound_authenticator()?;
            return Err(Refusal::Unchanged);
        }
        self.check_session_wait()?;
        let left = match evidence {
            Evidence::Link(shown) if self.is_undone_by(shown, code) => None,
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
        reinstate(actor, |it| it.id == code.by, now);
        self.record_in_roster()?;
        self.notify_of_actor(Event::ReportUndone);
        let session = self.new_session(Level::Level2, Some(code.by));
        self.cancel_break_glass(&session)?;
        self.grant_session(session)
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
        self.settled_code(code)?;
        let now = self.now;
        let subject = self.subject_mut()?;
        end_sessions(subject);
        reinstate(subject, |_| true, now);
        let (account, entry) = (subject.id, Administrator::of(subject, 0));
        self.set_in_roster(entry)?;
        self.notify(crate::Audience::Owner { account }, Event::ReportUndone);
        self.notify_administrators(Event::ReportUndone);
        Ok(Grant::Done)
    }

    /// Returns whether a link undoes a report: that of the authenticator of which the code is, where it is one's.
    fn is_undone_by(&self, link: Digest, code: Submitted) -> bool {
        let is_known = matches!(
            code.check,
            CodeCheck::Good { .. } | CodeCheck::Used { .. } | CodeCheck::Signed { .. }
        );
        let mut bound = self.actor().second_factor.iter();
        bound.any(|it| {
            it.suspended.is_some_and(|known| known.link == Some(link))
                && (!is_known || it.id == code.by)
        })
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
        let Some(link) = self.actor().binding_link(&link, now).cloned() else {
            return Err(Refusal::WrongLink);
        };
        self.require_administrator_rows()?;
        let actor = self.actor_mut();
        let mut rest = actor.second_factor;
        rest.remove(|it| link.takes(it.id));
        if rest.iter().next().is_some() {
            actor.second_factor = rest;
            // Some of them may be those that it renewed.
            actor.recovery = RecoverySet::EMPTY;
            actor.recovery_author = None;
            actor.forget_links(now);
            end_sessions(actor);
        } else {
            reset(actor, None);
        }
        actor.address_change = None;
        let (account, roles) = (actor.id, actor.roles);
        if roles.contains(RoleId::ADMINISTRATOR) {
            self.void_reset_codes_of(account)?;
        }
        self.record_in_roster()?;
        self.notify_owner(Event::ReportedUnrecognized);
        self.notify_administrators(Event::ReportedUnrecognized);
        Ok(Grant::Done)
    }
}

/// Makes suspended authenticators active again. The password alone reports no other loss for a while.
fn reinstate(account: &mut Account, these: impl Fn(&Authenticator) -> bool, now: UnixTime) {
    for authenticator in account.second_factor.iter_mut().filter(|it| these(it)) {
        authenticator.suspended = None;
    }
    account.reports_refused_until = Some(now.plus(limits::REPORTS_REFUSED));
}
