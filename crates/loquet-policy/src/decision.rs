//! What a decision reads and what it says.

use crate::{
    Account, AccountId, Organization, Preset, Purpose, Refusal, Requirement, RoleId, Roster,
    Session, Setting, SettingKind, UnixTime,
};
use alloc::vec::Vec;

/// Everything that one decision reads. What is missing is unknown, and unknown never allows.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The actor's organization; `None` when it cannot be read.
    pub organization: Option<&'a Organization>,
    /// Its administrators; `None` when they were not loaded or cannot be read.
    pub roster: Option<&'a Roster>,
    /// Who acts, or in whose name the host acts.
    pub actor: &'a Account,
    /// The session in which the actor acts.
    pub session: Option<&'a Session>,
    /// Whom an administrator's command is about.
    pub subject: Option<&'a Account>,
}

/// What was decided: an answer, what to write, whom to tell.
///
/// All of it or nothing is stored. The answer must not be shown before the changes are durable:
/// a refusal can have changes too (a wrong code counts).
#[derive(Clone, PartialEq, Debug)]
#[must_use = "a decision that nobody stores has not been made"]
pub struct Decision {
    /// Granted or refused.
    pub answer: Result<Grant, Refusal>,
    /// Rows to write in the same commit.
    pub changes: Changes,
    /// Whom to tell, in the same commit.
    pub notices: Vec<Notice>,
}

/// Rows to write, each whole. `None` leaves a row as it is.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Changes {
    /// The organization.
    pub organization: Option<Organization>,
    /// The administrators.
    pub roster: Option<Roster>,
    /// The actor.
    pub actor: Option<Account>,
    /// The subject.
    pub subject: Option<Account>,
}

impl Changes {
    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.organization.is_none()
            && self.roster.is_none()
            && self.actor.is_none()
            && self.subject.is_none()
    }
}

/// What was granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Grant {
    /// A session, at the level that it says.
    Session {
        /// The session, which replaces the one that asked.
        session: Session,
        /// Why a code or an enrollment is due, or that none is.
        requirement: Requirement,
    },
    /// An enrollment is begun, or shown again.
    Pending {
        /// What for.
        purpose: Purpose,
        /// When it times out.
        expires: UnixTime,
        /// Whether this session had begun it before: the secret is the same.
        resumed: bool,
    },
    /// The authenticator is bound; the session goes on at Level2.
    Bound {
        /// The session, which replaces the one that asked.
        session: Session,
        /// What the enrollment was for.
        purpose: Purpose,
    },
    /// A recovery code was burnt: this session may enroll until then.
    Recovering {
        /// The session, which replaces the one that asked.
        session: Session,
        /// When the right lapses.
        expires: UnixTime,
        /// Recovery codes that are left.
        left: u8,
    },
    /// A reset code counts for the subject (or, after break-glass, for the actor).
    ResetCodeIssued {
        /// Until when.
        expires: UnixTime,
    },
    /// Multi-factor log-in is enabled. Its author enrolls next, and the mandate that the article
    /// recommends is proposed.
    Enabled {
        /// The role that should be mandated.
        propose: RoleId,
        /// The earliest date for it.
        from: UnixTime,
    },
    /// The mandate begins then; now if that is now.
    Mandate {
        /// Whose.
        role: RoleId,
        /// When.
        date: UnixTime,
    },
    /// A change that weakens waits.
    Scheduled {
        /// When it takes effect.
        due: UnixTime,
    },
    /// Break-glass waits.
    Opening {
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// The session is over.
    LoggedOut,
    /// It is done.
    Done,
}

/// A message that must reach somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Notice {
    /// Whom.
    pub to: Audience,
    /// What.
    pub event: Event,
}

/// Whom a notice is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Audience {
    /// The owner of an account, at every address.
    Owner {
        /// Which account.
        account: AccountId,
    },
    /// All administrators.
    Administrators,
    /// Everyone whom the mandate of a role covers.
    Covered {
        /// Which role.
        role: RoleId,
    },
}

/// What a notice says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Event {
    /// Multi-factor log-in is enabled.
    Enabled {
        /// By whom.
        by: AccountId,
    },
    /// Another preset holds.
    PresetChanged {
        /// Which.
        preset: Preset,
    },
    /// A mandate is announced, or its date moved.
    MandateAnnounced {
        /// Whose.
        role: RoleId,
        /// For when.
        date: UnixTime,
    },
    /// An announced mandate will not come.
    MandateCancelled {
        /// Whose.
        role: RoleId,
    },
    /// An announced mandate begins soon.
    MandateReminder {
        /// Whose.
        role: RoleId,
        /// When.
        date: UnixTime,
    },
    /// A mandate is in force.
    MandateInForce {
        /// Whose.
        role: RoleId,
    },
    /// A mandate is in force, and no administrator is known to be enrolled.
    NoAdministratorEnrolled {
        /// Whose mandate.
        role: RoleId,
    },
    /// The break-glass code was renewed.
    BreakGlassCodeRenewed,
    /// The break-glass code is void after too many wrong ones: renew it.
    BreakGlassCodeVoid,
    /// Somebody on the host opens the break-glass for an administrator.
    BreakGlassOpening {
        /// Whom it will let in.
        account: AccountId,
        /// When.
        ready: UnixTime,
    },
    /// An administrator logged in, so break-glass was cancelled.
    BreakGlassCancelled {
        /// Who.
        by: AccountId,
    },
    /// The break-glass reset code was given out.
    BreakGlassOpen {
        /// To whom.
        account: AccountId,
    },
    /// A change that weakens was scheduled.
    ChangeScheduled {
        /// What will hold.
        setting: Setting,
        /// When.
        due: UnixTime,
    },
    /// A change holds.
    ChangeInForce {
        /// What holds.
        setting: Setting,
    },
    /// A scheduled change was stopped.
    ChangeCancelled {
        /// Which.
        setting: SettingKind,
    },
    /// A code was used that had been used before.
    CodeReused,
    /// Many wrong codes: replace the authenticator.
    ReplaceAdvised,
    /// The authenticator is disabled after too many wrong codes.
    DisabledByFailures,
    /// The authenticator was reported lost.
    ReportedLost,
    /// An authenticator was bound. The link in this notice repudiates it.
    Bound {
        /// What for.
        purpose: Purpose,
    },
    /// The last enrollment was repudiated.
    ReportedUnrecognized,
    /// Notices go to another address from now on; the old one hears for a while what the new one hears.
    AddressChanged,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: u8,
    },
    /// The clock of the phone was resynchronized.
    Resynchronized,
    /// The owner's switch was turned.
    Toggled {
        /// Where to.
        on: bool,
    },
    /// An account was reset, or its person re-hired.
    Reset {
        /// Whose account.
        account: AccountId,
        /// By whom.
        by: AccountId,
    },
    /// A reset code is void after too many wrong ones.
    ResetCodeVoid,
    /// Somebody became administrator.
    Promoted {
        /// Who.
        account: AccountId,
        /// By whom.
        by: AccountId,
    },
    /// Somebody is administrator no more.
    Demoted {
        /// Who.
        account: AccountId,
    },
    /// Somebody left.
    Deactivated {
        /// Who.
        account: AccountId,
    },
    /// A log-in came from a device that is none of those that the owner had remembered.
    NewDevice,
    /// A log-in came from a network from which none of the owner's came before.
    NewPlace,
    /// A device was remembered, at its owner's wish.
    DeviceRemembered,
    /// Devices were forgotten; their sessions are over.
    DevicesForgotten {
        /// How many.
        count: u8,
    },
    /// Whether people may have devices remembered was decided anew.
    DevicesSwitched {
        /// Whether they may.
        on: bool,
        /// By whom.
        by: AccountId,
    },
    /// Somebody on the host suspended the access rules: logging in is possible from everywhere.
    AccessRulesSuspended,
    /// Somebody on the host put the access rules back that held before.
    AccessRulesRolledBack,
}
