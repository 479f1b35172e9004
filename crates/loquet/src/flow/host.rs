//! What the host itself does, without anybody's session.

use loquet_policy::{AccountId, Command, Grant, Refusal, UnixTime};

use super::people::{TicketFor, ticket};
use super::{After, Case, Refused, Typed, done};
use crate::hash;
use crate::paper::SealCode;

/// The sealed code was typed on the host, to let one administrator back in. A day's wait begins, everybody who
/// administers is told, and any administrator's log-in with a code ends it.
#[derive(Debug, Clone)]
pub struct OpenBreakGlass {
    /// The administrator it will let in.
    pub account: AccountId,
    /// The code from the envelope, as typed.
    pub typed: Typed,
}

/// The wait is over: the ticket with which the administrator enrolls, for ten minutes. It ignores the access rules.
#[derive(Debug, Clone)]
pub struct CollectTicket {
    /// The administrator it lets in.
    pub account: AccountId,
    /// The code from the envelope, as typed.
    pub typed: Typed,
}

/// The host deleted the person from its own records: no session, no secret from now on.
#[derive(Debug, Clone, Copy)]
pub struct HostLeave {
    /// Who is gone.
    pub account: AccountId,
}

/// What was typed, hashed. A code that cannot be read is a wrong code: no stored hash equals this one.
fn typed_seal(typed: &Typed) -> loquet_policy::Digest {
    typed
        .expose()
        .parse::<SealCode>()
        .map_or(hash::digest("unreadable", &[]), |seal| seal.digest())
}

fn ready(granted: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<UnixTime, Refused> {
    match *granted {
        Grant::Opening { ready } => Ok(ready),
        _ => Err(Refusal::PolicyUnavailable.into()),
    }
}

of_host!(
    OpenBreakGlass,
    "break_glass",
    UnixTime,
    ready,
    |this, _case| {
        Command::BreakGlass {
            seal: typed_seal(&this.typed),
        }
    }
);

of_host!(
    CollectTicket,
    "collect_ticket",
    TicketFor,
    ticket,
    |this, case| {
        Command::CollectTicket {
            seal: typed_seal(&this.typed),
            ticket: case.new_ticket().digest(),
        }
    }
);

of_host!(HostLeave, "host_leave", (), done, |_this, _case| {
    Command::HostLeave
});
