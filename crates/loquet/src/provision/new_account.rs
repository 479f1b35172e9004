//! An account to be made, and what makes it.

use loquet_enrollment::Label;
use loquet_policy::{Account, AccountId, OrgId, Refusal, RoleId, RoleSet, Status};

use crate::account::addresses::Address;
use crate::decide::Facts;
use crate::disk;
use crate::edge::random;
use crate::error::{Config, Error, MAX_EXTERNAL_ID};
use crate::mfa::Mfa;
use crate::mfa::source::{Actor, Source};
use crate::records::{AccountRecord, PersonRecord};
use crate::store::{Row, RowKey, Version, Writes};

/// An account to be made for one of the host's users.
#[derive(Debug, Clone)]
#[must_use]
pub struct NewAccount<'a> {
    pub(super) id: AccountId,
    pub(super) external_id: &'a str,
    /// `None`: the external id.
    label: Option<&'a str>,
    roles: Vec<RoleId>,
    pub(super) address: Option<Address>,
}

impl<'a> NewAccount<'a> {
    /// An account with the host's id, without roles. `external_id` is the host's own name for the user (1 to 256 bytes,
    /// unique in the organization) and also the account name that authenticator apps show, until
    /// [`label`](Self::label) sets another.
    ///
    /// ```
    /// # use loquet::{NewAccount, RoleId};
    /// let new = NewAccount::new(42_u64, "marie@example.org").role(RoleId(1));
    /// ```
    pub fn new(id: impl Into<AccountId>, external_id: &'a str) -> Self {
        Self {
            id: id.into(),
            external_id,
            label: None,
            roles: Vec::new(),
            address: None,
        }
    }

    /// Sets the account name that authenticator apps show.
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }

    /// The label of an account that is there already: the one that the host sets, or else the one that it has, unless that
    /// was its external id.
    pub(super) fn label_of<'b>(&'b self, known: &'b PersonRecord) -> &'b str {
        match self.label {
            Some(label) => label,
            None if known.label == known.external_id => self.external_id,
            None => &known.label,
        }
    }

    /// Adds a role.
    pub fn role(mut self, role: RoleId) -> Self {
        self.roles.push(role);
        self
    }

    /// Adds several roles.
    pub fn roles(mut self, roles: impl IntoIterator<Item = RoleId>) -> Self {
        self.roles.extend(roles);
        self
    }

    /// Sets where the user's notices go. Without one Loquet leaves it to the host's mailer.
    pub fn address(mut self, address: impl Into<Option<Address>>) -> Self {
        self.address = address.into();
        self
    }
}

/// Refuses names that no store keeps or no app shows.
pub(super) fn check_names(external_id: &str, label: &str) -> Result<(), Config> {
    Label::new("issuer", label)?;
    let length = external_id.len();
    if length == 0 || length > MAX_EXTERNAL_ID {
        return Err(Config::ExternalId(length));
    }
    Ok(())
}

impl Mfa {
    /// What makes an account; `None` where it is there already.
    pub(crate) async fn new_account(
        &self,
        source: impl Source,
        org: OrgId,
        new: &NewAccount<'_>,
    ) -> Result<Option<Writes>, Error> {
        let label = new.label.unwrap_or(new.external_id);
        check_names(new.external_id, label)?;
        let roles = RoleSet::new(new.roles.iter().copied())?;
        let mut facts = Facts::default();
        let keys = [
            RowKey::Account(new.id),
            RowKey::Organization(org),
            RowKey::Roster(org),
        ];
        self.load(source, &keys, Actor::Encrypted(new.id), &mut facts)
            .await?;
        if let Some(actor) = facts.actor.map(|actor| actor.facts) {
            return match actor.status {
                _ if actor.org != org => Err(Config::IdTaken.into()),
                Status::Active => Ok(None),
                Status::Deactivated { since } => Err(Refusal::IsDeactivated { since }.into()),
            };
        }
        let (Some(organization), Some(mut roster)) = (facts.organization, facts.roster) else {
            return Err(Config::Missing("organization").into());
        };
        let now = self.now();
        let account = Account::new(new.id, org, roles, now);
        let mut put = Vec::new();
        if account.is_administrator() {
            if organization.facts.is_enabled() {
                return Err(Config::AdministratorAfterEnabling.into());
            }
            roster.admit(&account);
            put.push(Row::Roster(disk::write_roster(&roster)?));
        }
        let mut record = AccountRecord::new(account, new.external_id, label);
        if let Some(address) = &new.address {
            record.addresses.change(address, now);
        }
        put.push(Row::Account(disk::write_account::<Error>(
            &record,
            Version::ABSENT.next(),
            &self.ring(),
            || Ok(random()?),
        )?));
        Ok(Some(Writes {
            expect: facts.read,
            put,
            ..Writes::default()
        }))
    }
}
