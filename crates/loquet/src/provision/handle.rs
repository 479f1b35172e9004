//! What the host's user management does, without a session: the host is trusted with who its users are, not with letting
//! them in.

use std::collections::BTreeSet;

use loquet_enrollment::Label;
use loquet_policy::{AccountId, OrgId, Organization, Refusal, Roster};

use crate::account::addresses::Address;
use crate::account::operations::SetAddress;
use crate::admin::settings::OrganizationSetting;
use crate::decide::Facts;
use crate::disk;
use crate::error::{Config, Error};
use crate::mfa::rows::next_version;
use crate::mfa::source::Actor;
use crate::mfa::{Mfa, TRIES};
use crate::provision::NewAccount;
use crate::provision::new_account::check_names;
use crate::provision::operations::{Erase, HostDeactivate, Rename};
use crate::records::OrganizationRecord;
use crate::session::attempt::Attempt;
use crate::store::{Commit, Cursor, Query, Row, RowKey, Writes};

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
pub struct Provision<'a>(pub(super) &'a Mfa);

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
    /// Creates an organization if it is not there, and adds the host's roles that it has not. `name` is the issuer that
    /// authenticator apps show.
    ///
    /// # Errors
    /// [`Config::Label`] when no app could show the name, and [`Error`] of the store.
    pub async fn ensure_organization(self, id: OrgId, name: &str) -> Result<OrgId, Error> {
        self.ensure_organization_with(id, name, []).await
    }

    /// As [`ensure_organization`](Self::ensure_organization), with settings for a new organization. They hold at once:
    /// before multi-factor log-in is enabled, no change of a setting has to wait.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, id: loquet::OrgId) -> Result<(), loquet::Error> {
    /// let settings = [loquet::OrganizationSetting::RecoveryCodes { offered: true }];
    /// mfa.provision().ensure_organization_with(id, "Green Lane School", settings).await?;
    /// # Ok(()) }
    /// ```
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
            new.roles.clear();
            new.define(roles.iter().map(|role| role.definition));
        }
        for setting in settings {
            new.begin_with(setting.into())?;
        }
        for _ in 0..TRIES {
            let mut facts = Facts::default();
            let keys = [RowKey::Organization(id), RowKey::Roster(id)];
            self.0.load(self.0, &keys, Actor::None, &mut facts).await?;
            let keys = self.0.row_keys(self.0.unlock().await?);
            let next = |key| next_version(&facts.read, key);
            let write = |record: &OrganizationRecord| {
                let version = next(RowKey::Organization(id));
                disk::write_organization(record, version, &keys).map(Row::Organization)
            };
            let mut put = Vec::new();
            match (facts.organization, &facts.roster) {
                (Some(mut known), Some(_)) => {
                    if !known.facts.define(roles.iter().map(|role| role.definition)) {
                        return Ok(id);
                    }
                    put.push(write(&known)?);
                }
                (None, None) => {
                    // Someone without the keys took its rows away: a new one would have no latch.
                    let accounts = Query::Accounts(id);
                    let found = self.0.store().scan(&accounts, &Cursor::default()).await?;
                    if !found.items.is_empty() {
                        return Err(Config::Missing("organization").into());
                    }
                    let record = OrganizationRecord::new(new.clone(), name);
                    put.push(write(&record)?);
                    let version = next(RowKey::Roster(id));
                    let roster = disk::write_roster(&Roster::new(id), version, &keys)?;
                    put.push(Row::Roster(roster));
                }
                (Some(_), None) => return Err(Config::Missing("roster").into()),
                (None, Some(_)) => return Err(Config::Missing("organization").into()),
            }
            let writes = Writes {
                expect: facts.read,
                put,
                ..Writes::default()
            };
            if self.0.store().commit(writes).await? == Commit::Done {
                return Ok(id);
            }
        }
        Err(Error::Busy)
    }

    /// Creates an account for one of the host's users if it is not there. What is there stays as it is: roles are Loquet's
    /// from then on, and so is a notice address that its owner may have changed; where there is none yet, it is set, and
    /// counts at once.
    ///
    /// # Errors
    /// [`Config::AdministratorAfterEnabling`] for a new administrator where multi-factor log-in is enabled (it says what to
    /// do), [`Config::IdTaken`], [`Error::Refused`] with `IS_DEACTIVATED` (never give a deleted user's id to another),
    /// [`Config::ExternalId`] and others about it, [`Config::ExternalIdTaken`], [`Config::Label`],
    /// [`Config::TooManyRoles`], and [`Error`] of the store.
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
            match self.find(new.external_id).await? {
                // Another node has created it since it was looked for above.
                Some(found) if found == new.id => continue,
                Some(_) => return Err(Config::ExternalIdTaken.into()),
                None => {}
            }
            if self.0.store().commit(writes).await? == Commit::Done {
                return Ok(true);
            }
        }
        Err(Error::Busy)
    }

    /// Creates the accounts of all the host's users, and reports what it found: to begin with an existing service, and
    /// to run again as often as you like. It changes no role, renames no account and deactivates none.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, users: Vec<(u64, String)>) -> Result<(), loquet::Error> {
    /// let users = users.iter().map(|(id, email)| loquet::NewAccount::new(*id, email));
    /// let report = mfa.provision().sync_accounts(users).await?;
    /// println!("{} created, not created: {:?}", report.created, report.rejected);
    /// # Ok(()) }
    /// ```
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
            let why = match self.sync_account(&user, &mut report).await {
                Ok(()) => continue,
                Err(Error::Config(why)) => why.to_string(),
                Err(Error::Refused(why)) => why.to_string(),
                Err(other) => return Err(other),
            };
            report.rejected.push((user.external_id.to_owned(), why));
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

    async fn sync_account(
        self,
        user: &NewAccount<'_>,
        report: &mut SyncReport,
    ) -> Result<(), Error> {
        let one_more = |count: &mut usize| *count = count.saturating_add(1);
        if self.create(user).await? {
            one_more(&mut report.created);
            return Ok(());
        }
        one_more(&mut report.unchanged);
        if self.complete(user.id, user.address.clone()).await? {
            one_more(&mut report.addresses);
        }
        Ok(())
    }

    /// Changes an account's external id and label, after the host has changed its user's name. Authenticator apps show
    /// the new label from the next enrollment on.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa) -> Result<(), loquet::Error> {
    /// mfa.provision().rename(42_u64, "marie.martin@example.org", "Marie Martin").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNKNOWN_ACCOUNT` or `IS_DEACTIVATED`, [`Config::ExternalId`] and others about it,
    /// [`Config::ExternalIdTaken`], [`Config::Label`], and [`Error`] of the store.
    pub async fn rename(
        self,
        account: impl Into<AccountId>,
        external_id: &str,
        label: &str,
    ) -> Result<(), Error> {
        let account = account.into();
        check_names(external_id, label)?;
        let other = self.find(external_id).await?;
        if other.is_some_and(|other| other != account) {
            return Err(Config::ExternalIdTaken.into());
        }
        let rename = Rename {
            account,
            external_id: external_id.to_owned(),
            label: label.to_owned(),
        };
        self.0.run(rename, Attempt::default()).await
    }

    /// Sets the notice address of an account, as the host's own record has it. An account's first address counts at once.
    /// Any other counts when its owner has typed back the code that is sent there
    /// ([`AccountHandle::confirm_address`](crate::AccountHandle::confirm_address)): a thief who changes the host's record
    /// must not silence the owner. The old one is told, and receives every notice until then and for 14 more days. Returns
    /// `false` where the address stands or waits for its code already; its owner asks for another code.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, address: loquet::Address) -> Result<(), loquet::Error> {
    /// mfa.provision().set_address(42_u64, address).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNKNOWN_ACCOUNT`, `TOO_MANY_ADDRESSES`, `TOO_MANY_ADDRESS_CODES` (ten a day) and others.
    pub async fn set_address(
        self,
        account: impl Into<AccountId>,
        address: Address,
    ) -> Result<bool, Error> {
        let account = account.into();
        let set = SetAddress { account, address };
        was_another(self.0.run(set, Attempt::default()).await)
    }

    /// Returns where an account's notices go, if Loquet was told.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn address(self, account: AccountId) -> Result<Option<Address>, Error> {
        let person = self.0.own_person(account).await?;
        Ok(person.and_then(|person| person.addresses.present().cloned()))
    }

    /// Deactivates the account of a user whom the host has deleted: its sessions end and its secret is erased. If it
    /// was an administrator's, the administrators are told. Returns `false` where there is no such account, or it is
    /// deactivated already.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa) -> Result<(), loquet::Error> {
    /// mfa.provision().deactivate(42_u64).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn deactivate(self, account: impl Into<AccountId>) -> Result<bool, Error> {
        let account = account.into();
        let deactivate = HostDeactivate { account };
        was_there(self.0.run(deactivate, Attempt::default()).await)
    }

    /// Erases an account, for the right to be forgotten: it is deactivated, and its names, addresses, devices and
    /// secrets go. Its id stays in the user list, and its records stay in the audit chain, which would be broken
    /// without them. They hold the client's addresses until [`Operator::forget_audit`](crate::Operator::forget_audit)
    /// forgets them. A notice that waits for one of its addresses names it until the next round of deliveries. Backups and
    /// copies of the database keep what they held. There is no way back: the user needs
    /// another account. Returns `false` where there is no such account.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa) -> Result<(), loquet::Error> {
    /// mfa.provision().erase(42_u64).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn erase(self, account: impl Into<AccountId>) -> Result<bool, Error> {
        let account = account.into();
        self.deactivate(account).await?;
        was_there(self.0.run(Erase { account }, Attempt::default()).await)
    }

    /// Counts a request that the host rejected before its user was known: an unknown name, a wrong password. See
    /// [`Operator::rejections`](crate::Operator::rejections).
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa) -> Result<(), loquet::Error> {
    /// mfa.provision().count_rejection()?; // there is no such user, or the password is wrong
    /// # Ok(()) }
    /// ```
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

/// What stands already is no error.
pub(crate) fn was_another(set: Result<(), Error>) -> Result<bool, Error> {
    match set {
        Ok(()) => Ok(true),
        Err(Error::Refused(Refusal::Unchanged)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// An account that is not there, or deactivated already, is no error: the host's user is gone.
pub(crate) fn was_there(gone: Result<(), Error>) -> Result<bool, Error> {
    match gone {
        Ok(()) => Ok(true),
        Err(Error::Refused(Refusal::IsDeactivated { .. } | Refusal::UnknownAccount)) => Ok(false),
        Err(other) => Err(other),
    }
}
