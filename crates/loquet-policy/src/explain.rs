//! Why a decision fell as it did, as data: the rule, the role, the date and who imposed it.

use crate::{AccountId, Decision, Grant, Level, Mandate, Refusal, Requirement, RoleId, UnixTime};

/// One reason of a decision. Texts in people's languages are made from it elsewhere.
///
/// # Which code carries what
/// "–": never; with a question mark: where somebody or something is behind it; else always. A test holds this table to
/// the engine, over every command in every state.
#[doc = include_str!("reasons.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reason {
    /// The stable name of the answer or of the reason: a [`Refusal::code`], or one of
    /// `LEVEL_1`, `LEVEL_2`, `HALF_LOGIN`, `RECOVERY_ONLY`, `ENROL_ONLY`, `GRANTED`, and of the
    /// reasons `MANDATE`, `UNKNOWN_ROLE_MANDATED`, `TOGGLE`, `POLICY_UNREADABLE`, `ANNOUNCED`.
    pub code: &'static str,
    /// The rule that gave it.
    pub rule: Rule,
    /// The role that the rule is about.
    pub role: Option<RoleId>,
    /// Since when, or from when on, or until when: the moment that the code speaks of.
    pub date: Option<UnixTime>,
    /// Who imposed it.
    pub by: Option<AccountId>,
    /// Seconds until it is worth trying again.
    pub wait: Option<u64>,
}

/// The rules, by what they protect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Rule {
    /// What is required of whom: mandates, the owner's switch.
    Requirement,
    /// There is no way back.
    Latch,
    /// Who may act: sessions, roles, ranks, and never on oneself.
    Authority,
    /// What a code must be, and what wrong ones cost.
    Code,
    /// How an authenticator is bound, replaced and recovered.
    Enrollment,
    /// That somebody can always get back in.
    WayBack,
    /// What people are told before something binds them.
    Notice,
    /// What cannot be read does not allow.
    FailClosed,
    /// The request makes no sense here.
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

/// The reasons of a decision: first what it is, then everything that requires it.
pub fn explain(decision: &Decision) -> impl Iterator<Item = Reason> + use<> {
    let (first, requirement) = match decision.answer {
        Err(refusal) => (refusal.reason(), Requirement::default()),
        Ok(Grant::Session {
            session,
            requirement,
        }) => (session.level.reason(), requirement),
        Ok(Grant::Bound { session, .. }) => (session.level.reason(), Requirement::default()),
        Ok(Grant::Recovering {
            session, expires, ..
        }) => (
            Reason {
                date: Some(expires),
                ..session.level.reason()
            },
            Requirement::default(),
        ),
        Ok(Grant::Mandate { role, date }) => {
            let reason = Reason {
                role: Some(role),
                date: Some(date),
                ..Reason::plain("GRANTED", Rule::Notice)
            };
            (reason, Requirement::default())
        }
        Ok(
            Grant::Pending { expires: date, .. }
            | Grant::TicketIssued { expires: date }
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
    /// The reason that names it, as [`explain`] gives it first for a session.
    #[must_use]
    pub const fn reason(self) -> Reason {
        let code = match self {
            Self::HalfLogin => "HALF_LOGIN",
            Self::RecoveryOnly => "RECOVERY_ONLY",
            Self::EnrolOnly => "ENROL_ONLY",
            Self::Level1 => "LEVEL_1",
            Self::Level2 => "LEVEL_2",
        };
        Reason::plain(code, Rule::Requirement)
    }
}

impl Requirement {
    /// Each thing that requires a second factor, or will.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> + use<> {
        let role = self.unknown_role;
        [
            self.unreadable
                .then_some(Reason::plain("POLICY_UNREADABLE", Rule::FailClosed)),
            self.mandate
                .map(|mandate| Reason::mandate("MANDATE", &mandate)),
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
    /// The reason, with everything that the refusal knows.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        let mut reason = Reason::plain(self.code(), self.rule());
        match *self {
            Self::EnrolOnly(cause)
            | Self::CodeRequired(cause)
            | Self::Latched(cause)
            | Self::AlreadyEnabled(cause)
            | Self::AlreadyAnnounced(cause)
            | Self::TooManyPostponements(cause)
            | Self::TicketRequired(cause)
            | Self::TicketExpired(cause)
            | Self::Mandated(cause) => {
                reason.role = cause.role;
                reason.date = cause.date;
                reason.by = cause.by;
            }
            Self::UnknownRole { role } => reason.role = Some(role),
            Self::NothingAnnounced { role } => reason.role = role,
            Self::RecoverFirst { since: date }
            | Self::Disabled { since: date }
            | Self::HasLeft { since: date }
            | Self::NotSealed { until: date } => reason.date = date,
            Self::TooSoon { earliest: date }
            | Self::TooNew { until: date }
            | Self::AlreadyOpen { ready: date }
            | Self::TooEarly { ready: date } => reason.date = Some(date),
            Self::AlreadyUsed { wait }
            | Self::Throttled { wait }
            | Self::TooManyResets { wait } => reason.wait = Some(wait),
            _ => {}
        }
        reason
    }

    /// The rule behind it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        match self {
            Self::PolicyUnavailable | Self::Busy | Self::AccessDenied | Self::AccessUnknown => {
                Rule::FailClosed
            }
            Self::Latched(_) | Self::AlreadyEnabled(_) | Self::AskAnotherAdmin => Rule::Latch,
            Self::Mandated(_) | Self::EnrolOnly(_) | Self::CodeRequired(_) => Rule::Requirement,
            Self::UnknownAccount
            | Self::LogInRefused
            | Self::LogInRequired
            | Self::StaleLogIn
            | Self::LogInExpired
            | Self::NotOwner
            | Self::NotAdmin
            | Self::NotFresh
            | Self::StepUp
            | Self::SelfReset
            | Self::SelfPromotion
            | Self::SelfDemotion
            | Self::SelfOffboard
            | Self::Rank
            | Self::TooNew { .. }
            | Self::TooManyResets { .. } => Rule::Authority,
            Self::Malformed
            | Self::WrongCode { .. }
            | Self::AlreadyUsed { .. }
            | Self::Throttled { .. }
            | Self::KnownDeviceOnly
            | Self::Disabled { .. }
            | Self::WrongRecoveryCode => Rule::Code,
            Self::NoAuthenticator
            | Self::AlreadyBound
            | Self::EnrolFirst
            | Self::RecoverFirst { .. }
            | Self::TicketRequired(_)
            | Self::WrongTicket
            | Self::TicketExpired(_)
            | Self::NotYours
            | Self::NothingPending
            | Self::TooManyPendings
            | Self::NotOffered
            | Self::WrongLink => Rule::Enrollment,
            Self::WouldStrandAdmin
            | Self::SealNotConfirmed
            | Self::SealFirst
            | Self::LastEnrolledAdmin
            | Self::NotSealed { .. }
            | Self::AlreadyOpen { .. }
            | Self::WrongSeal
            | Self::TooEarly { .. } => Rule::WayBack,
            Self::AlreadyAnnounced(_)
            | Self::NothingAnnounced { .. }
            | Self::TooSoon { .. }
            | Self::NotConfirmed
            | Self::TooManyPostponements(_) => Rule::Notice,
            Self::AlreadyCompleted
            | Self::NotEnabled
            | Self::Unchanged
            | Self::UnknownRole { .. }
            | Self::OutOfBounds { .. }
            | Self::NothingScheduled
            | Self::UseLeave
            | Self::NoSuchRole
            | Self::TooManyRoles
            | Self::HasLeft { .. }
            | Self::NotLeft => Rule::Request,
        }
    }
}
