//! What a row holds once it is read and opened.

use loquet_policy::{
    Account, Digest, Grant, MandateKind, Organization, Refusal, RoleId, Session, SessionId,
    SessionLimits, Setting, SettingKind, UnixTime,
};
use serde::{Deserialize, Serialize};

use crate::account::notice_addresses::Addresses;
use crate::admin::undo_rules::UNDO;
use crate::audit::{AuditHead, Refusals};
use crate::devices::Devices;
use crate::hash;
use crate::session::live::Sessions;

/// An organization with its name and the texts of its access rules.
#[derive(Debug, Clone)]
pub(crate) struct OrganizationRecord {
    pub(crate) facts: Organization,
    /// The issuer that authenticator apps show.
    pub(crate) name: String,
    /// The texts that `facts` and `past` name by hash: those in force, those that wait, those before.
    pub(crate) rules: Vec<Rules>,
    /// The rules that held before, the last ones at the end.
    pub(crate) past: Vec<PastRules>,
    /// Since when users may have devices remembered, if they may. What was remembered before is forgotten.
    pub(crate) devices: Option<UnixTime>,
    /// What people were reminded of, while its date is still to come.
    pub(crate) reminded: Vec<Reminded>,
}

/// One reminder that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reminded {
    /// Of whose mandate.
    pub(crate) role: RoleId,
    #[serde(default, skip_serializing_if = "MandateKind::is_second_factor")]
    pub(crate) kind: MandateKind,
    /// Of which date.
    pub(crate) date: UnixTime,
    /// How many days before it.
    pub(crate) days: u8,
}

/// Access rules as they were written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) digest: Digest,
    pub(crate) text: String,
}

impl Rules {
    pub(crate) fn new(text: String) -> Self {
        Self {
            digest: hash::digest("access rules", text.as_bytes()),
            text,
        }
    }
}

impl OrganizationRecord {
    /// A new organization, without access rules.
    pub(crate) fn new(facts: Organization, name: &str) -> Self {
        Self {
            facts,
            name: name.to_owned(),
            rules: Vec::new(),
            past: Vec::new(),
            devices: None,
            reminded: Vec::new(),
        }
    }

    /// Which rules hold at `now`. A change that waited long enough holds from its hour on, whether or not a decision has
    /// written it down yet: rules that let no client in could otherwise never be left.
    pub(crate) fn rules_digest(&self, now: UnixTime) -> Option<Digest> {
        let due = self
            .facts
            .scheduled
            .iter()
            .filter(|change| now >= change.due)
            .find_map(|change| match change.setting {
                Setting::AccessRules { rules, .. } => Some(rules),
                _ => None,
            });
        due.unwrap_or(self.facts.options.access_rules)
    }

    /// The text of the rules that hold at `now`; empty when there are none. `None`: the facts name rules that are not
    /// there.
    pub(crate) fn rules_in_force(&self, now: UnixTime) -> Option<&str> {
        self.text_of(self.rules_digest(now))
    }
}

/// Access rules that held before others did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastRules {
    /// Their hash; `None`: there were none.
    pub(crate) rules: Option<Digest>,
    /// When they were replaced.
    pub(crate) until: UnixTime,
}

/// Past rules whose texts are kept. They stand in the row that every decision reads.
const PAST: usize = 3;

impl OrganizationRecord {
    /// The organization as the rules leave it: `new` is a text that it names.
    pub(crate) fn sync(&mut self, facts: Organization, new: Option<&Rules>, now: UnixTime) {
        let before = self.facts.options.access_rules;
        self.facts = facts;
        self.rules.extend(new.cloned());
        if before != self.facts.options.access_rules {
            self.past.push(PastRules {
                rules: before,
                until: now,
            });
        }
        self.keep_rules();
    }

    /// Other rules, or none, hold at once; what waits is dropped.
    pub(crate) fn put_in_force(&mut self, rules: Option<Digest>, now: UnixTime) {
        let mut facts = self.facts.clone();
        facts.options.access_rules = rules;
        facts
            .scheduled
            .retain(|change| change.setting.kind() != SettingKind::AccessRules);
        self.sync(facts, None, now);
    }

    /// Forgets the access rules that held before.
    pub(crate) fn forget_past(&mut self) {
        self.past.clear();
        self.keep_rules();
    }

    /// The hashes of the rules in force and of those that wait.
    pub(crate) fn rules_to_come(&self) -> impl Iterator<Item = Digest> {
        let waiting = self.facts.scheduled.iter();
        let waiting = waiting.filter_map(|change| match change.setting {
            Setting::AccessRules { rules, .. } => rules,
            _ => None,
        });
        self.facts.options.access_rules.into_iter().chain(waiting)
    }

    /// The rules of before the last change, while it can be undone.
    pub(crate) fn undoable_rules(&self, now: UnixTime) -> Option<&PastRules> {
        let can_be_undone = |past: &&PastRules| past.until.age(now).is_some_and(|age| age < UNDO);
        self.past.last().filter(can_be_undone)
    }

    /// Keeps the texts that the facts and the past name, and forgets the rest.
    fn keep_rules(&mut self) {
        let surplus = self.past.len().saturating_sub(PAST);
        self.past.drain(..surplus);
        let named: Vec<Digest> = self
            .rules_to_come()
            .chain(self.past.iter().filter_map(|past| past.rules))
            .collect();
        let mut kept: Vec<Rules> = Vec::new();
        for rules in self.rules.drain(..) {
            if named.contains(&rules.digest) && !kept.iter().any(|it| it.digest == rules.digest) {
                kept.push(rules);
            }
        }
        self.rules = kept;
    }

    /// The text of these rules; empty for none. `None`: it is not there.
    pub(crate) fn text_of(&self, rules: Option<Digest>) -> Option<&str> {
        match rules {
            None => Some(""),
            Some(digest) => self
                .rules
                .iter()
                .find(|rules| rules.digest == digest)
                .map(|rules| rules.text.as_str()),
        }
    }
}

/// How the external ids begin that Loquet itself gives, each with the account's id after it. The host gives none that
/// begins so, or it could take one before it is needed: then an account could not be erased.
pub(crate) const RESERVED: [&str; 2] = [ERASED, RESTORED];
const ERASED: &str = "erased ";
pub(crate) const RESTORED: &str = "restored ";

/// An account with its opened secrets.
#[derive(Debug, Clone)]
pub(crate) struct AccountRecord {
    pub(crate) facts: Account,
    pub(crate) external_id: String,
    /// The account name that authenticator apps show.
    pub(crate) label: String,
    /// Where notices go.
    pub(crate) addresses: Addresses,
    /// Refusals that were recorded though they changed nothing.
    pub(crate) refusals: Refusals,
    pub(crate) secrets: Secrets,
    pub(crate) audit: AuditHead,
    pub(crate) devices: Devices,
    /// Sessions that were neither logged out nor replaced.
    pub(crate) sessions: Sessions,
    /// The newest used step and its epoch, as read: it stays in the row while the epoch lasts, also when the authenticator
    /// is disabled.
    pub(crate) used: Option<(u32, u64)>,
}

impl AccountRecord {
    /// A new account, without a secret.
    pub(crate) fn new(facts: Account, external_id: &str, label: &str) -> Self {
        Self {
            audit: AuditHead::start(facts.id),
            facts,
            external_id: external_id.to_owned(),
            label: label.to_owned(),
            addresses: Addresses::default(),
            refusals: Refusals::default(),
            secrets: Secrets::default(),
            devices: Devices::default(),
            sessions: Sessions::default(),
            used: None,
        }
    }

    /// Refuses a session that was logged out, that is too old or was idle for too long, or whose device its owner has forgotten.
    pub(crate) fn check(
        &self,
        session: &Session,
        limits: &SessionLimits,
        last_seen: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        // Sessions of another epoch are over for a reason of their own, which the rules name.
        let is_live = self.sessions.contains(session) || session.epoch != self.facts.epoch;
        if !is_live || self.devices.ended(session.id, now) {
            return Err(Refusal::StaleLogIn);
        }
        limits.check(session, &self.facts, last_seen, now)
    }

    /// Whether it says the same as another, apart from its secrets, which change with the facts alone.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.facts == other.facts
            && self.secrets.details().eq(other.secrets.details())
            && self.external_id == other.external_id
            && self.label == other.label
            && self.addresses == other.addresses
            && self.refusals == other.refusals
            && self.devices == other.devices
            && self.sessions == other.sessions
    }

    /// The newest used step, which stays in the row while the epoch lasts.
    pub(crate) fn used_step(&self) -> Option<u64> {
        let used = self.used.filter(|(epoch, _)| *epoch == self.facts.epoch);
        let last = self.facts.second_factor.last_step();
        last.or(used.map(|(_, step)| step))
    }

    /// Forgets what is personal: names, addresses, devices. What is left is a number.
    pub(crate) fn erase(&mut self) {
        self.facts.erased = true;
        self.take_reserved_name(ERASED);
        self.label = "erased".to_owned();
        self.addresses = Addresses::default();
        self.devices = Devices::default();
        self.secrets = Secrets::default();
        self.sessions.clear();
    }

    /// Takes an external id that no other account has.
    pub(crate) fn take_reserved_name(&mut self, prefix: &str) {
        self.external_id = format!("{prefix}{}", self.facts.id);
    }

    /// Keeps the session that a grant made in place of an old one.
    pub(crate) fn sync_sessions(&mut self, old: Option<SessionId>, granted: &Grant) {
        if let Some(session) = granted.session() {
            self.sessions.replace(old, &session);
        } else if let (Grant::LoggedOut, Some(old)) = (granted, old) {
            self.sessions.remove(old);
        }
    }
}

/// An account without its secrets: enough for a list, a letter, a count, and nothing is decrypted for it.
#[derive(Debug, Clone)]
pub(crate) struct PersonRecord {
    pub(crate) facts: Account,
    pub(crate) external_id: String,
    pub(crate) label: String,
    pub(crate) addresses: Addresses,
    pub(crate) devices: Devices,
    /// Its authenticators, in the order of the facts.
    pub(crate) authenticators: Vec<AuthenticatorDetails>,
    /// The serial number of the hardware token that waits to be confirmed.
    pub(crate) assigned_token: Option<String>,
    pub(crate) sessions: Sessions,
}

impl PersonRecord {
    /// Whether the token with this serial number is bound.
    pub(crate) fn has_token(&self, serial: &str) -> bool {
        let mut all = self.authenticators.iter();
        all.any(|it| it.serial.as_deref() == Some(serial))
    }
}

mod secrets;
mod token;

pub(crate) use secrets::{
    AuthenticatorDetails, BoundSecret, PendingSecret, Secrets, present_steps,
};
pub(crate) use token::{AssignedToken, TokenRecord};

#[cfg(test)]
mod tests;
