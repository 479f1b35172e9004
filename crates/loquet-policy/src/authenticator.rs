//! The authenticator of an account, and the reset code that leads to the next one.

use crate::{AccountId, Cause, Digest, Refusal, SessionId, UnixTime};

/// The authenticator of an account. A secret is stored if and only if this is
/// [`Active`](Authenticator::Active) or [`Suspended`](Authenticator::Suspended).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Authenticator {
    /// No authenticator is bound.
    None,
    /// An authenticator is bound and its codes are accepted.
    Active {
        /// When it was bound.
        since: UnixTime,
        /// The last accepted step (RFC 6238 §4.2). Codes of this step and earlier ones are used.
        step: u64,
        /// Steps by which a resynchronization found the phone's clock off.
        drift: i8,
        /// The newest step whose reuse was notified: one notice for each step, and none for earlier ones.
        told: Option<u64>,
    },
    /// The authenticator was reported lost with the password alone. Its codes are not accepted until the report is
    /// undone: by its owner, with the link in the notice or a recovery code and then a code, or by an administrator.
    Suspended {
        /// When it was suspended.
        since: UnixTime,
        /// When it was bound.
        bound: UnixTime,
        /// The last accepted step.
        step: u64,
        /// Steps by which a resynchronization found the phone's clock off.
        drift: i8,
        /// Hash of the secret part of the link in the notice.
        link: Digest,
    },
    /// The authenticator is disabled, and no other one is bound.
    Disabled {
        /// When it was disabled.
        since: UnixTime,
        /// What disabled it.
        why: DisabledBy,
    },
    /// The account was reset: the next enrollment needs a reset code.
    ResetDue {
        /// The reset code; `None` when it is void and a new one must be issued.
        reset_code: Option<ResetCode>,
    },
}

/// How an authenticator came to the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum AuthenticatorOrigin {
    /// Its owner enrolled it.
    #[default]
    Enrolled,
    /// The host imported what the owner already used.
    Imported {
        /// Whether a code of it was accepted since.
        proved: bool,
        /// Whether its secret is shorter than 128 bits (RFC 4226 §4). No administrator has such a one.
        weak: bool,
    },
    /// The host assigned a hardware token, and its owner confirmed it.
    Token,
}

impl AuthenticatorOrigin {
    /// Returns whether its owner enrolled it.
    #[must_use]
    pub const fn is_enrolled(&self) -> bool {
        matches!(self, Self::Enrolled)
    }

    /// Returns whether its secret is shorter than 128 bits.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        matches!(self, Self::Imported { weak: true, .. })
    }
}

/// What disabled an authenticator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DisabledBy {
    /// Too many wrong codes.
    Failures,
    /// The owner used a recovery code and did not finish the enrollment.
    Recovery,
}

impl Authenticator {
    /// Returns the last accepted step and the drift of the stored secret; `None` where none is stored.
    #[must_use]
    pub const fn last_step(&self) -> Option<(u64, i8)> {
        match *self {
            Self::Active { step, drift, .. } | Self::Suspended { step, drift, .. } => {
                Some((step, drift))
            }
            Self::None | Self::Disabled { .. } | Self::ResetDue { .. } => None,
        }
    }

    /// Returns `Ok` if codes of this authenticator are accepted.
    ///
    /// # Errors
    /// The [`Refusal`] that a submitted code would get.
    pub fn counts(&self) -> Result<(), Refusal> {
        match self {
            Self::Active { .. } => Ok(()),
            Self::None => Err(Refusal::EnrollFirst),
            Self::Suspended { since, .. } => Err(Refusal::Suspended { since: *since }),
            Self::Disabled { since, .. } => Err(Refusal::RecoverFirst { since: *since }),
            Self::ResetDue { reset_code } => {
                Err(Refusal::ResetCodeRequired(ResetCode::cause(reset_code)))
            }
        }
    }
}

/// The right to enroll after a reset. It is consumed when the enrollment is confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ResetCode {
    /// How the reset code was issued.
    pub origin: Origin,
    /// When it was issued.
    pub issued: UnixTime,
    /// When it expires: from then on it cannot begin an enrollment. Wrong codes do not void it: it has 128 bits.
    pub expires: UnixTime,
}

impl ResetCode {
    /// Returns when the code was issued, and by whom. A void one has no cause.
    pub(crate) fn cause(reset_code: &Option<Self>) -> Cause {
        reset_code.map_or_else(Cause::default, |reset_code| Cause {
            role: None,
            date: Some(reset_code.issued),
            by: reset_code.author(),
        })
    }

    /// Returns whether it can begin no enrollment any more at `now`. One that was issued ahead of `now` cannot.
    #[must_use]
    pub fn is_over(&self, now: UnixTime) -> bool {
        now >= self.expires || self.issued.age(now).is_none()
    }

    pub(crate) const fn author(&self) -> Option<AccountId> {
        match self.origin {
            Origin::Administrator { by, .. } => Some(by),
            Origin::BreakGlass { .. } | Origin::Host { .. } | Origin::Recovery { .. } => None,
        }
    }
}

/// How a reset code was issued, and what must be shown to use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Origin {
    /// An administrator reset or reactivated the account.
    Administrator {
        /// Hash of the reset code.
        digest: Digest,
        /// The administrator who issued it.
        by: AccountId,
        /// The author's [`mark`](crate::Administrator::mark) when the code was issued.
        mark: u32,
    },
    /// The code was collected through break-glass on the host.
    BreakGlass {
        /// Hash of the reset code.
        digest: Digest,
    },
    /// The host issued it after a restore.
    Host {
        /// Hash of the reset code.
        digest: Digest,
    },
    /// The owner used a recovery code. Only this session may enroll.
    Recovery {
        /// The session.
        session: SessionId,
    },
}
