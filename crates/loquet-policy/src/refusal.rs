//! Why not.

use crate::{AccountId, RoleId, UnixTime};
use core::fmt;

/// Why a command was refused: a value with its reasons, not an error.
///
/// [`code`](Refusal::code) is stable for ever; texts belong to whoever speaks to people.
///
/// # Security
/// The reason is for the person whom it concerns and for the operator. Whoever has not yet shown
/// the pass phrase hears one sentence for everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
#[must_use]
pub enum Refusal {
    /// No such account in this organisation, or not one that this actor may know of.
    UnknownAccount,
    /// The log-in's one generic refusal: the account's owner has left.
    LogInRefused,
    /// Nobody is logged in, and this needs a session.
    LogInRequired,
    /// The session is of another epoch: log in again.
    StaleLogIn,
    /// The half log-in is older than ten minutes: log in again.
    LogInExpired,
    /// This session may only enroll.
    EnrolOnly,
    /// This session must first show a code.
    CodeRequired,
    /// This session may only recover: the authenticator is disabled.
    RecoverFirst,
    /// The same form was sent again, and its log-in is finished.
    AlreadyCompleted,
    /// The rules cannot be read, so nothing is allowed that they might forbid.
    PolicyUnavailable,
    /// Too many others wanted the same at once. Nothing is known of the outcome of a code.
    Busy,
    /// The access rules do not allow this place.
    AccessDenied,
    /// Nobody can tell whether the access rules allow this place.
    AccessUnknown,

    /// There is no way back.
    Latched,
    /// Multi-factor log-in is enabled already.
    AlreadyEnabled,
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
    AlreadyAnnounced {
        /// For when.
        date: UnixTime,
    },
    /// No mandate of this role is announced.
    NothingAnnounced,
    /// People need more notice.
    TooSoon {
        /// The earliest possible date.
        earliest: UnixTime,
    },
    /// "Now" needs the confirmation that everyone enrolls at the next log-in.
    NotConfirmed,
    /// The date was put off as often as it can be.
    TooManyPostponements,
    /// Without a sealed break-glass code a mandate could strand the administrators.
    WouldStrandAdmin,
    /// The last group of the break-glass code was not typed back.
    SealNotConfirmed,
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
    Disabled,
    /// Nothing is bound to this account.
    NoAuthenticator,
    /// An authenticator is bound: replace it.
    AlreadyBound,
    /// Enroll first.
    EnrolFirst,
    /// The enrollment needs a ticket.
    TicketRequired,
    /// Not the ticket, or one that is void.
    WrongTicket,
    /// The ticket's time is over.
    TicketExpired,
    /// Another session began this enrollment.
    NotYours,
    /// No enrollment is begun, or it timed out.
    NothingPending,
    /// Three enrollments are begun already.
    TooManyPendings,
    /// After break-glass, the seal is renewed before the enrollment is confirmed.
    SealFirst,
    /// Only another administrator removes an authenticator.
    AskAnotherAdmin,
    /// The organisation offers no recovery codes.
    NotOffered,
    /// Not a recovery code of this account. It was counted.
    WrongRecoveryCode,
    /// Not the link, or too late.
    WrongLink,

    /// A mandate covers the account.
    Mandated {
        /// Of which of its roles, or of the role that one implies.
        role: RoleId,
        /// Since when it is in force, or from when on it will be. `None`: the role is unknown
        /// and counts as mandated.
        since: Option<UnixTime>,
        /// Who imposed it.
        by: Option<AccountId>,
    },
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
    SelfOffboard,
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
    UseLeave,
    /// The account does not have this role.
    NoSuchRole,
    /// The account has all the roles it can hold.
    TooManyRoles,
    /// The person has left: re-hire first.
    HasLeft,
    /// The person has not left.
    NotLeft,

    /// There is no sealed break-glass code, or it is void.
    NotSealed,
    /// Break-glass is under way.
    AlreadyOpen {
        /// When the ticket can be collected.
        ready: UnixTime,
    },
    /// Not the sealed code. It was counted, unless break-glass is under way: whoever opened it showed the right one.
    WrongSeal,
    /// The wait is not over.
    TooEarly {
        /// When it is.
        ready: UnixTime,
    },
}

impl Refusal {
    /// The reason's stable name.
    ///
    /// ```
    /// use loquet_policy::Refusal;
    /// assert_eq!(Refusal::SelfReset.code(), "SELF_RESET");
    /// assert_eq!(Refusal::AlreadyUsed { wait: 12 }.code(), "ALREADY_USED");
    /// ```
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownAccount => "UNKNOWN_ACCOUNT",
            Self::LogInRefused => "LOGIN_REFUSED",
            Self::LogInRequired => "LOGIN_REQUIRED",
            Self::StaleLogIn => "STALE_LOGIN",
            Self::LogInExpired => "LOGIN_EXPIRED",
            Self::EnrolOnly => "ENROL_ONLY",
            Self::CodeRequired => "CODE_REQUIRED",
            Self::RecoverFirst => "RECOVER_FIRST",
            Self::AlreadyCompleted => "ALREADY_COMPLETED",
            Self::PolicyUnavailable => "POLICY_UNAVAILABLE",
            Self::Busy => "BUSY",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::AccessUnknown => "ACCESS_UNKNOWN",
            Self::Latched => "LATCHED",
            Self::AlreadyEnabled => "ALREADY_ENABLED",
            Self::NotEnabled => "NOT_ENABLED",
            Self::Unchanged => "UNCHANGED",
            Self::UnknownRole { .. } => "UNKNOWN_ROLE",
            Self::AlreadyAnnounced { .. } => "ALREADY_ANNOUNCED",
            Self::NothingAnnounced => "NOTHING_ANNOUNCED",
            Self::TooSoon { .. } => "TOO_SOON",
            Self::NotConfirmed => "NOT_CONFIRMED",
            Self::TooManyPostponements => "TOO_MANY_POSTPONEMENTS",
            Self::WouldStrandAdmin => "WOULD_STRAND_ADMIN",
            Self::SealNotConfirmed => "SEAL_NOT_CONFIRMED",
            Self::OutOfBounds { .. } => "OUT_OF_BOUNDS",
            Self::NothingScheduled => "NOTHING_SCHEDULED",
            Self::Malformed => "MALFORMED",
            Self::WrongCode { .. } => "WRONG_CODE",
            Self::AlreadyUsed { .. } => "ALREADY_USED",
            Self::Throttled { .. } => "THROTTLED",
            Self::KnownDeviceOnly => "KNOWN_DEVICE_ONLY",
            Self::Disabled => "DISABLED",
            Self::NoAuthenticator => "NO_AUTHENTICATOR",
            Self::AlreadyBound => "ALREADY_BOUND",
            Self::EnrolFirst => "ENROL_FIRST",
            Self::TicketRequired => "TICKET_REQUIRED",
            Self::WrongTicket => "WRONG_TICKET",
            Self::TicketExpired => "TICKET_EXPIRED",
            Self::NotYours => "NOT_YOURS",
            Self::NothingPending => "NOTHING_PENDING",
            Self::TooManyPendings => "TOO_MANY_PENDINGS",
            Self::SealFirst => "SEAL_FIRST",
            Self::AskAnotherAdmin => "ASK_ANOTHER_ADMIN",
            Self::NotOffered => "NOT_OFFERED",
            Self::WrongRecoveryCode => "WRONG_RECOVERY_CODE",
            Self::WrongLink => "WRONG_LINK",
            Self::Mandated { .. } => "MANDATED",
            Self::StepUp => "STEP_UP",
            Self::NotOwner => "NOT_OWNER",
            Self::NotAdmin => "NOT_ADMIN",
            Self::NotFresh => "NOT_FRESH",
            Self::SelfReset => "SELF_RESET",
            Self::SelfPromotion => "SELF_PROMOTION",
            Self::SelfDemotion => "SELF_DEMOTION",
            Self::SelfOffboard => "SELF_OFFBOARD",
            Self::Rank => "RANK",
            Self::TooNew { .. } => "TOO_NEW",
            Self::TooManyResets { .. } => "TOO_MANY_RESETS",
            Self::LastEnrolledAdmin => "LAST_ENROLLED_ADMIN",
            Self::UseLeave => "USE_LEAVE",
            Self::NoSuchRole => "NO_SUCH_ROLE",
            Self::TooManyRoles => "TOO_MANY_ROLES",
            Self::HasLeft => "HAS_LEFT",
            Self::NotLeft => "NOT_LEFT",
            Self::NotSealed => "NOT_SEALED",
            Self::AlreadyOpen { .. } => "ALREADY_OPEN",
            Self::WrongSeal => "WRONG_SEAL",
            Self::TooEarly { .. } => "TOO_EARLY",
        }
    }
}

impl fmt::Display for Refusal {
    /// The stable name, for the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
