//! What administrators choose for the organisation, and what nobody can choose any more.

use loquet_policy::{Command, Preset, RoleId, Setting};

use super::organisation::{RulesChange, rules_change};
use super::{Typed, done};
use crate::stamp::Stamp;

/// A choice of the organisation's. (Access rules have a ceremony of their own:
/// [`SetAccessRules`](super::SetAccessRules).)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Whether people get recovery codes when they enroll.
    RecoveryCodes {
        /// They do.
        offered: bool,
    },
    /// Life of a reset's ticket.
    TicketLife {
        /// In seconds: ten minutes to three days.
        seconds: u64,
    },
    /// Time in which somebody who must may still enroll with the pass phrase alone.
    EnrollmentWindow {
        /// In seconds: a day to ninety.
        seconds: u64,
    },
}

impl From<Choice> for Setting {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::RecoveryCodes { offered } => Self::RecoveryCodes { offered },
            Choice::TicketLife { seconds } => Self::TicketLife { seconds },
            Choice::EnrollmentWindow { seconds } => Self::EnrollmentWindow { seconds },
        }
    }
}

/// Another choice. What weakens needs a fresh code, is told to all administrators, and waits for 72 hours, in which any of
/// them stops it ([`CancelChange`](super::CancelChange)).
#[derive(Debug, Clone)]
pub struct Choose {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// What should hold.
    pub choice: Choice,
    /// A fresh code, as typed, for what weakens; empty otherwise.
    pub typed: Typed,
}

in_session!(Choose, "choose", RulesChange, rules_change, |this, case| {
    Command::Change {
        setting: this.choice.into(),
        code: case.submitted(&this.typed),
    }
});

/// "No way back" to the letter: nobody switches off anything any more. There is no way back from this either.
#[derive(Debug, Clone, Copy)]
pub struct SetPreset {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// [`Preset::StrictLatch`]; the other is refused.
    pub preset: Preset,
}

in_session!(SetPreset, "set_preset", (), done, |this, _case| {
    Command::SetPreset {
        preset: this.preset,
    }
});

/// No multi-factor log-in any more: for hosts whose interface has the question. The answer is always a refusal, and why.
#[derive(Debug, Clone, Copy)]
pub struct DisableMfa {
    /// An administrator's session.
    pub stamp: Stamp,
}

in_session!(DisableMfa, "disable_mfa", (), done, |_this, _case| {
    Command::Disable
});

/// A mandate in force lifted: for hosts whose interface has the question. The answer is always a refusal, and why.
#[derive(Debug, Clone, Copy)]
pub struct LiftMandate {
    /// An administrator's session.
    pub stamp: Stamp,
    /// Whose mandate.
    pub role: RoleId,
}

in_session!(LiftMandate, "lift_mandate", (), done, |this, _case| {
    Command::LiftMandate { role: this.role }
});

/// One's own authenticator removed: for hosts whose interface has the question. The answer is always a refusal, and why.
#[derive(Debug, Clone, Copy)]
pub struct RemoveAuthenticator {
    /// The owner's session.
    pub stamp: Stamp,
}

in_session!(
    RemoveAuthenticator,
    "remove_authenticator",
    (),
    done,
    |_this, _case| Command::RemoveAuthenticator
);
