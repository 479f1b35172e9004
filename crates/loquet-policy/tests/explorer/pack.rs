//! Packs a world into one integer; [`unpack`](crate::unpack) reads it.

use crate::world::*;
use loquet_policy::*;

/// The most bits of a [`World::view`].
pub const VIEW: u32 = 112;

/// Bits, the least significant first.
#[derive(Default)]
pub struct Pack {
    pub bits: u128,
    pub used: u32,
}

impl Pack {
    fn put(&mut self, value: usize, width: u32) {
        assert!(value < 1 << width, "{value} needs more than {width} bits");
        self.bits |= (value as u128) << self.used;
        self.used += width;
        assert!(self.used <= 128);
    }

    pub fn take(&mut self, width: u32) -> usize {
        let value = (self.bits >> self.used) & ((1 << width) - 1);
        self.used += width;
        value as usize
    }
}

impl World {
    /// Returns the state as one integer, with each time as its class at `now`.
    pub fn pack(&self, now: UnixTime) -> u128 {
        let mut pack = self.pack_organization(now);
        for (k, person) in self.people.iter().enumerate() {
            self.pack_person(&mut pack, person, now);
            let lives = |pending: &Pending| {
                let mut sessions = person.sessions.iter().flatten();
                sessions.any(|session| session.id == pending.session)
            };
            assert!(
                person.account.pendings_at(now).all(lives),
                "{k}: a pending enrollment of no session"
            );
        }
        pack.bits
    }

    /// Returns all that decisions about one account alone depend on, in fewer than [`VIEW`] bits: its rows and the roster.
    pub fn view(&self, k: usize) -> u128 {
        let mut pack = self.pack_organization(NOW);
        pack.put(k, 2);
        for other in 0..self.people.len() {
            // Its mark is its place among those who are listed.
            let listed = self.roster.administrator(id(other));
            let flags = listed.map_or(0, |it| {
                1 + 2 * usize::from(it.enrolled) + 4 * usize::from(it.suspended)
            });
            pack.put(flags, 3);
            if self.space.demanded {
                pack.put(usize::from(listed.is_some_and(|it| it.passkey)), 1);
            }
        }
        self.pack_person(&mut pack, &self.people[k], NOW);
        assert!(pack.used <= VIEW);
        pack.bits
    }

    /// Returns where the bits of an account begin in a state, and how many there are.
    pub fn place(&self, k: usize) -> (u32, u32) {
        let (mut before, mut one) = (self.pack_organization(NOW), Pack::default());
        self.pack_person(&mut one, &self.people[k], NOW);
        for person in &self.people[..k] {
            self.pack_person(&mut before, person, NOW);
        }
        (before.used, one.used)
    }

    fn pack_organization(&self, now: UnixTime) -> Pack {
        let mut pack = Pack::default();
        pack.put(usize::from(self.organization.is_enabled()), 1);
        pack.put(self.pack_mandate(now), 2);
        pack.put(self.pack_break_glass(now), 4);
        pack
    }

    fn pack_person(&self, pack: &mut Pack, person: &Person, now: UnixTime) {
        self.pack_account(pack, person, now);
        self.pack_belongings(pack, person, now);
        for slot in 0..self.space.sessions {
            self.pack_session(pack, person, slot, now);
        }
    }

    fn pack_mandate(&self, now: UnixTime) -> usize {
        let mandate = self.organization.mandates.first();
        match mandate.map(|mandate| mandate.state) {
            None => 0,
            Some(MandateState::Announced { date, .. }) => {
                assert!(now < date, "every step applies what is due");
                1
            }
            Some(MandateState::InForce { since }) => {
                2 + usize::from(now >= since.plus(limits::ENROLLMENT_WINDOW))
            }
        }
    }

    fn pack_break_glass(&self, now: UnixTime) -> usize {
        match self.organization.break_glass.at(now) {
            BreakGlass::Unset => 0,
            BreakGlass::Ready { wrong, .. } => {
                1 + usize::from(wrong == limits::BREAK_GLASS_TRIES - 1)
            }
            BreakGlass::Void { .. } => 3,
            BreakGlass::Opening { account, ready, .. } => {
                4 + self.index(account) + if now >= ready { MOST } else { 0 }
            }
            BreakGlass::Open { account, .. } => 4 + 2 * MOST + self.index(account),
        }
    }

    fn index(&self, account: AccountId) -> usize {
        (0..self.people.len()).find(|k| id(*k) == account).unwrap()
    }

    fn pack_account(&self, pack: &mut Pack, person: &Person, now: UnixTime) {
        let account = &person.account;
        let role = match account.roles {
            roles if roles.contains(RoleId::ADMINISTRATOR) => 2,
            roles if roles.contains(RoleId::STAFF) => 1,
            _ => 0,
        };
        pack.put(role, 2);
        pack.put(usize::from(account.is_active()), 1);
        let promoted = account.promoted;
        let is_new = promoted.is_some_and(|it| now < it.plus(limits::PROBATION));
        pack.put(usize::from(!self.space.core && is_new), 1);
        pack.put(usize::from(account.toggle), 1);
        pack.put(usize::from(account.ever), 1);
        let bound = match account.second_factor.state() {
            FactorState::None => 0,
            FactorState::Active => 1,
            FactorState::Disabled { .. } => 2,
            FactorState::Suspended { .. } => 18,
            FactorState::ResetDue { reset_code } => self.pack_reset_code(person, reset_code, now),
        };
        pack.put(bound, 5);
        if self.space.imports {
            let bound = account.second_factor.iter().next();
            let origin = match bound.map_or(AuthenticatorOrigin::Enrolled, |it| it.origin) {
                AuthenticatorOrigin::Enrolled => 0,
                AuthenticatorOrigin::Imported { proved, .. } => 1 + usize::from(proved),
                AuthenticatorOrigin::Token | AuthenticatorOrigin::Passkey { .. } => {
                    unreachable!("no token is assigned here, and no passkey registered")
                }
            };
            // Once it cannot be imported any more, it makes no difference.
            let open = !person.moved && !account.ever;
            let elsewhere = if open { person.elsewhere } else { Who::Owner };
            pack.put(usize::from(account.awaits_import), 1);
            pack.put(origin, 2);
            pack.put(usize::from(person.moved), 1);
            pack.put(elsewhere as usize, 2);
        }
        if self.space.tokens {
            let is_token = account.second_factor.iter().any(Authenticator::is_token);
            pack.put(usize::from(account.awaits_token), 1);
            pack.put(usize::from(is_token), 1);
        }
        if self.space.demanded {
            let enough = account
                .codes_until
                .map_or(0, |until| 1 + usize::from(now >= until));
            pack.put(enough, 2);
            if !self.space.several {
                let is_passkey = account.second_factor.iter().any(Authenticator::is_passkey);
                pack.put(usize::from(is_passkey), 1);
            }
        }
        let refused = account.reports_refused_until.is_some_and(|it| now < it);
        pack.put(usize::from(refused), 1);
    }

    /// Packs who holds the reset code, the phone and the recovery codes, and the failure counts.
    fn pack_belongings(&self, pack: &mut Pack, person: &Person, now: UnixTime) {
        let account = &person.account;
        let origin = match account.second_factor.state() {
            FactorState::ResetDue { reset_code } => reset_code.map(|reset_code| reset_code.origin),
            _ => None,
        };
        let carried = matches!(origin, Some(Origin::Administrator { .. }));
        pack.put(usize::from(carried && person.reset_code == Who::Thief), 1);
        let mut bound = account.second_factor.iter();
        let first = bound.next();
        let phone = first.map_or(Who::Owner, |it| self.phone(person, it));
        pack.put(phone as usize, 2);
        if self.space.several {
            self.pack_two(pack, person, now);
        }
        pack.put(account.recovery.len(), 2);
        let recovering = matches!(origin, Some(Origin::Recovery { .. }));
        let counts = recovering || !account.recovery.is_empty();
        pack.put(usize::from(counts && person.printed_codes == Who::Thief), 1);
        if self.space.links {
            for number in 0..=usize::from(self.space.several) {
                let bound = account.second_factor.iter().nth(number).map(|it| it.id);
                // Where nothing is bound, that of the last one.
                let of = |it: &BindingLink| bound.is_none_or(|id| id == it.authenticator);
                let mut live = account.binding_links.iter();
                let live = live.any(|it| of(it) && now < it.expires);
                pack.put(usize::from(live && (number == 0 || bound.is_some())), 1);
            }
        }
        if self.space.counters {
            let total = match account.attempts.total {
                0..80 => 0,
                80..99 => 1,
                99 => 2,
                100.. => 3,
            };
            pack.put(total, 2);
            for throttle in [account.attempts.stranger, account.attempts.known] {
                let waits = match throttle {
                    Throttle { row: 0..6, .. } => 0,
                    Throttle { until, .. } if until > now => 1,
                    _ => 2,
                };
                pack.put(waits, 2);
            }
            let used_up = account.enrollments.wait(limits::ENROLLMENTS_A_DAY, now);
            pack.put(usize::from(used_up.is_some()), 1);
        }
    }

    /// Packs what is known of two authenticators besides who holds the first.
    fn pack_two(&self, pack: &mut Pack, person: &Person, now: UnixTime) {
        let mut bound = person.account.second_factor.iter();
        let first = bound.next();
        let settled = first.is_none_or(|it| it.settles(now).is_none());
        pack.put(usize::from(settled), 1);
        let suspended = first.is_some_and(|it| !it.is_active());
        pack.put(usize::from(suspended), 1);
        let second = bound.next();
        assert!(bound.next().is_none(), "at most two are bound here");
        let state = second.map_or(0, |it| 1 + usize::from(!it.is_active()));
        pack.put(state, 2);
        let phone = second.map_or(Who::Owner, |it| self.phone(person, it));
        pack.put(phone as usize, 2);
        let settled = second.is_none_or(|it| it.settles(now).is_none());
        pack.put(usize::from(settled), 1);
        let by = second.and_then(|it| it.added_by);
        pack.put(usize::from(by.is_some() && by == first.map(|it| it.id)), 1);
        if self.space.passkeys {
            for it in [first, second] {
                pack.put(usize::from(it.is_some_and(Authenticator::is_passkey)), 1);
            }
        }
    }

    /// Where no report is undone, a suspended phone is of no use.
    fn phone(&self, person: &Person, it: &Authenticator) -> Who {
        if it.is_active() || self.space.undone {
            person.phone(it)
        } else {
            Who::Owner
        }
    }

    fn pack_session(&self, pack: &mut Pack, person: &Person, slot: usize, now: UnixTime) {
        let account = &person.account;
        let session = person.sessions[slot].filter(|it| !self.is_over(account, it, now));
        // Left out: the age of a log-in with the password alone. It always counts as recent, which allows more.
        let level = session.map_or(0, |session| match session.level {
            Level::HalfLogin => 1,
            Level::RecoveryOnly => 2,
            Level::EnrollOnly => 3,
            Level::Level1 => 4,
            Level::Level2 if self.is_unsettled(account, &session, now) => 7,
            Level::Level2 if now.since(session.at) <= limits::RECENT => 5,
            Level::Level2 => 6,
        });
        pack.put(level, 3);
        if self.space.demanded {
            pack.put(usize::from(session.is_some_and(|it| it.passkey)), 1);
        }
        let own = |pending: &&Pending| Some(pending.session) == session.map(|it| it.id);
        let own = account.pendings_at(now).find(own);
        let pending = own.map_or(0, |pending| {
            1 + usize::from(pending.wrong == limits::PENDING_TRIES - 1)
        });
        pack.put(pending, 2);
        if self.space.several {
            // Which one it is beside, and whether in its place.
            let by = own.and_then(|pending| pending.by);
            let second = account.second_factor.iter().nth(1);
            pack.put(usize::from(by.is_some() && by == second.map(|it| it.id)), 1);
            let adds = own.is_some_and(|pending| pending.purpose == Purpose::Add);
            pack.put(usize::from(adds), 1);
        }
    }

    /// Returns whether its recent code may be one of an authenticator that has not settled.
    fn is_unsettled(&self, account: &Account, session: &Session, now: UnixTime) -> bool {
        self.space.several
            && now.since(session.at) <= limits::RECENT
            && require_settled(account, session, now).is_err()
    }

    /// Returns whether the session has ended, or is never used again.
    fn is_over(&self, account: &Account, session: &Session, now: UnixTime) -> bool {
        let idle = self.space.core
            && match session.level {
                Level::Level2 => now.since(session.at) > limits::RECENT,
                Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly => true,
                Level::Level1 => false,
            };
        idle || session.epoch != account.epoch
            || !account.is_active()
            || matches!(session.level, Level::HalfLogin | Level::RecoveryOnly)
                && now >= session.at.plus(limits::HALF_LOGIN)
    }

    fn pack_reset_code(
        &self,
        person: &Person,
        reset_code: Option<ResetCode>,
        now: UnixTime,
    ) -> usize {
        let Some(reset_code) = reset_code else {
            return 3;
        };
        if self.space.core && now >= reset_code.expires {
            return 3;
        }
        let expired = usize::from(now >= reset_code.expires);
        match reset_code.origin {
            Origin::Recovery { session } => {
                let at = person
                    .sessions
                    .iter()
                    .position(|it| it.is_some_and(|it| it.id == session));
                4 + at.expect("a recovery has a session") + SLOTS * expired
            }
            Origin::BreakGlass { .. } => 8 + expired,
            Origin::Host { .. } => unreachable!("nothing is restored here"),
            Origin::Administrator { by, mark, .. } => {
                let stands = self
                    .roster
                    .administrator(by)
                    .is_some_and(|it| it.mark == mark);
                if stands {
                    10 + 2 * self.index(by) + expired
                } else {
                    16 + expired
                }
            }
        }
    }
}
