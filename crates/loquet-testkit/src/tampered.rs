//! A store that someone else writes, who has no keys and heeds no trigger.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use loquet::store::{
    AuditRow, Commit, Cursor, Fault, Item, Page, Query, Row, RowKey, Store, Version, Versioned,
    Writes,
};
use loquet::{AccountId, UnixTime};

/// What is changed of each record that is read.
type Alter = fn(&mut AuditRow);

/// A store with other rows in the place of some. Clones are one store.
#[derive(Debug)]
pub struct Tampered<S> {
    inner: Arc<S>,
    tampered: Arc<Mutex<With>>,
}

#[derive(Debug, Default)]
struct With {
    /// Other rows; none where one was taken away.
    rows: BTreeMap<RowKey, Option<Versioned>>,
    records: Option<Alter>,
}

impl<S> Clone for Tampered<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            tampered: Arc::clone(&self.tampered),
        }
    }
}

impl<S: Store> Tampered<S> {
    /// Nothing is changed yet.
    pub fn new(store: S) -> Self {
        Self {
            inner: Arc::new(store),
            tampered: Arc::default(),
        }
    }

    /// Reads one row.
    pub async fn row(&self, key: RowKey) -> Versioned {
        self.load(&[key]).await.unwrap().remove(0)
    }

    /// Puts a row in the place of the one that there is, at this version.
    pub fn put(&self, row: Row, version: Version) {
        let found = Versioned { version, row };
        let mut tampered = self.tampered.lock().unwrap();
        tampered.rows.insert(found.row.key(), Some(found));
    }

    /// Takes a row away.
    pub fn take(&self, key: RowKey) {
        self.tampered.lock().unwrap().rows.insert(key, None);
    }

    /// Changes the records of the audit log.
    pub fn alter(&self, records: Alter) {
        self.tampered.lock().unwrap().records = Some(records);
    }

    /// Undoes all of it.
    pub fn undo(&self) {
        *self.tampered.lock().unwrap() = With::default();
    }
}

impl<S: Store> Store for Tampered<S> {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let mut found = self.inner.load(keys).await?;
        let tampered = self.tampered.lock().unwrap();
        let other = keys.iter().filter_map(|key| tampered.rows.get(key));
        found.retain(|found| !tampered.rows.contains_key(&found.row.key()));
        found.extend(other.flatten().cloned());
        Ok(found)
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        self.inner.commit(writes).await
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        let Page { items, next } = self.inner.scan(query, at).await?;
        let With { rows, records } = &*self.tampered.lock().unwrap();
        let seen = items.into_iter().filter_map(|item| match item {
            Item::Row(found) => match rows.get(&found.row.key()) {
                Some(other) => other.clone().map(Item::Row),
                None => Some(Item::Row(found)),
            },
            Item::Audit(mut row) => {
                if let Some(alter) = records {
                    alter(&mut row);
                }
                Some(Item::Audit(row))
            }
            other => Some(other),
        });
        let mut items: Vec<Item> = seen.collect();
        let account = |item: &Item| match item {
            Item::Row(Versioned {
                row: Row::Account(row),
                ..
            }) => Some((row.id, row.org)),
            _ => None,
        };
        // What was moved to another organization, and what was made up: all of it fits on one page.
        if let Query::Accounts(_) | Query::AllAccounts = query {
            let found: Vec<_> = items.iter().filter_map(account).collect();
            let others = rows.values().flatten().cloned().map(Item::Row);
            items
                .extend(others.filter(|item| account(item).is_some_and(|it| !found.contains(&it))));
        }
        if let Query::Accounts(org) = query {
            items.retain(|item| account(item).is_some_and(|it| it.1 == *org));
        }
        Ok(Page { items, next })
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.inner.delivered(notice).await
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        self.inner.forget_attempts(before, limit).await
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        self.inner.forget_audit(account, limit).await
    }
}
