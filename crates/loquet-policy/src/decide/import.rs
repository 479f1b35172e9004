//! The import of an authenticator that the owner already uses.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use super::people::promotes;
use crate::{Attempts, Authenticator, AuthenticatorOrigin, Event, Grant, ImportedKey, Refusal};

impl DecisionBuilder<'_> {
    /// Binds only where nothing was ever bound: neither a repeated import nor a late one brings back what a reset took
    /// away.
    pub(super) fn import_authenticator(
        &mut self,
        key: ImportedKey,
        weak: bool,
        step: u64,
        (toggle, tell): (bool, bool),
    ) -> Answer {
        let account = self.actor().require_active()?;
        match key {
            ImportedKey::OfAnother => return Err(Refusal::KeyOfAnother),
            ImportedKey::Present => return Err(Refusal::AlreadyThere),
            ImportedKey::Former => return Err(Refusal::RetiredKey),
            ImportedKey::Unused if account.ever || account.authenticator != Authenticator::None => {
                return Err(Refusal::DifferentKey);
            }
            ImportedKey::Unused => {}
        }
        let organization = self.organization()?;
        if weak
            && account
                .roles
                .iter()
                .any(|role| promotes(organization, role))
        {
            return Err(Refusal::WeakKey);
        }
        let now = self.now;
        let actor = self.actor_mut();
        actor.authenticator = Authenticator::Active {
            since: now,
            step,
            drift: 0,
            // The first code that the owner types may be one of those that count as used: that is no news.
            told: Some(step),
        };
        actor.authenticator_origin = AuthenticatorOrigin::Imported {
            proved: false,
            weak,
        };
        actor.awaits_import = false;
        actor.ever = true;
        actor.toggle = toggle;
        actor.replace_advised = weak;
        actor.attempts = Attempts::default();
        end_sessions(actor);
        if tell {
            self.notify_owner(Event::Imported);
        }
        Ok(Grant::Done)
    }

    /// A code of the present authenticator was accepted: from the first one on it counts as enrolled.
    pub(super) fn prove_authenticator(&mut self) -> Result<(), Refusal> {
        let actor = self.actor();
        let AuthenticatorOrigin::Imported {
            proved: false,
            weak,
        } = actor.authenticator_origin
        else {
            return Ok(());
        };
        let account = actor.id;
        self.actor_mut().authenticator_origin =
            AuthenticatorOrigin::Imported { proved: true, weak };
        self.set_enrolled(account, true)
    }
}
