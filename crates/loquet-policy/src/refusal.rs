//! Refusals: why a command was not carried out.

use crate::{AccountId, NextStep, RoleId, UnixTime};
use core::fmt;

/// The role, the date and the person behind a refusal. A value that is unknown or does not apply is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Cause {
    /// The role that a mandate covers: one of the account's own, or one that it implies.
    pub role: Option<RoleId>,
    /// When the cause began, will begin, or expired.
    pub date: Option<UnixTime>,
    /// The account that imposed it.
    pub by: Option<AccountId>,
}

impl Cause {
    /// Returns the cause that `by` established at `date`, without a role.
    #[must_use]
    pub const fn of(by: AccountId, date: UnixTime) -> Self {
        Self {
            role: None,
            date: Some(date),
            by: Some(by),
        }
    }
}

/// Why a command was refused. A refusal is an ordinary outcome with its reasons, not a fault.
///
/// [`code`](Refusal::code) is stable; other crates write the text that a user reads.
///
/// # Security
/// Show the reason only to the person concerned and to the operator. A client that has not yet shown the
/// password gets the same sentence for every refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
#[must_use]
#[non_exhaustive]
pub enum Refusal {
    /// The account does not exist in this organization, or this actor may not know of it.
    UnknownAccount,
    /// The log-in is refused without a reason: the account is deactivated.
    LogInRefused,
    /// The command needs a session, and there is none.
    LogInRequired,
    /// The session belongs to an earlier epoch. The user logs in again.
    StaleLogIn,
    /// The half log-in is older than [`HALF_LOGIN`](crate::limits::HALF_LOGIN) seconds. The user logs in
    /// again.
    LogInExpired,
    /// The session may only enroll, for this cause.
    EnrollOnly(Cause),
    /// The session must submit a code first, for this cause.
    CodeRequired(Cause),
    /// The session may only recover: the authenticator is disabled, or its codes are not enough any more where a passkey is
    /// demanded.
    RecoverFirst {
        /// When it was disabled.
        since: UnixTime,
    },
    /// The authenticator was reported lost and is suspended. The session may only undo the report or recover.
    Suspended {
        /// When it was suspended.
        since: UnixTime,
    },
    /// The same attempt was submitted again after its log-in was completed.
    AlreadyCompleted,
    /// The rules cannot be read, so that nothing is allowed that they might forbid.
    PolicyUnavailable,
    /// The access rules deny this address.
    AccessDenied,
    /// The access rules cannot be evaluated for this address.
    AccessUnknown,

    /// The state cannot be undone.
    Latched(Cause),
    /// Multi-factor log-in is already enabled.
    AlreadyEnabled(Cause),
    /// Multi-factor log-in is not enabled.
    NotEnabled,
    /// The requested state is already the present one.
    Unchanged,
    /// The role is not defined.
    UnknownRole {
        /// The role.
        role: RoleId,
    },
    /// A mandate for this role is already announced.
    AlreadyAnnounced(Cause),
    /// No mandate for this role is announced.
    NothingAnnounced {
        /// The role.
        role: RoleId,
    },
    /// The date is less than [`NOTICE`](crate::limits::NOTICE) seconds ahead.
    TooSoon {
        /// The earliest possible date.
        earliest: UnixTime,
    },
    /// The date is more than [`NOTICE_MAX`](crate::limits::NOTICE_MAX) seconds ahead.
    TooLate {
        /// The latest possible date.
        latest: UnixTime,
    },
    /// A mandate that begins immediately needs the confirmation that covered accounts enroll at their next
    /// log-in.
    NotConfirmed,
    /// The date was postponed [`POSTPONEMENTS`](crate::limits::POSTPONEMENTS) times already.
    TooManyPostponements(Cause),
    /// [`ANNOUNCEMENTS_A_DAY`](crate::limits::ANNOUNCEMENTS_A_DAY) mandates were announced, moved or imposed in 24 hours.
    TooManyAnnouncements {
        /// Seconds until the next one is possible.
        wait: u64,
    },
    /// The actor has made [`CHANGES_A_DAY`](crate::limits::CHANGES_A_DAY) changes of settings, roles and active accounts in 24
    /// hours, or given as many names to authenticators.
    TooManyChanges {
        /// Seconds until the next change is possible.
        wait: u64,
    },
    /// A mandate without a usable break-glass code could lock out all administrators.
    WouldStrandAdmin,
    /// The last group of the break-glass code was not typed correctly.
    BreakGlassCodeNotConfirmed,
    /// The value is outside its bounds.
    OutOfBounds {
        /// The smallest permitted value.
        least: u64,
        /// The largest permitted value.
        most: u64,
    },
    /// No change of this kind is scheduled.
    NothingScheduled,

    /// The text is not a code. It was not counted.
    Malformed,
    /// The code is wrong. It was counted.
    WrongCode {
        /// Minutes by which the phone's clock appears to be slow, if that explains the code.
        behind: Option<u16>,
    },
    /// The code of this step, or of a later one, was used. Nothing was counted.
    AlreadyUsed {
        /// Seconds until the next code.
        wait: u64,
    },
    /// The answer of the passkey does not verify. It costs this session a wait, and none of the failures of codes.
    WrongPasskey,
    /// The passkey answered a challenge that is over. Nothing was counted.
    ChallengeOver,
    /// The passkey has counted no more signatures than before: there may be a copy of it (WebAuthn Level 3 §6.1.1). It is
    /// suspended.
    PasskeyCloned,
    /// It takes a passkey, which the account has, and not a code.
    PasskeyRequired,
    /// Codes are throttled after wrong ones. The code was neither checked nor counted.
    Throttled {
        /// Seconds until codes are checked again.
        wait: u64,
    },
    /// The last [`RESERVE`](crate::limits::RESERVE) failures of this secret are reserved for known devices
    /// and live sessions.
    KnownDeviceOnly,
    /// The authenticator is disabled.
    Disabled {
        /// When it was disabled.
        since: UnixTime,
    },
    /// The account has no authenticator.
    NoAuthenticator,
    /// The account has [`CODE_AUTHENTICATORS`](crate::limits::CODE_AUTHENTICATORS) apps and tokens already, or
    /// [`PASSKEYS`](crate::limits::PASSKEYS) passkeys.
    TooManyAuthenticators,
    /// The account has no such authenticator.
    NoSuchAuthenticator,
    /// The last authenticator is not removed by its owner. It can be replaced, or another administrator resets the account.
    AskAnotherAdmin,
    /// The code is of the authenticator that is to be removed. It takes a code of another one.
    OtherCodeRequired,
    /// The authenticator has still to settle ([`SETTLING`](crate::limits::SETTLING)), and proves log-ins alone.
    NotSettled {
        /// When that period ends.
        until: UnixTime,
    },
    /// The account already has an authenticator. It can be replaced.
    AlreadyBound,
    /// The actor or the subject must enroll first.
    EnrollFirst,
    /// The enrollment needs a reset code: after a reset, or because the enrollment window is over.
    ResetCodeRequired(Cause),
    /// A loss was reported with the password alone. Until then it reports no other.
    ReportsRefused {
        /// When such reports are accepted again, unless the password changes before.
        until: UnixTime,
    },
    /// The reset code is wrong or void.
    WrongResetCode,
    /// The reset code has expired.
    ResetCodeExpired(Cause),
    /// Another session began the pending enrollment.
    NotYours,
    /// No enrollment is pending, or it has expired.
    NothingPending,
    /// The code is wrong, and the last of [`PENDING_TRIES`](crate::limits::PENDING_TRIES): the pending enrollment was
    /// erased, and what the app stored of it is void. The user removes that entry and begins again.
    EnrollmentEnded,
    /// The account has [`PENDINGS`](crate::limits::PENDINGS) pending enrollments already.
    TooManyPendings,
    /// [`ENROLLMENTS_A_DAY`](crate::limits::ENROLLMENTS_A_DAY) enrollments of the account were begun in 24 hours.
    TooManyEnrollments {
        /// Seconds until the next one can begin.
        wait: u64,
    },
    /// An enrollment after break-glass needs a new break-glass code before it is confirmed.
    BreakGlassCodeFirst,
    /// The organization offers no recovery codes.
    NotOffered,
    /// The recovery code is wrong.
    WrongRecoveryCode,
    /// The link is wrong or has expired.
    WrongLink,

    /// The key is the account's present one, or that of the token which is assigned to it.
    AlreadyThere,
    /// The key was bound to the account before, and is not any more.
    RetiredKey,
    /// Another authenticator is, or was, bound to the account, or it was reset. Nothing is imported in its place.
    DifferentKey,
    /// The key is, or was, another account's.
    KeyOfAnother,
    /// The key is shorter than 128 bits, which no administrator may have. The owner replaces the authenticator first.
    WeakKey,
    /// Another hardware token is assigned to the account and not confirmed yet.
    TokenAssigned,
    /// No hardware token is assigned that could be taken back: it was confirmed, or none ever was.
    NoTokenAssigned,
    /// The enrollment binds a hardware token, which takes two codes, one after the other.
    TwoCodesRequired,

    /// A mandate, announced or in force, covers the account. A cause without a date and an author means that
    /// the account holds an undefined role, which counts as mandated.
    Mandated(Cause),
    /// The command needs a fresh code.
    StepUp,
    /// Only the owner of the account may do this.
    NotOwner,

    /// Only an administrator may do this.
    NotAdmin,
    /// The last code of this session is older than [`RECENT`](crate::limits::RECENT) seconds.
    NotFresh,
    /// The password was given more than [`RECENT`](crate::limits::RECENT) seconds ago. The user gives it again.
    PasswordRequired,
    /// An administrator cannot reset their own account.
    SelfReset,
    /// An administrator cannot add a role to their own account.
    SelfPromotion,
    /// An administrator cannot remove a role from their own account.
    SelfDemotion,
    /// An administrator cannot deactivate their own account.
    SelfDeactivation,
    /// The other account has a higher rank.
    Rank,
    /// The actor became administrator less than [`PROBATION`](crate::limits::PROBATION) seconds ago.
    TooNew {
        /// When that period ends.
        until: UnixTime,
    },
    /// The actor has made [`RESETS_A_DAY`](crate::limits::RESETS_A_DAY) resets in 24 hours.
    TooManyResets {
        /// Seconds until the next reset is possible.
        wait: u64,
    },
    /// The account is the last administrator, the last one who is enrolled, or the last who has the passkey that is demanded.
    LastEnrolledAdmin,
    /// The last role of an account cannot be removed. The account can be deactivated.
    UseDeactivate,
    /// The account does not have this role.
    NoSuchRole,
    /// The account holds [`ROLES`](crate::limits::ROLES) roles already.
    TooManyRoles,
    /// The account is deactivated. It can be reactivated.
    IsDeactivated {
        /// When it was deactivated.
        since: UnixTime,
    },
    /// The account is not deactivated.
    NotDeactivated,

    /// There is no break-glass code, or it is void.
    NoBreakGlassCode {
        /// When a void code becomes valid again.
        until: Option<UnixTime>,
    },
    /// Break-glass is already opening or open.
    AlreadyOpen {
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// The break-glass code is wrong. It was counted, unless break-glass was already opening.
    WrongBreakGlassCode,
    /// The wait is not over.
    TooEarly {
        /// When it ends.
        ready: UnixTime,
    },

    /// The new access rules would lock out the administrator who sets them, at the present address. The
    /// caller decides this.
    WouldLockOut,
    /// Access rules, in force or waiting, have a condition on devices. They are changed first, since without known devices
    /// they keep users out. The caller decides this.
    DevicesInRules,
    /// Too many previous notice addresses still receive notices. The caller decides this.
    TooManyAddresses,
    /// No new address waits for a code, or its code has expired or is void.
    NoAddressCode,
    /// The code that was sent to the new address is another. It was counted.
    WrongAddressCode,
    /// [`ADDRESS_CODES_A_DAY`](crate::limits::ADDRESS_CODES_A_DAY) codes were sent to new addresses in a day, or
    /// [`ADDRESS_CODE_TRIES`](crate::limits::ADDRESS_CODE_TRIES) of them were typed wrong.
    TooManyAddressCodes {
        /// Seconds until the next code can be sent.
        wait: u64,
    },
}

impl Refusal {
    /// Returns what the session must do first, if that is why it was refused.
    #[must_use]
    pub const fn next_step(&self) -> Option<NextStep> {
        match self {
            Self::CodeRequired(_) | Self::NotFresh | Self::StepUp => Some(NextStep::SecondFactor),
            Self::EnrollOnly(_) => Some(NextStep::Enroll),
            Self::RecoverFirst { .. } | Self::Suspended { .. } => Some(NextStep::Recover),
            _ => None,
        }
    }
}

impl core::error::Error for Refusal {}

impl fmt::Display for Refusal {
    /// Writes the stable name, for the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
