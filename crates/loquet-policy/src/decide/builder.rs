//! The decision under construction: the snapshot, the rows written so far and the notices.

use crate::level::{level_of, rights_of};
use crate::requirement::demands_of_administrators;
use crate::{
    Access, Account, Administrator, Audience, Authenticator, AuthenticatorId, Changes, Decision,
    Event, Fresh, Grant, Level, MandateKind, Notice, Organization, Refusal, ResetCode, RoleId,
    Roster, SecondFactor, Session, Snapshot, UnixTime, limits, may_enter, require_code_within,
    require_settled,
};
use alloc::vec::Vec;

pub(super) type Answer = Result<Grant, Refusal>;

pub(super) struct DecisionBuilder<'a> {
    snapshot: Snapshot<'a>,
    pub(super) now: UnixTime,
    pub(super) fresh: Fresh,
    changes: Changes,
    notices: Vec<Notice>,
}

/// Returns whether the rows belong to different organizations or accounts.
pub(super) fn rows_disagree(snapshot: &Snapshot<'_>) -> bool {
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

impl<'a> DecisionBuilder<'a> {
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

    /// Ends the decision. `begin` and `end` are inlined because they move kilobytes.
    #[inline]
    pub(super) fn end(self, answer: Answer) -> Decision {
        Decision {
            answer,
            changes: self.changes,
            notices: self.notices,
        }
    }

    /// Returns whether nothing was written so far.
    pub(super) fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }

    pub(super) fn actor(&self) -> &Account {
        self.changes.actor.as_ref().unwrap_or(self.snapshot.actor)
    }

    pub(super) fn actor_mut(&mut self) -> &mut Account {
        self.changes
            .actor
            .get_or_insert_with(|| self.snapshot.actor.clone())
    }

    /// Returns the account that an administrator's command is about.
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

    /// Returns whether the subject is the actor.
    pub(super) fn is_self(&self) -> bool {
        self.snapshot
            .subject
            .is_some_and(|subject| subject.id == self.snapshot.actor.id)
    }

    /// Returns whether the subject is another account.
    pub(super) fn is_other(&self) -> bool {
        self.snapshot
            .subject
            .is_some_and(|subject| subject.id != self.snapshot.actor.id)
    }

    pub(super) fn known_organization(&self) -> Option<&Organization> {
        self.changes
            .organization
            .as_ref()
            .or(self.snapshot.organization)
    }

    pub(super) fn organization(&self) -> Result<&Organization, Refusal> {
        self.known_organization().ok_or(Refusal::PolicyUnavailable)
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

    /// Returns the organization, if multi-factor log-in is enabled.
    pub(super) fn require_enabled(&self) -> Result<&Organization, Refusal> {
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

    pub(super) fn notify(&mut self, to: Audience, event: Event) {
        self.notices.push(Notice { to, event });
    }

    pub(super) fn notify_owner(&mut self, event: Event) {
        let account = self.actor().id;
        self.notify(Audience::Owner { account }, event);
    }

    pub(super) fn notify_administrators(&mut self, event: Event) {
        self.notify(Audience::Administrators, event);
    }

    /// Returns the session that the actor uses.
    pub(super) fn session(&self) -> Result<&'a Session, Refusal> {
        self.snapshot.session.ok_or(Refusal::LogInRequired)
    }

    /// Returns the session's level now, including the changes made so far.
    pub(super) fn current_level(&self) -> Result<Level, Refusal> {
        level_of(
            self.known_organization(),
            self.actor(),
            self.snapshot.session,
            self.now,
        )
    }

    /// Returns the session's level, if it gives rights: Level1 or Level2.
    pub(super) fn rights(&self) -> Result<Level, Refusal> {
        rights_of(
            self.known_organization(),
            self.actor(),
            self.snapshot.session,
            self.now,
        )
    }

    /// Returns whether the session's last code is at most [`limits::RECENT`] seconds old.
    pub(super) fn is_recent(&self) -> bool {
        let (Some(session), Ok(level)) = (self.snapshot.session, self.current_level()) else {
            return false;
        };
        require_code_within(session, level, limits::RECENT, self.now).is_ok()
    }

    /// Requires a recent code, once multi-factor log-in is enabled.
    pub(super) fn require_recent_code(&self) -> Result<(), Refusal> {
        if !self.organization()?.is_enabled() {
            return Ok(());
        }
        if !self.is_recent() {
            self.require_active_authenticator()?;
            return Err(Refusal::NotFresh);
        }
        require_settled(self.actor(), self.session()?, self.now)
    }

    /// Refuses where every active authenticator has still to settle.
    pub(super) fn require_settled_authenticator(&self) -> Result<(), Refusal> {
        let now = self.now;
        let active = || self.actor().second_factor.active();
        if active().any(|it| it.settles(now).is_none()) {
            return Ok(());
        }
        match active().filter_map(|it| it.settles(now)).min() {
            Some(until) => Err(Refusal::NotSettled { until }),
            None => Ok(()),
        }
    }

    /// Requires that codes of the actor's authenticator are accepted.
    pub(super) fn require_active_authenticator(&self) -> Result<(), Refusal> {
        self.actor().factor_at(self.now).counts()
    }

    /// Requires the same, and answers [`Refusal::NoAuthenticator`] where there is none.
    pub(super) fn require_bound_authenticator(&self) -> Result<(), Refusal> {
        self.require_active_authenticator()
            .map_err(|refusal| match refusal {
                Refusal::EnrollFirst => Refusal::NoAuthenticator,
                other => other,
            })
    }

    /// Requires a session with rights, the administrator role and readable rules.
    pub(super) fn require_administrator(&self) -> Result<(), Refusal> {
        self.rights()?;
        if !self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            return Err(Refusal::NotAdmin);
        }
        self.organization().map(drop)
    }

    /// Checks the access rules, which only break-glass bypasses.
    pub(super) fn check_access(&self, access: Access) -> Result<(), Refusal> {
        may_enter(self.actor(), access, self.now)
    }

    /// Returns a new session of the actor, which replaces the present one. At Level2, the authenticator `by` proved it.
    pub(super) fn new_session(&self, level: Level, by: Option<AuthenticatorId>) -> Session {
        let actor = self.actor();
        let proved = by.and_then(|by| actor.second_factor.get(by));
        Session {
            account: actor.id,
            id: self.fresh.session,
            epoch: actor.epoch,
            level,
            passkey: proved.is_some_and(Authenticator::is_passkey),
            at: self.now,
        }
    }

    /// Returns what log-in demands of the administrators.
    pub(super) fn demands(&self) -> Result<MandateKind, Refusal> {
        Ok(demands_of_administrators(self.organization()?, self.now))
    }

    /// Updates the roster's record of the actor, after a change of what is bound.
    pub(super) fn record_in_roster(&mut self) -> Result<(), Refusal> {
        self.set_in_roster(Administrator::of(self.actor(), 0))
    }

    /// Updates the roster's record of an administrator, apart from the mark.
    pub(super) fn set_in_roster(&mut self, new: Administrator) -> Result<(), Refusal> {
        let known = self
            .known_roster()
            .and_then(|roster| roster.administrator(new.account));
        let Some(mark) = known.map(|known| known.mark) else {
            return Ok(());
        };
        let new = Administrator { mark, ..new };
        if known != Some(&new) {
            let entries = self.roster_mut()?.administrators.iter_mut();
            for entry in entries.filter(|entry| entry.account == new.account) {
                *entry = new;
            }
        }
        Ok(())
    }

    /// Requires both rows for an administrator: a change of the authenticator writes the roster, and a good
    /// code cancels break-glass.
    pub(super) fn require_administrator_rows(&self) -> Result<(), Refusal> {
        if self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            self.organization()?;
            self.roster()?;
        }
        Ok(())
    }

    /// Cancels break-glass that is opening, because an administrator reached Level2 with this session.
    pub(super) fn cancel_break_glass(&mut self, session: &Session) -> Result<(), Refusal> {
        let by = self.actor().id;
        if !self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            return Ok(());
        }
        let organization = self.known_organization();
        if level_of(organization, self.actor(), Some(session), self.now) != Ok(Level::Level2) {
            return Ok(());
        }
        let now = self.now;
        let state = self.organization()?.break_glass.at(now);
        if matches!(state, crate::BreakGlass::Opening { .. }) {
            self.organization_mut()?.break_glass = state.back_to_ready(now);
            self.notify_administrators(Event::BreakGlassCancelled { by });
        }
        Ok(())
    }
}

/// Resets an account: erases its credentials and requires `reset_code` for the next enrollment. The toggle,
/// the roles and `ever` stay, because a reset must not lower the requirement.
pub(super) fn reset(account: &mut Account, reset_code: Option<ResetCode>) {
    erase_credentials(account);
    account.second_factor = SecondFactor::ResetDue { reset_code };
}

/// Erases the authenticator, the codes and the pending enrollments, and ends all sessions. Until when reports of loss are
/// refused stays: the password that made the last one is still the same.
pub(super) fn erase_credentials(account: &mut Account) {
    account.second_factor = SecondFactor::None;
    account.awaits_import = false;
    account.recovery = crate::RecoverySet::EMPTY;
    account.recovery_author = None;
    account.unsettled_proof = None;
    account.attempts = crate::Attempts::default();
    account.enrollments = crate::DailyQuota::default();
    account.binding_links = Default::default();
    account.replace_advised = false;
    account.codes_until = None;
    end_sessions(account);
}

/// Starts a new epoch, which ends all sessions and their pending enrollments.
pub(super) fn end_sessions(account: &mut Account) {
    account.epoch = account.epoch.wrapping_add(1);
    account.pendings = Default::default();
    account.session_waits.end();
    if let Some((ResetCode { issued, .. }, _)) = account.second_factor.recovery() {
        account.second_factor = SecondFactor::Disabled {
            since: issued,
            why: crate::DisabledBy::Recovery,
        };
    }
}
