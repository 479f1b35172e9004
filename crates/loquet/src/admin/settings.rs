//! What administrators choose for the organization.

use loquet_policy::{Command, Setting};

use crate::admin::organization::{RulesChange, rules_change};
use crate::decide::{Typed, done};
use loquet_policy::Session;

/// A setting of the organization. Access rules have an operation of their own:
/// [`AdminHandle::set_access_rules`](crate::AdminHandle::set_access_rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrganizationSetting {
    /// Whether users get recovery codes when they enroll. Offering them weakens.
    RecoveryCodes {
        /// Whether they do.
        offered: bool,
    },
    /// The life of a reset code. A longer life weakens.
    ResetCodeLife {
        /// In seconds: ten minutes to three days.
        seconds: u64,
    },
    /// How long an account under a mandate may still enroll with the password alone. A longer time weakens.
    EnrollmentWindow {
        /// In seconds: a day to ninety.
        seconds: u64,
    },
}

impl From<OrganizationSetting> for Setting {
    fn from(choice: OrganizationSetting) -> Self {
        match choice {
            OrganizationSetting::RecoveryCodes { offered } => Self::RecoveryCodes { offered },
            OrganizationSetting::ResetCodeLife { seconds } => Self::ResetCodeLife { seconds },
            OrganizationSetting::EnrollmentWindow { seconds } => Self::EnrollmentWindow { seconds },
        }
    }
}

/// Another choice. What weakens needs a fresh code, is told to all administrators, and waits for 72 hours, in which any of
/// them stops it ([`AdminHandle::cancel_change`](crate::AdminHandle::cancel_change)).
#[derive(Debug, Clone, Hash)]
pub(crate) struct UpdateSettings {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
    /// What should hold.
    pub(crate) choice: OrganizationSetting,
    /// A fresh code, as typed, for what weakens; empty otherwise.
    pub(crate) typed: Typed,
}

in_session!(
    UpdateSettings;
    "update_settings",
    RulesChange,
    rules_change,
    |this, case| {
        Command::ChangeSetting {
            setting: this.choice.into(),
            code: case.submitted(&this.typed),
        }
    }
);

/// The strict latch: no account can turn its second factor off any more. There is no way back.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct Harden {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
}

in_session!(Harden; "harden", (), done, |_this, _case| Command::Harden);
