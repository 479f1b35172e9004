//! Break-glass: the way back when no administrator can log in. The host asks; there is no session.

use super::turn::{Answer, Turn, reset};
use crate::{BreakGlass, Digest, Event, Grant, Origin, Refusal, RoleId, Ticket, limits};

impl Turn<'_> {
    /// The named administrator, and the state of the glass.
    fn glass(&self) -> Result<BreakGlass, Refusal> {
        if !self
            .actor()
            .present()?
            .roles
            .contains(RoleId::ADMINISTRATOR)
        {
            return Err(Refusal::NotAdmin);
        }
        self.rows_of_administrator()?;
        Ok(self.organisation()?.break_glass.at(self.now))
    }

    pub(super) fn break_glass(&mut self, presented: Digest) -> Answer {
        let (account, now) = (self.actor().id, self.now);
        let (seal, since, wrong) = match self.glass()? {
            BreakGlass::Unset => return Err(Refusal::NotSealed { until: None }),
            BreakGlass::Void { until, .. } => {
                return Err(Refusal::NotSealed { until: Some(until) });
            }
            BreakGlass::Opening { ready, .. } => return Err(Refusal::AlreadyOpen { ready }),
            BreakGlass::Open { .. } => return Err(Refusal::AlreadyOpen { ready: now }),
            BreakGlass::Sealed { seal, since, wrong } => (seal, since, wrong),
        };
        if presented == seal {
            let ready = now.plus(limits::BREAK_GLASS);
            self.organisation_mut()?.break_glass = BreakGlass::Opening {
                seal,
                account,
                ready,
            };
            let event = Event::BreakGlassOpening { account, ready };
            self.tell_owner(event);
            self.tell_administrators(event);
            return Ok(Grant::Opening { ready });
        }
        let wrong = wrong.saturating_add(1);
        let void = wrong >= limits::SEAL_TRIES;
        self.organisation_mut()?.break_glass = if void {
            BreakGlass::Void {
                seal,
                until: now.plus(limits::SEAL_VOID),
            }
        } else {
            BreakGlass::Sealed { seal, since, wrong }
        };
        if void {
            self.tell_administrators(Event::SealVoid);
        }
        Err(Refusal::WrongSeal)
    }

    pub(super) fn collect_ticket(&mut self, presented: Digest, digest: Digest) -> Answer {
        let (account, now) = (self.actor().id, self.now);
        let (seal, ready) = match self.glass()? {
            BreakGlass::Opening {
                seal,
                account: named,
                ready,
            } if named == account => (seal, ready),
            BreakGlass::Opening { ready, .. } => return Err(Refusal::AlreadyOpen { ready }),
            BreakGlass::Open { .. } => return Err(Refusal::AlreadyOpen { ready: now }),
            BreakGlass::Void { until, .. } => {
                return Err(Refusal::NotSealed { until: Some(until) });
            }
            BreakGlass::Unset | BreakGlass::Sealed { .. } => {
                return Err(Refusal::NotSealed { until: None });
            }
        };
        if presented != seal {
            return Err(Refusal::WrongSeal);
        }
        if now < ready {
            return Err(Refusal::TooEarly { ready });
        }
        let expires = now.plus(limits::BREAK_GLASS_TICKET);
        let ticket = Ticket {
            origin: Origin::BreakGlass { digest },
            issued: now,
            expires,
            wrong: 0,
        };
        self.organisation_mut()?.break_glass = BreakGlass::Open {
            seal,
            account,
            expires,
        };
        reset(self.actor_mut(), Some(ticket));
        self.void_tickets_of(account)?;
        self.tell_owner(Event::BreakGlassOpen { account });
        self.tell_administrators(Event::BreakGlassOpen { account });
        Ok(Grant::TicketIssued { expires })
    }
}
