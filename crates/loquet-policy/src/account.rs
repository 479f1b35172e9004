//! What is true of one account.

use crate::attempts::{Attempts, ResetQuota};
use crate::{
    AccountId, Cause, Digest, OrgId, RecoverySet, Refusal, RoleSet, SessionId, UnixTime, limits,
};

/// One account of one organization. Copying it allocates nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Account {
    /// Which account.
    pub id: AccountId,
    /// Whose. An account never changes its organization.
    pub org: OrgId,
    /// What the person is there.
    pub roles: RoleSet,
    /// Whether the person is still there.
    pub status: Status,
    /// When the account was made.
    pub created: UnixTime,
    /// When it became administrator, if it did later than it was made.
    pub promoted: Option<UnixTime>,
    /// "Multi-factor log-in is required for your account": the owner's own switch.
    pub toggle: bool,
    /// Whether an authenticator was ever bound. Never goes back.
    pub ever: bool,
    /// What is bound now.
    pub authenticator: Authenticator,
    /// Enrollments that were begun and not confirmed.
    pub pendings: [Option<Pending>; limits::PENDINGS],
    /// Sessions of another epoch are over.
    pub epoch: u32,
    /// What wrong codes have used up.
    pub attempts: Attempts,
    /// Resets that this account has made of others.
    pub resets: ResetQuota,
    /// Recovery codes that are left.
    pub recovery: RecoverySet,
    /// A link in the notice of the last enrollment, with which its owner repudiates it.
    pub binding_link: Option<BindingLink>,
}

impl Account {
    /// An account that was just made: active, nothing bound.
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
            authenticator: Authenticator::None,
            pendings: [const { None }; limits::PENDINGS],
            epoch: 0,
            attempts: Attempts::default(),
            resets: ResetQuota::default(),
            recovery: RecoverySet::EMPTY,
            binding_link: None,
        }
    }

    /// Returns whether it has the administrator's role.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(crate::RoleId::ADMINISTRATOR)
    }

    /// Whether the person is still there.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.status, Status::Active)
    }

    /// The account, if its person is still there.
    pub(crate) const fn present(&self) -> Result<&Self, Refusal> {
        match self.status {
            Status::Active => Ok(self),
            Status::Deactivated { since } => Err(Refusal::IsDeactivated { since }),
        }
    }

    /// What is bound at `now`: a recovery that lapsed leaves the authenticator disabled, so that
    /// the remaining recovery codes work again.
    #[must_use]
    pub fn authenticator_at(&self, now: UnixTime) -> Authenticator {
        match self.authenticator {
            Authenticator::ResetDue {
                reset_code:
                    Some(ResetCode {
                        origin: Origin::Recovery { .. },
                        expires,
                        ..
                    }),
            } if now >= expires && self.pendings_at(now).next().is_none() => {
                Authenticator::Disabled {
                    since: expires,
                    why: DisabledBy::Recovery,
                }
            }
            bound => bound,
        }
    }

    /// Whether the account enrolls by break-glass at `now`. That alone is above the access rules, which may be what
    /// locked the administrators out.
    #[must_use]
    pub fn holds_break_glass(&self, now: UnixTime) -> bool {
        matches!(
            self.authenticator_at(now),
            Authenticator::ResetDue {
                reset_code: Some(ResetCode {
                    origin: Origin::BreakGlass { .. },
                    expires,
                    ..
                }),
            } if now < expires || self.pendings_at(now).next().is_some()
        )
    }

    /// Failures in all after which the authenticator is disabled:
    /// [`limits::FAILURES`], or [`limits::FAILURES_CORRECTED`] when four codes are good at a time.
    #[must_use]
    pub(crate) const fn budget(&self) -> u8 {
        match self.authenticator {
            Authenticator::Active { drift, .. } if drift.unsigned_abs() > 1 => {
                limits::FAILURES_CORRECTED
            }
            _ => limits::FAILURES,
        }
    }

    /// The enrollments that have not timed out at `now`.
    pub fn pendings_at(&self, now: UnixTime) -> impl Iterator<Item = &Pending> {
        self.pendings
            .iter()
            .flatten()
            .filter(move |pending| now < pending.expires())
    }
}

/// Whether a person is still in the organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Status {
    /// Yes.
    Active,
    /// No: no session, no secret.
    Deactivated {
        /// Since when.
        since: UnixTime,
    },
}

/// What is bound to an account. A secret is stored if and only if this is
/// [`Active`](Authenticator::Active).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Authenticator {
    /// Nothing was bound.
    None,
    /// An authenticator is bound and its codes count.
    Active {
        /// Since when.
        since: UnixTime,
        /// The last step whose code was accepted: that step and all before are used up.
        step: u64,
        /// Steps by which a resynchronization found the phone's clock off.
        drift: i8,
        /// The last step whose second use the owner was told of: one notice a step.
        told: Option<u64>,
    },
    /// What was bound no longer counts, and nothing is bound in its place.
    Disabled {
        /// Since when.
        since: UnixTime,
        /// What disabled it.
        why: DisabledBy,
    },
    /// The next enrollment needs a reset code.
    ResetDue {
        /// The reset code; `None` when it is void and another must be given.
        reset_code: Option<ResetCode>,
    },
}

/// What disabled an authenticator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DisabledBy {
    /// Too many wrong codes.
    Failures,
    /// The owner reported it lost.
    Loss,
    /// The owner used a recovery code and did not finish.
    Recovery,
}

impl Authenticator {
    /// Why its codes do not count, if they do not.
    ///
    /// # Errors
    /// The [`Refusal`] that whoever gives one of them would meet.
    pub fn counts(&self) -> Result<(), Refusal> {
        match self {
            Self::Active { .. } => Ok(()),
            Self::None => Err(Refusal::EnrollFirst),
            Self::Disabled { since, .. } => Err(Refusal::RecoverFirst { since: *since }),
            Self::ResetDue { reset_code } => {
                Err(Refusal::ResetCodeRequired(ResetCode::cause(reset_code)))
            }
        }
    }
}

/// The right to enroll after a reset. One use, at the confirmation of the enrollment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ResetCode {
    /// Where it came from.
    pub origin: Origin,
    /// When it was given out.
    pub issued: UnixTime,
    /// From when on it cannot begin an enrollment.
    pub expires: UnixTime,
    /// Wrong presentations.
    pub wrong: u8,
}

impl ResetCode {
    /// When it was given out, and by whom. A void one has left no trace.
    pub(crate) fn cause(reset_code: &Option<Self>) -> Cause {
        reset_code.map_or_else(Cause::default, |reset_code| Cause {
            role: None,
            date: Some(reset_code.issued),
            by: reset_code.author(),
        })
    }

    pub(crate) const fn author(&self) -> Option<AccountId> {
        match self.origin {
            Origin::Administrator { by, .. } => Some(by),
            Origin::BreakGlass { .. } | Origin::Recovery { .. } => None,
        }
    }
}

/// Where a reset code came from, and what must be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Origin {
    /// An administrator reset the account, or re-hired the person.
    Administrator {
        /// Hash of the reset code.
        digest: Digest,
        /// Its author.
        by: AccountId,
        /// The author's [`mark`](crate::Administrator::mark) when the reset code was given out.
        mark: u32,
    },
    /// Break-glass on the host.
    BreakGlass {
        /// Hash of the reset code.
        digest: Digest,
    },
    /// The owner used a recovery code: this session alone may go on.
    Recovery {
        /// Which session.
        session: SessionId,
    },
}

/// An enrollment that was begun. It satisfies nothing; only its session can show or confirm it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Pending {
    /// What for.
    pub purpose: Purpose,
    /// The session that began it.
    pub session: SessionId,
    /// When.
    pub since: UnixTime,
    /// Wrong codes so far.
    pub wrong: u8,
    /// Recovery codes that were shown with it and count from its confirmation.
    pub recovery: RecoverySet,
}

impl Pending {
    /// When it times out.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.since.plus(limits::PENDING)
    }
}

/// What an enrollment is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Purpose {
    /// The account's first.
    First,
    /// After a reset, with its reset code.
    Reset,
    /// Beside an active one, which it replaces.
    Replace,
}

/// The link with which an owner says "that enrollment was not me".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct BindingLink {
    /// Hash of the link's secret part.
    pub link: Digest,
    /// From when on it does nothing.
    pub expires: UnixTime,
}
