//! Commands of owners about their own accounts: the toggle and the notice address.

use super::builder::{Answer, DecisionBuilder};
use crate::requirement::{may_turn_off, required};
use crate::{Authenticator, CodeCheck, Event, Grant, Level, Refusal, Submitted};

impl DecisionBuilder<'_> {
    /// Refuses a command about another account.
    pub(super) fn require_owner(&self) -> Result<(), Refusal> {
        if self.is_other() {
            Err(Refusal::NotOwner)
        } else {
            Ok(())
        }
    }

    pub(super) fn turn_on(&mut self, code: Submitted) -> Answer {
        let level = self.rights()?;
        self.require_owner()?;
        self.require_enabled()?;
        if self.actor().toggle {
            return Err(Refusal::Unchanged);
        }
        self.fresh_code(code)?;
        self.actor_mut().toggle = true;
        self.notify_owner(Event::Toggled { on: true });
        if level == Level::Level2 {
            return Ok(Grant::Done);
        }
        // A Level1 session would become a half log-in, but it has just submitted a code.
        self.cancel_break_glass()?;
        let session = self.level2_session()?;
        let requirement = required(self.known_organization(), self.actor(), self.now);
        Ok(Grant::Session {
            session,
            requirement,
        })
    }

    pub(super) fn turn_off(&mut self, code: Submitted) -> Answer {
        self.rights()?;
        self.require_owner()?;
        may_turn_off(self.known_organization(), self.actor(), self.now)?;
        if code.check == CodeCheck::Absent {
            return Err(Refusal::StepUp);
        }
        self.fresh_code(code)?;
        self.actor_mut().toggle = false;
        self.notify_owner(Event::Toggled { on: false });
        Ok(Grant::Done)
    }

    /// A thief of the password must not redirect the notices of a bound account.
    pub(super) fn change_address(&mut self, code: Submitted) -> Answer {
        if self.session().is_ok() {
            self.rights()?;
            self.require_owner()?;
            if self.actor().authenticator_at(self.now) != Authenticator::None {
                self.fresh_code(code)?;
            }
        } else {
            self.actor().require_active()?;
        }
        self.notify_owner(Event::AddressChanged);
        Ok(Grant::Done)
    }
}
