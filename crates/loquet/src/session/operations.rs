//! Log-in, codes and the end of sessions.

use loquet_policy::{
    AccountId, Command, Grant, NextStep, Refusal, Requirement, Session, SessionId,
    may_end_sessions, rights,
};

use crate::decide::{After, Case, Operation, Typed, done};
use crate::devices::DeviceId;
use crate::session::MfaSession;
use crate::session::live::Kind;

/// What a step of the log-in returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedIn {
    /// Whose session it is.
    pub account: AccountId,
    /// To keep in the host's session, in place of the earlier one.
    pub session: MfaSession,
    /// What is owed next.
    pub next: NextStep,
    /// Why a code or an enrollment is owed.
    pub requirement: Requirement,
    /// The device's new cookie, where the device is remembered and its cookie has changed.
    pub device: Option<DeviceId>,
}

/// The session that a grant hands over.
pub(crate) fn entered(
    granted: &Grant,
    case: &Case<'_>,
    after: &After<'_>,
) -> Result<LoggedIn, Refusal> {
    let (session, level, requirement) = match *granted {
        Grant::Session {
            session,
            level,
            requirement,
        } => (session, level, requirement),
        Grant::Bound { session, level, .. } => (session, level, Requirement::default()),
        Grant::Recovering { session, .. } => (session, session.level, Requirement::default()),
        _ => return Err(Refusal::PolicyUnavailable),
    };
    Ok(LoggedIn {
        account: session.account,
        session: case.signer.sign(session)?,
        next: level.next_step(),
        requirement,
        device: case.new_cookie(after.actor),
    })
}

/// The session in place of the one that asked, where it gets one.
pub(crate) fn stepped_up(
    granted: &Grant,
    case: &Case<'_>,
    after: &After<'_>,
) -> Result<Option<LoggedIn>, Refusal> {
    match granted {
        Grant::Done => Ok(None),
        _ => entered(granted, case, after).map(Some),
    }
}

/// The correct password was given: what now?
///
/// The session's level says: `Level1` is in; `HalfLogin` owes a code ([`VerifyCode`]); `EnrollOnly` owes an enrollment
/// ([`Mfa::begin_enrollment`](crate::Mfa::begin_enrollment)); `RecoveryOnly` can only recover.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct LogIn {
    /// Whose password it was.
    pub(crate) account: AccountId,
    /// The session in whose place it is.
    pub(crate) replaces: Option<SessionId>,
}

impl LogIn {
    pub(crate) fn new(account: impl Into<AccountId>) -> Self {
        Self {
            account: account.into(),
            replaces: None,
        }
    }
}

operation! {
    LogIn,
    {
        const REPEATABLE: bool = false;

        fn actor(&self) -> AccountId {
            self.account
        }

        fn replaces(&self) -> Option<SessionId> {
            self.replaces
        }
    },
    "log_in",
    LoggedIn,
    entered,
    |_this, case| {
        Command::LogIn {
            access: case.access(),
        }
    }
}

/// The six digits, to finish a log-in or to step up.
#[derive(Debug, Clone, Hash)]
pub(crate) struct VerifyCode {
    /// The session that owes the code.
    pub(crate) session: Session,
    /// As typed.
    pub(crate) typed: Typed,
}

in_session!(VerifyCode, const GIVES_CODE, const WHILE_OWING; "verify_code", LoggedIn, entered, |this, case| {
    Command::VerifyCode {
        code: case.submitted(&this.typed),
        access: case.access(),
    }
});

/// Two codes, one after the other, of a phone whose clock is off (RFC 6238 §6).
#[derive(Debug, Clone, Hash)]
pub(crate) struct Resynchronize {
    /// The session that owes a code.
    pub(crate) session: Session,
    /// As typed, the older first.
    pub(crate) typed: [Typed; 2],
}

in_session!(
    Resynchronize, const GIVES_CODE, const WHILE_OWING;
    "resynchronize",
    LoggedIn,
    entered,
    |this, case| {
        let (pair, by) = case.pair(&this.typed);
        Command::Resynchronize {
            pair,
            by,
            source: case.source(),
            access: case.access(),
        }
    }
);

/// This session is over. The host forgets its session whatever the answer.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct LogOut {
    /// Which session.
    pub(crate) session: Session,
}

in_session!(LogOut, const WHILE_OWING, const ENDS_SESSION; "log_out", (), done, |this, case| {
    // All sessions of an earlier epoch have ended; a record for each try would let a thief of one fill the log.
    if this.session.epoch != case.actor.facts.epoch {
        return Err(Refusal::StaleLogIn);
    }
    Command::LogOut
});

/// Another session of the account is over.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct EndSession {
    /// The owner's session.
    pub(crate) session: Session,
    /// The session that ends.
    pub(crate) id: SessionId,
}

in_session!(
    EndSession;
    "end_session",
    (),
    done,
    |this, case| {
        rights(&case.snapshot(), case.now)?;
        let mut live = case.actor.sessions.complete();
        let ends = live.find(|live| live.id == this.id).ok_or(Refusal::Unchanged)?;
        if ends.kind == Kind::Level2 && this.id != this.session.id {
            may_end_sessions(&case.snapshot(), case.now)?;
        }
        Command::ApplyDue
    },
    |this, _case, effects| effects.actor.sessions.remove(this.id)
);

/// All sessions of the account are over.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct LogOutEverywhere {
    /// One of them.
    pub(crate) session: Session,
}

in_session!(
    LogOutEverywhere;
    "log_out_everywhere",
    (),
    done,
    |_this, _case| Command::LogOutEverywhere
);

/// The host changed the password: all sessions are over, but for the one in which its owner did it, whose new session is
/// granted.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct PasswordChanged {
    /// Whose.
    pub(crate) account: AccountId,
    /// The owner's session, if the owner did it and knew the old one.
    pub(crate) by_owner: Option<Session>,
}

impl Operation for PasswordChanged {
    type Grant = Option<LoggedIn>;
    const NAME: &'static str = "password_changed";
    const REPEATABLE: bool = false;

    fn actor(&self) -> AccountId {
        self.account
    }

    fn session(&self) -> Option<&Session> {
        self.by_owner.as_ref()
    }

    fn command(&self, _: &Case<'_>) -> Result<Command, Refusal> {
        Ok(Command::PasswordChanged {
            by_owner: self.by_owner.is_some(),
        })
    }

    fn grant(
        &self,
        granted: &Grant,
        case: &Case<'_>,
        after: &After<'_>,
    ) -> Result<Option<LoggedIn>, Refusal> {
        stepped_up(granted, case, after)
    }
}
