//! What the confirmation of an enrollment binds.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use super::code::note_unsettled;
use super::recovery::author_of;
use crate::authenticator::is_settling;
use crate::{
    Account, Authenticator, AuthenticatorOrigin, BindingLink, Digest, Event, Grant, Level, Pending,
    Purpose, RecoverySet, Refusal, RoleId, SecondFactor, limits,
};
use alloc::vec::Vec;

/// Returns whether there is a place for another passkey, or another authenticator that shows codes.
pub(super) fn has_room(factor: &SecondFactor, passkey: bool) -> bool {
    let passkeys = factor.iter().filter(|it| it.is_passkey()).count();
    match passkey {
        true => passkeys < limits::PASSKEYS,
        false => factor.with_codes().count() < limits::CODE_AUTHENTICATORS,
    }
}

impl Pending {
    /// Returns whether it can bind a passkey, or else an app: the account has not as many as it may.
    #[must_use]
    pub fn has_room(&self, account: &Account, passkey: bool) -> bool {
        let replaced = self.by.filter(|_| self.purpose == Purpose::Replace);
        let mut rest = account.second_factor;
        rest.remove(|it| Some(it.id) == replaced);
        has_room(&rest, passkey)
    }
}

impl DecisionBuilder<'_> {
    /// Refuses another authenticator of a kind of which the account has as many as it may.
    pub(super) fn require_room(
        &self,
        pending: &Pending,
        origin: AuthenticatorOrigin,
    ) -> Result<(), Refusal> {
        let is_passkey = matches!(origin, AuthenticatorOrigin::Passkey { .. });
        match pending.has_room(self.actor(), is_passkey) {
            true => Ok(()),
            false => Err(Refusal::TooManyAuthenticators),
        }
    }

    pub(super) fn bind(
        &mut self,
        pending: &Pending,
        (step, drift, origin): (u64, i8, AuthenticatorOrigin),
        link: Digest,
    ) -> Answer {
        let now = self.now;
        let offered = self.organization()?.options.recovery_codes;
        let actor = self.actor_mut();
        let id = actor.next_authenticator();
        // Of recovery codes too, so that they are no way around the three days, and none out of reach of a link.
        let recovers = actor.second_factor.recovery().is_some();
        let author = actor.recovery_author.filter(|_| recovers);
        let young = author.filter(|author| is_settling(author.since, now));
        let by = pending.by.or(author.map(|author| author.authenticator));
        let new = Authenticator {
            drift,
            origin,
            added_by: pending.by.or(young.map(|author| author.authenticator)),
            ..Authenticator::new(id, now, step)
        };
        let replaced = pending.by.filter(|_| pending.purpose == Purpose::Replace);
        let mut links = actor.binding_links.iter();
        let before = links.find(|it| Some(it.authenticator) == replaced && now < it.expires);
        let since = before.map_or(now, |before| before.since);
        let link = BindingLink {
            authenticator: id,
            also: Vec::new(),
            link,
            expires: now.plus(limits::BINDING_LINK),
            since,
        };
        actor.second_factor.remove(|it| Some(it.id) == replaced);
        if !actor.second_factor.push(new) {
            return Err(Refusal::TooManyAuthenticators);
        }
        note_unsettled(actor, id, now);
        actor.keep_link(link, by, now);
        actor.awaits_import = false;
        actor.awaits_token = false;
        actor.ever = true;
        // The failures are of codes that no app shows any more.
        if actor.second_factor.with_codes().all(|it| it.id == id) {
            actor.replace_advised = false;
            actor.attempts = crate::Attempts::default();
        }
        if pending.purpose != Purpose::Add {
            actor.toggle = true;
            actor.recovery = match offered {
                true => pending.recovery,
                false => RecoverySet::EMPTY,
            };
            actor.recovery_author = author_of(&actor.recovery, id, now);
        }
        end_sessions(actor);
        self.announce_binding(pending, new.is_passkey())
    }

    /// Tells of a new authenticator, and grants the session that confirmed it.
    fn announce_binding(&mut self, pending: &Pending, passkey: bool) -> Answer {
        let actor = self.actor();
        let administrator = actor.roles.contains(RoleId::ADMINISTRATOR);
        self.record_in_roster()?;
        self.cancel_break_glass()?;
        let event = Event::Bound {
            purpose: pending.purpose,
            passkey,
        };
        self.notify_owner(event);
        if administrator {
            self.notify_administrators(event);
        }
        Ok(Grant::Bound {
            session: self.new_session(Level::Level2),
            purpose: pending.purpose,
        })
    }
}
