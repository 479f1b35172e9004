//! The state of one account.

use alloc::vec::Vec;

use crate::attempts::{Attempts, DailyQuota, SessionWaits};
use crate::authenticator::is_settling;
use crate::{
    AccountId, AddressChange, Authenticator, AuthenticatorId, BindingLink, Digest, DisabledBy,
    FactorState, OrgId, Origin, Pending, RecoveryAuthor, RecoverySet, Refusal, ResetCode, RoleSet,
    SecondFactor, Suspension, UnixTime, limits,
};

/// One account of one organization. Cloning it allocates nothing, unless links in notices of enrollments are still good.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The organization, which never changes.
    pub org: OrgId,
    /// The account's roles.
    pub roles: RoleSet,
    /// Whether the account is active.
    pub status: Status,
    /// When the account was created.
    pub created: UnixTime,
    /// When the account was promoted to administrator, if that was after its creation.
    pub promoted: Option<UnixTime>,
    /// The owner's toggle: whether the owner requires a second factor.
    pub toggle: bool,
    /// Whether an authenticator was ever bound. Once true, it stays true.
    pub ever: bool,
    /// Whether what was personal of it is erased. Once true, it stays true, and nothing brings the account back.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub erased: bool,
    /// Whether the host is going to import the authenticator that the owner already uses. Until then the password alone
    /// enrolls no other.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub awaits_import: bool,
    /// Whether a hardware token is assigned that the owner has not confirmed yet. Until then each enrollment binds that
    /// token, and no app.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub awaits_token: bool,
    /// The second factor: what is bound, or what an enrollment needs.
    pub second_factor: SecondFactor,
    /// The last number that an authenticator got.
    pub last_authenticator: AuthenticatorId,
    /// The pending enrollments, at most [`PENDINGS`](limits::PENDINGS).
    pub pendings: [Option<Pending>; limits::PENDINGS],
    /// The epoch. A session of another epoch has ended.
    pub epoch: u32,
    /// The failures of the present secret, and the waits they caused.
    pub attempts: Attempts,
    /// The resets of other accounts that this account has made.
    pub resets: DailyQuota,
    /// The enrollments that were begun, of at most [`ENROLLMENTS_A_DAY`](limits::ENROLLMENTS_A_DAY).
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "DailyQuota::is_unused")
    )]
    pub enrollments: DailyQuota,
    /// The changes of settings, roles and active accounts that this administrator has made, of at most
    /// [`CHANGES_A_DAY`](limits::CHANGES_A_DAY): most take no code of their own.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "DailyQuota::is_unused")
    )]
    pub changes: DailyQuota,
    /// The names that were given to authenticators, of at most [`CHANGES_A_DAY`](limits::CHANGES_A_DAY): each is a record in the
    /// audit log.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "DailyQuota::is_unused")
    )]
    pub names: DailyQuota,
    /// When an authenticator that had not settled last proved this account. Sessions of then or before may be its own, and
    /// administer nothing.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub unsettled_proof: Option<UnixTime>,
    /// The recovery codes that remain.
    pub recovery: RecoverySet,
    /// With what they were made, also of those that are used.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub recovery_author: Option<RecoveryAuthor>,
    /// The links in the notices of the last enrollments, with which the owner reports them as not theirs.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub binding_links: Vec<BindingLink>,
    /// The waits of sessions that presented wrong reset or recovery codes.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "SessionWaits::is_empty")
    )]
    pub session_waits: SessionWaits,
    /// Until when a loss cannot be reported with the password alone: such a report was made, or undone.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub reports_refused_until: Option<UnixTime>,
    /// Whether the authenticator should be replaced: many wrong codes were submitted, the service's clock was ahead when
    /// its codes were accepted, or it was imported with a weak key.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub replace_advised: bool,
    /// Until when codes are enough where a mandate demands a passkey: an app was enrolled after a reset or a recovery.
    /// Over, and no passkey bound, only another reset or recovery helps.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub codes_until: Option<UnixTime>,
    /// The change of the notice address that was begun.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub address_change: Option<AddressChange>,
}

impl Account {
    /// Returns an active account without an authenticator.
    #[must_use]
    pub fn new(id: AccountId, org: OrgId, roles: RoleSet, created: UnixTime) -> Self {
        Self {
            id,
            org,
            roles,
            status: Status::Active,
            created,
            promoted: None,
            toggle: false,
            ever: false,
            erased: false,
            awaits_import: false,
            awaits_token: false,
            second_factor: SecondFactor::None,
            last_authenticator: AuthenticatorId::default(),
            pendings: [const { None }; limits::PENDINGS],
            epoch: 0,
            attempts: Attempts::default(),
            resets: DailyQuota::default(),
            enrollments: DailyQuota::default(),
            changes: DailyQuota::default(),
            names: DailyQuota::default(),
            unsettled_proof: None,
            recovery: RecoverySet::EMPTY,
            recovery_author: None,
            binding_links: Vec::new(),
            session_waits: SessionWaits::default(),
            reports_refused_until: None,
            replace_advised: false,
            codes_until: None,
            address_change: None,
        }
    }

    /// Returns whether this administrator may make another change, which is counted with [`count_change`](Self::count_change).
    /// Of its own, so that one administrator's changes never keep another from undoing them.
    ///
    /// # Errors
    /// [`Refusal::TooManyChanges`].
    pub fn may_change(&self, now: UnixTime) -> Result<(), Refusal> {
        match self.changes.wait(limits::CHANGES_A_DAY, now) {
            Some(wait) => Err(Refusal::TooManyChanges { wait }),
            None => Ok(()),
        }
    }

    /// Counts a change.
    pub fn count_change(&mut self, now: UnixTime) {
        self.changes.count(now);
    }

    /// Returns whether another name may be given to an authenticator, which is counted with
    /// [`count_name`](Self::count_name).
    ///
    /// # Errors
    /// [`Refusal::TooManyChanges`].
    pub fn may_name(&self, now: UnixTime) -> Result<(), Refusal> {
        match self.names.wait(limits::CHANGES_A_DAY, now) {
            Some(wait) => Err(Refusal::TooManyChanges { wait }),
            None => Ok(()),
        }
    }

    /// Counts a name.
    pub fn count_name(&mut self, now: UnixTime) {
        self.names.count(now);
    }

    /// Returns whether the account has the administrator role.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(crate::RoleId::ADMINISTRATOR)
    }

    /// Returns whether the account is active.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.status, Status::Active)
    }

    /// Returns the account, if it is active.
    pub(crate) const fn require_active(&self) -> Result<&Self, Refusal> {
        match self.status {
            Status::Active => Ok(self),
            Status::Deactivated { since } => Err(Refusal::IsDeactivated { since }),
        }
    }

    /// Returns what the second factor amounts to at `now`. A recovery that expired leaves it disabled, so that the
    /// remaining recovery codes work again.
    #[must_use]
    pub fn factor_at(&self, now: UnixTime) -> FactorState {
        match self.second_factor.recovery() {
            Some((right, _)) if right.is_over(now) && self.pendings_at(now).next().is_none() => {
                FactorState::Disabled {
                    since: right.expires.min(now),
                    why: DisabledBy::Recovery,
                }
            }
            _ => self.second_factor.state(),
        }
    }

    /// Returns whether the account has an authenticator whose codes are accepted, and of which one was accepted: what was
    /// imported counts after its first code.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        let mut active = self.second_factor.active();
        active.any(|it| it.is_proved())
    }

    /// Returns whether the account would be enrolled if the report that suspended its authenticator were undone.
    #[must_use]
    pub fn is_enrolled_but_suspended(&self) -> bool {
        let mut all = self.second_factor.iter();
        !self.is_enrolled() && all.any(|it| !it.is_active() && it.is_proved())
    }

    /// Returns whether a passkey has settled. While one has, no code changes what is bound, turns the second factor off or
    /// redirects the notices. One that was reported lost counts for [`limits::SETTLING`] seconds more, so that its owner can
    /// undo the report: the password alone reports.
    #[must_use]
    pub fn has_settled_passkey(&self, now: UnixTime) -> bool {
        let counts = |it: &Suspension| it.link.is_some() && is_settling(it.since, now);
        let mut all = self.second_factor.iter();
        all.any(|it| {
            it.is_passkey() && it.settles(now).is_none() && it.suspended.as_ref().is_none_or(counts)
        })
    }

    /// Returns whether a passkey is active.
    #[must_use]
    pub fn has_active_passkey(&self) -> bool {
        self.second_factor.active().any(Authenticator::is_passkey)
    }

    /// Returns whether an authenticator has a secret of less than 128 bits.
    #[must_use]
    pub fn has_weak_key(&self) -> bool {
        self.second_factor.iter().any(|it| it.origin.is_weak())
    }

    /// Returns the link with this hash, if it is good at `now`.
    #[must_use]
    pub fn binding_link(&self, link: &Digest, now: UnixTime) -> Option<&BindingLink> {
        let mut links = self.binding_links.iter();
        links.find(|known| known.link == *link && now < known.expires)
    }

    /// Keeps the link of what was bound, `by` being what it came from. Where there is no place, one of what is bound no more
    /// is given up first.
    pub(crate) fn keep_link(
        &mut self,
        link: BindingLink,
        by: Option<AuthenticatorId>,
        now: UnixTime,
    ) {
        let factor = &self.second_factor;
        let links = self.binding_links.iter_mut();
        for known in links.filter(|known| by.is_some_and(|by| known.takes(by))) {
            // What is bound no more makes room.
            known.also.retain(|id| factor.get(*id).is_some());
            known.also.push(link.authenticator);
        }
        self.forget_links(now);
        if self.binding_links.len() >= limits::BINDING_LINKS {
            let factor = &self.second_factor;
            let keeps = |(_, known): &(usize, &BindingLink)| {
                (factor.get(known.authenticator).is_some(), known.expires)
            };
            let least = self.binding_links.iter().enumerate().min_by_key(keeps);
            if let Some((at, _)) = least {
                self.binding_links.remove(at);
            }
        }
        self.binding_links.push(link);
    }

    /// Forgets the links that are over, and those that take nothing that is bound.
    pub(crate) fn forget_links(&mut self, now: UnixTime) {
        let factor = &self.second_factor;
        let takes = |link: &BindingLink| factor.iter().any(|it| link.takes(it.id));
        self.binding_links
            .retain(|link| now < link.expires && takes(link));
    }

    /// Returns the number of the next authenticator.
    pub(crate) fn next_authenticator(&mut self) -> AuthenticatorId {
        let AuthenticatorId(last) = self.last_authenticator;
        self.last_authenticator = AuthenticatorId(last.saturating_add(1));
        self.last_authenticator
    }

    /// Returns whether the account may enroll by break-glass at `now`. Only break-glass bypasses the access
    /// rules, which may be what locked the administrators out.
    #[must_use]
    pub fn holds_break_glass(&self, now: UnixTime) -> bool {
        matches!(
            self.factor_at(now),
            FactorState::ResetDue {
                reset_code: Some(reset_code @ ResetCode {
                    origin: Origin::BreakGlass { .. },
                    ..
                }),
            } if !reset_code.is_over(now) || self.pendings_at(now).next().is_some()
        )
    }

    /// Returns the number of failures that disable the authenticators: [`limits::FAILURES`], or
    /// [`limits::FAILURES_CORRECTED`] when four codes of one are good at a time.
    #[must_use]
    pub(crate) fn budget(&self) -> u8 {
        let mut all = self.second_factor.iter();
        match all.any(|it| it.drift.unsigned_abs() > 1) {
            true => limits::FAILURES_CORRECTED,
            false => limits::FAILURES,
        }
    }

    /// Returns the enrollments that have not expired at `now`.
    pub fn pendings_at(&self, now: UnixTime) -> impl Iterator<Item = &Pending> {
        self.pendings
            .iter()
            .flatten()
            .filter(move |pending| pending.is_open(now))
    }
}

/// Whether an account is active.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Status {
    /// The account is active.
    Active,
    /// The account is deactivated. It has no session and no secret.
    Deactivated {
        /// When it was deactivated.
        since: UnixTime,
    },
}
