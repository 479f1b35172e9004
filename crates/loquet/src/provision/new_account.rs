//! An account to be made, and what makes it.

use loquet_enrollment::Label;
use loquet_policy::{Account, AccountId, OrgId, Refusal, RoleId, RoleSet, Status, may_create};

use crate::account::addresses::Address;
use crate::decide::Facts;
use crate::disk;
use crate::edge::random;
use crate::error::{Config, Error, MAX_EXTERNAL_ID};
use crate::mfa::Mfa;
use crate::mfa::rows::next_version;
use crate::mfa::source::{Actor, Source};
use crate::records::{AccountRecord, RESERVED};
use crate::store::{Cursor, Query, Row, RowKey, Version, Writes};

/// An account to be made for one of the host's users.
#[derive(Debug, Clone)]
#[must_use]
pub struct NewAccount<'a> {
    pub(super) id: AccountId,
    pub(super) external_id: &'a str,
    label: &'a str,
    roles: Vec<RoleId>,
    pub(super) address: Option<Address>,
    awaits_import: bool,
}

impl<'a> NewAccount<'a> {
    /// An account with the host's id, without roles. `external_id` is the host's own name for the user, an e-mail address
    /// for example (1 to 256 bytes without control characters, unique in the organization), and also the account name that
    /// authenticator apps show, until [`label`](Self::label) sets another.
    ///
    /// # Security
    /// An id belongs to one user for ever: its account keeps the authenticator and the roles. SQLite gives the id of a
    /// deleted row to the next one unless its column is `INTEGER PRIMARY KEY AUTOINCREMENT`.
    ///
    /// ```
    /// # use loquet::{NewAccount, RoleId};
    /// let new = NewAccount::new(42_u64, "marie@example.org").role(RoleId(1));
    /// ```
    pub fn new(id: impl Into<AccountId>, external_id: &'a str) -> Self {
        Self {
            id: id.into(),
            external_id,
            label: external_id,
            roles: Vec::new(),
            address: None,
            awaits_import: false,
        }
    }

    /// Sets the account name that authenticator apps show.
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
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

    /// Says that the host will import the authenticator that the user already has
    /// ([`Provision::import_authenticator`](crate::Provision::import_authenticator)). Until then the password alone enrolls
    /// no other: a thief of the password could otherwise be faster. It counts when the account is made, and not for one that
    /// is there. Do not say so of an administrator whose key has fewer than 128 bits, which is not imported. If the import
    /// never comes, an administrator resets the account, once multi-factor log-in is enabled.
    pub const fn awaiting_import(mut self) -> Self {
        self.awaits_import = true;
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
    if let Some((at, _)) = external_id.char_indices().find(|(_, it)| it.is_control()) {
        return Err(Config::ControlCharacter(at));
    }
    if RESERVED.iter().any(|it| external_id.starts_with(it)) {
        return Err(Config::ExternalIdReserved);
    }
    Ok(())
}

impl Mfa {
    /// Whether the audit log has records of an account. Its row is gone then, by no act of ours.
    async fn has_records(&self, id: AccountId) -> Result<bool, Error> {
        let (query, start) = (Query::Audit(id), Cursor::default());
        let page = self.store().scan(&query, &start).await?;
        Ok(!page.items.is_empty())
    }

    /// What makes an account; `None` where it is there already.
    pub(crate) async fn new_account(
        &self,
        source: impl Source,
        org: OrgId,
        new: &NewAccount<'_>,
    ) -> Result<Option<Writes>, Error> {
        check_names(new.external_id, new.label)?;
        let roles = RoleSet::new(new.roles.iter().copied())?;
        let mut facts = Facts::default();
        let keys = [
            RowKey::Account(new.id),
            RowKey::Organization(org),
            RowKey::Roster(org),
        ];
        self.load(source, &keys, Actor::Encrypted(new.id), &mut facts)
            .await?;
        if let Some(known) = facts.actor {
            return match known.facts.status {
                _ if known.facts.org != org => Err(Config::IdTaken.into()),
                Status::Deactivated { since } => Err(Refusal::IsDeactivated { since }.into()),
                Status::Active if known.external_id == new.external_id => Ok(None),
                Status::Active => Err(Config::OtherExternalId(known.external_id).into()),
            };
        }
        let (Some(organization), Some(mut roster)) = (facts.organization, facts.roster) else {
            return Err(Config::Missing("organization").into());
        };
        let now = self.now();
        let mut account = Account::new(new.id, org, roles, now);
        account.awaits_import = new.awaits_import;
        if organization.facts.is_enabled() && self.has_records(new.id).await? {
            return Err(Config::HasRecords.into());
        }
        let resets_until = organization.facts.resets_by_host_until;
        if resets_until.is_some_and(|until| now < until) {
            // It may be one that was bound, and that the restore lost.
            account = account.restored_unknown();
        }
        let mut put = Vec::new();
        if !may_create(&organization.facts, &account) {
            return Err(Config::AdministratorAfterEnabling.into());
        }
        let keys = self.row_keys(self.unlock().await?);
        if account.is_administrator() {
            roster.admit(&account);
            let version = next_version(&facts.read, RowKey::Roster(org));
            put.push(Row::Roster(disk::write_roster(&roster, version, &keys)?));
        }
        let mut record = AccountRecord::new(account, new.external_id, new.label);
        if let Some(address) = &new.address {
            record.addresses.change(address, now);
        }
        put.push(Row::Account(disk::write_account::<Error>(
            &record,
            Version::ABSENT.next(),
            &keys,
            || Ok(random()?),
        )?));
        Ok(Some(Writes {
            expect: facts.read,
            put,
            ..Writes::default()
        }))
    }
}
