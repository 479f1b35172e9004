//! Log-in and log-out, and what time has brought.

use super::turn::{Answer, Turn, end_sessions};
use crate::requirement::required;
use crate::standing::entry;
use crate::{
    Access, Account, Audience, Event, Grant, Level, Mandate, MandateState, Organization, Refusal,
    Session, Setting, UnixTime,
};

impl Turn<'_> {
    /// Writes what time has brought: mandates whose date has come, changes that waited long
    /// enough, enrollments that timed out.
    pub(super) fn settle(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        if self
            .readable()
            .is_some_and(|organization| is_due(organization, now))
        {
            self.settle_mandates()?;
            self.settle_changes()?;
        }
        if has_lapsed(self.actor(), now) {
            lapse(self.actor_mut(), now);
        }
        // Of an actor who is the subject too there is one row, and it is the actor's.
        if self.is_other() && self.subject().is_ok_and(|subject| has_lapsed(subject, now)) {
            lapse(self.subject_mut()?, now);
        }
        Ok(())
    }

    fn settle_mandates(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        // A list that cannot be read is no reassurance: the alarm is given.
        let nobody = self
            .known_roster()
            .is_none_or(|roster| roster.enrolled() == 0);
        let due: alloc::vec::Vec<_> = self
            .organization()?
            .mandates
            .iter()
            .filter_map(|it| due(it, now))
            .collect();
        for (role, date) in due {
            let mandates = self.organization_mut()?.mandates.iter_mut();
            for mandate in mandates.filter(|mandate| mandate.role == role) {
                mandate.state = MandateState::InForce { since: date };
            }
            self.tell(Audience::Covered { role }, Event::MandateInForce { role });
            if nobody {
                self.tell_administrators(Event::NoAdministratorEnrolled { role });
            }
        }
        Ok(())
    }

    fn settle_changes(&mut self) -> Result<(), Refusal> {
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
            self.tell_administrators(Event::ChangeInForce {
                setting: change.setting,
            });
        }
        Ok(())
    }

    pub(super) fn log_in(&mut self, access: Access) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        self.allowed(access)?;
        let level = entry(self.readable(), self.actor(), self.now)?;
        self.grant(level)
    }

    /// A session at `level`, with the reasons for it.
    pub(super) fn grant(&self, level: Level) -> Answer {
        let requirement = required(self.readable(), self.actor(), self.now);
        Ok(Grant::Session {
            session: self.new_session(level),
            requirement,
        })
    }

    /// The session after a good code. A change of level is a change of id; a step-up of a
    /// session that is at Level2 already only moves its time.
    pub(super) fn raise(&mut self) -> Result<Session, Refusal> {
        let old = *self.session()?;
        let mut session = self.new_session(Level::Level2);
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
            self.forget(session);
        }
        Ok(Grant::LoggedOut)
    }

    /// What this session had begun ends with it.
    fn forget(&mut self, session: &Session) {
        self.erase_pending(session);
        if super::recovery::holds_recovery(self.actor(), session) {
            self.actor_mut().authenticator = crate::Authenticator::Disabled {
                since: self.now,
                why: crate::DisabledBy::Recovery,
            };
        }
    }

    pub(super) fn log_out_everywhere(&mut self) -> Answer {
        // A half log-in must not throw out the owner: the password alone is no authority.
        self.rights()?;
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
        if by_owner {
            // The counts stay: otherwise whoever changes the password guesses for ever.
            actor.attempts.stranger.until = UnixTime::default();
            actor.attempts.known.until = UnixTime::default();
        }
        match session {
            None => Ok(Grant::Done),
            Some(old) => {
                let session = Session {
                    at: old.at,
                    ..self.new_session(old.level)
                };
                let requirement = required(self.readable(), self.actor(), self.now);
                Ok(Grant::Session {
                    session,
                    requirement,
                })
            }
        }
    }
}

/// Whether time has brought something that an organization's row does not say yet: a mandate's date, the end of a change's
/// wait. The next decision of anybody writes it; [`Command::ApplyDue`](crate::Command::ApplyDue) where nobody comes.
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

fn due(mandate: &Mandate, now: UnixTime) -> Option<(crate::RoleId, UnixTime)> {
    match mandate.state {
        MandateState::Announced { date, .. } if now >= date => Some((mandate.role, date)),
        _ => None,
    }
}

fn has_lapsed(account: &Account, now: UnixTime) -> bool {
    account
        .pendings
        .iter()
        .flatten()
        .any(|pending| now >= pending.expires())
        || account.authenticator != account.authenticator_at(now)
}

fn lapse(account: &mut Account, now: UnixTime) {
    let bound = account.authenticator_at(now);
    for slot in &mut account.pendings {
        if slot
            .as_ref()
            .is_some_and(|pending| now >= pending.expires())
        {
            *slot = None;
        }
    }
    account.authenticator = bound;
}

impl Setting {
    /// Makes it hold.
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
