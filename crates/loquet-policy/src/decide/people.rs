//! Commands of administrators about other accounts.

use super::builder::{Answer, DecisionBuilder, end_sessions, erase_credentials, reset};
use crate::{
    Account, AccountId, Administrator, Audience, Digest, Event, Grant, MandateKind, Organization,
    Origin, Refusal, ResetCode, RoleId, RoleSet, Status, Submitted, limits,
};

/// Returns the highest rank of the roles. An undefined role has no rank.
fn rank(organization: &Organization, roles: &RoleSet) -> u8 {
    roles
        .iter()
        .filter_map(|role| organization.role(role))
        .map(|role| role.rank)
        .max()
        .unwrap_or(0)
}

/// Returns whether a role has at least the rank of an administrator.
pub(super) fn promotes(organization: &Organization, role: RoleId) -> bool {
    rank(organization, &RoleSet::of(role))
        >= rank(organization, &RoleSet::of(RoleId::ADMINISTRATOR))
}

impl DecisionBuilder<'_> {
    /// Checks that the actor is an administrator of at least the subject's rank.
    pub(super) fn may_act_on_subject(&self) -> Result<(), Refusal> {
        self.require_administrator()?;
        let organization = self.organization()?;
        if rank(organization, &self.actor().roles) < rank(organization, &self.subject()?.roles) {
            return Err(Refusal::Rank);
        }
        self.roster_entry().map(drop)
    }

    /// Returns the actor's entry in the roster.
    fn roster_entry(&self) -> Result<Administrator, Refusal> {
        // If the account and the roster disagree, the rows cannot be trusted.
        self.roster()?
            .administrator(self.actor().id)
            .copied()
            .ok_or(Refusal::PolicyUnavailable)
    }

    /// Refuses an administrator who was promoted less than [`limits::PROBATION`] seconds ago, unless no other
    /// enrolled administrator could act. A thief could have promoted an accomplice.
    pub(super) fn check_probation(&self) -> Result<(), Refusal> {
        let Some(promoted) = self.actor().promoted else {
            return Ok(());
        };
        let until = promoted.plus(limits::PROBATION);
        if self.now < until && self.roster()?.others_could_act(self.actor().id) {
            return Err(Refusal::TooNew { until });
        }
        Ok(())
    }

    fn check_reset_quota(&self) -> Result<(), Refusal> {
        match self.actor().resets.wait(limits::RESETS_A_DAY, self.now) {
            Some(wait) => Err(Refusal::TooManyResets { wait }),
            None => Ok(()),
        }
    }

    fn count_reset(&mut self) {
        let now = self.now;
        self.actor_mut().resets.count(now);
    }

    /// Refuses an administrator who has made as many changes as a day allows. Before enabling, when the host brings its users
    /// in, there is no limit.
    pub(super) fn check_change_quota(&self) -> Result<(), Refusal> {
        match self.organization()?.is_enabled() {
            true => self.actor().may_change(self.now),
            false => Ok(()),
        }
    }

    pub(super) fn count_change(&mut self) {
        let now = self.now;
        if self
            .known_organization()
            .is_some_and(Organization::is_enabled)
        {
            self.actor_mut().count_change(now);
        }
    }

    fn new_reset_code(&self, digest: Digest, aloud: bool) -> Result<ResetCode, Refusal> {
        let life = self.organization()?.options.reset_code_life;
        let life = if aloud {
            life.min(limits::RESET_CODE_ALOUD)
        } else {
            life
        };
        let origin = Origin::Administrator {
            digest,
            by: self.actor().id,
            mark: self.roster_entry()?.mark,
        };
        Ok(ResetCode {
            origin,
            issued: self.now,
            expires: self.now.plus(life),
        })
    }

    pub(super) fn reset(&mut self, digest: Digest, aloud: bool, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfReset);
        }
        self.require_administrator()?;
        self.require_enabled()?;
        self.may_act_on_subject()?;
        self.subject()?.require_active()?;
        self.check_probation()?;
        self.check_reset_quota()?;
        let reset_code = self.new_reset_code(digest, aloud)?;
        self.settled_code(code)?;
        self.count_reset();
        let subject = self.subject_mut()?;
        reset(subject, Some(reset_code));
        let account = subject.id;
        self.void_reset_codes_of(account)?;
        self.notify_reset(account);
        Ok(Grant::ResetCodeIssued {
            expires: reset_code.expires,
        })
    }

    fn notify_reset(&mut self, account: AccountId) {
        let event = Event::Reset {
            account,
            by: self.actor().id,
        };
        self.notify(Audience::Owner { account }, event);
        self.notify_administrators(event);
    }

    /// Marks an administrator as not enrolled, and voids the reset codes that the account issued.
    pub(super) fn void_reset_codes_of(&mut self, account: AccountId) -> Result<(), Refusal> {
        if self.roster()?.administrator(account).is_none() {
            return Ok(());
        }
        let roster = self.roster_mut()?;
        roster.marks = roster.marks.saturating_add(1);
        let mark = roster.marks;
        for entry in roster
            .administrators
            .iter_mut()
            .filter(|entry| entry.account == account)
        {
            entry.enrolled = false;
            entry.suspended = false;
            entry.passkey = false;
            entry.mark = mark;
        }
        Ok(())
    }

    pub(super) fn add_role(&mut self, role: RoleId, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfPromotion);
        }
        self.may_act_on_subject()?;
        let organization = self.organization()?;
        let Some(definition) = organization.role(role) else {
            return Err(Refusal::UnknownRole { role });
        };
        if rank(organization, &self.actor().roles) < definition.rank {
            return Err(Refusal::Rank);
        }
        let (enabled, promotes) = (organization.is_enabled(), promotes(organization, role));
        let subject = self.subject()?.require_active()?;
        if subject.roles.contains(role) {
            return Err(Refusal::Unchanged);
        }
        let roles = subject
            .roles
            .with(role)
            .map_err(|_| Refusal::TooManyRoles)?;
        if promotes && enabled && !subject.is_enrolled() {
            return Err(Refusal::EnrollFirst);
        }
        if promotes && subject.has_weak_key() {
            return Err(Refusal::WeakKey);
        }
        self.check_probation()?;
        self.check_change_quota()?;
        if promotes && enabled {
            self.settled_code(code)?;
        } else {
            self.require_recent_code()?;
        }
        self.count_change();
        let now = self.now;
        let subject = self.subject_mut()?;
        subject.roles = roles;
        if promotes {
            // A session of before, or its stolen cookie, is no administrator's.
            end_sessions(subject);
            subject.promoted = Some(now);
            let (promoted, by) = (subject.clone(), self.actor().id);
            self.roster_mut()?.admit(&promoted);
            let event = Event::Promoted {
                account: promoted.id,
                by,
            };
            self.notify(
                Audience::Owner {
                    account: promoted.id,
                },
                event,
            );
            self.notify_administrators(event);
        }
        Ok(Grant::Done)
    }

    pub(super) fn remove_role(&mut self, role: RoleId) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfDemotion);
        }
        self.may_act_on_subject()?;
        let subject = self.subject()?.require_active()?;
        if !subject.roles.contains(role) {
            return Err(Refusal::NoSuchRole);
        }
        let roles = subject.roles.without(role);
        if roles.is_empty() {
            return Err(Refusal::UseDeactivate);
        }
        let account = subject.id;
        if role == RoleId::ADMINISTRATOR {
            self.check_not_last_administrator(account)?;
        }
        self.check_probation()?;
        self.check_change_quota()?;
        self.require_recent_code()?;
        self.count_change();
        self.subject_mut()?.roles = roles;
        if role == RoleId::ADMINISTRATOR {
            let subject = self.subject_mut()?;
            end_sessions(subject);
            subject.promoted = None;
            self.remove_from_roster(account)?;
            self.notify(Audience::Owner { account }, Event::Demoted { account });
            self.notify_administrators(Event::Demoted { account });
        }
        Ok(Grant::Done)
    }

    /// Refuses to remove the last administrator, the last enrolled one, or the last who has what is demanded.
    pub(super) fn check_not_last_administrator(&self, account: AccountId) -> Result<(), Refusal> {
        if !self.organization()?.is_enabled() {
            return Ok(());
        }
        let roster = self.roster()?;
        let Some(entry) = roster.administrator(account) else {
            return Ok(());
        };
        let last = !roster
            .administrators
            .iter()
            .any(|other| other.account != account);
        let is_last = |demands| entry.meets(demands) && !roster.others_meet(account, demands);
        if last || is_last(MandateKind::SecondFactor) || is_last(self.demands()?) {
            return Err(Refusal::LastEnrolledAdmin);
        }
        Ok(())
    }

    /// Removes an administrator from the roster, and cancels break-glass for that account.
    pub(super) fn remove_from_roster(&mut self, account: AccountId) -> Result<(), Refusal> {
        if self.roster()?.administrator(account).is_some() {
            self.roster_mut()?.remove(account);
        }
        let now = self.now;
        let state = self.organization()?.break_glass;
        if state.opened_for() == Some(account) {
            self.organization_mut()?.break_glass = state.back_to_ready(now);
        }
        Ok(())
    }

    pub(super) fn deactivate(&mut self) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfDeactivation);
        }
        self.may_act_on_subject()?;
        let subject = self.subject()?.require_active()?;
        let account = subject.id;
        self.check_not_last_administrator(account)?;
        self.check_probation()?;
        self.check_change_quota()?;
        self.require_recent_code()?;
        self.count_change();
        self.remove_from_roster(account)?;
        let now = self.now;
        mark_deactivated(self.subject_mut()?, now);
        self.notify_deactivated(account);
        Ok(Grant::Done)
    }

    pub(super) fn notify_deactivated(&mut self, account: AccountId) {
        self.notify(Audience::Owner { account }, Event::Deactivated { account });
        self.notify_administrators(Event::Deactivated { account });
    }

    pub(super) fn reactivate(&mut self, roles: RoleSet, digest: Digest, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::NotDeactivated);
        }
        self.may_act_on_subject()?;
        if self.subject()?.is_active() {
            return Err(Refusal::NotDeactivated);
        }
        if self.subject()?.erased {
            return Err(Refusal::UnknownAccount);
        }
        let organization = self.organization()?;
        let enabled = organization.is_enabled();
        if roles.is_empty() {
            return Err(Refusal::NoSuchRole);
        }
        if let Some(role) = roles.iter().find(|role| organization.role(*role).is_none()) {
            return Err(Refusal::UnknownRole { role });
        }
        if rank(organization, &self.actor().roles) < rank(organization, &roles) {
            return Err(Refusal::Rank);
        }
        let promotes = roles.iter().any(|role| promotes(organization, role));
        if promotes && enabled {
            return Err(Refusal::EnrollFirst);
        }
        self.check_probation()?;
        self.check_reset_quota()?;
        let reset_code = self.new_reset_code(digest, false)?;
        if enabled {
            self.settled_code(code)?;
        }
        self.count_reset();
        let now = self.now;
        let subject = self.subject_mut()?;
        subject.status = Status::Active;
        subject.roles = roles;
        subject.promoted = promotes.then_some(now);
        reset(subject, Some(reset_code));
        let reactivated = subject.clone();
        if promotes {
            self.roster_mut()?.admit(&reactivated);
        }
        self.notify_reset(reactivated.id);
        Ok(Grant::ResetCodeIssued {
            expires: reset_code.expires,
        })
    }
}

/// Deactivates an account. Roles, `ever` and the toggle are kept as a record.
pub(super) fn mark_deactivated(account: &mut Account, now: crate::UnixTime) {
    erase_credentials(account);
    account.awaits_token = false;
    account.status = Status::Deactivated { since: now };
    account.promoted = None;
}
