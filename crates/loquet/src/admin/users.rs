//! What administrators do for one person.

use loquet_policy::{AccountId, Command, Grant, Refusal, RoleId, RoleSet, UnixTime};

use crate::decide::{After, Case, Typed, done};
use crate::enrollment::codes::ResetCode;
use loquet_policy::Session;

/// Resets an account whose authenticator is lost. Never one's own.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Reset {
    /// Another administrator's session.
    pub(crate) session: Session,
    /// Who lost it.
    pub(crate) subject: AccountId,
    /// The reset code is read aloud, and so lives ten minutes instead of a day.
    pub(crate) aloud: bool,
    /// The administrator's own fresh code, as typed.
    pub(crate) typed: Typed,
}

/// A reset code to hand over. If it is lost before it was seen, reset once more: the new reset code voids this one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuedResetCode {
    /// The reset code.
    pub reset_code: ResetCode,
    /// Until when an enrollment can begin with it.
    pub expires: UnixTime,
}

pub(crate) fn reset_code(
    granted: &Grant,
    case: &Case<'_>,
    _: &After<'_>,
) -> Result<IssuedResetCode, Refusal> {
    match *granted {
        Grant::ResetCodeIssued { expires } => Ok(IssuedResetCode {
            reset_code: case.new_reset_code(),
            expires,
        }),
        _ => Err(Refusal::PolicyUnavailable),
    }
}

in_session!(Reset about subject; "reset", IssuedResetCode, reset_code, |this, case| Command::Reset {
    reset_code: case.new_reset_code().digest(),
    aloud: this.aloud,
    code: case.submitted(&this.typed),
});

/// Undoes the report that suspended an authenticator.
#[derive(Debug, Clone, Hash)]
pub(crate) struct UndoReportOf {
    /// Another administrator's session.
    pub(crate) session: Session,
    /// Whose authenticator.
    pub(crate) subject: AccountId,
    /// The administrator's own fresh code, as typed.
    pub(crate) typed: Typed,
}

in_session!(UndoReportOf about subject; "undo_report_of", (), done, |this, case| Command::UndoReportOf {
    code: case.submitted(&this.typed),
});

/// One role more.
#[derive(Debug, Clone, Hash)]
pub(crate) struct AddRole {
    /// An administrator's session.
    pub(crate) session: Session,
    /// Whose role.
    pub(crate) subject: AccountId,
    /// Which.
    pub(crate) role: RoleId,
    /// A fresh code, which a promotion to administrator needs.
    pub(crate) typed: Typed,
}

in_session!(AddRole about subject; "add_role", (), done, |this, case| Command::AddRole {
    role: this.role,
    code: case.submitted(&this.typed),
});

/// One role less.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct RemoveRole {
    /// An administrator's session.
    pub(crate) session: Session,
    /// Whose role.
    pub(crate) subject: AccountId,
    /// Which.
    pub(crate) role: RoleId,
}

in_session!(RemoveRole about subject; "remove_role", (), done, |this, _case| Command::RemoveRole {
    role: this.role,
});

/// The person leaves: no session, no secret from now on.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct Deactivate {
    /// An administrator's session.
    pub(crate) session: Session,
    /// Who leaves.
    pub(crate) subject: AccountId,
}

in_session!(Deactivate about subject; "deactivate", (), done, |_this, _case| Command::Deactivate);

/// The person comes back.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Reactivate {
    /// An administrator's session.
    pub(crate) session: Session,
    /// Who comes back.
    pub(crate) subject: AccountId,
    /// The roles from now on.
    pub(crate) roles: RoleSet,
    /// A fresh code, as typed.
    pub(crate) typed: Typed,
}

in_session!(Reactivate about subject; "reactivate", IssuedResetCode, reset_code, |this, case| Command::Reactivate {
    roles: this.roles,
    reset_code: case.new_reset_code().digest(),
    code: case.submitted(&this.typed),
});
