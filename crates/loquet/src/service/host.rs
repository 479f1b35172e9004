//! What a host does at its own edge, without a session.

use loquet_enrollment::Label;
use loquet_policy::{Account, AccountId, OrgId, Organization, RoleId, RoleSet, Roster, UnixTime};

use super::bounds::{MAX_EXTERNAL_ID, TRIES};
use super::{Person, Service, ServiceError};
use crate::disk;
use crate::edge::random;
use crate::flow::{self, Facts};
use crate::records::{AccountRecord, OrganizationRecord};
use crate::store::{Commit, Cursor, Item, Query, Row, RowKey, Version, Writes};

/// An account to be made for one of the host's people.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// Its id, which the host keeps with its own row.
    pub id: AccountId,
    /// The host's own name for the person, 1 to 256 bytes.
    pub external_id: &'a str,
    /// The account name that authenticator apps show.
    pub label: &'a str,
    /// The roles that it begins with.
    pub roles: &'a [RoleId],
}

/// What a host does at its own edge, without a session: the host is trusted with who its people are, not with letting
/// them in.
impl Service {
    /// Makes an organization if it is not there. `name` is the issuer that authenticator apps show.
    ///
    /// # Errors
    /// [`ServiceError`], also when an app could not show the name.
    pub async fn ensure_organization(&self, id: OrgId, name: &str) -> Result<OrgId, ServiceError> {
        Label::new(name, "account")?;
        for _ in 0..TRIES {
            let mut facts = Facts::default();
            self.load(
                &[RowKey::Organization(id), RowKey::Roster(id)],
                None,
                &mut facts,
            )
            .await?;
            if facts.organization.is_some() && facts.roster.is_some() {
                return Ok(id);
            }
            let record = OrganizationRecord::new(Organization::new(id), name);
            let writes = Writes {
                expect: facts.read,
                put: vec![
                    Row::Organization(disk::write_organization(&record)?),
                    Row::Roster(disk::write_roster(&Roster::new(id))?),
                ],
                ..Writes::default()
            };
            if self.inner.store.commit(writes).await? == Commit::Done {
                return Ok(id);
            }
        }
        Err(ServiceError::Busy)
    }

    /// Makes an account for one of the host's people if it is not there. Roles are the store's from then on.
    ///
    /// # Errors
    /// [`ServiceError::NotByTheHost`] for a new administrator where multi-factor log-in is enabled, and the others.
    pub async fn ensure_account(
        &self,
        org: OrgId,
        new: NewAccount<'_>,
    ) -> Result<AccountId, ServiceError> {
        let NewAccount {
            id,
            external_id,
            label,
            roles,
        } = new;
        Label::new("issuer", label)?;
        if external_id.is_empty() || external_id.len() > MAX_EXTERNAL_ID {
            return Err(ServiceError::ExternalId(external_id.len()));
        }
        let roles = RoleSet::new(roles.iter().copied())?;
        let _lane = self
            .inner
            .lanes
            .enter(vec![id])
            .await
            .map_err(|_| ServiceError::Busy)?;
        for _ in 0..TRIES {
            let mut facts = Facts::default();
            let keys = [
                RowKey::Account(id),
                RowKey::Organization(org),
                RowKey::Roster(org),
            ];
            self.load(&keys, Some(id), &mut facts).await?;
            if facts.actor.is_some() {
                return Ok(id);
            }
            let (Some(organization), Some(mut roster)) = (facts.organization, facts.roster) else {
                return Err(ServiceError::Missing("organization"));
            };
            let now = self.now();
            let account = Account::new(id, org, roles, now);
            let mut put = Vec::new();
            if roles.contains(RoleId::ADMINISTRATOR) {
                if organization.facts.is_enabled() {
                    return Err(ServiceError::NotByTheHost);
                }
                roster.admit(&account);
                put.push(Row::Roster(disk::write_roster(&roster)?));
            }
            let record = AccountRecord::new(account, external_id, label);
            put.push(Row::Account(disk::write_account::<ServiceError>(
                &record,
                Version::ABSENT.next(),
                &self.ring(),
                || Ok(random()?),
            )?));
            let writes = Writes {
                expect: facts.read,
                put,
                ..Writes::default()
            };
            if self.inner.store.commit(writes).await? == Commit::Done {
                return Ok(id);
            }
        }
        Err(ServiceError::Busy)
    }

    /// The account that the host calls so.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn find(
        &self,
        org: OrgId,
        external_id: &str,
    ) -> Result<Option<AccountId>, ServiceError> {
        let query = Query::ExternalId(org, external_id.to_owned());
        let page = self.inner.store.scan(&query, &Cursor::default()).await?;
        let found = page.items.into_iter().find_map(Item::account);
        Ok(found.map(|(row, _)| row.id))
    }

    /// Whether an account is one of this organization's.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn belongs(&self, account: AccountId, org: OrgId) -> Result<bool, ServiceError> {
        let facts = self.facts(account).await?;
        Ok(facts.actor.is_some_and(|actor| actor.facts.org == org))
    }

    /// Everybody of an organization, for the operator on the host.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn everybody(&self, org: OrgId) -> Result<Vec<Person>, ServiceError> {
        let mut facts = Facts::default();
        self.load(&[RowKey::Organization(org)], None, &mut facts)
            .await?;
        let organization = facts
            .organization
            .ok_or(ServiceError::Missing("organization"))?;
        self.people(org, Some(&organization.facts)).await
    }

    /// All organizations with their names, for the operator on the host.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn organizations(&self) -> Result<Vec<(Organization, String)>, ServiceError> {
        let mut all = Vec::new();
        self.pages(Query::Organizations, |item| {
            if let Some(row) = item.organization() {
                let record = disk::read_organization(&row)?;
                all.push((record.facts, record.name));
            }
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Forgets devices that were not used for [`RETENTION`](crate::device::RETENTION), and everything about devices where
    /// the organization stopped remembering them, also of accounts that nobody uses. Call it once a day; says of how
    /// many accounts something was forgotten.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn forget_old_devices(&self, org: OrgId) -> Result<usize, ServiceError> {
        let offered = self.organization(org).await?.devices;
        let now = self.now();
        let mut overdue = Vec::new();
        self.each_person(org, |record| {
            if record.devices.is_overdue(offered, now) {
                overdue.push(record.facts.id);
            }
        })
        .await?;
        for account in &overdue {
            let forget = flow::ForgetOldDevices { account: *account };
            let settled = self.run(forget, &flow::Request::new(None)?).await?;
            drop(settled.granted());
        }
        Ok(overdue.len())
    }

    /// Forgets attempts that are more than a day old, some at a time, and writes down how many were turned away unknown;
    /// call it now and then. Says whether any attempts are left.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn tidy(&self) -> Result<bool, ServiceError> {
        const SOME: u32 = 1000;
        self.write_down_denials().await?;
        let before = UnixTime(self.now().0.saturating_sub(loquet_policy::limits::DAY));
        Ok(self.inner.store.forget_attempts(before, SOME).await? == SOME)
    }
}
