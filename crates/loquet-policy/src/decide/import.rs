//! The import of an authenticator that the owner already uses.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use super::people::promotes;
use crate::{
    Attempts, Authenticator, AuthenticatorId, AuthenticatorOrigin, Event, Grant, ImportedKey,
    Refusal, SecondFactor,
};

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
            ImportedKey::Unused if account.ever || account.second_factor != SecondFactor::None => {
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
        let id = actor.next_authenticator();
        actor.second_factor = SecondFactor::of(Authenticator {
            // The first code that the owner types may be one of those that count as used: that is no news.
            told: Some(step),
            origin: AuthenticatorOrigin::Imported {
                proved: false,
                weak,
            },
            ..Authenticator::new(id, now, step)
        });
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

    /// A code of this authenticator was accepted: from the first one on it counts as enrolled.
    pub(super) fn prove_authenticator(&mut self, id: AuthenticatorId) -> Result<(), Refusal> {
        let bound = self.actor().second_factor.get(id);
        if bound.is_none_or(Authenticator::is_proved) {
            return Ok(());
        }
        let actor = self.actor_mut();
        if let Some(authenticator) = actor.second_factor.get_mut(id)
            && let AuthenticatorOrigin::Imported { proved, .. } = &mut authenticator.origin
        {
            *proved = true;
        }
        self.record_in_roster()
    }
}
