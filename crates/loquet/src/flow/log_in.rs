//! Log-in, codes and the end of sessions.

use loquet_policy::{AccountId, Command, Grant, Refusal, Requirement};

use super::sealed::Step;
use super::{After, Case, Refused, Typed, done};
use crate::device::DeviceId;
use crate::stamp::Stamp;

/// A session, and why it is at the level it is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// To keep in the host's session, in place of the one before.
    pub stamp: Stamp,
    /// Why a code or an enrollment is due, or that none is.
    pub requirement: Requirement,
    /// What the device's cookie holds from now on, where the device is remembered and its cookie changed.
    pub device: Option<DeviceId>,
}

/// The session that a grant hands over.
pub(super) fn entered(
    granted: &Grant,
    case: &Case<'_>,
    after: &After<'_>,
) -> Result<Entered, Refused> {
    let (session, requirement) = match *granted {
        Grant::Session {
            session,
            requirement,
        } => (session, requirement),
        Grant::Bound { session, .. } | Grant::Recovering { session, .. } => {
            (session, Requirement::default())
        }
        _ => return Err(Refusal::PolicyUnavailable.into()),
    };
    Ok(Entered {
        stamp: Stamp::new(session),
        requirement,
        device: case.new_cookie(after.actor),
    })
}

/// The session in place of the one that asked, where it gets one.
pub(super) fn stepped_up(
    granted: &Grant,
    case: &Case<'_>,
    after: &After<'_>,
) -> Result<Option<Entered>, Refused> {
    match granted {
        Grant::Done => Ok(None),
        _ => entered(granted, case, after).map(Some),
    }
}

/// The correct password was given: what now?
///
/// The stamp's level says: `Level1` is in; `HalfLogin` owes a code ([`VerifyCode`]); `EnrollOnly` owes an enrollment
/// ([`BeginEnrollment`](super::BeginEnrollment)); `RecoveryOnly` can only recover.
#[derive(Debug, Clone, Copy)]
pub struct LogIn {
    /// Whose password it was.
    pub account: AccountId,
}

of_host!(LogIn, "log_in", Entered, entered, |_this, case| {
    Command::LogIn {
        access: case.access(),
    }
});

/// The six digits, to finish a log-in or to step up.
#[derive(Debug, Clone)]
pub struct VerifyCode {
    /// The session that owes the code.
    pub stamp: Stamp,
    /// As typed.
    pub typed: Typed,
}

in_session!(VerifyCode, "verify_code", Entered, entered, |this, case| {
    Command::VerifyCode {
        code: case.submitted(&this.typed),
        access: case.access(),
    }
});

/// Two codes, one after the other, of a phone whose clock is off (RFC 6238 §6).
#[derive(Debug, Clone)]
pub struct Resynchronize {
    /// The session that owes a code.
    pub stamp: Stamp,
    /// As typed, the older first.
    pub typed: [Typed; 2],
}

in_session!(
    Resynchronize,
    "resynchronize",
    Entered,
    entered,
    |this, case| {
        Command::Resynchronize {
            pair: case.pair(&this.typed),
            vantage: case.vantage(),
            access: case.access(),
        }
    }
);

/// This session is over. The host forgets its stamp whatever the answer.
#[derive(Debug, Clone, Copy)]
pub struct LogOut {
    /// Which session.
    pub stamp: Stamp,
}

in_session!(LogOut, "log_out", (), done, |_this, _case| Command::LogOut);

/// All sessions of the account are over.
#[derive(Debug, Clone, Copy)]
pub struct LogOutEverywhere {
    /// One of them.
    pub stamp: Stamp,
}

in_session!(
    LogOutEverywhere,
    "log_out_everywhere",
    (),
    done,
    |_this, _case| Command::LogOutEverywhere
);

/// The host changed the password: all sessions are over, but for the one in which its owner did it, whose new stamp is
/// granted.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChanged {
    /// Whose.
    pub account: AccountId,
    /// The owner's session, if the owner did it and knew the old one.
    pub by_owner: Option<Stamp>,
}

impl Step for PasswordChanged {
    type Grant = Option<Entered>;
    const WHAT: &'static str = "password_changed";

    fn actor(&self) -> AccountId {
        self.account
    }

    fn stamp(&self) -> Option<&Stamp> {
        self.by_owner.as_ref()
    }

    fn command(&self, _: &Case<'_>) -> Result<Command, Refused> {
        Ok(Command::PasswordChanged {
            by_owner: self.by_owner.is_some(),
        })
    }

    fn grant(
        &self,
        granted: &Grant,
        case: &Case<'_>,
        after: &After<'_>,
    ) -> Result<Option<Entered>, Refused> {
        stepped_up(granted, case, after)
    }
}
