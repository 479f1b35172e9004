//! The commands, each with the evidence that its decision needs.
//!
//! The engine does not see codes, secrets or addresses. The caller checks them and passes the result.

use crate::{
    Access, AuthenticatorId, CodeCheck, CodeSource, Digest, Evidence, ImportedKey, MandateKind,
    PairCheck, PresentSteps, RecoverySet, RoleId, RoleSet, Setting, SettingKind, Submitted,
    UnixTime,
};

/// A command to [`decide`](crate::decide()).
///
/// The *actor* is the account in [`Snapshot::actor`](crate::Snapshot::actor). Commands about another account
/// concern [`Snapshot::subject`](crate::Snapshot::subject).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    // Organization: given by an administrator.
    /// Enables multi-factor log-in for the organization, permanently. A Level1 session is enough, because no
    /// account can have a code yet.
    Enable {
        /// Hash of the break-glass code that was shown.
        break_glass: Digest,
        /// Whether the user typed the last group of that code correctly.
        typed_back: bool,
    },
    /// Changes the preset to [`Preset::StrictLatch`](crate::Preset::StrictLatch), permanently.
    Harden,
    /// Announces a mandate for a role, or puts it in force.
    ScheduleMandate {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        kind: MandateKind,
        /// When it begins.
        start: Start,
    },
    /// Moves the date of an announced mandate.
    MoveMandate {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        kind: MandateKind,
        /// The new date.
        date: UnixTime,
    },
    /// Cancels an announced mandate.
    CancelMandate {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        kind: MandateKind,
    },
    /// Replaces the break-glass code.
    RenewBreakGlassCode {
        /// Hash of the new code that was shown.
        break_glass: Digest,
        /// Whether the user typed the last group of that code correctly.
        typed_back: bool,
        /// A fresh one-time code.
        code: Submitted,
    },
    /// Changes a setting. A weakening change needs a fresh code and waits
    /// [`WEAKENING`](crate::limits::WEAKENING) seconds. Any change of access rules needs a fresh code.
    ChangeSetting {
        /// The new value.
        setting: Setting,
        /// A fresh one-time code.
        code: Submitted,
    },
    /// Puts the access rules back that held before. The caller knows them and until when this is possible, and has checked
    /// that they let the administrator in. A recent code is enough.
    UndoAccessRules {
        /// Hash of the rules that held before.
        rules: Digest,
    },
    /// Cancels a scheduled change.
    CancelChange {
        /// The kind of setting.
        kind: SettingKind,
    },
    /// Writes the changes that are due: mandates, scheduled settings, expired enrollments. Needs no session
    /// or role.
    ApplyDue,

    // Log-in: given by the person who knows the password.
    /// The correct password was given.
    LogIn {
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Submits a code to finish a log-in, or to step up a session.
    VerifyCode {
        /// The code.
        code: Submitted,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Submits two consecutive codes to correct the clock offset of a phone.
    Resynchronize {
        /// The result of checking the two codes.
        pair: PairCheck,
        /// The authenticator of which they are codes.
        by: AuthenticatorId,
        /// The source of the codes.
        source: CodeSource,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Ends this session.
    LogOut,
    /// Ends all sessions of the account. Needs a session in which a code was given, if an authenticator is active.
    LogOutEverywhere,
    /// The password was changed.
    PasswordChanged {
        /// Whether the owner changed it, knowing the old password, rather than a helper.
        by_owner: bool,
    },

    // Enrollment: given by the owner.
    /// Begins an enrollment, or shows the one again that this session began.
    BeginEnrollment {
        /// Hash of the presented reset code.
        reset_code: Option<Digest>,
        /// The recovery codes shown with it, if the organization offers them.
        recovery: RecoverySet,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Begins to replace an active authenticator: the one of which this is a code.
    BeginReplacement {
        /// A fresh code of the old authenticator.
        code: Submitted,
        /// The recovery codes shown with it, if the organization offers them.
        recovery: RecoverySet,
    },
    /// Begins to add an authenticator to those that are bound.
    BeginAddition {
        /// A fresh code of one of them; of a passkey, where one is active and has settled.
        code: Submitted,
        /// Whether the host takes passkeys.
        passkeys: bool,
    },
    /// Removes an authenticator.
    RemoveAuthenticator {
        /// Which one.
        authenticator: AuthenticatorId,
        /// A fresh code of another one.
        code: Submitted,
    },
    /// Submits the first code of the authenticator that this session enrolls.
    ConfirmEnrollment {
        /// The result of checking the code against the pending secret.
        check: CodeCheck,
        /// Hash of the secret part of the link that the notice will carry.
        link: Digest,
        /// After break-glass: hash of the new break-glass code, shown and typed back.
        break_glass: Option<Digest>,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Submits the first two codes of the assigned hardware token, for which this session began an enrollment.
    ConfirmToken {
        /// The result of checking the two codes against the token's secret.
        pair: PairCheck,
        /// Hash of the secret part of the link that the notice will carry.
        link: Digest,
        /// After break-glass: hash of the new break-glass code, shown and typed back.
        break_glass: Option<Digest>,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Cancels the enrollment that this session began.
    CancelEnrollment,
    /// Turns the owner's toggle on: a second factor is required at log-in.
    TurnOn {
        /// A fresh one-time code.
        code: Submitted,
    },
    /// Turns the owner's toggle off, where no rule forbids it.
    TurnOff {
        /// A fresh one-time code.
        code: Submitted,
    },
    /// Begins a recovery with a recovery code.
    UseRecoveryCode {
        /// Hash of the presented code; `None` when it is malformed.
        code: Option<Digest>,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Makes new recovery codes in place of those that are left. The authenticator and the sessions stay as they are.
    RenewRecoveryCodes {
        /// A fresh one-time code.
        code: Submitted,
        /// The new codes.
        recovery: RecoverySet,
    },
    /// Reports an authenticator lost. The password is enough, and it is suspended.
    ReportLost {
        /// Which one.
        authenticator: AuthenticatorId,
        /// Hash of the secret part of the link that the notice will carry.
        link: Digest,
    },
    /// Undoes a report of loss: the authenticator is found, or the owner never reported it. The password alone is not
    /// enough, nor is the phone.
    UndoReport {
        /// What the owner shows besides the code.
        evidence: Evidence,
        /// A code of the suspended authenticator.
        code: Submitted,
        /// The result of the access rules for this address.
        access: Access,
    },
    /// Begins to change the address for notices: a code is sent to the new one. Without a session, the host begins it.
    ChangeAddress {
        /// A fresh code; required where an authenticator is bound.
        code: Submitted,
        /// Keyed hash of the code that is sent to the new address.
        sent: Digest,
    },
    /// Submits the code that was sent to the new address, which counts from then on.
    ConfirmAddress {
        /// Keyed hash of the submitted code; `None` when it is malformed.
        code: Option<Digest>,
    },
    /// Reports an enrollment as not the owner's, with the link in its notice.
    ReportUnrecognized {
        /// Hash of the secret part of the presented link.
        link: Digest,
    },

    // People: given by an administrator about another account.
    /// Resets an account whose authenticator is lost, and issues a reset code for a new enrollment.
    Reset {
        /// Hash of the new reset code.
        reset_code: Digest,
        /// Whether the reset code is read aloud, which limits its life to
        /// [`RESET_CODE_ALOUD`](crate::limits::RESET_CODE_ALOUD) seconds.
        aloud: bool,
        /// A fresh one-time code.
        code: Submitted,
    },
    /// Undoes the report that suspended an account's authenticator.
    UndoReportOf {
        /// A fresh one-time code of the administrator.
        code: Submitted,
    },
    /// Adds a role.
    AddRole {
        /// The role.
        role: RoleId,
        /// A fresh code; required for a role of administrator rank.
        code: Submitted,
    },
    /// Removes a role.
    RemoveRole {
        /// The role.
        role: RoleId,
    },
    /// Deactivates the account.
    Deactivate,
    /// Reactivates a deactivated account.
    Reactivate {
        /// The new roles.
        roles: RoleSet,
        /// Hash of the reset code for the enrollment.
        reset_code: Digest,
        /// A fresh one-time code.
        code: Submitted,
    },

    // The host: acts on the account without a session.
    /// The host deactivates the account because it deleted the person from its own records.
    HostDeactivate,
    /// The host binds the authenticator that the owner already uses, where none was ever bound.
    ImportAuthenticator {
        /// What the host's store knows of the key.
        key: ImportedKey,
        /// Whether the key is shorter than 128 bits.
        weak: bool,
        /// The last step that counts as used (RFC 6238 §5.2).
        step: u64,
        /// The owner's toggle from now on.
        toggle: bool,
        /// Whether the owner is told.
        tell: bool,
    },
    /// The host assigns a hardware token. Enrollments that were begun end.
    AssignToken {
        /// What the host's store knows of the token's key.
        key: ImportedKey,
    },
    /// The host takes back a hardware token that its owner has not confirmed.
    WithdrawToken,
    /// The host's clock was ahead when a code was accepted, and is right again. Without this command, codes are refused
    /// until the clock reaches that time.
    ClockCorrected {
        /// The present steps.
        present: PresentSteps,
    },
    /// The host issues a reset code after a restore: what was bound to the account is not known any more.
    IssueResetCode {
        /// Hash of the new reset code.
        reset_code: Digest,
    },
    /// The host makes the account an administrator, where those whom the organization has cannot act, or are not to be trusted. A
    /// deactivated account is active again. Without an authenticator that counts for an administrator it gets a reset code.
    AppointAdministrator {
        /// Hash of the new reset code.
        reset_code: Digest,
    },
    /// Starts break-glass with the break-glass code, for the administrator in
    /// [`Snapshot::actor`](crate::Snapshot::actor).
    OpenBreakGlass {
        /// Hash of the presented code.
        break_glass: Digest,
    },
    /// Collects the reset code after the wait of [`BREAK_GLASS`](crate::limits::BREAK_GLASS) seconds.
    CollectResetCode {
        /// Hash of the presented code.
        break_glass: Digest,
        /// Hash of the new reset code.
        reset_code: Digest,
    },
}

impl Command {
    /// Returns whether the command is about another account, so that
    /// [`Snapshot::subject`](crate::Snapshot::subject) must be loaded.
    #[must_use]
    pub const fn reads_subject(&self) -> bool {
        matches!(
            self,
            Self::Reset { .. }
                | Self::UndoReportOf { .. }
                | Self::AddRole { .. }
                | Self::RemoveRole { .. }
                | Self::Deactivate
                | Self::Reactivate { .. }
        )
    }
}

/// When a mandate begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Start {
    /// On a date at least [`NOTICE`](crate::limits::NOTICE) and at most
    /// [`NOTICE_MAX`](crate::limits::NOTICE_MAX) seconds ahead.
    At(UnixTime),
    /// Immediately.
    Now {
        /// Whether the administrator confirmed that every covered account without an authenticator must
        /// enroll at its next log-in.
        confirmed: bool,
    },
}
