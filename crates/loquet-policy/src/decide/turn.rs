//! One decision while it is being made: what was read, what will be written, who will be told.

use crate::standing::{rights_of, standing_of};
use crate::{
    Access, Account, AccountId, Audience, Authenticator, Changes, Decision, Event, Fresh, Grant,
    Level, Notice, Organization, Origin, Refusal, ResetCode, RoleId, Roster, Session, Snapshot,
    UnixTime, limits,
};
use alloc::vec::Vec;

pub(super) type Answer = Result<Grant, Refusal>;

pub(super) struct Turn<'a> {
    snapshot: Snapshot<'a>,
    pub(super) now: UnixTime,
    pub(super) fresh: Fresh,
    changes: Changes,
    notices: Vec<Notice>,
}

/// Whether rows do not belong together: whoever asks about another organization is a stranger to
/// it.
pub(super) fn is_foreign(snapshot: &Snapshot<'_>) -> bool {
    let org = snapshot.actor.org;
    snapshot
        .organization
        .is_some_and(|organization| organization.id != org)
        || snapshot.roster.is_some_and(|roster| roster.org != org)
        || snapshot.subject.is_some_and(|subject| subject.org != org)
        || snapshot
            .session
            .is_some_and(|session| session.account != snapshot.actor.id)
}

impl<'a> Turn<'a> {
    /// Begins a decision.
    #[inline]
    pub(super) fn begin(snapshot: &Snapshot<'a>, now: UnixTime, fresh: Fresh) -> Self {
        Self {
            snapshot: *snapshot,
            now,
            fresh,
            changes: Changes::default(),
            notices: Vec::new(),
        }
    }

    /// Ends it. Inlined, as `begin` is: what is moved here are kilobytes.
    #[inline]
    pub(super) fn end(self, answer: Answer) -> Decision {
        Decision {
            answer,
            changes: self.changes,
            notices: self.notices,
        }
    }

    pub(super) fn actor(&self) -> &Account {
        self.changes.actor.as_ref().unwrap_or(self.snapshot.actor)
    }

    pub(super) fn actor_mut(&mut self) -> &mut Account {
        self.changes
            .actor
            .get_or_insert_with(|| self.snapshot.actor.clone())
    }

    /// The other account that an administrator's command is about.
    pub(super) fn subject(&self) -> Result<&Account, Refusal> {
        self.changes
            .subject
            .as_ref()
            .or(self.snapshot.subject)
            .ok_or(Refusal::UnknownAccount)
    }

    pub(super) fn subject_mut(&mut self) -> Result<&mut Account, Refusal> {
        let subject = self.snapshot.subject.ok_or(Refusal::UnknownAccount)?;
        Ok(self.changes.subject.get_or_insert_with(|| subject.clone()))
    }

    /// Whether the command is about the one who gives it.
    pub(super) fn is_self(&self) -> bool {
        self.snapshot
            .subject
            .is_some_and(|subject| subject.id == self.snapshot.actor.id)
    }

    /// Whether the command is about somebody else.
    pub(super) fn is_other(&self) -> bool {
        self.snapshot
            .subject
            .is_some_and(|subject| subject.id != self.snapshot.actor.id)
    }

    pub(super) fn readable(&self) -> Option<&Organization> {
        self.changes
            .organization
            .as_ref()
            .or(self.snapshot.organization)
    }

    pub(super) fn organization(&self) -> Result<&Organization, Refusal> {
        self.readable().ok_or(Refusal::PolicyUnavailable)
    }

    pub(super) fn organization_mut(&mut self) -> Result<&mut Organization, Refusal> {
        let organization = self
            .snapshot
            .organization
            .ok_or(Refusal::PolicyUnavailable)?;
        Ok(self
            .changes
            .organization
            .get_or_insert_with(|| organization.clone()))
    }

    /// The organization, in which multi-factor log-in is enabled.
    pub(super) fn enabled(&self) -> Result<&Organization, Refusal> {
        self.organization().and_then(|organization| {
            if organization.is_enabled() {
                Ok(organization)
            } else {
                Err(Refusal::NotEnabled)
            }
        })
    }

    pub(super) fn roster(&self) -> Result<&Roster, Refusal> {
        self.known_roster().ok_or(Refusal::PolicyUnavailable)
    }

    pub(super) fn known_roster(&self) -> Option<&Roster> {
        self.changes.roster.as_ref().or(self.snapshot.roster)
    }

    pub(super) fn roster_mut(&mut self) -> Result<&mut Roster, Refusal> {
        let roster = self.snapshot.roster.ok_or(Refusal::PolicyUnavailable)?;
        Ok(self.changes.roster.get_or_insert_with(|| roster.clone()))
    }

    pub(super) fn tell(&mut self, to: Audience, event: Event) {
        self.notices.push(Notice { to, event });
    }

    pub(super) fn tell_owner(&mut self, event: Event) {
        let account = self.actor().id;
        self.tell(Audience::Owner { account }, event);
    }

    pub(super) fn tell_administrators(&mut self, event: Event) {
        self.tell(Audience::Administrators, event);
    }

    /// The session in which the actor acts.
    pub(super) fn session(&self) -> Result<&'a Session, Refusal> {
        self.snapshot.session.ok_or(Refusal::LogInRequired)
    }

    /// What that session is worth now, after everything that this decision has changed.
    pub(super) fn standing(&self) -> Result<Level, Refusal> {
        standing_of(
            self.readable(),
            self.actor(),
            self.snapshot.session,
            self.now,
        )
    }

    /// The session, if it has rights: Level1 or Level2.
    pub(super) fn rights(&self) -> Result<Level, Refusal> {
        rights_of(
            self.readable(),
            self.actor(),
            self.snapshot.session,
            self.now,
        )
    }

    /// Whether this session's code was given at most five minutes ago.
    pub(super) fn is_recent(&self) -> bool {
        let session = self.snapshot.session;
        self.standing() == Ok(Level::Level2)
            && session.is_some_and(|session| self.now.since(session.at) <= limits::RECENT)
    }

    /// A recent code, wherever anybody can have one.
    pub(super) fn recent(&self) -> Result<(), Refusal> {
        if !self.organization()?.is_enabled() || self.is_recent() {
            return Ok(());
        }
        self.has_code()?;
        Err(Refusal::NotFresh)
    }

    /// The actor's authenticator counts.
    pub(super) fn has_code(&self) -> Result<(), Refusal> {
        self.actor().authenticator_at(self.now).counts()
    }

    /// The same, for what makes no sense without one.
    pub(super) fn bound(&self) -> Result<(), Refusal> {
        self.has_code().map_err(|refusal| match refusal {
            Refusal::EnrollFirst => Refusal::NoAuthenticator,
            other => other,
        })
    }

    /// An administrator with a session that has rights, and rules that can be read.
    pub(super) fn administrator(&self) -> Result<(), Refusal> {
        self.rights()?;
        if !self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            return Err(Refusal::NotAdmin);
        }
        self.organization().map(drop)
    }

    /// What the access rules say. Break-glass alone is above them.
    pub(super) fn allowed(&self, access: Access) -> Result<(), Refusal> {
        match access {
            Access::Allowed => Ok(()),
            _ if self.actor().holds_break_glass(self.now) => Ok(()),
            Access::Denied => Err(Refusal::AccessDenied),
            Access::Unknown => Err(Refusal::AccessUnknown),
        }
    }

    /// Sessions of the actor are over from here on, except the one that is returned.
    pub(super) fn new_session(&self, level: Level) -> Session {
        let actor = self.actor();
        Session {
            account: actor.id,
            id: self.fresh.session,
            epoch: actor.epoch,
            level,
            at: self.now,
        }
    }

    /// The administrators' list learns whether an administrator is enrolled.
    pub(super) fn set_enrolled(
        &mut self,
        account: AccountId,
        enrolled: bool,
    ) -> Result<(), Refusal> {
        let moves = self
            .known_roster()
            .and_then(|roster| roster.administrator(account))
            .is_some_and(|entry| entry.enrolled != enrolled);
        if moves {
            let entries = self.roster_mut()?.administrators.iter_mut();
            for entry in entries.filter(|entry| entry.account == account) {
                entry.enrolled = enrolled;
            }
        }
        Ok(())
    }

    /// Decisions about an administrator's authenticator move the list, and a good code of an
    /// administrator cancels break-glass: they are not made while either row cannot be read.
    pub(super) fn rows_of_administrator(&self) -> Result<(), Refusal> {
        if self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            self.organization()?;
            self.roster()?;
        }
        Ok(())
    }

    /// An administrator reached Level2: whoever opens the break-glass is stopped.
    pub(super) fn cancel_break_glass(&mut self) -> Result<(), Refusal> {
        let by = self.actor().id;
        if !self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            return Ok(());
        }
        let now = self.now;
        let glass = self.organization()?.break_glass.at(now);
        if matches!(glass, crate::BreakGlass::Opening { .. }) {
            self.organization_mut()?.break_glass = glass.closed(now);
            self.tell_administrators(Event::BreakGlassCancelled { by });
        }
        Ok(())
    }
}

/// Everything that was bound is destroyed and the next enrollment needs `reset_code`. Toggle, roles
/// and "ever" stay: a reset never lowers the requirement.
pub(super) fn reset(account: &mut Account, reset_code: Option<ResetCode>) {
    strip(account);
    account.authenticator = Authenticator::ResetDue { reset_code };
}

/// No session, no secret, no code, no pending.
pub(super) fn strip(account: &mut Account) {
    account.authenticator = Authenticator::None;
    account.recovery = crate::RecoverySet::EMPTY;
    account.attempts = crate::Attempts::default();
    account.binding_link = None;
    end_sessions(account);
}

/// The next epoch: every session is over, and with it what it had begun.
pub(super) fn end_sessions(account: &mut Account) {
    account.epoch = account.epoch.wrapping_add(1);
    account.pendings = Default::default();
    if let Authenticator::ResetDue {
        reset_code:
            Some(ResetCode {
                origin: Origin::Recovery { .. },
                issued,
                ..
            }),
    } = account.authenticator
    {
        account.authenticator = Authenticator::Disabled {
            since: issued,
            why: crate::DisabledBy::Recovery,
        };
    }
}
