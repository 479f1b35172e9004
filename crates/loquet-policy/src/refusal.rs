//! Why not.

use crate::{AccountId, NextStep, RoleId, UnixTime};
use core::fmt;

/// Who is behind a refusal, for which role and since when. What nobody knows, or nobody imposed, is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Cause {
    /// The role that was bound: one of the account's own, or one that it implies.
    pub role: Option<RoleId>,
    /// Since when it holds, from when on it will, or when it lapsed.
    pub date: Option<UnixTime>,
    /// Who imposed it.
    pub by: Option<AccountId>,
}

impl Cause {
    /// What `by` did at `date`, to no role in particular.
    #[must_use]
    pub const fn of(by: AccountId, date: UnixTime) -> Self {
        Self {
            role: None,
            date: Some(date),
            by: Some(by),
        }
    }
}

/// Why a command was refused: a value with its reasons, not an error.
///
/// [`code`](Refusal::code) is stable for ever; texts belong to whoever speaks to people.
///
/// # Security
/// The reason is for the person whom it concerns and for the operator. Whoever has not yet shown
/// the password hears one sentence for everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
#[must_use]
pub enum Refusal {
    /// No such account in this organization, or not one that this actor may know of.
    UnknownAccount,
    /// The log-in's one generic refusal: the account's owner has left.
    LogInRefused,
    /// Nobody is logged in, and this needs a session.
    LogInRequired,
    /// The session is of another epoch: log in again.
    StaleLogIn,
    /// The half log-in is older than ten minutes: log in again.
    LogInExpired,
    /// This session may only enroll, because of this.
    EnrollOnly(Cause),
    /// This session must first show a code, because of this.
    CodeRequired(Cause),
    /// This session may only recover: the authenticator is disabled.
    RecoverFirst {
        /// Since when.
        since: UnixTime,
    },
    /// The same form was sent again, and its log-in is finished.
    AlreadyCompleted,
    /// The rules cannot be read, so nothing is allowed that they might forbid.
    PolicyUnavailable,
    /// The access rules do not allow this place.
    AccessDenied,
    /// Nobody can tell whether the access rules allow this place.
    AccessUnknown,

    /// There is no way back from this.
    Latched(Cause),
    /// Multi-factor log-in is enabled already.
    AlreadyEnabled(Cause),
    /// Multi-factor log-in is not enabled.
    NotEnabled,
    /// What is asked for holds already.
    Unchanged,
    /// Nobody defined this role.
    UnknownRole {
        /// Which.
        role: RoleId,
    },
    /// The mandate of this role is announced already.
    AlreadyAnnounced(Cause),
    /// No mandate of this role is announced.
    NothingAnnounced {
        /// Which role.
        role: RoleId,
    },
    /// People need more notice.
    TooSoon {
        /// The earliest possible date.
        earliest: UnixTime,
    },
    /// "Now" needs the confirmation that everyone enrolls at the next log-in.
    NotConfirmed,
    /// The date was put off as often as it can be, and stands.
    TooManyPostponements(Cause),
    /// Without a break-glass code a mandate could strand the administrators.
    WouldStrandAdmin,
    /// The last group of the break-glass code was not typed back.
    BreakGlassCodeNotConfirmed,
    /// The value is out of its bounds.
    OutOfBounds {
        /// The smallest possible value.
        least: u64,
        /// The largest possible value.
        most: u64,
    },
    /// No such change is waiting.
    NothingScheduled,

    /// Not a code.
    Malformed,
    /// A wrong code. It was counted.
    WrongCode {
        /// Minutes by which the phone seems late, when that explains it.
        behind: Option<u16>,
    },
    /// This step's code, or a later one, was used. Nothing was counted.
    AlreadyUsed {
        /// Seconds until the next code.
        wait: u64,
    },
    /// Too many wrong codes in a row. What was typed was neither looked at nor counted.
    Throttled {
        /// Seconds until codes are looked at again.
        wait: u64,
    },
    /// The rest of this secret's budget is kept for known devices and live sessions.
    KnownDeviceOnly,
    /// The authenticator is disabled.
    Disabled {
        /// Since when.
        since: UnixTime,
    },
    /// Nothing is bound to this account.
    NoAuthenticator,
    /// An authenticator is bound: replace it.
    AlreadyBound,
    /// Enroll first.
    EnrollFirst,
    /// The enrollment needs a reset code: of a reset, or because what requires a second factor is too long ago for the pass
    /// phrase alone.
    ResetCodeRequired(Cause),
    /// Not the reset code, or one that is void.
    WrongResetCode,
    /// The reset code's time is over.
    ResetCodeExpired(Cause),
    /// Another session began this enrollment.
    NotYours,
    /// No enrollment is begun, or it timed out.
    NothingPending,
    /// Three enrollments are begun already.
    TooManyPendings,
    /// After break-glass, the break-glass code is renewed before the enrollment is confirmed.
    BreakGlassCodeFirst,
    /// The organization offers no recovery codes.
    NotOffered,
    /// Not a recovery code of this account. It was counted.
    WrongRecoveryCode,
    /// Not the link, or too late.
    WrongLink,

    /// A mandate covers the account, in force or announced. Without a date and an author: a role that nobody defined
    /// counts as mandated.
    Mandated(Cause),
    /// A fresh code must come with this.
    StepUp,
    /// Only the owner of an account does this.
    NotOwner,

    /// Only an administrator does this.
    NotAdmin,
    /// The last code of this session is too long ago.
    NotFresh,
    /// Nobody resets themself.
    SelfReset,
    /// Nobody promotes themself.
    SelfPromotion,
    /// Nobody takes the administrator's role from themself.
    SelfDemotion,
    /// Nobody lets themself go.
    SelfDeactivation,
    /// The other account has a higher rank.
    Rank,
    /// The actor became administrator too recently.
    TooNew {
        /// When that is over.
        until: UnixTime,
    },
    /// Five resets in a day are enough.
    TooManyResets {
        /// Seconds until the next.
        wait: u64,
    },
    /// The last administrator who is enrolled stays.
    LastEnrolledAdmin,
    /// The last role is taken away by leaving.
    UseDeactivate,
    /// The account does not have this role.
    NoSuchRole,
    /// The account has all the roles it can hold.
    TooManyRoles,
    /// The person has left: re-hire first.
    IsDeactivated {
        /// Since when.
        since: UnixTime,
    },
    /// The person has not left.
    NotDeactivated,

    /// There is no break-glass code, or it is void.
    NoBreakGlassCode {
        /// Until when a void one stays void.
        until: Option<UnixTime>,
    },
    /// Break-glass is under way.
    AlreadyOpen {
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// Not the break-glass code. It was counted, unless break-glass is under way: whoever opened it showed the right one.
    WrongBreakGlassCode,
    /// The wait is not over.
    TooEarly {
        /// When it is.
        ready: UnixTime,
    },

    /// The new access rules would lock out the administrator who sets them, from where they are set. Answered by the
    /// caller, which knows addresses.
    WouldLockOut,
    /// The notice address was changed so often that the replaced ones, which still receive notices, leave no room.
    /// Answered by the caller, which keeps addresses.
    TooManyAddresses,
}

impl Refusal {
    /// Returns what the session must do first, if that is why it was refused.
    #[must_use]
    pub const fn next_step(&self) -> Option<NextStep> {
        match self {
            Self::CodeRequired(_) => Some(NextStep::SecondFactor),
            Self::EnrollOnly(_) => Some(NextStep::Enroll),
            Self::RecoverFirst { .. } => Some(NextStep::Recover),
            _ => None,
        }
    }
}

impl core::error::Error for Refusal {}

impl fmt::Display for Refusal {
    /// The stable name, for the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
