//! Log-in, log-out and changes that are due.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use crate::authority::require_code_given;
use crate::level::{level_after_password, level_of};
use crate::requirement::required;
use crate::{
    Access, Account, Audience, AuthenticatorId, Event, FactorState, Grant, Level, Mandate,
    MandateKind, MandateState, Organization, Refusal, RoleId, Session, Setting, UnixTime,
};

impl DecisionBuilder<'_> {
    /// Writes the changes that are due: mandates, scheduled settings and expired enrollments.
    pub(super) fn apply_due(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        if self
            .known_organization()
            .is_some_and(|organization| is_due(organization, now))
        {
            self.apply_due_mandates()?;
            self.apply_due_settings()?;
        }
        if has_expired(self.actor(), now) {
            expire(self.actor_mut(), now);
        }
        // If the actor is also the subject, there is only the actor's row.
        if self.is_other()
            && self
                .subject()
                .is_ok_and(|subject| has_expired(subject, now))
        {
            expire(self.subject_mut()?, now);
        }
        Ok(())
    }

    fn apply_due_mandates(&mut self) -> Result<(), Refusal> {
        let (now, demands) = (self.now, self.demands()?);
        // If the roster cannot be read, the alarm is sent.
        let none_enrolled = self
            .known_roster()
            .is_none_or(|roster| !roster.administrators.iter().any(|it| it.meets(demands)));
        let due: alloc::vec::Vec<_> = self
            .organization()?
            .mandates
            .iter()
            .filter_map(|it| due(it, now))
            .collect();
        for (role, kind, date) in due {
            let mandates = self.organization_mut()?.mandates.iter_mut();
            for mandate in mandates.filter(|mandate| mandate.is_of(role, kind)) {
                mandate.state = MandateState::InForce { since: date };
            }
            let event = Event::MandateInForce { role, kind };
            self.notify(Audience::Covered { role }, event);
            if none_enrolled {
                self.notify_administrators(Event::NoAdministratorEnrolled { role });
            }
        }
        Ok(())
    }

    fn apply_due_settings(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        while let Some(at) = self
            .organization()?
            .scheduled
            .iter()
            .position(|change| now >= change.due)
        {
            let organization = self.organization_mut()?;
            let change = organization.scheduled.remove(at);
            change.setting.apply(organization);
            self.notify_administrators(Event::ChangeInForce {
                setting: change.setting,
            });
        }
        Ok(())
    }

    pub(super) fn log_in(&mut self, access: Access) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        self.check_access(access)?;
        let level = level_after_password(self.known_organization(), self.actor(), self.now)?;
        self.grant_session(self.new_session(level, None))
    }

    /// Grants a session, with its reasons.
    pub(super) fn grant_session(&self, session: Session) -> Answer {
        let (organization, actor) = (self.known_organization(), self.actor());
        Ok(Grant::Session {
            level: level_of(organization, actor, Some(&session), self.now)?,
            session,
            requirement: required(organization, actor, self.now),
        })
    }

    /// Returns the session after a good code. The id changes with the level; a step-up at Level2 only changes
    /// the time.
    pub(super) fn level2_session(&mut self, by: AuthenticatorId) -> Result<Session, Refusal> {
        let old = *self.session()?;
        let mut session = self.new_session(Level::Level2, Some(by));
        if old.level == Level::Level2 {
            session.id = old.id;
        }
        let pendings = self.actor_mut().pendings.iter_mut().flatten();
        for pending in pendings.filter(|pending| pending.session == old.id) {
            pending.session = session.id;
        }
        Ok(session)
    }

    pub(super) fn log_out(&mut self) -> Answer {
        let Ok(session) = self.session() else {
            return Ok(Grant::LoggedOut);
        };
        if self.actor().epoch == session.epoch {
            self.discard_session_work(session);
        }
        Ok(Grant::LoggedOut)
    }

    /// Erases the pending enrollment of a session, and ends its recovery.
    fn discard_session_work(&mut self, session: &Session) {
        self.erase_pending(session);
        let recovering = self.actor().second_factor.recovery();
        if recovering.is_some_and(|(_, holder)| holder == session.id) {
            self.actor_mut().second_factor = crate::SecondFactor::Disabled {
                since: self.now,
                why: crate::DisabledBy::Recovery,
            };
        }
    }

    pub(super) fn log_out_everywhere(&mut self) -> Answer {
        // The password alone must not end the owner's sessions, at a half log-in or where no code is required.
        let level = self.rights()?;
        require_code_given(self.known_organization(), self.actor(), level, self.now)?;
        end_sessions(self.actor_mut());
        Ok(Grant::LoggedOut)
    }

    pub(super) fn password_changed(&mut self, by_owner: bool) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        let session = match self.session() {
            Ok(session) => {
                self.rights()?;
                Some(*session)
            }
            Err(_) => None,
        };
        let actor = self.actor_mut();
        end_sessions(actor);
        actor.reports_refused_until = None;
        if by_owner {
            // The counts stay, or else a thief who changes the password could guess without limit.
            for throttle in actor.attempts.throttles_mut() {
                throttle.until = UnixTime::default();
            }
        }
        match session {
            None => Ok(Grant::Done),
            Some(old) => {
                let session = Session {
                    at: old.at,
                    passkey: old.passkey,
                    ..self.new_session(old.level, None)
                };
                self.grant_session(session)
            }
        }
    }
}

/// Returns whether a mandate or a scheduled change of the organization is due but not yet written. The next
/// decision writes it; [`Command::ApplyDue`](crate::Command::ApplyDue) does so without any other command.
#[must_use]
pub fn is_due(organization: &Organization, now: UnixTime) -> bool {
    organization
        .mandates
        .iter()
        .any(|mandate| due(mandate, now).is_some())
        || organization
            .scheduled
            .iter()
            .any(|change| now >= change.due)
}

fn due(mandate: &Mandate, now: UnixTime) -> Option<(RoleId, MandateKind, UnixTime)> {
    match mandate.state {
        MandateState::Announced { date, .. } if now >= date => {
            Some((mandate.role, mandate.kind, date))
        }
        _ => None,
    }
}

fn has_expired(account: &Account, now: UnixTime) -> bool {
    account
        .pendings
        .iter()
        .flatten()
        .any(|pending| !pending.is_open(now))
        || account.second_factor.state() != account.factor_at(now)
}

fn expire(account: &mut Account, now: UnixTime) {
    let state = account.factor_at(now);
    for slot in &mut account.pendings {
        if slot.as_ref().is_some_and(|pending| !pending.is_open(now)) {
            *slot = None;
        }
    }
    if let FactorState::Disabled { since, why } = state {
        account.second_factor = crate::SecondFactor::Disabled { since, why };
    }
}

impl Setting {
    /// Applies the setting.
    pub(crate) const fn apply(self, organization: &mut Organization) {
        let options = &mut organization.options;
        match self {
            Self::RecoveryCodes { offered } => options.recovery_codes = offered,
            Self::ResetCodeLife { seconds } => options.reset_code_life = seconds,
            Self::EnrollmentWindow { seconds } => options.enrollment_window = seconds,
            Self::AccessRules { rules, .. } => options.access_rules = rules,
        }
    }
}
