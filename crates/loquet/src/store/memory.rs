//! A store in memory: for tests, examples, and as the contract's reference.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::{
    AccountRow, AuditRow, Commit, Cursor, Fault, Item, MetadataId, NoticeRow, PAGE, Page, Query,
    Row, RowKey, Store, Version, Versioned, Writes,
};

/// Keeps everything in memory and forgets it when dropped. Fast, exact, and no protection against a loss of power.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    rows: BTreeMap<RowKey, Versioned>,
    named: BTreeMap<(OrgId, String), AccountId>,
    audit: BTreeMap<(AccountId, u64), AuditRow>,
    outbox: BTreeMap<u64, NoticeRow>,
    noticed: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // A panic elsewhere cannot have left a half-written change: `commit` checks first and then only inserts.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn version(&self, key: RowKey) -> Version {
        self.rows
            .get(&key)
            .map_or(Version::ABSENT, |found| found.version)
    }

    fn commit(&mut self, writes: Writes) -> Result<Commit, Fault> {
        if writes
            .expect
            .iter()
            .any(|(key, version)| self.version(*key) != *version)
        {
            return Ok(Commit::Stale);
        }
        self.check(&writes)
            .map_err(|why| Fault::NotCommitted(why.into()))?;
        for row in writes.put {
            let version = self.version(row.key()).next();
            let named = |row: &Row| match row {
                Row::Account(row) => Some(((row.org, row.external_id.clone()), row.id)),
                _ => None,
            };
            let new = named(&row);
            let old = self.rows.insert(row.key(), Versioned { version, row });
            if let Some((name, _)) = old.and_then(|old| named(&old.row)) {
                self.named.remove(&name);
            }
            self.named.extend(new);
        }
        for record in writes.audit {
            self.audit.insert((record.account, record.seq), record);
        }
        for notice in writes.outbox {
            self.noticed = self.noticed.saturating_add(1);
            self.outbox.insert(self.noticed, notice);
        }
        Ok(Commit::Done)
    }

    /// What forbids a change whose versions all hold.
    fn check(&self, writes: &Writes) -> Result<(), &'static str> {
        let mut rows = BTreeSet::new();
        let mut names = BTreeSet::new();
        for row in &writes.put {
            if !writes.expect.iter().any(|(key, _)| *key == row.key()) {
                return Err("a row is written that was not expected");
            }
            if !rows.insert(row.key()) {
                return Err("a row is written twice in one change");
            }
            match row {
                Row::Account(new) => {
                    let name = (new.org, new.external_id.clone());
                    if self.named.get(&name).is_some_and(|id| *id != new.id) || !names.insert(name)
                    {
                        return Err("the external id is taken");
                    }
                }
                Row::Attempt(new) if self.rows.contains_key(&RowKey::Attempt(new.id)) => {
                    return Err("the attempt has its outcome");
                }
                _ => {}
            }
        }
        let mut places = BTreeSet::new();
        let mut taken = |place| self.audit.contains_key(&place) || !places.insert(place);
        if writes
            .audit
            .iter()
            .any(|record| taken((record.account, record.seq)))
        {
            return Err("an audit record would be overwritten");
        }
        Ok(())
    }

    fn accounts(&self) -> impl Iterator<Item = (&Versioned, &AccountRow)> {
        self.rows.values().filter_map(|found| match &found.row {
            Row::Account(row) => Some((found, row)),
            _ => None,
        })
    }

    fn scan(&self, query: &Query, at: &Cursor) -> Page {
        let after = at.0.as_deref();
        let account = |(found, row): (&Versioned, &AccountRow)| {
            (row.id.to_bytes().to_vec(), Item::Row(found.clone()))
        };
        match query {
            Query::Organizations => page(
                self.rows.values().filter_map(|found| match &found.row {
                    Row::Organization(row) => {
                        Some((row.id.to_bytes().to_vec(), Item::Row(found.clone())))
                    }
                    _ => None,
                }),
                after,
            ),
            Query::Accounts(org) => page(
                self.accounts()
                    .filter(|(_, row)| row.org == *org)
                    .map(account),
                after,
            ),
            Query::AllAccounts => page(self.accounts().map(account), after),
            Query::ExternalId(org, external) => page(
                self.named
                    .get(&(*org, external.clone()))
                    .and_then(|id| self.rows.get(&RowKey::Account(*id)))
                    .map(|found| (Vec::new(), Item::Row(found.clone())))
                    .into_iter(),
                None,
            ),
            Query::Audit(of) => page(
                self.audit
                    .range((*of, 0)..=(*of, u64::MAX))
                    .map(|((_, seq), record)| {
                        (seq.to_be_bytes().to_vec(), Item::Audit(record.clone()))
                    }),
                after,
            ),
            Query::Outbox => page(
                self.outbox.iter().map(|(number, notice)| {
                    (
                        number.to_be_bytes().to_vec(),
                        Item::Notice(*number, notice.clone()),
                    )
                }),
                after,
            ),
            Query::Metadata(kind) => page(
                self.rows.iter().filter_map(|(key, found)| match key {
                    RowKey::Metadata(id) if id.kind == *kind => {
                        Some((id.page.to_vec(), Item::Row(found.clone())))
                    }
                    _ => None,
                }),
                after,
            ),
        }
    }
}

/// Cuts a page out of rows that come sorted by their cursor.
fn page(rows: impl Iterator<Item = (Vec<u8>, Item)>, after: Option<&[u8]>) -> Page {
    let mut rows = rows.filter(|(key, _)| after.is_none_or(|after| key.as_slice() > after));
    let mut items = Vec::new();
    let mut last = None;
    for (key, item) in rows.by_ref().take(PAGE) {
        items.push(item);
        last = Some(key);
    }
    let next = rows.next().is_some().then_some(Cursor(last));
    Page { items, next }
}

impl Store for MemoryStore {
    fn load(&self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Versioned>, Fault>> + Send {
        let tables = self.tables();
        ready(Ok(keys
            .iter()
            .filter_map(|key| tables.rows.get(key).cloned())
            .collect()))
    }

    fn commit(&self, writes: Writes) -> impl Future<Output = Result<Commit, Fault>> + Send {
        ready(self.tables().commit(writes))
    }

    fn scan(&self, query: &Query, at: &Cursor) -> impl Future<Output = Result<Page, Fault>> + Send {
        ready(Ok(self.tables().scan(query, at)))
    }

    fn delivered(&self, notice: u64) -> impl Future<Output = Result<(), Fault>> + Send {
        self.tables().outbox.remove(&notice);
        ready(Ok(()))
    }

    fn forget_attempts(
        &self,
        before: UnixTime,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send {
        let mut tables = self.tables();
        let old: Vec<RowKey> = tables
            .rows
            .iter()
            .filter(|(_, found)| matches!(&found.row, Row::Attempt(row) if row.at < before))
            .map(|(key, _)| *key)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        for key in &old {
            tables.rows.remove(key);
        }
        ready(Ok(u32::try_from(old.len()).unwrap_or(u32::MAX)))
    }

    fn forget_audit(
        &self,
        account: AccountId,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send {
        let mut tables = self.tables();
        let page = RowKey::Metadata(MetadataId::forgotten(account));
        let mark = match tables.rows.get(&page).map(|found| &found.row) {
            Some(Row::Metadata(row)) => row.mark,
            _ => 0,
        };
        let old: Vec<_> = tables
            .audit
            .range((account, 0)..(account, mark))
            .map(|(place, _)| *place)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        for place in &old {
            tables.audit.remove(place);
        }
        ready(Ok(u32::try_from(old.len()).unwrap_or(u32::MAX)))
    }
}
