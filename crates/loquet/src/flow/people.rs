//! What administrators do for one person.

use loquet_policy::{AccountId, Command, Grant, Refusal, RoleId, RoleSet, UnixTime};

use super::{After, Case, Refused, Typed, done};
use crate::paper::Ticket;
use crate::stamp::Stamp;

/// Somebody lost the authenticator: a ticket for a new enrollment. Never for oneself.
#[derive(Debug, Clone)]
pub struct Reset {
    /// Another administrator's session.
    pub stamp: Stamp,
    /// Who lost it.
    pub subject: AccountId,
    /// The ticket is read aloud, and so lives ten minutes instead of a day.
    pub aloud: bool,
    /// The administrator's own fresh code, as typed.
    pub typed: Typed,
}

/// A ticket to hand over. If it is lost before it was seen, reset once more: the new ticket voids this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketFor {
    /// The ticket.
    pub ticket: Ticket,
    /// Until when an enrollment can begin with it.
    pub expires: UnixTime,
}

pub(super) fn ticket(
    granted: &Grant,
    case: &Case<'_>,
    _: &After<'_>,
) -> Result<TicketFor, Refused> {
    match *granted {
        Grant::TicketIssued { expires } => Ok(TicketFor {
            ticket: case.new_ticket(),
            expires,
        }),
        _ => Err(Refusal::PolicyUnavailable.into()),
    }
}

in_session!(Reset about subject, "reset", TicketFor, ticket, |this, case| Command::Reset {
    ticket: case.new_ticket().digest(),
    aloud: this.aloud,
    code: case.submitted(&this.typed),
});

/// One role more.
#[derive(Debug, Clone)]
pub struct AddRole {
    /// An administrator's session.
    pub stamp: Stamp,
    /// Whose role.
    pub subject: AccountId,
    /// Which.
    pub role: RoleId,
    /// A fresh code, which a promotion to administrator needs.
    pub typed: Typed,
}

in_session!(AddRole about subject, "add_role", (), done, |this, case| Command::AddRole {
    role: this.role,
    code: case.submitted(&this.typed),
});

/// One role less.
#[derive(Debug, Clone, Copy)]
pub struct RemoveRole {
    /// An administrator's session.
    pub stamp: Stamp,
    /// Whose role.
    pub subject: AccountId,
    /// Which.
    pub role: RoleId,
}

in_session!(RemoveRole about subject, "remove_role", (), done, |this, _case| Command::RemoveRole {
    role: this.role,
});

/// The person leaves: no session, no secret from now on.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    /// An administrator's session.
    pub stamp: Stamp,
    /// Who leaves.
    pub subject: AccountId,
}

in_session!(Leave about subject, "leave", (), done, |_this, _case| Command::Leave);

/// The person comes back.
#[derive(Debug, Clone)]
pub struct Rehire {
    /// An administrator's session.
    pub stamp: Stamp,
    /// Who comes back.
    pub subject: AccountId,
    /// The roles from now on.
    pub roles: RoleSet,
    /// A fresh code, as typed.
    pub typed: Typed,
}

in_session!(Rehire about subject, "rehire", TicketFor, ticket, |this, case| Command::Rehire {
    roles: this.roles,
    ticket: case.new_ticket().digest(),
    code: case.submitted(&this.typed),
});
