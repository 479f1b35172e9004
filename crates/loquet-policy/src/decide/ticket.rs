//! The tickets of resets, when they are shown.

use super::turn::Turn;
use crate::{Authenticator, Cause, Digest, Event, Origin, Refusal, Ticket, limits};

impl Turn<'_> {
    /// Shows a ticket. It is only consumed when the enrollment is confirmed.
    pub(super) fn present(
        &mut self,
        ticket: Option<Ticket>,
        presented: Option<Digest>,
    ) -> Result<(), Refusal> {
        let now = self.now;
        let required = Refusal::TicketRequired(Ticket::cause(&ticket));
        let missing = if presented.is_some() {
            Refusal::WrongTicket
        } else {
            required
        };
        let ticket = ticket.ok_or(missing)?;
        let digest = match ticket.origin {
            Origin::Recovery { session } => {
                // A right that lapsed is none any more: see `Account::authenticator_at`.
                return if session == self.session()?.id {
                    Ok(())
                } else {
                    Err(missing)
                };
            }
            Origin::BreakGlass { digest } | Origin::Administrator { digest, .. } => digest,
        };
        let presented = presented.ok_or(required)?;
        let author_stands = self.author_stands(&ticket)?;
        if presented != digest || !author_stands {
            return self.wrong_ticket(ticket, author_stands);
        }
        if now >= ticket.expires {
            return Err(Refusal::TicketExpired(Cause {
                role: None,
                date: Some(ticket.expires),
                by: ticket.author(),
            }));
        }
        Ok(())
    }

    /// Whether the author of a ticket is still the administrator who gave it out: the tickets of
    /// one who was reset, demoted or left are void.
    pub(super) fn author_stands(&self, ticket: &Ticket) -> Result<bool, Refusal> {
        let Origin::Administrator { by, mark, .. } = ticket.origin else {
            return Ok(true);
        };
        Ok(self
            .roster()?
            .administrator(by)
            .is_some_and(|author| author.mark == mark))
    }

    pub(super) fn wrong_ticket(
        &mut self,
        ticket: Ticket,
        author_stands: bool,
    ) -> Result<(), Refusal> {
        let wrong = ticket.wrong.saturating_add(1);
        let left =
            (author_stands && wrong < limits::TICKET_TRIES).then_some(Ticket { wrong, ..ticket });
        self.actor_mut().authenticator = Authenticator::ResetDue { ticket: left };
        if left.is_none() {
            self.tell_owner(Event::TicketVoid);
            self.tell_administrators(Event::TicketVoid);
        }
        Err(Refusal::WrongTicket)
    }
}
