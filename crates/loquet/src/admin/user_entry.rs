//! The user list, as administrators read it.

use loquet_policy::{
    Account, AccountId, Organization, Reason, Refusal, Requirement, RoleSet, Status, UnixTime,
    next_log_in, required,
};

use crate::account::AuthenticatorEntry;
use crate::account::AuthenticatorState;
use crate::account::notice_addresses::NoticeAddress;
use crate::records::PersonRecord;

/// A line of the user list.
#[derive(Debug, Clone)]
pub struct UserEntry {
    account: Account,
    external_id: String,
    label: String,
    authenticators: Vec<AuthenticatorEntry>,
    assigned_token: Option<String>,
    addresses: Vec<NoticeAddress>,
    requirement: Requirement,
    at_log_in: Result<Reason, Refusal>,
    now: UnixTime,
}

impl UserEntry {
    pub(crate) fn new(organization: &Organization, person: PersonRecord, now: UnixTime) -> Self {
        let at_log_in = next_log_in(organization, &person.facts, now);
        Self {
            requirement: required(Some(organization), &person.facts, now),
            at_log_in: at_log_in.map(|(level, _)| level.reason()),
            addresses: person.addresses.list(person.facts.address_change, now),
            authenticators: AuthenticatorEntry::list(
                &person.facts,
                person.authenticators.iter(),
                now,
            ),
            account: person.facts,
            external_id: person.external_id,
            label: person.label,
            assigned_token: person.assigned_token,
            now,
        }
    }

    /// Returns the account's id.
    #[must_use]
    pub const fn account_id(&self) -> AccountId {
        self.account.id
    }

    /// Returns when the account was created.
    #[must_use]
    pub const fn created(&self) -> UnixTime {
        self.account.created
    }

    /// Returns when the account was deactivated.
    #[must_use]
    pub const fn deactivated(&self) -> Option<UnixTime> {
        match self.account.status {
            Status::Active => None,
            Status::Deactivated { since } => Some(since),
        }
    }

    /// Returns whether the account is an administrator's.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.account.is_administrator()
    }

    /// Returns how many recovery codes are left.
    #[must_use]
    pub fn recovery_codes_left(&self) -> usize {
        self.account.recovery.len()
    }

    /// Returns whether the authenticator should be replaced.
    #[must_use]
    pub const fn replacement_is_advised(&self) -> bool {
        self.account.replace_advised
    }

    /// Returns how many wrong codes count against the authenticator: a hundred disable it.
    #[must_use]
    pub const fn failures(&self) -> u8 {
        self.account.attempts.total
    }

    /// Returns the level that the password alone would give now.
    ///
    /// # Errors
    /// The [`Refusal`] that the log-in would get.
    pub const fn at_log_in(&self) -> Result<&Reason, &Refusal> {
        self.at_log_in.as_ref()
    }

    /// Returns the host's own name for it.
    #[must_use]
    pub fn external_id(&self) -> &str {
        &self.external_id
    }

    /// Returns the name that authenticator apps show.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the addresses of its notices, as [`AccountOverview::addresses`](crate::AccountOverview::addresses) does.
    #[must_use]
    pub fn addresses(&self) -> &[NoticeAddress] {
        &self.addresses
    }

    /// Returns its roles.
    #[must_use]
    pub const fn roles(&self) -> RoleSet {
        self.account.roles
    }

    /// Returns whether the account is active; deactivated ones stay in the list.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.account.is_active()
    }

    /// Returns whether a second factor is required, and why.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// Returns until when codes are enough although a mandate demands a passkey: the account came back after a loss.
    #[must_use]
    pub fn codes_until(&self) -> Option<UnixTime> {
        self.account
            .codes_until
            .filter(|_| self.requirement.passkey.is_some())
    }

    /// Returns whether an authenticator is bound and counts: one that was imported counts from its first code on.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.account.is_enrolled()
    }

    /// Returns what is bound.
    #[must_use]
    pub fn authenticator(&self) -> AuthenticatorState {
        AuthenticatorState::of(&self.account, self.now)
    }

    /// Returns the authenticators that are bound, the oldest first.
    #[must_use]
    pub fn authenticators(&self) -> &[AuthenticatorEntry] {
        &self.authenticators
    }

    /// Returns the serial number of the authenticator, where it is a hardware token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let mut bound = self.authenticators.iter();
        bound.find_map(AuthenticatorEntry::token)
    }

    /// Returns the serial number of the hardware token that is assigned and waits for its owner to confirm it.
    #[must_use]
    pub fn assigned_token(&self) -> Option<&str> {
        self.assigned_token.as_deref()
    }

    /// Returns whether the account was made to have its authenticator imported, and was not enrolled since: the password
    /// alone enrolls none.
    #[must_use]
    pub const fn awaits_import(&self) -> bool {
        self.account.awaits_import
    }
}
