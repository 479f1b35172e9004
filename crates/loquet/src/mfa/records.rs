//! Records outside a decision: one row, or a list, read and verified.

use loquet_policy::{AccountId, OrgId, Organization, Refusal, Roster};

use crate::admin::UserEntry;
use crate::decide::Facts;
use crate::disk;
use crate::error::{Config, Error};
use crate::mfa::Mfa;
use crate::records::{AccountRecord, OrganizationRecord, PersonRecord};
use crate::store::{Cursor, Item, Query, RowKey, Version};

impl Mfa {
    pub(crate) async fn people(
        &self,
        organization: &Organization,
    ) -> Result<Vec<UserEntry>, Error> {
        let now = self.now();
        let mut people = Vec::new();
        self.each_person(organization.id, |person| {
            people.push(UserEntry::new(organization, person, now));
        })
        .await?;
        Ok(people)
    }

    pub(crate) async fn organization_record(
        &self,
        org: OrgId,
    ) -> Result<OrganizationRecord, Error> {
        let found = self.organization_row(org).await?;
        Ok(found.ok_or(Config::Missing("organization"))?.0)
    }

    /// The organization with the version of its row, if the store has it.
    pub(crate) async fn organization_row(
        &self,
        org: OrgId,
    ) -> Result<Option<(OrganizationRecord, Version)>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let found = self.row(RowKey::Organization(org)).await?;
        let read = found
            .and_then(Item::organization)
            .map(|(row, version)| Ok((disk::read_organization(&row, version, &keys)?, version)));
        read.transpose()
    }

    /// The same of its roster.
    pub(crate) async fn roster_row(&self, org: OrgId) -> Result<Option<(Roster, Version)>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let found = self.row(RowKey::Roster(org)).await?;
        let read = found
            .and_then(Item::roster)
            .map(|(row, version)| Ok((disk::read_roster(&row, version, &keys)?, version)));
        read.transpose()
    }

    /// One account with its secrets.
    pub(crate) async fn account_record(
        &self,
        account: AccountId,
    ) -> Result<Option<AccountRecord>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let found = self.row(RowKey::Account(account)).await?;
        let found = found.and_then(Item::account);
        let read = found.map(|(row, version)| disk::read_account(&row, version, &keys));
        Ok(read.transpose()?)
    }

    async fn row(&self, key: RowKey) -> Result<Option<Item>, Error> {
        let found = self.inner.store.load(&[key]).await?;
        Ok(found.into_iter().next().map(Item::Row))
    }

    /// One account of the asker's organization, for a list.
    pub(crate) async fn entry(&self, asker: Facts, account: AccountId) -> Result<UserEntry, Error> {
        let organization = asker.organization.ok_or(Config::Missing("organization"))?;
        let person = self.person(account).await?;
        let person = person
            .filter(|person| person.facts.org == organization.facts.id)
            .ok_or(Refusal::UnknownAccount)?;
        Ok(UserEntry::new(&organization.facts, person, self.now()))
    }

    /// One account without its secrets.
    pub(crate) async fn person(&self, account: AccountId) -> Result<Option<PersonRecord>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let found = self.row(RowKey::Account(account)).await?;
        let found = found.and_then(Item::account);
        let read = found.map(|(row, version)| disk::read_person(&row, version, &keys));
        Ok(read.transpose()?)
    }

    /// The same; an account of another organization is as good as not there.
    pub(crate) async fn own_person(&self, id: AccountId) -> Result<Option<PersonRecord>, Error> {
        let is_own = |person: &PersonRecord| self.org.is_none_or(|org| org == person.facts.org);
        Ok(self.person(id).await?.filter(is_own))
    }

    /// Every account of an organization without its secrets.
    pub(crate) async fn each_person(
        &self,
        org: OrgId,
        mut each: impl FnMut(PersonRecord),
    ) -> Result<(), Error> {
        let keys = self.row_keys(self.unlock().await?);
        self.pages(Query::Accounts(org), |item| {
            if let Some((row, version)) = item.account() {
                each(disk::read_person(&row, version, &keys)?);
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn pages(
        &self,
        query: Query,
        mut each: impl FnMut(Item) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = Cursor::default();
        loop {
            let page = self.inner.store.scan(&query, &at).await?;
            page.items.into_iter().try_for_each(&mut each)?;
            match page.next {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }
}
