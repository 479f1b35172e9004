//! The notices of a decision: who is told what.

use crate::{AccountId, MandateKind, Preset, Purpose, RoleId, Setting, SettingKind, UnixTime};

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
        /// What it demands.
        #[cfg_attr(feature = "serde", serde(rename = "demands", default))]
        kind: MandateKind,
        /// When it begins.
        date: UnixTime,
    },
    /// An announced mandate was cancelled.
    MandateCancelled {
        /// The role that it would have covered.
        role: RoleId,
        /// What it demands.
        #[cfg_attr(feature = "serde", serde(rename = "demands", default))]
        kind: MandateKind,
    },
    /// An announced mandate begins soon.
    MandateReminder {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        #[cfg_attr(feature = "serde", serde(rename = "demands", default))]
        kind: MandateKind,
        /// When it begins.
        date: UnixTime,
    },
    /// A mandate came into force.
    MandateInForce {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        #[cfg_attr(feature = "serde", serde(rename = "demands", default))]
        kind: MandateKind,
    },
    /// A mandate came into force while no administrator is known to have what is demanded.
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
