//! What the confirmation of an enrollment binds.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use super::code::note_unsettled;
use super::recovery::author_of;
use crate::authenticator::is_settling;
use crate::level::level_of;
use crate::requirement::required;
use crate::{
    Account, Authenticator, AuthenticatorOrigin, BindingLink, Digest, Event, Grant, Level,
    Organization, Pending, Purpose, RecoverySet, Refusal, RoleId, SecondFactor, UnixTime, limits,
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
    /// Returns whether it may bind a passkey, or else an app.
    ///
    /// # Errors
    /// [`Refusal::TooManyAuthenticators`] where the account has as many as it may; [`Refusal::PasskeyRequired`] for an app
    /// where a mandate demands a passkey and none would be there, except after a reset or a recovery.
    pub fn may_bind(
        &self,
        organization: &Organization,
        account: &Account,
        passkey: bool,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let replaced = self.by.filter(|_| self.purpose == Purpose::Replace);
        let mut rest = account.second_factor;
        rest.remove(|it| Some(it.id) == replaced);
        let is_enough = passkey
            || self.purpose == Purpose::Reset
            || rest.active().any(Authenticator::is_passkey);
        if !is_enough && required(Some(organization), account, now).passkey.is_some() {
            return Err(Refusal::PasskeyRequired);
        }
        match has_room(&rest, passkey) {
            true => Ok(()),
            false => Err(Refusal::TooManyAuthenticators),
        }
    }
}

impl DecisionBuilder<'_> {
    /// Refuses what an enrollment may not bind.
    pub(super) fn require_may_bind(
        &self,
        pending: &Pending,
        origin: AuthenticatorOrigin,
    ) -> Result<(), Refusal> {
        let is_passkey = matches!(origin, AuthenticatorOrigin::Passkey { .. });
        let mut bound = self.actor().second_factor.iter();
        if origin == AuthenticatorOrigin::Token && !bound.any(Authenticator::is_passkey) {
            // Where a passkey is demanded, the codes of the assigned token then add it.
            return Ok(());
        }
        pending.may_bind(self.organization()?, self.actor(), is_passkey, self.now)
    }

    pub(super) fn bind(
        &mut self,
        pending: &Pending,
        (step, drift, origin): (u64, i8, AuthenticatorOrigin),
        link: Digest,
    ) -> Answer {
        let now = self.now;
        let offered = self.organization()?.options.recovery_codes;
        let why = required(self.known_organization(), self.actor(), now);
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
        if new.is_passkey() {
            actor.codes_until = None;
        } else if pending.purpose == Purpose::Reset {
            // Only what has settled adds the passkey.
            let from = new.settles(now).unwrap_or(now);
            let until = from.plus(limits::CODES_AFTER_RESET);
            actor.codes_until = why.passkey.map(|_| until);
        }
        actor.keep_link(link, by, now);
        actor.awaits_import = false;
        actor.awaits_token = false;
        actor.ever = true;
        // The failures are of codes that no app shows any more.
        if actor.second_factor.with_codes().all(|it| it.id == id) {
            actor.replace_advised = false;
            actor.attempts = crate::Attempts::default();
        }
        if pending.purpose == Purpose::First {
            // It was begun with the password alone.
            actor.address_change = None;
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
        self.announce_binding(pending, &new)
    }

    /// Tells of a new authenticator, and grants the session that confirmed it.
    fn announce_binding(&mut self, pending: &Pending, new: &Authenticator) -> Answer {
        let actor = self.actor();
        let administrator = actor.roles.contains(RoleId::ADMINISTRATOR);
        self.record_in_roster()?;
        // A passkey that began it proved the session a moment ago, and is bound still.
        let begun_by = pending.by.and_then(|by| self.actor().second_factor.get(by));
        let by_passkey = begun_by.is_some_and(Authenticator::is_passkey);
        let mut session = self.new_session(Level::Level2, Some(new.id));
        session.passkey |= by_passkey;
        self.cancel_break_glass(&session)?;
        let event = Event::Bound {
            purpose: pending.purpose,
            passkey: new.is_passkey(),
        };
        self.notify_owner(event);
        if administrator {
            self.notify_administrators(event);
        }
        let (organization, actor) = (self.known_organization(), self.actor());
        Ok(Grant::Bound {
            level: level_of(organization, actor, Some(&session), self.now)?,
            session,
            purpose: pending.purpose,
        })
    }
}
