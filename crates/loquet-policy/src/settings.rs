//! Settings that administrators choose.

use crate::{AccountId, Digest, UnixTime, limits};

/// The settings of an organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Options {
    /// Whether users get recovery codes when they enroll.
    pub recovery_codes: bool,
    /// Life of a reset code, in seconds.
    pub reset_code_life: u64,
    /// Time to enroll with the password alone, in seconds.
    pub enrollment_window: u64,
    /// Hash of the access rules in force. `None` means that there are no rules.
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

impl Options {
    /// Returns the stricter value of each setting. Access rules are known by hash alone and cannot be compared: those of
    /// `last` stay, or else these.
    pub(crate) fn stricter(&self, last: &Self) -> Self {
        Self {
            recovery_codes: self.recovery_codes && last.recovery_codes,
            reset_code_life: self.reset_code_life.min(last.reset_code_life),
            enrollment_window: self.enrollment_window.min(last.enrollment_window),
            access_rules: last.access_rules.or(self.access_rules),
        }
    }
}

/// A setting with its new value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Setting {
    /// Offers recovery codes or stops offering them. Offering weakens: a printed code replaces the phone.
    RecoveryCodes {
        /// Whether they are offered.
        offered: bool,
    },
    /// Sets the life of reset codes. A longer life weakens.
    ResetCodeLife {
        /// Seconds, from [`limits::RESET_CODE_ALOUD`] to [`limits::RESET_CODE_MAX`].
        seconds: u64,
    },
    /// Sets the time to enroll with the password alone. A longer time weakens.
    EnrollmentWindow {
        /// Seconds, from [`limits::DAY`] to [`limits::ENROLLMENT_WINDOW_MAX`].
        seconds: u64,
    },
    /// Sets the access rules. The caller says whether the new rules weaken.
    AccessRules {
        /// Hash of the new rules; `None` for no rules, which always weakens.
        rules: Option<Digest>,
        /// Whether the new rules allow anything that the present ones deny.
        opens: bool,
    },
}

/// A kind of setting. At most one change of each kind is scheduled.
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
    /// Returns the kind of the setting.
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

/// A weakening change that waits, so that any administrator can cancel it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Scheduled {
    /// The new setting.
    pub setting: Setting,
    /// The administrator who requested it.
    pub by: AccountId,
    /// When it takes effect.
    pub due: UnixTime,
}
