//! What the host itself does, without a session.

use loquet_policy::{AccountId, Command, Grant, Refusal, UnixTime, may_erase, may_rename};

use crate::admin::users::{IssuedResetCode, reset_code};
use crate::decide::{After, Case, Typed, done};
use crate::enrollment::codes::BreakGlassCode;
use crate::hash;

/// The break-glass code was typed on the host, to let one administrator back in. A day's wait begins, every
/// administrator is told, and any administrator's log-in with a code ends it.
#[derive(Debug, Clone, Hash)]
pub(crate) struct OpenBreakGlass {
    /// The administrator it will let in.
    pub(crate) account: AccountId,
    /// The code from the envelope, as typed.
    pub(crate) typed: Typed,
}

/// The wait is over: the reset code with which the administrator enrolls, for ten minutes. It ignores the access rules.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CollectResetCode {
    /// The administrator it lets in.
    pub(crate) account: AccountId,
    /// The code from the envelope, as typed.
    pub(crate) typed: Typed,
}

/// The host deleted the person from its own records: no session, no secret from now on.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct HostDeactivate {
    /// Who is gone.
    pub(crate) account: AccountId,
}

/// What was typed, hashed. A code that cannot be read is a wrong code: no stored hash equals this one.
fn typed_break_glass(typed: &Typed) -> loquet_policy::Digest {
    typed
        .expose()
        .parse::<BreakGlassCode>()
        .map_or(hash::digest("unreadable", &[]), |break_glass| {
            break_glass.digest()
        })
}

fn ready(granted: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<UnixTime, Refusal> {
    match *granted {
        Grant::Opening { ready } => Ok(ready),
        _ => Err(Refusal::PolicyUnavailable),
    }
}

of_host!(
    OpenBreakGlass;
    "open_break_glass",
    UnixTime,
    ready,
    |this, _case| {
        Command::OpenBreakGlass {
            break_glass: typed_break_glass(&this.typed),
        }
    }
);

of_host!(
    CollectResetCode;
    "collect_reset_code",
    IssuedResetCode,
    reset_code,
    |this, case| {
        Command::CollectResetCode {
            break_glass: typed_break_glass(&this.typed),
            reset_code: case.new_reset_code().digest(),
        }
    }
);

/// A reset code after a restore, from the host.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct IssueResetCode {
    pub(crate) account: AccountId,
}

of_host!(
    IssueResetCode;
    "issue_reset_code",
    IssuedResetCode,
    reset_code,
    |_this, case| {
        Command::IssueResetCode {
            reset_code: case.new_reset_code().digest(),
        }
    }
);

/// The host makes an account an administrator.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct AppointAdministrator {
    pub(crate) account: AccountId,
}

of_host!(
    AppointAdministrator;
    "appoint_administrator",
    Option<IssuedResetCode>,
    appointed,
    |_this, case| {
        Command::AppointAdministrator {
            reset_code: case.new_reset_code().digest(),
        }
    }
);

/// Who has an authenticator keeps it, and needs no reset code.
fn appointed(
    granted: &Grant,
    case: &Case<'_>,
    after: &After<'_>,
) -> Result<Option<IssuedResetCode>, Refusal> {
    match granted {
        Grant::Done => Ok(None),
        _ => reset_code(granted, case, after).map(Some),
    }
}

/// The host calls the user something else.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Rename {
    pub(crate) account: AccountId,
    /// The host's own name for the account.
    pub(crate) external_id: String,
    /// What authenticator apps show.
    pub(crate) label: String,
}

of_host!(
    Rename;
    "rename",
    (),
    done,
    |_this, case| {
        may_rename(&case.actor.facts)?;
        Command::ApplyDue
    },
    |this, _case, effects| {
        effects.actor.external_id.clone_from(&this.external_id);
        effects.actor.label.clone_from(&this.label);
    }
);

/// Erases what is personal of an account that is deactivated.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct Erase {
    pub(crate) account: AccountId,
}

of_host!(
    Erase;
    "erase",
    (),
    done,
    |_this, case| {
        may_erase(&case.actor.facts)?;
        Command::ApplyDue
    },
    |_this, _case, effects| effects.actor.erase()
);

of_host!(
    HostDeactivate;
    "host_deactivate",
    (),
    done,
    |_this, _case| { Command::HostDeactivate }
);
