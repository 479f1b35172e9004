//! A small world around the engine.
//!
//! A state holds the engine's rows, the sessions, and facts that only the world knows: who holds the phone,
//! the reset code and the recovery codes. Times are kept as classes (a code is recent or old, a reset code
//! valid or expired). After each step, each time is moved to the newest of its class. This allows every order
//! of deadlines that a clock could produce, and some that none could.
//!
//! Not covered here, but tested elsewhere: exact counts between thresholds, the seconds that a session waits after a
//! wrong reset or recovery code (each is over before the next action), the quota of resets, postponements,
//! reset codes read aloud, delayed changes, resynchronization, abandoned enrollments of closed browsers,
//! access rules, and roles beyond the default three.

use loquet_policy::*;

pub const NOW: UnixTime = UnixTime(2_000_000_000);
pub const MOST: usize = 3;
pub const SLOTS: usize = 2;
pub const LONG_AGO: UnixTime = UnixTime(NOW.0 - 400 * limits::DAY);
pub const ORG: u64 = 1;
/// The step of the last accepted code.
pub const STEP: u64 = 1000;
/// The numbers of the authenticators that are bound.
pub const BOUND: AuthenticatorId = AuthenticatorId(1);
pub const SECOND: AuthenticatorId = AuthenticatorId(2);
/// The id of a new session.
pub const NEW: SessionId = SessionId(777);

/// The extent of a search.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    pub accounts: usize,
    /// Sessions of each account at a time.
    pub sessions: usize,
    /// The account whose password a thief knows. Its second session is the thief's.
    pub victim: Option<usize>,
    pub recovery_codes: bool,
    pub counters: bool,
    pub strict: bool,
    /// Whether administrators change roles, deactivate and reactivate.
    pub people: bool,
    /// Whether enrollments are reported as unrecognized.
    pub links: bool,
    /// Reduces the actions to those between accounts: log-ins and enrollments are one step, a session is
    /// recent or over, probation and the toggle are left out, and an expired reset code is void.
    pub core: bool,
    /// Whether phones are lost.
    pub losses: bool,
    /// Whether reports of loss are undone. Elsewhere a suspended authenticator waits for a reset.
    pub undone: bool,
    /// Whether the thief finds the phone that the victim loses.
    pub steals: bool,
    /// Whether the thief reads the victim's mail.
    pub mailbox: bool,
    /// Whether every account has an authenticator elsewhere, which the host imports at some time.
    pub imports: bool,
    /// Whether the host assigns hardware tokens. They are the owners' alone.
    pub tokens: bool,
    /// Whether accounts have two authenticators at a time, which are added and removed.
    pub several: bool,
    /// Whether each of them may be a passkey.
    pub passkeys: bool,
    /// Whether mandates demand a passkey.
    pub demanded: bool,
    pub roles: [Role; MOST],
}

impl Space {
    /// Returns the numbers that authenticators have in a state.
    pub fn authenticators(&self) -> Vec<AuthenticatorId> {
        let all = [BOUND, SECOND].into_iter();
        all.take(1 + usize::from(self.several)).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Parent,
    Employee,
    Administrator,
}

impl Role {
    pub fn set(self) -> RoleSet {
        match self {
            Self::Parent => RoleSet::of(RoleId::MEMBER),
            Self::Employee => RoleSet::of(RoleId::STAFF),
            Self::Administrator => RoleSet::new([RoleId::STAFF, RoleId::ADMINISTRATOR]).unwrap(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Owner,
    Thief,
    Lost,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub account: Account,
    pub sessions: [Option<Session>; SLOTS],
    /// Who holds the phone with each authenticator, by its number.
    pub phones: [Who; 4],
    /// Who holds the phone with the authenticator that is to be imported.
    pub elsewhere: Who,
    /// Whether it was imported.
    pub moved: bool,
    /// Who holds the recovery codes.
    pub printed_codes: Who,
    /// Who was given the present reset code.
    pub reset_code: Who,
}

impl Person {
    /// Returns who holds the phone with an authenticator.
    pub fn phone(&self, it: &Authenticator) -> Who {
        self.phones[usize::from(it.id.0)]
    }

    /// Returns the first of these authenticators with which the holder has a phone.
    pub fn held(&self, by: Who, these: fn(&Authenticator) -> bool) -> Option<&Authenticator> {
        let mut all = self.account.second_factor.iter();
        all.find(|it| these(it) && self.phone(it) == by)
    }

    /// Returns whether someone holds a phone with an authenticator.
    pub fn has_phone(&self, who: Who) -> bool {
        self.held(who, |_| true).is_some()
    }
}

/// Whether a secret is kept: the authenticator is active or suspended.
pub fn has_secret(account: &Account) -> bool {
    matches!(account.second_factor, SecondFactor::Bound { .. })
}

/// Whether an authenticator is active, of which a code was accepted.
pub fn is_enrolled(account: &Account) -> bool {
    let unproved = |it: &Authenticator| {
        matches!(
            it.origin,
            AuthenticatorOrigin::Imported { proved: false, .. }
        )
    };
    let mut all = account.second_factor.iter();
    all.any(|it| it.suspended.is_none() && !unproved(it))
}

#[derive(Clone, Debug)]
pub struct World {
    pub space: Space,
    pub organization: Organization,
    pub roster: Roster,
    pub people: Vec<Person>,
}

pub fn id(k: usize) -> AccountId {
    AccountId::from(k as u64 + 10)
}

pub fn slot_id(k: usize, slot: usize) -> SessionId {
    SessionId((k * SLOTS + slot + 1) as u64)
}

pub fn digest(what: u8, k: usize, more: u8) -> Digest {
    let mut bytes = [0; 32];
    bytes[..3].copy_from_slice(&[what, k as u8, more]);
    Digest::from_bytes(bytes)
}

pub fn break_glass_code() -> Digest {
    digest(1, 0, 0)
}

pub fn reset_code(k: usize) -> Digest {
    digest(2, k, 0)
}

pub fn link(k: usize, authenticator: AuthenticatorId) -> Digest {
    digest(3, k, authenticator.0 as u8)
}

/// The link in the notice of a reported loss.
pub fn undo_link(k: usize) -> Digest {
    digest(5, k, 0)
}

pub fn codes(k: usize, left: usize) -> RecoverySet {
    RecoverySet::new((0..left).map(|n| digest(4, k, n as u8))).unwrap()
}

impl World {
    pub fn new(space: Space) -> Self {
        let mut organization = Organization::new(OrgId::from(ORG));
        organization.options.recovery_codes = space.recovery_codes;
        if space.strict {
            organization.preset = Preset::StrictLatch;
        }
        let mut roster = Roster::new(organization.id);
        let mut people: Vec<Person> = (0..space.accounts)
            .map(|k| Person {
                account: Account::new(id(k), organization.id, space.roles[k].set(), LONG_AGO),
                sessions: [None; SLOTS],
                phones: [Who::Owner; 4],
                elsewhere: Who::Owner,
                moved: false,
                printed_codes: Who::Owner,
                reset_code: Who::Owner,
            })
            .collect();
        for person in &mut people {
            person.account.awaits_import = space.imports;
            roster.admit(&person.account);
        }
        Self {
            space,
            organization,
            roster,
            people,
        }
    }

    pub fn holder(&self, k: usize, slot: usize) -> Who {
        if slot == 1 && self.space.victim == Some(k) {
            Who::Thief
        } else {
            Who::Owner
        }
    }

    /// Returns whether the holder of this session reads the account's mail.
    pub fn reads_mail(&self, k: usize, slot: usize) -> bool {
        self.holder(k, slot) == Who::Owner || self.space.mailbox
    }

    pub fn snapshot(&self, k: usize, slot: Option<usize>, subject: Option<usize>) -> Snapshot<'_> {
        Snapshot {
            organization: Some(&self.organization),
            roster: Some(&self.roster),
            actor: &self.people[k].account,
            session: slot.and_then(|slot| self.people[k].sessions[slot].as_ref()),
            subject: subject.map(|j| &self.people[j].account),
        }
    }

    /// Returns what `required` should return, computed independently.
    pub fn must(&self, k: usize) -> bool {
        let account = &self.people[k].account;
        self.covered(k, true) || account.toggle && self.organization.is_enabled()
    }

    pub fn covered(&self, k: usize, in_force_only: bool) -> bool {
        let roles = self.people[k].account.roles;
        let employed = roles.contains(RoleId::STAFF) || roles.contains(RoleId::ADMINISTRATOR);
        employed
            && self.organization.mandates.iter().any(|mandate| {
                !in_force_only || matches!(mandate.state, MandateState::InForce { .. })
            })
    }

    /// Returns what is known of the key that is to be imported.
    pub fn key_use(&self, k: usize) -> ImportedKey {
        let person = &self.people[k];
        let mut bound = person.account.second_factor.iter();
        let imported = bound.any(|it| !it.origin.is_enrolled());
        match (person.moved, imported) {
            (false, _) => ImportedKey::Unused,
            (true, true) => ImportedKey::Present,
            (true, false) => ImportedKey::Former,
        }
    }

    /// Returns how many administrators have what is demanded of them.
    pub fn enrolled_administrators(&self) -> usize {
        let has_passkey = |account: &Account| {
            let mut all = account.second_factor.iter();
            all.any(|it| it.suspended.is_none() && it.is_passkey())
        };
        let enrolled = |k: &usize| {
            let account = &self.people[*k].account;
            account.is_active()
                && account.roles.contains(RoleId::ADMINISTRATOR)
                && is_enrolled(account)
                && (!self.demanded(*k) || has_passkey(account))
        };
        (0..self.people.len()).filter(enrolled).count()
    }
}
