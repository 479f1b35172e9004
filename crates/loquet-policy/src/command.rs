//! What can be asked for, each with the evidence that its decision needs.
//!
//! The engine knows no codes, no hashes, no addresses: whoever calls has computed what a typed
//! code, a presented reset code or an address amounts to, and says so here.

use crate::{
    Digest, RecoverySet, RoleId, RoleSet, SessionId, Setting, SettingKind, UnixTime, Vantage,
};

/// Everything that anybody can ask for.
///
/// The *actor* is the account in [`Snapshot::actor`](crate::Snapshot::actor); commands about
/// somebody else concern [`Snapshot::subject`](crate::Snapshot::subject).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    // The organization. An administrator asks.
    /// Multi-factor log-in for this organization, once and for ever. Level1 is enough.
    Enable {
        /// Hash of the break-glass code that was just shown.
        break_glass: Digest,
        /// Whether its last group was typed back correctly.
        typed_back: bool,
    },
    /// [`Preset::StrictLatch`](crate::Preset::StrictLatch) from now on, for ever.
    Harden,
    /// A mandate for a role.
    ScheduleMandate {
        /// Whom it will cover.
        role: RoleId,
        /// From when on.
        start: Start,
    },
    /// Another date for an announced mandate.
    MoveMandate {
        /// Whose.
        role: RoleId,
        /// The new date.
        date: UnixTime,
    },
    /// No mandate after all.
    CancelMandate {
        /// Whose.
        role: RoleId,
    },
    /// A new break-glass code in place of the old.
    RenewBreakGlassCode {
        /// Hash of the code that was just shown.
        break_glass: Digest,
        /// Whether its last group was typed back correctly.
        typed_back: bool,
        /// The fresh code.
        code: Submitted,
    },
    /// Another choice. What weakens needs a fresh code and waits.
    ChangeSetting {
        /// What should hold.
        setting: Setting,
        /// The fresh code.
        code: Submitted,
    },
    /// Stop a change that waits.
    CancelChange {
        /// Which.
        kind: SettingKind,
    },
    /// Write down what time has brought: mandates, waiting changes. Anybody, any time.
    ApplyDue,

    // Log-in. The account's owner, or whoever has the password, asks.
    /// The correct password was given.
    LogIn {
        /// What the access rules say of this place.
        access: Access,
    },
    /// A code, to finish a log-in or to step up.
    VerifyCode {
        /// The code.
        code: Submitted,
        /// What the access rules say of this place.
        access: Access,
    },
    /// Two consecutive codes of a phone whose clock is off.
    Resynchronize {
        /// What the two codes amount to.
        pair: PairCheck,
        /// Where they come from.
        vantage: Vantage,
        /// What the access rules say of this place.
        access: Access,
    },
    /// This session is over.
    LogOut,
    /// All sessions of the account are over.
    LogOutEverywhere,
    /// The password was changed.
    PasswordChanged {
        /// By the owner, who knew the old one, rather than by somebody's help.
        by_owner: bool,
    },

    // Enrollment. The owner asks.
    /// Begin an enrollment, or show the one again that this session began.
    BeginEnrollment {
        /// The presented reset code.
        reset_code: Option<Digest>,
        /// Recovery codes that are shown with it, if the organization offers them.
        recovery: RecoverySet,
        /// What the access rules say of this place.
        access: Access,
    },
    /// Begin to replace an active authenticator by another.
    BeginReplacement {
        /// A fresh code of the old one.
        code: Submitted,
        /// Recovery codes that are shown with it, if the organization offers them.
        recovery: RecoverySet,
    },
    /// The first code of the authenticator that this session enrolls.
    ConfirmEnrollment {
        /// The code, checked against the pending secret.
        check: CodeCheck,
        /// Hash of the secret part of the binding_link link that the notice will carry.
        link: Digest,
        /// After break-glass: hash of the new break-glass code that was shown and typed back.
        break_glass: Option<Digest>,
        /// What the access rules say of this place.
        access: Access,
    },
    /// Give up the enrollment that this session began.
    CancelEnrollment,
    /// Be asked for a code at log-in.
    TurnOn {
        /// The fresh code.
        code: Submitted,
    },
    /// Be asked no more, where nothing forbids it.
    TurnOff {
        /// The fresh code.
        code: Submitted,
    },
    /// Begin a recovery with one of the recovery codes.
    UseRecoveryCode {
        /// Hash of the presented code; `None` when it is malformed.
        code: Option<Digest>,
        /// Where it comes from.
        vantage: Vantage,
        /// What the access rules say of this place.
        access: Access,
    },
    /// The authenticator is lost. The password, or a link that was mailed, is enough.
    ReportLost,
    /// Another address for notices. Without a session the host does it, which keeps its people's addresses.
    ChangeAddress {
        /// The fresh code, where an authenticator is bound.
        code: Submitted,
    },
    /// "That enrollment was not me", by the link in its notice.
    ReportUnrecognized {
        /// Hash of the presented link's secret part.
        link: Digest,
    },

    // People. An administrator asks about another account.
    /// Somebody lost the authenticator: a reset code for a new enrollment.
    Reset {
        /// Hash of the new reset code.
        reset_code: Digest,
        /// Whether the reset code is read aloud, and so lives ten minutes.
        aloud: bool,
        /// The fresh code.
        code: Submitted,
    },
    /// One role more.
    AddRole {
        /// Which.
        role: RoleId,
        /// The fresh code that a promotion to administrator needs.
        code: Submitted,
    },
    /// One role less.
    RemoveRole {
        /// Which.
        role: RoleId,
    },
    /// The person leaves.
    Deactivate,
    /// The person comes back, or somebody new has the same id.
    Reactivate {
        /// The roles from now on.
        roles: RoleSet,
        /// Hash of the reset code for the enrollment.
        reset_code: Digest,
        /// The fresh code.
        code: Submitted,
    },

    // The host itself, in the account's name: no session.
    /// The host deleted the person from its own records.
    HostDeactivate,
    /// The break-glass code was typed on the host, for the administrator in
    /// [`Snapshot::actor`](crate::Snapshot::actor).
    OpenBreakGlass {
        /// Hash of the presented code.
        break_glass: Digest,
    },
    /// The wait is over: give the reset code out.
    CollectResetCode {
        /// Hash of the presented code.
        break_glass: Digest,
        /// Hash of the new reset code.
        reset_code: Digest,
    },
}

impl Command {
    /// Whether the command is about another account, so that
    /// [`Snapshot::subject`](crate::Snapshot::subject) must be loaded.
    #[must_use]
    pub const fn reads_subject(&self) -> bool {
        matches!(
            self,
            Self::Reset { .. }
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
    /// On a date, at least [`NOTICE`](crate::limits::NOTICE) ahead.
    At(UnixTime),
    /// At once.
    Now {
        /// Whether the administrator confirmed that everyone who is not enrolled enrolls at the
        /// next log-in.
        confirmed: bool,
    },
}

/// What a typed code amounts to, as the one-time-password engine found it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeCheck {
    /// None was given.
    Absent,
    /// What was typed is no code.
    Malformed,
    /// A code, of no step in the window.
    Wrong {
        /// Minutes by which the phone seems late, when that explains it.
        behind: Option<u16>,
    },
    /// The code of a step at or before the last accepted one.
    Used {
        /// Which step.
        step: u64,
        /// Seconds until the next code.
        wait: u64,
    },
    /// The code of an unused step.
    Good {
        /// Which step.
        step: u64,
        /// Steps from the present one, for the record.
        offset: i8,
    },
}

/// A code and where it comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Submitted {
    /// What it amounts to.
    pub check: CodeCheck,
    /// Where it comes from.
    pub vantage: Vantage,
}

/// What two codes, typed one after the other, amount to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PairCheck {
    /// What was typed are not two codes.
    Malformed,
    /// Not the codes of two consecutive steps in reach.
    Wrong,
    /// Two consecutive steps, not both after the last accepted one.
    Used {
        /// The later step.
        step: u64,
        /// Seconds until the next code.
        wait: u64,
    },
    /// Two consecutive unused steps.
    Good {
        /// The later step.
        step: u64,
        /// Steps by which the phone's clock is off.
        drift: i8,
    },
}

/// What the rules about address, place and device say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// From here, yes.
    Allowed,
    /// From here, no.
    Denied,
    /// Nobody can tell, which never allows.
    Unknown,
}

/// What one decision may use up of new things, drawn at random by the caller once per request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fresh {
    /// The id of a session that the decision may grant.
    pub session: SessionId,
}
