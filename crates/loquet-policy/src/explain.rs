//! The reasons of a decision as data: the rule, the role, the date and the person who imposed it.

use crate::{AccountId, Decision, Grant, Level, Mandate, Refusal, Requirement, RoleId, UnixTime};

/// One reason of a decision. Other crates turn it into text in the user's language.
///
/// # Fields of each code
/// "–" means that the field is never set; a question mark, that it is set when the value is known; otherwise
/// it is always set. A test compares this table with the engine, for every command in every state.
#[doc = include_str!("reasons.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reason {
    /// The stable name of the answer or of the reason: a [`Refusal::code`]; one of `LEVEL_1`, `LEVEL_2`,
    /// `HALF_LOGIN`, `RECOVERY_ONLY`, `ENROLL_ONLY`, `GRANTED`; or one of `MANDATE`, `UNKNOWN_ROLE_MANDATED`,
    /// `TOGGLE`, `POLICY_UNREADABLE`, `ANNOUNCED`.
    pub code: &'static str,
    /// The rule that produced it.
    pub rule: Rule,
    /// The role that the rule concerns.
    pub role: Option<RoleId>,
    /// The moment that the code refers to: a start, an end or a deadline.
    pub date: Option<UnixTime>,
    /// The account that imposed it.
    pub by: Option<AccountId>,
    /// Seconds until a retry can succeed.
    pub wait: Option<u64>,
}

/// A group of rules, named after what it protects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Rule {
    /// Which accounts need a second factor: mandates and the owner's toggle.
    Requirement,
    /// What cannot be undone: enabling, mandates in force, the strict preset.
    Latch,
    /// Which account may act: sessions, roles, ranks, and never on itself.
    Authority,
    /// Which codes are accepted, and how failures are throttled.
    Code,
    /// How an authenticator is bound, replaced and recovered.
    Enrollment,
    /// Prevents a lock-out of the whole organization.
    WayBack,
    /// Ensures notice before a mandate binds.
    Notice,
    /// Refuses when rows or access rules cannot be read.
    FailClosed,
    /// The command does not apply to the present state.
    Request,
}

impl Reason {
    const fn plain(code: &'static str, rule: Rule) -> Self {
        Self {
            code,
            rule,
            role: None,
            date: None,
            by: None,
            wait: None,
        }
    }

    const fn mandate(code: &'static str, mandate: &Mandate) -> Self {
        Self {
            role: Some(mandate.role),
            date: Some(mandate.start()),
            by: Some(mandate.by),
            ..Self::plain(code, Rule::Requirement)
        }
    }
}

/// Returns the reasons of a decision: first the answer, then everything that requires a second factor.
pub fn explain(decision: &Decision) -> impl Iterator<Item = Reason> + use<> {
    let (first, requirement) = match decision.answer {
        Err(refusal) => (refusal.reason(), Requirement::default()),
        Ok(Grant::Session {
            level, requirement, ..
        }) => (level.reason(), requirement),
        Ok(Grant::Bound { level, .. }) => (level.reason(), Requirement::default()),
        Ok(Grant::Recovering {
            session, expires, ..
        }) => (
            Reason {
                date: Some(expires),
                ..session.level.reason()
            },
            Requirement::default(),
        ),
        Ok(Grant::Mandate { role, date, .. }) => {
            let reason = Reason {
                role: Some(role),
                date: Some(date),
                ..Reason::plain("GRANTED", Rule::Notice)
            };
            (reason, Requirement::default())
        }
        Ok(
            Grant::Pending { expires: date, .. }
            | Grant::ResetCodeIssued { expires: date }
            | Grant::Enabled { from: date, .. }
            | Grant::Scheduled { due: date }
            | Grant::Opening { ready: date },
        ) => (
            Reason {
                date: Some(date),
                ..Reason::plain("GRANTED", Rule::Request)
            },
            Requirement::default(),
        ),
        Ok(Grant::LoggedOut | Grant::Done) => (
            Reason::plain("GRANTED", Rule::Request),
            Requirement::default(),
        ),
    };
    core::iter::once(first).chain(requirement.reasons())
}

impl Level {
    /// Returns the reason that [`explain`] gives first for a session at this level.
    #[must_use]
    pub const fn reason(self) -> Reason {
        let code = match self {
            Self::HalfLogin => "HALF_LOGIN",
            Self::RecoveryOnly => "RECOVERY_ONLY",
            Self::EnrollOnly => "ENROLL_ONLY",
            Self::Level1 => "LEVEL_1",
            Self::Level2 => "LEVEL_2",
        };
        Reason::plain(code, Rule::Requirement)
    }
}

impl Requirement {
    /// Returns each thing that requires a second factor now, or will at an announced date.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> + use<> {
        let role = self.unknown_role;
        [
            self.unreadable
                .then_some(Reason::plain("POLICY_UNREADABLE", Rule::FailClosed)),
            self.mandate
                .map(|mandate| Reason::mandate("MANDATE", &mandate)),
            self.passkey
                .map(|mandate| Reason::mandate("PASSKEY_MANDATE", &mandate)),
            role.map(|_| Reason {
                role,
                ..Reason::plain("UNKNOWN_ROLE_MANDATED", Rule::FailClosed)
            }),
            self.toggle
                .then_some(Reason::plain("TOGGLE", Rule::Requirement)),
            self.announced
                .map(|mandate| Reason::mandate("ANNOUNCED", &mandate)),
        ]
        .into_iter()
        .flatten()
    }
}

impl Refusal {
    /// Returns the refusal as a reason, with all fields that it carries.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        let mut reason = Reason::plain(self.code(), self.rule());
        match *self {
            Self::EnrollOnly(cause)
            | Self::CodeRequired(cause)
            | Self::Latched(cause)
            | Self::AlreadyEnabled(cause)
            | Self::AlreadyAnnounced(cause)
            | Self::TooManyPostponements(cause)
            | Self::ResetCodeRequired(cause)
            | Self::ResetCodeExpired(cause)
            | Self::Mandated(cause) => {
                reason.role = cause.role;
                reason.date = cause.date;
                reason.by = cause.by;
            }
            Self::UnknownRole { role } | Self::NothingAnnounced { role } => {
                reason.role = Some(role);
            }
            Self::NoBreakGlassCode { until: date } => reason.date = date,
            Self::RecoverFirst { since: date }
            | Self::Suspended { since: date }
            | Self::ReportsRefused { until: date }
            | Self::Disabled { since: date }
            | Self::IsDeactivated { since: date }
            | Self::TooSoon { earliest: date }
            | Self::TooLate { latest: date }
            | Self::TooNew { until: date }
            | Self::NotSettled { until: date }
            | Self::AlreadyOpen { ready: date }
            | Self::TooEarly { ready: date } => reason.date = Some(date),
            Self::AlreadyUsed { wait }
            | Self::Throttled { wait }
            | Self::TooManyEnrollments { wait }
            | Self::TooManyAnnouncements { wait }
            | Self::TooManyChanges { wait }
            | Self::TooManyResets { wait }
            | Self::TooManyAddressCodes { wait } => reason.wait = Some(wait),
            _ => {}
        }
        reason
    }
}

/// Defines each refusal's stable name and rule.
macro_rules! names {
    ($($refusal:ident $code:literal $rule:ident)*) => {
        impl Refusal {
            /// Returns the stable name of this refusal. It never changes.
            ///
            /// ```
            /// use loquet_policy::Refusal;
            /// assert_eq!(Refusal::SelfReset.code(), "SELF_RESET");
            /// assert_eq!(Refusal::AlreadyUsed { wait: 12 }.code(), "ALREADY_USED");
            /// ```
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$refusal { .. } => $code,)*
                }
            }

            /// Returns the rule that refused.
            #[must_use]
            pub const fn rule(&self) -> Rule {
                match self {
                    $(Self::$refusal { .. } => Rule::$rule,)*
                }
            }
        }
    };
}

names! {
    UnknownAccount "UNKNOWN_ACCOUNT" Authority
    LogInRefused "LOGIN_REFUSED" Authority
    LogInRequired "LOGIN_REQUIRED" Authority
    StaleLogIn "STALE_LOGIN" Authority
    LogInExpired "LOGIN_EXPIRED" Authority
    EnrollOnly "ENROLL_ONLY" Requirement
    CodeRequired "CODE_REQUIRED" Requirement
    RecoverFirst "RECOVER_FIRST" Enrollment
    Suspended "SUSPENDED" Enrollment
    AlreadyCompleted "ALREADY_COMPLETED" Request
    PolicyUnavailable "POLICY_UNAVAILABLE" FailClosed
    AccessDenied "ACCESS_DENIED" FailClosed
    AccessUnknown "ACCESS_UNKNOWN" FailClosed
    Latched "LATCHED" Latch
    AlreadyEnabled "ALREADY_ENABLED" Latch
    NotEnabled "NOT_ENABLED" Request
    Unchanged "UNCHANGED" Request
    UnknownRole "UNKNOWN_ROLE" Request
    AlreadyAnnounced "ALREADY_ANNOUNCED" Notice
    NothingAnnounced "NOTHING_ANNOUNCED" Notice
    TooSoon "TOO_SOON" Notice
    TooLate "TOO_LATE" Notice
    NotConfirmed "NOT_CONFIRMED" Notice
    TooManyPostponements "TOO_MANY_POSTPONEMENTS" Notice
    TooManyAnnouncements "TOO_MANY_ANNOUNCEMENTS" Notice
    TooManyChanges "TOO_MANY_CHANGES" Notice
    WouldStrandAdmin "WOULD_STRAND_ADMIN" WayBack
    BreakGlassCodeNotConfirmed "BREAK_GLASS_CODE_NOT_CONFIRMED" WayBack
    OutOfBounds "OUT_OF_BOUNDS" Request
    NothingScheduled "NOTHING_SCHEDULED" Request
    Malformed "MALFORMED" Code
    WrongCode "WRONG_CODE" Code
    AlreadyUsed "ALREADY_USED" Code
    WrongPasskey "WRONG_PASSKEY" Code
    ChallengeOver "CHALLENGE_OVER" Code
    PasskeyCloned "PASSKEY_CLONED" Code
    PasskeyRequired "PASSKEY_REQUIRED" Code
    Throttled "THROTTLED" Code
    KnownDeviceOnly "KNOWN_DEVICE_ONLY" Code
    Disabled "DISABLED" Code
    NoAuthenticator "NO_AUTHENTICATOR" Enrollment
    TooManyAuthenticators "TOO_MANY_AUTHENTICATORS" Enrollment
    NoSuchAuthenticator "NO_SUCH_AUTHENTICATOR" Request
    AskAnotherAdmin "ASK_ANOTHER_ADMIN" Enrollment
    OtherCodeRequired "OTHER_CODE_REQUIRED" Enrollment
    NotSettled "NOT_SETTLED" Enrollment
    AlreadyBound "ALREADY_BOUND" Enrollment
    EnrollFirst "ENROLL_FIRST" Enrollment
    ResetCodeRequired "RESET_CODE_REQUIRED" Enrollment
    ReportsRefused "REPORTS_REFUSED" Enrollment
    WrongResetCode "WRONG_RESET_CODE" Enrollment
    ResetCodeExpired "RESET_CODE_EXPIRED" Enrollment
    NotYours "NOT_YOURS" Enrollment
    NothingPending "NOTHING_PENDING" Enrollment
    EnrollmentEnded "ENROLLMENT_ENDED" Enrollment
    TooManyPendings "TOO_MANY_PENDINGS" Enrollment
    TooManyEnrollments "TOO_MANY_ENROLLMENTS" Enrollment
    BreakGlassCodeFirst "BREAK_GLASS_CODE_FIRST" WayBack
    NotOffered "NOT_OFFERED" Enrollment
    WrongRecoveryCode "WRONG_RECOVERY_CODE" Code
    WrongLink "WRONG_LINK" Enrollment
    AlreadyThere "ALREADY_THERE" Enrollment
    RetiredKey "RETIRED_KEY" Enrollment
    DifferentKey "DIFFERENT_KEY" Enrollment
    KeyOfAnother "KEY_OF_ANOTHER" Enrollment
    WeakKey "WEAK_KEY" Enrollment
    TokenAssigned "TOKEN_ASSIGNED" Enrollment
    NoTokenAssigned "NO_TOKEN_ASSIGNED" Enrollment
    TwoCodesRequired "TWO_CODES_REQUIRED" Enrollment
    Mandated "MANDATED" Requirement
    StepUp "STEP_UP" Authority
    NotOwner "NOT_OWNER" Authority
    NotAdmin "NOT_ADMIN" Authority
    NotFresh "NOT_FRESH" Authority
    PasswordRequired "PASSWORD_REQUIRED" Authority
    SelfReset "SELF_RESET" Authority
    SelfPromotion "SELF_PROMOTION" Authority
    SelfDemotion "SELF_DEMOTION" Authority
    SelfDeactivation "SELF_DEACTIVATION" Authority
    Rank "RANK" Authority
    TooNew "TOO_NEW" Authority
    TooManyResets "TOO_MANY_RESETS" Authority
    LastEnrolledAdmin "LAST_ENROLLED_ADMIN" WayBack
    UseDeactivate "USE_DEACTIVATE" Request
    NoSuchRole "NO_SUCH_ROLE" Request
    TooManyRoles "TOO_MANY_ROLES" Request
    IsDeactivated "IS_DEACTIVATED" Request
    NotDeactivated "NOT_DEACTIVATED" Request
    NoBreakGlassCode "NO_BREAK_GLASS_CODE" WayBack
    AlreadyOpen "ALREADY_OPEN" WayBack
    WrongBreakGlassCode "WRONG_BREAK_GLASS_CODE" WayBack
    TooEarly "TOO_EARLY" WayBack
    WouldLockOut "WOULD_LOCK_OUT" WayBack
    DevicesInRules "DEVICES_IN_RULES" WayBack
    TooManyAddresses "TOO_MANY_ADDRESSES" Request
    NoAddressCode "NO_ADDRESS_CODE" Code
    WrongAddressCode "WRONG_ADDRESS_CODE" Code
    TooManyAddressCodes "TOO_MANY_ADDRESS_CODES" Code
}
