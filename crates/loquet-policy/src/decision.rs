//! The input and the output of a decision.

use crate::{
    Account, AccountId, Organization, Preset, Purpose, Refusal, Requirement, RoleId, Roster,
    Session, Setting, SettingKind, UnixTime,
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
    /// The authenticator is bound, and the session continues at Level2.
    Bound {
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

/// A message that must be delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Notice {
    /// The recipients.
    pub to: Audience,
    /// What happened.
    pub event: Event,
}

/// The recipients of a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Audience {
    /// The owner of an account, at every address.
    Owner {
        /// The account.
        account: AccountId,
    },
    /// All administrators of the organization.
    Administrators,
    /// Every account that the mandate of a role covers.
    Covered {
        /// The role.
        role: RoleId,
    },
}

/// The event that a notice reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Event {
    /// Multi-factor log-in was enabled.
    Enabled {
        /// The administrator who enabled it.
        by: AccountId,
    },
    /// The preset was changed.
    PresetChanged {
        /// The new preset.
        preset: Preset,
    },
    /// A mandate was announced, or its date was moved.
    MandateAnnounced {
        /// The role that it covers.
        role: RoleId,
        /// When it begins.
        date: UnixTime,
    },
    /// An announced mandate was cancelled.
    MandateCancelled {
        /// The role that it would have covered.
        role: RoleId,
    },
    /// An announced mandate begins soon.
    MandateReminder {
        /// The role that it covers.
        role: RoleId,
        /// When it begins.
        date: UnixTime,
    },
    /// A mandate came into force.
    MandateInForce {
        /// The role that it covers.
        role: RoleId,
    },
    /// A mandate came into force while no administrator is known to be enrolled.
    NoAdministratorEnrolled {
        /// The role that it covers.
        role: RoleId,
    },
    /// The break-glass code was renewed.
    BreakGlassCodeRenewed,
    /// The break-glass code is void after too many wrong attempts and should be renewed.
    BreakGlassCodeVoid,
    /// Break-glass was started on the host for an administrator.
    BreakGlassOpening {
        /// The administrator that it will readmit.
        account: AccountId,
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// An administrator logged in, which cancelled break-glass.
    BreakGlassCancelled {
        /// That administrator.
        by: AccountId,
    },
    /// The break-glass reset code was collected.
    BreakGlassOpen {
        /// The administrator that it readmits.
        account: AccountId,
    },
    /// A weakening change was scheduled.
    ChangeScheduled {
        /// The new setting.
        setting: Setting,
        /// When it takes effect.
        due: UnixTime,
    },
    /// A setting was changed.
    ChangeInForce {
        /// The new setting.
        setting: Setting,
    },
    /// A scheduled change was cancelled.
    ChangeCancelled {
        /// The kind of setting.
        setting: SettingKind,
    },
    /// A used code was submitted again.
    CodeReused,
    /// Several wrong codes in a row were submitted after the correct password: the sixth of a run is told.
    WrongCodes,
    /// Many wrong codes were submitted; the authenticator should be replaced.
    ReplaceAdvised,
    /// The service's clock had been ahead when a code was accepted, and codes are accepted again; the authenticator should
    /// be replaced.
    ClockCorrected,
    /// The authenticator was disabled after too many wrong codes.
    DisabledByFailures,
    /// The authenticator was reported lost and is suspended. The link in this notice, with the password and a code,
    /// undoes it.
    ReportedLost,
    /// The report of loss was undone, and the authenticator is active again.
    ReportUndone,
    /// The host imported the authenticator that the owner already uses.
    Imported,
    /// An authenticator was bound. The link in this notice reports an enrollment that the owner does not
    /// recognize.
    Bound {
        /// The kind of enrollment.
        purpose: Purpose,
        /// Whether it is a passkey.
        #[cfg_attr(
            feature = "serde",
            serde(default, skip_serializing_if = "core::ops::Not::not")
        )]
        passkey: bool,
    },
    /// The owner removed an authenticator.
    AuthenticatorRemoved,
    /// A passkey is suspended, because there may be a copy of it.
    PasskeyCloned,
    /// The owner reported an enrollment as not theirs.
    ReportedUnrecognized,
    /// A change of the notice address was begun. The present address is told, and a code is sent to the new one.
    AddressChangeBegun,
    /// The notice address was changed. The previous address continues to receive notices for
    /// [`limits::ADDRESS_OVERLAP`](crate::limits::ADDRESS_OVERLAP) seconds.
    AddressChanged,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// The number of recovery codes that remain.
        left: u8,
    },
    /// New recovery codes were made, and the earlier ones are void.
    RecoveryCodesRenewed,
    /// The phone's clock offset was corrected.
    Resynchronized,
    /// The owner turned the second factor on or off.
    Toggled {
        /// Whether it is required now.
        on: bool,
    },
    /// An account was reset or reactivated.
    Reset {
        /// The account.
        account: AccountId,
        /// The administrator who did it.
        by: AccountId,
    },
    /// The host issued a reset code after a restore.
    ResetByHost {
        /// The account.
        account: AccountId,
    },
    /// The host made an account an administrator.
    AppointedByHost {
        /// The account.
        account: AccountId,
    },
    /// A reset code is void because its author is no longer the same administrator.
    ResetCodeVoid,
    /// An account was given a role of administrator rank.
    Promoted {
        /// The account.
        account: AccountId,
        /// The administrator who promoted it.
        by: AccountId,
    },
    /// An account lost the administrator role.
    Demoted {
        /// The account.
        account: AccountId,
    },
    /// An account was deactivated.
    Deactivated {
        /// The account.
        account: AccountId,
    },
    /// A log-in came from a device that is not remembered for this account.
    NewDevice,
    /// A log-in came from a network that the account has not used before.
    NewPlace,
    /// A device was remembered at the owner's request.
    DeviceRemembered,
    /// Remembered devices were removed, and their sessions ended.
    DevicesForgotten {
        /// The number of devices.
        count: u8,
    },
    /// An administrator changed whether devices may be remembered.
    DevicesSwitched {
        /// Whether they may be remembered now.
        on: bool,
        /// That administrator.
        by: AccountId,
    },
    /// The access rules were suspended on the host: log-in is possible from every address.
    AccessRulesSuspended,
    /// The access rules were rolled back on the host to the previous version.
    AccessRulesRolledBack,
}
