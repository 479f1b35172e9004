//! Enrollment, replacement, the owner's switch, recovery and loss.

use super::turn::{Answer, Turn, end_sessions, reset};
use crate::requirement::{enrollment_open, may_switch_off, required};
use crate::{
    Access, Account, Authenticator, BreakGlass, Cause, CodeCheck, Digest, DisabledBy, Event, Grant,
    Level, Origin, Pending, Purpose, RecoverySet, Refusal, Repudiation, RoleId, Session, Submitted,
    Ticket, Vantage, limits,
};

/// Whether `session` holds the right to enroll that its recovery code gave.
pub(super) fn holds_recovery(account: &Account, session: &Session) -> bool {
    matches!(
        account.authenticator,
        Authenticator::ResetDue { ticket: Some(Ticket { origin: Origin::Recovery { session: holder }, .. }) }
            if holder == session.id
    )
}

impl Turn<'_> {
    pub(super) fn begin_enrollment(
        &mut self,
        presented: Option<Digest>,
        recovery: RecoverySet,
        access: Access,
    ) -> Answer {
        if self.standing()? != Level::EnrolOnly {
            self.rights()?;
        }
        self.enabled()?;
        self.allowed(access)?;
        let purpose = match self.actor().authenticator {
            Authenticator::Active { .. } => return Err(Refusal::AlreadyBound),
            Authenticator::Disabled { since, .. } => {
                return Err(Refusal::RecoverFirst { since: Some(since) });
            }
            Authenticator::None => Purpose::First,
            Authenticator::ResetDue { .. } => Purpose::Reset,
        };
        if let Some(grant) = self.resume(purpose)? {
            return Ok(grant);
        }
        self.free_slot()?;
        match self.actor().authenticator {
            Authenticator::ResetDue { ticket } => self.present(ticket, presented)?,
            _ if enrollment_open(self.readable(), self.actor(), self.now) => {}
            _ => {
                let why = required(self.readable(), self.actor(), self.now);
                return Err(Refusal::TicketRequired(why.cause()));
            }
        }
        self.add_pending(purpose, recovery)
    }

    /// The one that this session has begun, shown again: the same secret, the same deadline.
    fn resume(&self, purpose: Purpose) -> Result<Option<Grant>, Refusal> {
        let session = self.session()?.id;
        let mut own = self.actor().pendings_at(self.now);
        let own = own.find(|pending| pending.session == session && pending.purpose == purpose);
        Ok(own.map(|pending| Grant::Pending {
            purpose,
            expires: pending.expires(),
            resumed: true,
        }))
    }

    fn free_slot(&self) -> Result<(), Refusal> {
        let free = self.actor().pendings.iter().any(Option::is_none);
        if free {
            Ok(())
        } else {
            Err(Refusal::TooManyPendings)
        }
    }

    fn add_pending(&mut self, purpose: Purpose, recovery: RecoverySet) -> Answer {
        let offered = self.organisation()?.options.recovery_codes;
        let recovery = if offered {
            recovery
        } else {
            RecoverySet::EMPTY
        };
        let pending = Pending {
            purpose,
            session: self.session()?.id,
            since: self.now,
            wrong: 0,
            recovery,
        };
        let expires = pending.expires();
        let slot = self
            .actor_mut()
            .pendings
            .iter_mut()
            .find(|slot| slot.is_none());
        *slot.ok_or(Refusal::TooManyPendings)? = Some(pending);
        Ok(Grant::Pending {
            purpose,
            expires,
            resumed: false,
        })
    }

    /// Shows a ticket. It is only consumed when the enrollment is confirmed.
    fn present(
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
    fn author_stands(&self, ticket: &Ticket) -> Result<bool, Refusal> {
        let Origin::Administrator { by, mark, .. } = ticket.origin else {
            return Ok(true);
        };
        Ok(self
            .roster()?
            .administrator(by)
            .is_some_and(|author| author.mark == mark))
    }

    fn wrong_ticket(&mut self, ticket: Ticket, author_stands: bool) -> Result<(), Refusal> {
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

    pub(super) fn begin_replacement(&mut self, code: Submitted, recovery: RecoverySet) -> Answer {
        self.rights()?;
        self.enabled()?;
        self.owner()?;
        if let Some(grant) = self.resume(Purpose::Replace)? {
            return Ok(grant);
        }
        self.bound()?;
        self.free_slot()?;
        self.fresh_code(code)?;
        self.add_pending(Purpose::Replace, recovery)
    }

    pub(super) fn confirm(
        &mut self,
        check: CodeCheck,
        link: Digest,
        seal: Option<Digest>,
        access: Access,
    ) -> Answer {
        if self.standing()? != Level::EnrolOnly {
            self.rights()?;
        }
        self.enabled()?;
        self.allowed(access)?;
        self.rows_of_administrator()?;
        let session = *self.session()?;
        let pendings = || self.actor().pendings_at(self.now);
        let own = pendings()
            .find(|pending| pending.session == session.id)
            .cloned();
        let Some(pending) = own else {
            let others = pendings().next().is_some();
            return Err(if others {
                Refusal::NotYours
            } else {
                Refusal::NothingPending
            });
        };
        let broken = match (pending.purpose, self.actor().authenticator) {
            (Purpose::First, Authenticator::None)
            | (Purpose::Replace, Authenticator::Active { .. }) => false,
            (
                Purpose::Reset,
                Authenticator::ResetDue {
                    ticket: Some(ticket),
                },
            ) => {
                if !self.author_stands(&ticket)? {
                    self.erase_pending(&session);
                    return self.wrong_ticket(ticket, false).map(|()| Grant::Done);
                }
                matches!(ticket.origin, Origin::BreakGlass { .. })
            }
            // Lateness does not stop what was begun in time; a ticket that is void does.
            (Purpose::Reset, Authenticator::ResetDue { ticket: None }) => {
                return Err(Refusal::WrongTicket);
            }
            _ => return Err(Refusal::NothingPending),
        };
        if broken && seal.is_none() {
            return Err(Refusal::SealFirst);
        }
        match check {
            CodeCheck::Absent | CodeCheck::Malformed => Err(Refusal::Malformed),
            CodeCheck::Used { wait, .. } => Err(Refusal::AlreadyUsed { wait }),
            CodeCheck::Wrong { behind } => {
                self.count_pending(&session);
                Err(Refusal::WrongCode { behind })
            }
            CodeCheck::Good { step, .. } => {
                if let (true, Some(seal)) = (broken, seal) {
                    let now = self.now;
                    self.organisation_mut()?.break_glass = BreakGlass::Sealed {
                        seal,
                        since: now,
                        wrong: 0,
                    };
                    self.tell_administrators(Event::SealRenewed);
                }
                self.bind(&pending, step, link)
            }
        }
    }

    fn count_pending(&mut self, session: &Session) {
        for slot in &mut self.actor_mut().pendings {
            if let Some(pending) = slot
                .as_mut()
                .filter(|pending| pending.session == session.id)
            {
                pending.wrong = pending.wrong.saturating_add(1);
                if pending.wrong >= limits::PENDING_TRIES {
                    *slot = None;
                }
            }
        }
    }

    fn bind(&mut self, pending: &Pending, step: u64, link: Digest) -> Answer {
        let now = self.now;
        let offered = self.organisation()?.options.recovery_codes;
        let actor = self.actor_mut();
        actor.authenticator = Authenticator::Active {
            since: now,
            step,
            drift: 0,
            told: None,
        };
        actor.ever = true;
        actor.toggle = true;
        actor.attempts = crate::Attempts::default();
        actor.recovery = if offered {
            pending.recovery
        } else {
            RecoverySet::EMPTY
        };
        actor.repudiation = Some(Repudiation {
            link,
            expires: now.plus(limits::REPUDIATION),
        });
        end_sessions(actor);
        let (account, administrator) = (actor.id, actor.roles.contains(RoleId::ADMINISTRATOR));
        self.set_enrolled(account, true)?;
        self.cancel_break_glass()?;
        let event = Event::Bound {
            purpose: pending.purpose,
        };
        self.tell_owner(event);
        if administrator {
            self.tell_administrators(event);
        }
        Ok(Grant::Bound {
            session: self.new_session(Level::Level2),
            purpose: pending.purpose,
        })
    }

    pub(super) fn abandon(&mut self) -> Answer {
        self.standing()?;
        let session = *self.session()?;
        if !self
            .actor()
            .pendings
            .iter()
            .flatten()
            .any(|pending| pending.session == session.id)
        {
            return Err(Refusal::NothingPending);
        }
        self.erase_pending(&session);
        Ok(Grant::Done)
    }

    pub(super) fn erase_pending(&mut self, session: &Session) {
        let own = |slot: &Option<Pending>| {
            slot.as_ref()
                .is_some_and(|pending| pending.session == session.id)
        };
        if self.actor().pendings.iter().any(own) {
            for slot in self
                .actor_mut()
                .pendings
                .iter_mut()
                .filter(|slot| own(slot))
            {
                *slot = None;
            }
        }
    }

    pub(super) fn remove_authenticator(&mut self) -> Answer {
        self.rights()?;
        Err(match self.actor().authenticator {
            Authenticator::None => Refusal::NoAuthenticator,
            _ => Refusal::AskAnotherAdmin,
        })
    }

    /// What only the owner of an account does, nobody does for another.
    fn owner(&self) -> Result<(), Refusal> {
        if self.is_other() {
            Err(Refusal::NotOwner)
        } else {
            Ok(())
        }
    }

    pub(super) fn switch_on(&mut self, code: Submitted) -> Answer {
        let level = self.rights()?;
        self.owner()?;
        self.enabled()?;
        if self.actor().toggle {
            return Err(Refusal::Unchanged);
        }
        self.fresh_code(code)?;
        self.actor_mut().toggle = true;
        self.tell_owner(Event::Toggled { on: true });
        if level == Level::Level2 {
            return Ok(Grant::Done);
        }
        // The session has just shown a code, and at Level1 it would be a half log-in from now on.
        self.cancel_break_glass()?;
        let session = self.raise()?;
        let requirement = required(self.readable(), self.actor(), self.now);
        Ok(Grant::Session {
            session,
            requirement,
        })
    }

    pub(super) fn switch_off(&mut self, code: Submitted) -> Answer {
        self.rights()?;
        self.owner()?;
        may_switch_off(self.readable(), self.actor(), self.now)?;
        if code.check == CodeCheck::Absent {
            return Err(Refusal::StepUp);
        }
        self.fresh_code(code)?;
        self.actor_mut().toggle = false;
        self.tell_owner(Event::Toggled { on: false });
        Ok(Grant::Done)
    }

    pub(super) fn use_recovery_code(
        &mut self,
        code: Option<Digest>,
        vantage: Vantage,
        access: Access,
    ) -> Answer {
        self.standing()?;
        self.allowed(access)?;
        self.rows_of_administrator()?;
        let offered = self.organisation()?.options.recovery_codes;
        let disabled = match self.actor().authenticator {
            Authenticator::None => return Err(Refusal::NoAuthenticator),
            Authenticator::ResetDue { ticket } => {
                return Err(Refusal::TicketRequired(Ticket::cause(&ticket)));
            }
            Authenticator::Active { .. } => false,
            Authenticator::Disabled { .. } => true,
        };
        if !offered {
            return Err(Refusal::NotOffered);
        }
        let code = code.ok_or(Refusal::Malformed)?;
        let vantage = self.vantage(vantage);
        // Of a disabled authenticator there is no budget left to keep, only the waits: a thief who
        // burnt it must not have burnt the way back too.
        self.admit(vantage, !disabled)?;
        let Some(left) = self.actor().recovery.burn(&code) else {
            self.count_failure(vantage)?;
            return Err(Refusal::WrongRecoveryCode);
        };
        let (now, session) = (self.now, self.fresh.session);
        let expires = now.plus(limits::PENDING);
        let actor = self.actor_mut();
        actor.recovery = left;
        end_sessions(actor);
        let ticket = Ticket {
            origin: Origin::Recovery { session },
            issued: now,
            expires,
            wrong: 0,
        };
        actor.authenticator = Authenticator::ResetDue {
            ticket: Some(ticket),
        };
        let account = actor.id;
        self.set_enrolled(account, false)?;
        let left = u8::try_from(left.len()).unwrap_or(u8::MAX);
        self.tell_owner(Event::RecoveryCodeUsed { left });
        Ok(Grant::Recovering {
            session: self.new_session(Level::EnrolOnly),
            expires,
            left,
        })
    }

    pub(super) fn report_lost(&mut self) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        self.bound().map_err(|refusal| match refusal {
            Refusal::RecoverFirst { since } => Refusal::Disabled { since },
            other => other,
        })?;
        self.rows_of_administrator()?;
        end_sessions(self.actor_mut());
        self.disable_authenticator(DisabledBy::Loss)?;
        Ok(Grant::Done)
    }

    /// Whoever has the pass phrase alone must not lead a bound account's notices elsewhere.
    pub(super) fn change_address(&mut self, code: Submitted) -> Answer {
        if self.session().is_ok() {
            self.rights()?;
            self.owner()?;
            if self.actor().authenticator_at(self.now) != Authenticator::None {
                self.fresh_code(code)?;
            }
        } else {
            self.actor().present()?;
        }
        self.tell_owner(Event::AddressChanged);
        Ok(Grant::Done)
    }

    pub(super) fn repudiate(&mut self, link: Digest) -> Answer {
        let now = self.now;
        let good = self
            .actor()
            .repudiation
            .is_some_and(|known| known.link == link && now < known.expires);
        if !good {
            return Err(Refusal::WrongLink);
        }
        self.rows_of_administrator()?;
        let actor = self.actor_mut();
        reset(actor, None);
        let account = actor.id;
        self.set_enrolled(account, false)?;
        self.tell_owner(Event::Repudiated);
        self.tell_administrators(Event::Repudiated);
        Ok(Grant::Done)
    }
}
