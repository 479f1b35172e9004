//! Rotation: every row authenticated and every secret encrypted anew under the ring's current key, while people log in.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use crate::decide::home_of;
use crate::disk::{self, DiskError, RowKeys};
use crate::edge::random;
use crate::error::{Config, Error};
use crate::keyring::Keyring;
use crate::mfa::TRIES;
use crate::mfa::vault::{Ring, wrong_keys};
use crate::operator::Operator;
use crate::store::{
    Commit, Cursor, Item, MetadataId, Query, Row, RowKey, Version, Versioned, Writes,
};

/// Rows that are written anew in one change.
const BATCH: usize = 64;

/// Which keys a store needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyUse {
    /// How many rows of organizations, rosters, accounts and hardware tokens there are.
    pub rows: u64,
    /// How many of them are authenticated and encrypted under a key of the ring, by its id.
    pub under: BTreeMap<u32, u64>,
    /// How many notices that wait in the outbox are authenticated under a key, by its id. They need it until they are
    /// delivered.
    pub notices: BTreeMap<u32, u64>,
    /// How many rows [`rotate_keys`](Operator::rotate_keys) would write anew.
    pub outdated: u64,
    /// The key that the root key is encrypted under.
    pub root: u32,
}

impl KeyUse {
    /// Whether something can be read with this key alone. Sessions and outcomes of attempts do not count: those under the
    /// key are void once it is taken off the ring.
    #[must_use]
    pub fn needs(&self, key: u32) -> bool {
        self.root == key || self.under.contains_key(&key) || self.notices.contains_key(&key)
    }

    fn count(&mut self, key: u32, current: u32) {
        self.rows = self.rows.saturating_add(1);
        let rows = self.under.entry(key).or_default();
        *rows = rows.saturating_add(1);
        if key != current {
            self.outdated = self.outdated.saturating_add(1);
        }
    }
}

/// How far a rotation has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotation {
    /// Rows that were looked at.
    pub seen: u64,
    /// Rows that were written anew.
    pub anew: u64,
}

impl Operator {
    /// Uses another keyring from now on, without a restart: one with a key added that other processes already encrypt
    /// under, or one without a retired key. On an error the old keyring stays in use.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, ring: loquet::Keyring) -> Result<(), loquet::Error> {
    /// operator.change_keys(ring).await?; // with the new key added
    /// operator.rotate_keys(|so_far| println!("{} rows looked at", so_far.seen)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Config::Keys`] when these are not the keys of this store.
    pub async fn change_keys(&self, ring: Keyring) -> Result<(), Error> {
        self.unlock().await?;
        if let Some((row, version)) = self.metadata(MetadataId::ROOT).await? {
            disk::read_root(&row, version, &ring).map_err(wrong_keys)?;
        }
        let mut held = self
            .inner
            .ring
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Ring::new(ring);
        Ok(())
    }

    /// Counts what is authenticated and encrypted under which key. It verifies and decrypts nothing.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// if !operator.key_use().await?.needs(1) {
    ///     println!("key 1 can be taken off the ring");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn key_use(&self) -> Result<KeyUse, Error> {
        self.unlock().await?;
        let current = self.ring().current();
        let mut count = KeyUse::default();
        if let Some((row, _)) = self.metadata(MetadataId::ROOT).await? {
            count.root = disk::root_key(&row)?;
        }
        for org in self.organization_ids().await? {
            for found in self.store().load(&home_of(org)).await? {
                count.count(key_of(&found.row)?, current);
            }
            self.pages(Query::Accounts(org), |item| {
                if let Item::Row(found) = item {
                    count.count(key_of(&found.row)?, current);
                }
                Ok(())
            })
            .await?;
        }
        self.pages(Query::Metadata(MetadataId::TOKEN), |item| {
            if let Item::Row(found) = item {
                count.count(key_of(&found.row)?, current);
            }
            Ok(())
        })
        .await?;
        self.pages(Query::Outbox, |item| {
            if let Item::Notice(_, row) = item {
                let notices = count.notices.entry(disk::claimed_key(&row)?).or_default();
                *notices = notices.saturating_add(1);
            }
            Ok(())
        })
        .await?;
        Ok(count)
    }

    /// Writes anew, under the ring's current key, every row of an organization, a roster, an account or a hardware token
    /// that is authenticated or encrypted under an older one; the root key last. People can log in meanwhile, and a row that changes
    /// meanwhile is written anew as well.
    ///
    /// If it is stopped half-way nothing is lost: the next call skips what is done. `progress` is called after every
    /// page of rows. While another process still writes with an older key, the rows that it changes fall back to that key:
    /// see [`key_use`](Self::key_use).
    ///
    /// What hangs on the root key (sessions, links, the authenticity of rows, audit chains) is not renewed by itself: see
    /// the guide on what a stolen key gives, and what rotation takes away.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// let done = operator.rotate_keys(|so_far| println!("{} rows looked at", so_far.seen)).await?;
    /// println!("{} written anew", done.anew);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`]; [`Unavailable::Damaged`](crate::Unavailable::Damaged) names a row that is not authentic, which is not made
    /// authentic by a rotation.
    pub async fn rotate_keys(&self, mut progress: impl FnMut(Rotation)) -> Result<Rotation, Error> {
        self.unlock().await?;
        let mut done = Rotation::default();
        for org in self.organization_ids().await? {
            let home = self.store().load(&home_of(org)).await?;
            self.rotate_page(home, &mut done).await?;
            self.rotate_all(Query::Accounts(org), &mut done, &mut progress)
                .await?;
        }
        let tokens = Query::Metadata(MetadataId::TOKEN);
        self.rotate_all(tokens, &mut done, &mut progress).await?;
        self.rotate_root().await?;
        Ok(done)
    }

    async fn rotate_all(
        &self,
        query: Query,
        done: &mut Rotation,
        progress: &mut impl FnMut(Rotation),
    ) -> Result<(), Error> {
        let mut at = Cursor::default();
        loop {
            let page = self.store().scan(&query, &at).await?;
            let rows = page.items.into_iter().filter_map(|item| match item {
                Item::Row(found) => Some(found),
                _ => None,
            });
            self.rotate_page(rows.collect(), done).await?;
            progress(*done);
            match page.next {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }

    async fn rotate_page(&self, rows: Vec<Versioned>, done: &mut Rotation) -> Result<(), Error> {
        let current = self.ring().current();
        let mut due = Vec::new();
        for found in rows {
            done.seen = done.seen.saturating_add(1);
            if key_of(&found.row)? != current {
                due.push(found);
            }
        }
        for batch in due.chunks(BATCH) {
            let anew = self.rotate_some(batch).await?;
            done.anew = done.anew.saturating_add(anew);
        }
        Ok(())
    }

    /// All in one change; one after the other where another process has changed one of them.
    async fn rotate_some(&self, batch: &[Versioned]) -> Result<u64, Error> {
        if self.rotate_at_once(batch).await? == Commit::Done {
            return Ok(u64::try_from(batch.len()).unwrap_or(u64::MAX));
        }
        let mut anew: u64 = 0;
        for found in batch {
            if self.rotate_one(found.row.key()).await? {
                anew = anew.saturating_add(1);
            }
        }
        Ok(anew)
    }

    async fn rotate_one(&self, key: RowKey) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let found = self.store().load(&[key]).await?;
            let Some(first) = found.first() else {
                return Ok(false);
            };
            if key_of(&first.row)? == self.ring().current() {
                return Ok(false);
            }
            if self.rotate_at_once(&found).await? == Commit::Done {
                return Ok(true);
            }
        }
        Err(Error::Busy)
    }

    async fn rotate_at_once(&self, batch: &[Versioned]) -> Result<Commit, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut writes = Writes::default();
        for Versioned { row, version } in batch {
            let row = rewritten(row, *version, &keys)?;
            writes.expect.push((row.key(), *version));
            writes.put.push(row);
        }
        Ok(self.store().commit(writes).await?)
    }

    async fn rotate_root(&self) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some((row, version)) = self.metadata(MetadataId::ROOT).await? else {
                return Err(Config::Missing("root key").into());
            };
            if disk::root_key(&row)? == self.ring().current() {
                return Ok(());
            }
            let root = disk::read_root(&row, version, &self.ring())?;
            if self.put_root(&root, version).await? == Commit::Done {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}

/// The key that a row is authenticated under, and its secrets are encrypted under: both are written anew together.
fn key_of(row: &Row) -> Result<u32, DiskError> {
    match row {
        Row::Organization(row) => disk::claimed_key(row),
        Row::Roster(row) => disk::claimed_key(row),
        Row::Account(row) => disk::claimed_key(row),
        Row::Attempt(row) => disk::claimed_key(row),
        Row::Metadata(row) if row.id.kind == MetadataId::TOKEN => disk::claimed_key(row),
        Row::Metadata(row) => disk::root_key(row),
    }
}

/// The same, read under an older key and written under the current one.
fn rewritten(row: &Row, version: Version, keys: &RowKeys) -> Result<Row, Error> {
    let next = version.next();
    Ok(match row {
        Row::Organization(row) => {
            let record = disk::read_organization(row, version, keys)?;
            Row::Organization(disk::write_organization(&record, next, keys)?)
        }
        Row::Roster(row) => {
            let roster = disk::read_roster(row, version, keys)?;
            Row::Roster(disk::write_roster(&roster, next, keys)?)
        }
        Row::Account(row) => {
            let record = disk::read_account(row, version, keys)?;
            let nonce = || Ok(random()?);
            Row::Account(disk::write_account::<Error>(&record, next, keys, nonce)?)
        }
        Row::Metadata(row) if row.id.kind == MetadataId::TOKEN => {
            let token = disk::read_token(row, version, keys)?;
            let nonce = random()?;
            Row::Metadata(disk::write_token((row.id, &token), next, keys, nonce)?)
        }
        // None of these is asked for.
        Row::Attempt(_) | Row::Metadata(_) => row.clone(),
    })
}
