//! What the administrators of an organization choose.

use crate::{AccountId, Digest, UnixTime, limits};

/// What the administrators of an organization chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Options {
    /// Whether people get recovery codes when they enroll.
    pub recovery_codes: bool,
    /// Life of a reset reset code, in seconds.
    pub reset_code_life: u64,
    /// Time to enroll with the password alone, in seconds.
    pub enrollment_window: u64,
    /// Which version of the access rules (address, place, device) holds, by its hash. `None`:
    /// there are none.
    pub access_rules: Option<Digest>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            recovery_codes: false,
            reset_code_life: limits::RESET_CODE,
            enrollment_window: limits::ENROLLMENT_WINDOW,
            access_rules: None,
        }
    }
}

/// One choice of an organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Setting {
    /// Offer recovery codes or stop. Offering weakens: a paper opens what a phone protected.
    RecoveryCodes {
        /// Whether they are offered.
        offered: bool,
    },
    /// Life of a reset reset code. Longer weakens.
    ResetCodeLife {
        /// From ten minutes to [`limits::RESET_CODE_MAX`].
        seconds: u64,
    },
    /// Time to enroll with the password alone. Wider weakens.
    EnrollmentWindow {
        /// From a day to [`limits::ENROLLMENT_WINDOW_MAX`].
        seconds: u64,
    },
    /// New access rules. Whether they let more in, whoever compared them says.
    AccessRules {
        /// Hash of the new rules, `None` for no rules at all (which always opens).
        rules: Option<Digest>,
        /// Whether anything is allowed that was not.
        opens: bool,
    },
}

/// Which choice, without its value. One change of a kind can wait at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum SettingKind {
    /// [`Setting::RecoveryCodes`].
    RecoveryCodes,
    /// [`Setting::ResetCodeLife`].
    ResetCodeLife,
    /// [`Setting::EnrollmentWindow`].
    EnrollmentWindow,
    /// [`Setting::AccessRules`].
    AccessRules,
}

impl Setting {
    /// Which choice it is.
    #[must_use]
    pub const fn kind(&self) -> SettingKind {
        match self {
            Self::RecoveryCodes { .. } => SettingKind::RecoveryCodes,
            Self::ResetCodeLife { .. } => SettingKind::ResetCodeLife,
            Self::EnrollmentWindow { .. } => SettingKind::EnrollmentWindow,
            Self::AccessRules { .. } => SettingKind::AccessRules,
        }
    }
}

/// A change that weakens and waits, so that any administrator can stop it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Scheduled {
    /// What will hold.
    pub setting: Setting,
    /// Who asked for it.
    pub by: AccountId,
    /// When it takes effect.
    pub due: UnixTime,
}
