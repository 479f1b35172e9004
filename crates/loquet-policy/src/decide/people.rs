//! What administrators do about others, and what nobody does about oneself.

use super::turn::{Answer, Turn, reset, strip};
use crate::{
    Account, AccountId, Administrator, Audience, Authenticator, Digest, Event, Grant, Organization,
    Origin, Refusal, ResetCode, RoleId, RoleSet, Status, Submitted, limits,
};

/// The rank of a set of roles. A role that nobody defined gives none.
fn rank(organization: &Organization, roles: &RoleSet) -> u8 {
    roles
        .iter()
        .filter_map(|role| organization.role(role))
        .map(|role| role.rank)
        .max()
        .unwrap_or(0)
}

/// Whether a role puts its holder among those who act on others, or above them.
fn promotes(organization: &Organization, role: RoleId) -> bool {
    rank(organization, &RoleSet::of(role))
        >= rank(organization, &RoleSet::of(RoleId::ADMINISTRATOR))
}

impl Turn<'_> {
    /// An administrator who may act on the subject: of at least its rank, and not of yesterday.
    fn over_subject(&self) -> Result<(), Refusal> {
        self.administrator()?;
        let organization = self.organization()?;
        if rank(organization, &self.actor().roles) < rank(organization, &self.subject()?.roles) {
            return Err(Refusal::Rank);
        }
        self.listed().map(drop)
    }

    /// The actor's entry among the administrators.
    fn listed(&self) -> Result<Administrator, Refusal> {
        // An administrator who is not on the list: the rows disagree, and nothing is decided.
        self.roster()?
            .administrator(self.actor().id)
            .copied()
            .ok_or(Refusal::PolicyUnavailable)
    }

    /// A thief who made an accomplice administrator waits. So does an honest newcomer, unless
    /// nobody else could act.
    fn not_too_new(&self) -> Result<(), Refusal> {
        let Some(promoted) = self.actor().promoted else {
            return Ok(());
        };
        let until = promoted.plus(limits::PROBATION);
        if self.now < until && self.roster()?.enrolled_besides(self.actor().id) > 0 {
            return Err(Refusal::TooNew { until });
        }
        Ok(())
    }

    fn within_quota(&self) -> Result<(), Refusal> {
        let quota = self.actor().resets;
        let over = quota.since.plus(limits::DAY).since(self.now);
        if quota.used >= limits::RESETS_A_DAY && over > 0 {
            return Err(Refusal::TooManyResets { wait: over });
        }
        Ok(())
    }

    fn count_reset(&mut self) {
        let now = self.now;
        let quota = &mut self.actor_mut().resets;
        if now >= quota.since.plus(limits::DAY) {
            *quota = crate::ResetQuota {
                since: now,
                used: 0,
            };
        }
        quota.used = quota.used.saturating_add(1);
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
            mark: self.listed()?.mark,
        };
        Ok(ResetCode {
            origin,
            issued: self.now,
            expires: self.now.plus(life),
            wrong: 0,
        })
    }

    pub(super) fn reset(&mut self, digest: Digest, aloud: bool, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfReset);
        }
        self.administrator()?;
        self.enabled()?;
        self.over_subject()?;
        self.subject()?.present()?;
        self.not_too_new()?;
        self.within_quota()?;
        let reset_code = self.new_reset_code(digest, aloud)?;
        self.fresh_code(code)?;
        self.count_reset();
        let subject = self.subject_mut()?;
        reset(subject, Some(reset_code));
        let account = subject.id;
        self.void_reset_codes_of(account)?;
        self.tell_reset(account);
        Ok(Grant::ResetCodeIssued {
            expires: reset_code.expires,
        })
    }

    fn tell_reset(&mut self, account: AccountId) {
        let event = Event::Reset {
            account,
            by: self.actor().id,
        };
        self.tell(Audience::Owner { account }, event);
        self.tell_administrators(event);
    }

    /// An administrator whose authenticator was destroyed: not enrolled, and the reset codes that it
    /// gave out are void.
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
            entry.mark = mark;
        }
        Ok(())
    }

    pub(super) fn add_role(&mut self, role: RoleId, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfPromotion);
        }
        self.over_subject()?;
        let organization = self.organization()?;
        let Some(definition) = organization.role(role) else {
            return Err(Refusal::UnknownRole { role });
        };
        if rank(organization, &self.actor().roles) < definition.rank {
            return Err(Refusal::Rank);
        }
        let (enabled, promotes) = (organization.is_enabled(), promotes(organization, role));
        let subject = self.subject()?.present()?;
        if subject.roles.contains(role) {
            return Err(Refusal::Unchanged);
        }
        let roles = subject
            .roles
            .with(role)
            .map_err(|_| Refusal::TooManyRoles)?;
        if promotes && enabled && !matches!(subject.authenticator, Authenticator::Active { .. }) {
            return Err(Refusal::EnrollFirst);
        }
        self.not_too_new()?;
        if promotes && enabled {
            self.fresh_code(code)?;
        } else {
            self.recent()?;
        }
        let now = self.now;
        let subject = self.subject_mut()?;
        subject.roles = roles;
        if promotes {
            subject.promoted = Some(now);
            let (promoted, by) = (subject.clone(), self.actor().id);
            self.roster_mut()?.admit(&promoted);
            let event = Event::Promoted {
                account: promoted.id,
                by,
            };
            self.tell(
                Audience::Owner {
                    account: promoted.id,
                },
                event,
            );
            self.tell_administrators(event);
        }
        Ok(Grant::Done)
    }

    pub(super) fn remove_role(&mut self, role: RoleId) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfDemotion);
        }
        self.over_subject()?;
        let subject = self.subject()?.present()?;
        if !subject.roles.contains(role) {
            return Err(Refusal::NoSuchRole);
        }
        let roles = subject.roles.without(role);
        if roles.is_empty() {
            return Err(Refusal::UseDeactivate);
        }
        let account = subject.id;
        if role == RoleId::ADMINISTRATOR {
            self.dispensable(account)?;
        }
        self.not_too_new()?;
        self.recent()?;
        self.subject_mut()?.roles = roles;
        if role == RoleId::ADMINISTRATOR {
            self.subject_mut()?.promoted = None;
            self.dismiss(account)?;
            self.tell(Audience::Owner { account }, Event::Demoted { account });
            self.tell_administrators(Event::Demoted { account });
        }
        Ok(Grant::Done)
    }

    /// The organization can do without this administrator: another one is left, and another
    /// enrolled one if this one is.
    fn dispensable(&self, account: AccountId) -> Result<(), Refusal> {
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
        if last || (entry.enrolled && roster.enrolled_besides(account) == 0) {
            return Err(Refusal::LastEnrolledAdmin);
        }
        Ok(())
    }

    /// Off the list, with the reset codes; and nobody opens the break-glass for this account any more.
    fn dismiss(&mut self, account: AccountId) -> Result<(), Refusal> {
        if self.roster()?.administrator(account).is_some() {
            self.roster_mut()?.dismiss(account);
        }
        let now = self.now;
        let glass = self.organization()?.break_glass;
        if glass.beneficiary() == Some(account) {
            self.organization_mut()?.break_glass = glass.closed(now);
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::SelfDeactivation);
        }
        self.over_subject()?;
        let subject = self.subject()?.present()?;
        let account = subject.id;
        self.dispensable(account)?;
        self.not_too_new()?;
        self.recent()?;
        self.dismiss(account)?;
        let now = self.now;
        offboard(self.subject_mut()?, now);
        self.tell_left(account);
        Ok(Grant::Done)
    }

    fn tell_left(&mut self, account: AccountId) {
        self.tell(Audience::Owner { account }, Event::Deactivated { account });
        self.tell_administrators(Event::Deactivated { account });
    }

    pub(super) fn host_deactivate(&mut self) -> Answer {
        let account = self.actor().present()?.id;
        if self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            self.dispensable(account)?;
            self.dismiss(account)?;
        }
        let now = self.now;
        offboard(self.actor_mut(), now);
        self.tell_left(account);
        Ok(Grant::Done)
    }

    pub(super) fn rehire(&mut self, roles: RoleSet, digest: Digest, code: Submitted) -> Answer {
        self.rights()?;
        if self.is_self() {
            return Err(Refusal::NotDeactivated);
        }
        self.over_subject()?;
        if self.subject()?.is_active() {
            return Err(Refusal::NotDeactivated);
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
        self.not_too_new()?;
        self.within_quota()?;
        let reset_code = self.new_reset_code(digest, false)?;
        if enabled {
            self.fresh_code(code)?;
        }
        self.count_reset();
        let now = self.now;
        let subject = self.subject_mut()?;
        subject.status = Status::Active;
        subject.roles = roles;
        subject.promoted = promotes.then_some(now);
        reset(subject, Some(reset_code));
        let rehired = subject.clone();
        if promotes {
            self.roster_mut()?.admit(&rehired);
        }
        self.tell_reset(rehired.id);
        Ok(Grant::ResetCodeIssued {
            expires: reset_code.expires,
        })
    }
}

/// No session, no secret. Roles, "ever" and the toggle stay as a record.
fn offboard(account: &mut Account, now: crate::UnixTime) {
    strip(account);
    account.status = Status::Deactivated { since: now };
    account.promoted = None;
}
