//! Commands of owners about their own accounts: the toggle and the notice address.

use super::builder::{Answer, DecisionBuilder};
use crate::requirement::may_turn_off;
use crate::{
    AddressChange, CodeCheck, Digest, Event, FactorState, Grant, Level, Refusal, Submitted, limits,
    require_settled,
};

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
        let session = self.level2_session(code.by)?;
        self.cancel_break_glass(&session)?;
        self.grant_session(session)
    }

    pub(super) fn turn_off(&mut self, code: Submitted) -> Answer {
        self.rights()?;
        self.require_owner()?;
        may_turn_off(self.known_organization(), self.actor(), self.now)?;
        if code.check == CodeCheck::Absent {
            return Err(Refusal::StepUp);
        }
        self.binding_code(code)?;
        self.actor_mut().toggle = false;
        self.notify_owner(Event::Toggled { on: false });
        Ok(Grant::Done)
    }

    /// Requires that the password was given at most [`limits::RECENT`] seconds ago: a session that was left open, or its
    /// cookie alone, must not bind a first authenticator. Only a session of the password alone says when that was.
    pub(super) fn require_recent_password(&self) -> Result<(), Refusal> {
        let session = self.session()?;
        let by_password = matches!(session.level, Level::Level1 | Level::EnrollOnly);
        let age = session.at.age(self.now);
        if by_password && age.is_some_and(|age| age <= limits::RECENT) {
            Ok(())
        } else {
            Err(Refusal::PasswordRequired)
        }
    }

    /// A thief of the password must not redirect the notices of a bound account.
    pub(super) fn change_address(&mut self, code: Submitted, sent: Digest) -> Answer {
        let mut is_bound = false;
        let by_host = self.session().is_err();
        if !by_host {
            self.rights()?;
            self.require_owner()?;
            let bound = self.actor().factor_at(self.now) != FactorState::None;
            is_bound = bound || self.actor().awaits_import;
            if !is_bound {
                self.require_recent_password()?;
            }
        } else {
            self.actor().require_active()?;
        }
        let change = AddressChange::begin(self.actor().address_change, sent, by_host, self.now)?;
        if is_bound {
            self.binding_code(code)?;
        }
        self.actor_mut().address_change = Some(change);
        self.notify_owner(Event::AddressChangeBegun);
        Ok(Grant::Done)
    }

    /// Makes the new address the owner's, once the code that was sent there is typed back.
    pub(super) fn confirm_address(&mut self, code: Option<Digest>) -> Answer {
        self.rights()?;
        self.require_owner()?;
        let now = self.now;
        let change = self.actor().address_change;
        let Some(mut change) = change.filter(|change| change.is_open(now)) else {
            return Err(Refusal::NoAddressCode);
        };
        let bound = self.actor().factor_at(now) != FactorState::None;
        if (bound || self.actor().awaits_import) && !self.is_recent() {
            // The host's own change may be a thief's, who has the password and no code.
            self.require_active_authenticator()?;
            return Err(Refusal::StepUp);
        }
        if change.by_host {
            // The owner's own was begun with a code of one that has settled, or with a passkey where one has.
            let session = self.session()?;
            require_settled(self.actor(), session, now)?;
            if self.actor().has_settled_passkey(now) && !session.passkey {
                return Err(Refusal::PasskeyRequired);
            }
        }
        if code.ok_or(Refusal::Malformed)? != change.code {
            change.wrong = change.wrong.saturating_add(1);
            self.actor_mut().address_change = Some(change);
            return Err(Refusal::WrongAddressCode);
        }
        self.actor_mut().address_change = None;
        self.notify_owner(Event::AddressChanged);
        Ok(Grant::Done)
    }
}
