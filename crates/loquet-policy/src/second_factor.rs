//! The second factor of an account as a whole, and the reset code that leads to the next one.

use crate::{
    AccountId, Authenticator, AuthenticatorId, Authenticators, Cause, Digest, Refusal, SessionId,
    UnixTime,
};

/// The second factor of an account. Secrets are stored for the authenticators that are
/// [`Bound`](SecondFactor::Bound), and no others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
#[expect(
    clippy::large_enum_variant,
    reason = "a box would allocate, and most accounts have something bound"
)]
pub enum SecondFactor {
    /// No authenticator is bound.
    None,
    /// At least one authenticator is bound.
    Bound {
        /// Those that are bound, suspended ones too.
        authenticators: Authenticators,
    },
    /// The authenticators are disabled, and no other one is bound.
    Disabled {
        /// When they were disabled.
        since: UnixTime,
        /// What disabled them.
        why: DisabledBy,
    },
    /// The account was reset: the next enrollment needs a reset code.
    ResetDue {
        /// The reset code; `None` when it is void and a new one must be issued.
        reset_code: Option<ResetCode>,
    },
}

/// What a [`SecondFactor`] amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FactorState {
    /// No authenticator is bound.
    None,
    /// An authenticator is bound whose codes are accepted.
    Active,
    /// Each authenticator was reported lost with the password alone. Their codes are not accepted until the report is
    /// undone: by the owner, with the link in the notice or a recovery code and then a code, or by an administrator.
    Suspended {
        /// When the last one was suspended.
        since: UnixTime,
    },
    /// As [`SecondFactor::Disabled`].
    Disabled {
        /// When the authenticators were disabled.
        since: UnixTime,
        /// What disabled them.
        why: DisabledBy,
    },
    /// As [`SecondFactor::ResetDue`].
    ResetDue {
        /// The reset code; `None` when it is void and a new one must be issued.
        reset_code: Option<ResetCode>,
    },
}

/// What disabled the authenticators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DisabledBy {
    /// Too many wrong codes.
    Failures,
    /// The owner used a recovery code and did not finish the enrollment.
    Recovery,
}

impl SecondFactor {
    /// Returns a factor with this authenticator alone.
    #[must_use]
    pub const fn of(authenticator: Authenticator) -> Self {
        Self::Bound {
            authenticators: Authenticators::of(authenticator),
        }
    }

    /// Returns the authenticators that are bound.
    pub fn iter(&self) -> impl Iterator<Item = &Authenticator> {
        let bound = match self {
            Self::Bound { authenticators } => Some(authenticators),
            Self::None | Self::Disabled { .. } | Self::ResetDue { .. } => None,
        };
        bound.into_iter().flat_map(Authenticators::iter)
    }

    /// Returns the authenticators that are bound, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Authenticator> {
        let bound = match self {
            Self::Bound { authenticators } => Some(authenticators),
            Self::None | Self::Disabled { .. } | Self::ResetDue { .. } => None,
        };
        bound.into_iter().flat_map(Authenticators::iter_mut)
    }

    /// Returns the authenticator with this number.
    #[must_use]
    pub fn get(&self, id: AuthenticatorId) -> Option<&Authenticator> {
        self.iter().find(|it| it.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: AuthenticatorId) -> Option<&mut Authenticator> {
        self.iter_mut().find(|it| it.id == id)
    }

    /// Returns the authenticators whose codes are accepted.
    pub fn active(&self) -> impl Iterator<Item = &Authenticator> {
        self.iter().filter(|it| it.is_active())
    }

    /// Binds one more, or the first. Returns whether there was a place.
    pub(crate) fn push(&mut self, authenticator: Authenticator) -> bool {
        if let Self::Bound { authenticators } = self {
            return authenticators.push(authenticator);
        }
        *self = Self::of(authenticator);
        true
    }

    /// Removes authenticators. Where none is left, nothing is bound.
    pub(crate) fn remove(&mut self, these: impl Fn(&Authenticator) -> bool) {
        if let Self::Bound { authenticators } = self {
            authenticators.remove(these);
            if authenticators.iter().next().is_none() {
                *self = Self::None;
            }
        }
    }

    /// Returns what it amounts to.
    #[must_use]
    pub fn state(&self) -> FactorState {
        match *self {
            Self::None => FactorState::None,
            Self::Bound { .. } if self.active().next().is_some() => FactorState::Active,
            Self::Bound { .. } => {
                let suspended = self.iter().filter_map(|it| it.suspended);
                let since = suspended.map(|it| it.since).max();
                FactorState::Suspended {
                    since: since.unwrap_or_default(),
                }
            }
            Self::Disabled { since, why } => FactorState::Disabled { since, why },
            Self::ResetDue { reset_code } => FactorState::ResetDue { reset_code },
        }
    }

    /// Returns the right to enroll that a recovery code gave, and the session that has it.
    pub(crate) fn recovery(&self) -> Option<(ResetCode, SessionId)> {
        let Self::ResetDue { reset_code } = *self else {
            return None;
        };
        let reset_code = reset_code?;
        match reset_code.origin {
            Origin::Recovery { session } => Some((reset_code, session)),
            _ => None,
        }
    }

    /// Returns those that show codes: apps and hardware tokens.
    pub fn with_codes(&self) -> impl Iterator<Item = &Authenticator> {
        self.iter().filter(|it| !it.is_passkey())
    }

    /// Returns the newest step of which a code was accepted (RFC 6238 §4.2); `None` where no secret is stored.
    #[must_use]
    pub fn last_step(&self) -> Option<u64> {
        self.with_codes().map(|it| it.step).max()
    }
}

impl FactorState {
    /// Returns `Ok` if codes are accepted.
    ///
    /// # Errors
    /// The [`Refusal`] that a submitted code would get.
    pub fn counts(&self) -> Result<(), Refusal> {
        match self {
            Self::Active => Ok(()),
            Self::None => Err(Refusal::EnrollFirst),
            Self::Suspended { since } => Err(Refusal::Suspended { since: *since }),
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
