//! What the host's user management does, without a session: the host is trusted with who its users are, not with letting
//! them in.

use std::collections::BTreeSet;

use loquet_enrollment::Label;
use loquet_policy::{
    Account, AccountId, OrgId, Organization, Refusal, RoleId, RoleSet, Roster, Status,
};

use crate::account::addresses::Address;
use crate::account::operations::SetAddress;
use crate::admin::settings::OrganizationSetting;
use crate::decide::Facts;
use crate::disk;
use crate::edge::random;
use crate::error::{Config, Error};
use crate::mfa::source::{Actor, Source};
use crate::mfa::{MAX_EXTERNAL_ID, Mfa, TRIES};
use crate::provision::operations::{Erase, HostDeactivate};
use crate::records::{AccountRecord, OrganizationRecord};
use crate::session::attempt::Attempt;
use crate::store::{Commit, Cursor, Item, Query, Row, RowKey, Version, Writes};

/// An account to be made for one of the host's users.
#[derive(Debug, Clone)]
#[must_use]
pub struct NewAccount<'a> {
    id: AccountId,
    external_id: &'a str,
    label: &'a str,
    roles: Vec<RoleId>,
    address: Option<Address>,
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
            label: external_id,
            roles: Vec::new(),
            address: None,
        }
    }

    pub(crate) const fn id(&self) -> AccountId {
        self.id
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

    /// Sets where the user's notices go. Without one Loquet leaves it to the host's mailer.
    pub fn address(mut self, address: impl Into<Option<Address>>) -> Self {
        self.address = address.into();
        self
    }
}

/// What [`Provision::sync_accounts`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncReport {
    /// Accounts that were made.
    pub created: usize,
    /// Accounts that were there already, as they are.
    pub unchanged: usize,
    /// Accounts that had no notice address and were given one.
    pub addresses: usize,
    /// Accounts that were not made, by external id, each with the reason.
    pub rejected: Vec<(String, String)>,
    /// Active accounts that the host did not list, by external id. Deactivate those whose users are gone.
    pub unlisted: Vec<String>,
}

/// The host's user management; from [`Mfa::provision`].
#[derive(Debug, Clone, Copy)]
pub struct Provision<'a>(&'a Mfa);

impl Mfa {
    /// Returns what the host's user management does, without a session.
    ///
    /// ```
    /// # use loquet::{Mfa, NewAccount};
    /// # async fn sign_up(mfa: Mfa) -> Result<(), loquet::Error> {
    /// let marie = mfa.provision().ensure_account(NewAccount::new(42_u64, "marie@example.org")).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub const fn provision(&self) -> Provision<'_> {
        Provision(self)
    }
}

impl Provision<'_> {
    /// Creates an organization if it is not there. `name` is the issuer that authenticator apps show.
    ///
    /// # Errors
    /// [`Config::Label`] when no app could show the name, and [`Error`] of the store.
    pub async fn ensure_organization(self, id: OrgId, name: &str) -> Result<OrgId, Error> {
        self.ensure_organization_with(id, name, []).await
    }

    /// The same with settings to begin with, in force at once: before multi-factor log-in is enabled nothing is weakened.
    ///
    /// # Errors
    /// As [`ensure_organization`](Self::ensure_organization), and [`Error::Refused`] with `OUT_OF_BOUNDS`.
    pub async fn ensure_organization_with(
        self,
        id: OrgId,
        name: &str,
        settings: impl IntoIterator<Item = OrganizationSetting>,
    ) -> Result<OrgId, Error> {
        Label::new(name, "account")?;
        let mut new = Organization::new(id);
        let roles = &self.0.inner.roles;
        if !roles.is_empty() {
            new.roles = roles.iter().map(|role| role.definition).collect();
        }
        for setting in settings {
            new.begin_with(setting.into())?;
        }
        for _ in 0..TRIES {
            let mut facts = Facts::default();
            let keys = [RowKey::Organization(id), RowKey::Roster(id)];
            self.0.load(self.0, &keys, Actor::None, &mut facts).await?;
            if facts.organization.is_some() && facts.roster.is_some() {
                return Ok(id);
            }
            let record = OrganizationRecord::new(new.clone(), name);
            let writes = Writes {
                expect: facts.read,
                put: vec![
                    Row::Organization(disk::write_organization(&record)?),
                    Row::Roster(disk::write_roster(&Roster::new(id))?),
                ],
                ..Writes::default()
            };
            if self.0.store().commit(writes).await? == Commit::Done {
                return Ok(id);
            }
        }
        Err(Error::Busy)
    }

    /// Creates an account for one of the host's users if it is not there. What is there stays as it is: roles are Loquet's
    /// from then on, and so is a notice address that its owner may have changed; where there is none yet, it is set.
    ///
    /// # Errors
    /// [`Config::AdministratorAfterEnabling`] for a new administrator where multi-factor log-in is enabled (it says what to
    /// do), [`Config::IdTaken`], [`Error::Refused`] with `IS_DEACTIVATED` (never give a deleted user's id to another),
    /// [`Config::ExternalId`], [`Config::ExternalIdTaken`], [`Config::Label`], [`Config::TooManyRoles`], and [`Error`] of the store.
    pub async fn ensure_account(self, new: NewAccount<'_>) -> Result<AccountId, Error> {
        let (id, address) = (new.id, new.address.clone());
        if !self.create(&new).await? {
            self.complete(id, address).await?;
        }
        Ok(id)
    }

    /// Sets the address of an account that has none. Says whether it did.
    async fn complete(self, id: AccountId, address: Option<Address>) -> Result<bool, Error> {
        match address {
            Some(address) if self.address(id).await?.is_none() => {
                self.set_address(id, address).await
            }
            _ => Ok(false),
        }
    }

    /// Says whether the account was made now.
    async fn create(self, new: &NewAccount<'_>) -> Result<bool, Error> {
        let org = self.0.org()?;
        let lanes = self.0.inner.lanes.enter(vec![new.id]).await;
        let _lane = lanes.map_err(|_| Error::Busy)?;
        for _ in 0..TRIES {
            let Some(writes) = self.0.new_account(self.0, org, new).await? else {
                return Ok(false);
            };
            if self.find(new.external_id).await?.is_some() {
                return Err(Config::ExternalIdTaken.into());
            }
            if self.0.store().commit(writes).await? == Commit::Done {
                return Ok(true);
            }
        }
        Err(Error::Busy)
    }

    /// Creates the accounts of all the host's users, and reports what it found: to begin with an existing service, and to
    /// run again as often as you like. It changes no role and deactivates no account.
    ///
    /// # Errors
    /// [`Error`] of the store. What one account lacks is reported, not returned.
    pub async fn sync_accounts<'a>(
        self,
        users: impl IntoIterator<Item = NewAccount<'a>>,
    ) -> Result<SyncReport, Error> {
        let mut report = SyncReport::default();
        let mut listed = BTreeSet::new();
        for user in users {
            listed.insert(user.id);
            let (id, external_id) = (user.id, user.external_id.to_owned());
            let address = user.address.clone();
            match self.create(&user).await {
                Ok(true) => report.created = report.created.saturating_add(1),
                Ok(false) => {
                    report.unchanged = report.unchanged.saturating_add(1);
                    if self.complete(id, address).await? {
                        report.addresses = report.addresses.saturating_add(1);
                    }
                }
                Err(Error::Config(why)) => report.rejected.push((external_id, why.to_string())),
                Err(Error::Refused(why)) => report.rejected.push((external_id, why.to_string())),
                Err(other) => return Err(other),
            }
        }
        self.0
            .each_person(self.0.org()?, |person| {
                if person.facts.is_active() && !listed.contains(&person.facts.id) {
                    report.unlisted.push(person.external_id);
                }
            })
            .await?;
        Ok(report)
    }

    /// Sets the notice address of an account, as the host's own record has it. The old one is told, and receives every
    /// notice for 14 more days. Says whether it was another.
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNKNOWN_ACCOUNT`, `TOO_MANY_ADDRESSES` and others.
    pub async fn set_address(
        self,
        account: impl Into<AccountId>,
        address: Address,
    ) -> Result<bool, Error> {
        let account = account.into();
        let set = SetAddress { account, address };
        match self.0.run(set, Attempt::default()).await {
            Ok(()) => Ok(true),
            Err(Error::Refused(Refusal::Unchanged)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Returns where an account's notices go, if Loquet was told.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn address(self, account: AccountId) -> Result<Option<Address>, Error> {
        let person = self.0.own_person(account).await?;
        Ok(person.and_then(|person| person.addresses.present().cloned()))
    }

    /// Deactivates the account of a user whom the host has deleted: no session, no secret from now on. The administrators
    /// are told where it was one of them.
    ///
    /// # Errors
    /// [`Error::Refused`] with `IS_DEACTIVATED` and others.
    pub async fn deactivate(self, account: impl Into<AccountId>) -> Result<(), Error> {
        let account = account.into();
        self.0
            .run(HostDeactivate { account }, Attempt::default())
            .await
    }

    /// Erases an account, for the right to be forgotten: it is deactivated, and its names, addresses, devices and secrets
    /// go. What stays is its id, in the user list and in the audit chain, which would be broken without its records; they
    /// hold the client's addresses until [`Operator::forget_audit`](crate::Operator::forget_audit) forgets them. There is
    /// no way back: the user needs another account. Backups and copies of the database keep what they held.
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNKNOWN_ACCOUNT` and others.
    pub async fn erase(self, account: impl Into<AccountId>) -> Result<(), Error> {
        let account = account.into();
        match self.deactivate(account).await {
            Ok(()) | Err(Error::Refused(Refusal::IsDeactivated { .. })) => {}
            Err(other) => return Err(other),
        }
        self.0.run(Erase { account }, Attempt::default()).await
    }

    /// Returns the account that the host calls so.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn find(self, external_id: &str) -> Result<Option<AccountId>, Error> {
        let query = Query::ExternalId(self.0.org()?, external_id.to_owned());
        let page = self.0.store().scan(&query, &Cursor::default()).await?;
        let found = page.items.into_iter().find_map(Item::account);
        Ok(found.map(|(row, _)| row.id))
    }

    /// Returns the organization of an account.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn organization_of(self, account: AccountId) -> Result<Option<OrgId>, Error> {
        let person = self.0.own_person(account).await?;
        Ok(person.map(|person| person.facts.org))
    }

    /// Counts a request that the host rejected before its user was known: an unknown name, a wrong password. See
    /// [`Operator::rejections`](crate::Operator::rejections).
    ///
    /// # Errors
    /// [`Config`] where the handle serves many organizations.
    pub fn count_rejection(self) -> Result<(), Error> {
        let org = self.0.org()?;
        self.0
            .add_rejection(crate::store::MetadataId::rejections(org));
        Ok(())
    }
}

impl Mfa {
    /// What makes an account; `None` where it is there already.
    pub(crate) async fn new_account(
        &self,
        source: impl Source,
        org: OrgId,
        new: &NewAccount<'_>,
    ) -> Result<Option<Writes>, Error> {
        Label::new("issuer", new.label)?;
        let length = new.external_id.len();
        if length == 0 || length > MAX_EXTERNAL_ID {
            return Err(Config::ExternalId(length).into());
        }
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
        let mut record = AccountRecord::new(account, new.external_id, new.label);
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
