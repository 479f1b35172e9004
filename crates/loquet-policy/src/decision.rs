//! The input and the output of a decision.

use crate::{
    Account, Level, MandateKind, Notice, Organization, Purpose, Refusal, Requirement, RoleId,
    Roster, Session, UnixTime,
};
use alloc::vec::Vec;

/// The rows that one decision reads. A missing row is treated as unknown, and unknown never allows.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The actor's organization; `None` when it cannot be read.
    pub organization: Option<&'a Organization>,
    /// The organization's administrators; `None` when they were not loaded or cannot be read.
    pub roster: Option<&'a Roster>,
    /// The account that acts, or for which the host acts.
    pub actor: &'a Account,
    /// The session that the actor uses, if any.
    pub session: Option<&'a Session>,
    /// The account that an administrator's command is about.
    pub subject: Option<&'a Account>,
}

/// The outcome of a command: the answer, the rows to write and the notices to send.
///
/// All of it is stored in one commit, or none. The answer must not be shown before the changes are durable. A
/// refusal can have changes too: a wrong code is counted.
#[derive(Clone, PartialEq, Debug)]
#[must_use = "a decision has no effect until its changes are stored"]
pub struct Decision {
    /// The grant or the refusal.
    pub answer: Result<Grant, Refusal>,
    /// The rows to write.
    pub changes: Changes,
    /// The notices to send, stored in the same commit.
    pub notices: Vec<Notice>,
}

/// The rows to write, each in full. `None` leaves a row unchanged.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Changes {
    /// The organization's row.
    pub organization: Option<Organization>,
    /// The row of its administrators.
    pub roster: Option<Roster>,
    /// The actor's account.
    pub actor: Option<Account>,
    /// The subject's account.
    pub subject: Option<Account>,
}

impl Changes {
    /// Returns whether no row is written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.organization.is_none()
            && self.roster.is_none()
            && self.actor.is_none()
            && self.subject.is_none()
    }

    /// Writes the rows of the organization in place, and returns the accounts to write.
    pub fn store(
        self,
        organization: &mut Organization,
        roster: &mut Roster,
    ) -> impl Iterator<Item = Account> + use<> {
        if let Some(changed) = self.organization {
            *organization = changed;
        }
        if let Some(changed) = self.roster {
            *roster = changed;
        }
        self.actor.into_iter().chain(self.subject)
    }
}

/// What a command achieved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Grant {
    /// A session at the level that it states.
    Session {
        /// The level that the session has now; it may have been granted at a higher one.
        level: Level,
        /// The session, which replaces the one in the snapshot.
        session: Session,
        /// What requires a code or an enrollment, if anything does.
        requirement: Requirement,
    },
    /// An enrollment is pending: newly begun, or shown again.
    Pending {
        /// The kind of enrollment.
        purpose: Purpose,
        /// When it expires.
        expires: UnixTime,
        /// Whether this session had begun it before. The secret is then the same.
        resumed: bool,
    },
    /// The authenticator is bound, and this session, granted at Level2, goes on.
    Bound {
        /// The level that the session has now, as for [`Session`](Self::Session).
        level: Level,
        /// The session, which replaces the one in the snapshot.
        session: Session,
        /// The kind of enrollment.
        purpose: Purpose,
    },
    /// A recovery code was consumed. This session may enroll for [`limits::PENDING`](crate::limits::PENDING)
    /// seconds.
    Recovering {
        /// The session, which replaces the one in the snapshot.
        session: Session,
        /// When that right expires.
        expires: UnixTime,
        /// The number of recovery codes that remain.
        left: u8,
    },
    /// A reset code was issued for the subject (after break-glass, for the actor).
    ResetCodeIssued {
        /// When it expires.
        expires: UnixTime,
    },
    /// Multi-factor log-in is enabled. The administrator who enabled it enrolls next, and a mandate for the
    /// staff is proposed.
    Enabled {
        /// The role that the proposed mandate covers.
        propose: RoleId,
        /// The earliest date of the proposed mandate.
        from: UnixTime,
    },
    /// A mandate is announced, moved or put in force.
    Mandate {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        kind: MandateKind,
        /// When it begins; the present time if it is in force.
        date: UnixTime,
    },
    /// A weakening change is scheduled.
    Scheduled {
        /// When it takes effect.
        due: UnixTime,
    },
    /// Break-glass is opening.
    Opening {
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// The session has ended.
    LoggedOut,
    /// The command was carried out.
    Done,
}

impl Grant {
    /// Returns the session that replaces the one in the snapshot; `None` where that one goes on, or has ended.
    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        match *self {
            Self::Session { session, .. }
            | Self::Bound { session, .. }
            | Self::Recovering { session, .. } => Some(session),
            _ => None,
        }
    }
}
