//! What owners choose for their own accounts: the switch, and where their notices go.

use super::turn::{Answer, Turn};
use crate::requirement::{may_switch_off, required};
use crate::{Authenticator, CodeCheck, Event, Grant, Level, Refusal, Submitted};

impl Turn<'_> {
    /// What only the owner of an account does, nobody does for another.
    pub(super) fn owner(&self) -> Result<(), Refusal> {
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

    /// Whoever has the password alone must not lead a bound account's notices elsewhere.
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
}
