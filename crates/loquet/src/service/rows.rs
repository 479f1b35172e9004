//! The inside: rows loaded and opened, changes sealed and written.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use loquet_ipfilter::{Filter, Rules};
use loquet_policy::{
    AccountId, Authenticator, Level, OrgId, Organization, Refusal, RoleId, Snapshot, UnixTime,
    required, rights,
};

use super::bounds::{FILTERS, HOMES, TRIES};
use super::vault::Vault;
use super::{Person, Service, ServiceError};
use crate::disk::{self, DiskError, FirstOutcome};
use crate::edge::random;
use crate::flow::change::Change;
use crate::flow::{self, Door, Facts};
use crate::records::{AccountRecord, OrganizationRecord, PersonRecord};
use crate::stamp::Stamp;
use crate::store::erased::Erased;
use crate::store::{
    AttemptRow, Commit, Cursor, Item, LedgerId, LedgerRow, NoticeRow, Query, Row, RowKey, Version,
    Versioned, Writes,
};

/// The inside.
impl Service {
    pub(crate) fn store(&self) -> &dyn Erased {
        &*self.inner.store
    }

    /// The rows of one account and its organization.
    pub(super) async fn facts(&self, account: AccountId) -> Result<Facts, ServiceError> {
        let first = [RowKey::Account(account)];
        self.gather(account, |facts| match facts.read.as_slice() {
            [] => first.to_vec(),
            _ => flow::home(facts),
        })
        .await
    }

    /// Loads until nothing more is needed. The rows of the actor's organization come along with its own, if a row read
    /// before said which that is; should it be another by now, they are put away again.
    pub(super) async fn gather(
        &self,
        actor: AccountId,
        needs: impl Fn(&Facts) -> Vec<RowKey>,
    ) -> Result<Facts, ServiceError> {
        let mut facts = Facts {
            geo: self.places(),
            ..Facts::default()
        };
        let guess = self.homes().get(&actor).copied();
        let ahead: Vec<_> = guess.into_iter().flat_map(flow::home_of).collect();
        let first = [needs(&facts).as_slice(), &ahead].concat();
        self.load(&first, Some(actor), &mut facts).await?;
        let home = facts.actor.as_ref().map(|actor| actor.facts.org);
        if home != guess {
            facts.read.retain(|(key, _)| !ahead.contains(key));
            (facts.organization, facts.roster, facts.door) = (None, None, Door::default());
            self.remember_home(actor, home);
        }
        loop {
            let keys = needs(&facts);
            if keys.is_empty() {
                return Ok(facts);
            }
            self.load(&keys, Some(actor), &mut facts).await?;
        }
    }

    fn homes(&self) -> MutexGuard<'_, BTreeMap<AccountId, OrgId>> {
        let homes = self.inner.homes.lock();
        homes.unwrap_or_else(PoisonError::into_inner)
    }

    fn remember_home(&self, account: AccountId, home: Option<OrgId>) {
        let mut homes = self.homes();
        if homes.len() >= HOMES {
            homes.clear();
        }
        match home {
            Some(org) => homes.insert(account, org),
            None => homes.remove(&account),
        };
    }

    /// The same, for a session that is an administrator's.
    pub(super) async fn administrator(
        &self,
        stamp: &Stamp,
    ) -> Result<Result<Facts, Refusal>, ServiceError> {
        let facts = self.facts(stamp.account()).await?;
        Ok(self.shown_to_administrators(&facts, stamp).map(|()| facts))
    }

    /// Whether a session may see what administrators see. What they change, the rules decide.
    pub(super) fn shown_to_administrators(
        &self,
        facts: &Facts,
        stamp: &Stamp,
    ) -> Result<(), Refusal> {
        let actor = facts.actor.as_ref().ok_or(Refusal::UnknownAccount)?;
        let snapshot = Snapshot {
            organization: facts
                .organization
                .as_ref()
                .map(|organization| &organization.facts),
            roster: facts.roster.as_ref(),
            actor: &actor.facts,
            session: Some(stamp.session()),
            subject: None,
        };
        if actor.is_over(stamp, self.now()) {
            return Err(Refusal::StaleLogIn);
        }
        let bound = !matches!(actor.facts.authenticator, Authenticator::None);
        match rights(&snapshot, self.now())? {
            _ if !actor.facts.roles.contains(RoleId::ADMINISTRATOR) => Err(Refusal::NotAdmin),
            // Before an authenticator is bound there is nothing more to show.
            Level::Level1 if bound => Err(Refusal::StepUp),
            _ => Ok(()),
        }
    }

    pub(super) async fn people(
        &self,
        org: OrgId,
        organization: Option<&Organization>,
    ) -> Result<Vec<Person>, ServiceError> {
        let now = self.now();
        let mut people = Vec::new();
        self.each_person(org, |record| {
            people.push(Person {
                requirement: required(organization, &record.facts, now),
                account: record.facts,
                external_id: record.external_id,
                label: record.label,
            });
        })
        .await?;
        Ok(people)
    }

    pub(crate) async fn organization(
        &self,
        org: OrgId,
    ) -> Result<OrganizationRecord, ServiceError> {
        let found = self.inner.store.load(&[RowKey::Organization(org)]).await?;
        match found.into_iter().next().map(|found| found.row) {
            Some(Row::Organization(row)) => Ok(disk::read_organization(&row)?),
            _ => Err(ServiceError::Missing("organization")),
        }
    }

    /// One account without its secrets.
    pub(crate) async fn person(
        &self,
        account: AccountId,
    ) -> Result<Option<PersonRecord>, ServiceError> {
        let found = self.inner.store.load(&[RowKey::Account(account)]).await?;
        match found.into_iter().next().map(|found| found.row) {
            Some(Row::Account(row)) => Ok(Some(disk::read_person(&row)?)),
            _ => Ok(None),
        }
    }

    /// Every account of an organization without its secrets.
    pub(crate) async fn each_person(
        &self,
        org: OrgId,
        mut each: impl FnMut(PersonRecord),
    ) -> Result<(), ServiceError> {
        self.pages(Query::Accounts(org), |item| {
            if let Some((row, _)) = item.account() {
                each(disk::read_person(&row)?);
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn pages(
        &self,
        query: Query,
        mut each: impl FnMut(Item) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
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

    /// Loads rows into `facts`, opened. An account other than `actor` is the subject.
    pub(super) async fn load(
        &self,
        keys: &[RowKey],
        actor: Option<AccountId>,
        facts: &mut Facts,
    ) -> Result<(), ServiceError> {
        // A wrong key ring must not decide anything, nor seal anything.
        self.unlock().await?;
        let ring = self.ring();
        let found = self.inner.store.load(keys).await?;
        for key in keys {
            let version = found
                .iter()
                .find(|found| found.row.key() == *key)
                .map_or(Version::ABSENT, |found| found.version);
            facts.read.push((*key, version));
        }
        for Versioned { row, version } in found {
            match row {
                Row::Organization(row) => {
                    let record = disk::read_organization(&row)?;
                    facts.door = self.door(&record, self.now());
                    facts.organization = Some(record);
                }
                Row::Roster(row) => facts.roster = Some(disk::read_roster(&row)?),
                Row::Account(row) => {
                    let record = disk::read_account(&row, version, &ring)?;
                    if actor == Some(row.id) {
                        facts.actor = Some(record);
                    } else {
                        facts.subject = Some(record);
                    }
                }
                Row::Attempt(row) => {
                    // An id that another account has used tells nothing of what became of it there.
                    facts.repeated = Some(if actor == Some(row.account) {
                        disk::read_attempt(&row.body)?
                    } else {
                        FirstOutcome::Granted
                    });
                }
                // The books are read where they are needed, and decide nothing.
                Row::Ledger(_) => {}
            }
        }
        Ok(())
    }

    /// The organization's access rules, compiled once for each text.
    fn door(&self, organization: &OrganizationRecord, now: UnixTime) -> Door {
        let Some(digest) = organization.rules_digest(now) else {
            return Door::Open;
        };
        let mut filters = self
            .inner
            .filters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(filter) = filters.get(&digest) {
            return Door::Guarded(Arc::clone(filter));
        }
        let compiled = organization
            .rules_in_force(now)
            .and_then(|text| Rules::parse_text(text).ok())
            .and_then(|rules| Filter::compile(&rules, Some(&self.places())).ok());
        let Some(filter) = compiled else {
            return Door::Unreadable;
        };
        if filters.len() >= FILTERS {
            filters.clear();
        }
        let filter = Arc::new(filter);
        filters.insert(digest, Arc::clone(&filter));
        Door::Guarded(filter)
    }

    /// A page of the books, with its version.
    pub(crate) async fn ledger(
        &self,
        id: LedgerId,
    ) -> Result<Option<(LedgerRow, Version)>, ServiceError> {
        let found = self.inner.store.load(&[RowKey::Ledger(id)]).await?;
        Ok(found.into_iter().find_map(|found| match found.row {
            Row::Ledger(row) if row.id == id => Some((row, found.version)),
            _ => None,
        }))
    }

    /// Writes a page of the books over the one that stands, of whose mark `page` makes it; 0 where there is none.
    pub(super) async fn put_ledger(
        &self,
        id: LedgerId,
        page: impl Fn(u64) -> Result<LedgerRow, DiskError>,
    ) -> Result<(), ServiceError> {
        for _ in 0..TRIES {
            let (mark, version) = self
                .ledger(id)
                .await?
                .map_or((0, Version::ABSENT), |(row, version)| (row.mark, version));
            let writes = Writes {
                expect: vec![(RowKey::Ledger(id), version)],
                put: vec![Row::Ledger(page(mark)?)],
                ..Writes::default()
            };
            if self.inner.store.commit(writes).await? == Commit::Done {
                return Ok(());
            }
        }
        Err(ServiceError::Busy)
    }

    /// Seals a change into rows.
    pub(super) fn writes(&self, change: &Change, vault: &Vault) -> Result<Writes, ServiceError> {
        let ring = self.ring();
        let seal = |record: &AccountRecord| -> Result<Row, ServiceError> {
            let key = RowKey::Account(record.facts.id);
            let read = change.read.iter().find(|(read, _)| *read == key);
            let version = read.map_or(Version::ABSENT, |(_, version)| *version).next();
            let row =
                disk::write_account::<ServiceError>(record, version, &ring, || Ok(random()?))?;
            Ok(Row::Account(row))
        };
        let mut actor = change.actor.clone();
        let (id, org) = (actor.facts.id, actor.facts.org);
        let chain = |account: &mut AccountRecord| {
            let id = account.facts.id;
            change
                .record
                .chain(&mut account.audit, id, org, &vault.audit)
                .map_err(|error| DiskError::Damaged {
                    what: "audit record",
                    why: error.to_string(),
                })
        };
        let mut audit = vec![chain(&mut actor)?];
        let mut put = vec![
            Row::Attempt(AttemptRow {
                id: change.attempt,
                account: id,
                at: change.record.at,
                body: disk::write_attempt(change.mark, change.outcome.clone())?,
            }),
            seal(&actor)?,
        ];
        if let Some(organization) = &change.organization {
            put.push(Row::Organization(disk::write_organization(organization)?));
        }
        if let Some(roster) = &change.roster {
            put.push(Row::Roster(disk::write_roster(roster)?));
        }
        // What was done to somebody stands in that account's chain too.
        if let Some(mut subject) = change.subject.clone() {
            audit.push(chain(&mut subject)?);
            put.push(seal(&subject)?);
        }
        let outbox = change
            .notices
            .iter()
            .map(|(to, notice)| {
                Ok(NoticeRow {
                    to: *to,
                    org,
                    at: change.record.at,
                    body: disk::write_notice(notice, change.epoch_of_link(notice))?,
                })
            })
            .collect::<Result<_, DiskError>>()?;
        Ok(Writes {
            expect: change.read.clone(),
            put,
            audit,
            outbox,
        })
    }
}

#[cfg(test)]
mod tests;
