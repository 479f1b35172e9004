//! Rotation: every secret encrypted anew under the ring's current key, while people log in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use loquet_policy::AccountId;

use crate::disk;
use crate::edge::random;
use crate::error::{Config, Error};
use crate::keyring::Keyring;
use crate::mfa::TRIES;
use crate::mfa::vault::wrong_keys;
use crate::operator::Operator;
use crate::store::{AccountRow, Commit, Item, MetadataId, Query, Row, RowKey, Version, Writes};

/// Accounts that are encrypted anew in one change.
const BATCH: usize = 64;

/// Under which keys a store is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyUse {
    /// How many accounts there are.
    pub accounts: u64,
    /// How many of them need a key of the ring, by its id; each counts for every key that it needs.
    pub under: BTreeMap<u32, u64>,
    /// How many [`rotate_keys`](Operator::rotate_keys) would encrypt anew.
    pub outdated: u64,
    /// The key that the root key is encrypted under.
    pub root: u32,
}

impl KeyUse {
    /// Whether something can be opened with this key alone. Sessions do not count: those that the key signed are over
    /// once it is taken off the ring.
    #[must_use]
    pub fn needs(&self, key: u32) -> bool {
        self.root == key || self.under.contains_key(&key)
    }
}

/// How far a rotation has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotation {
    /// Accounts that were looked at.
    pub seen: u64,
    /// Accounts that were encrypted anew.
    pub anew: u64,
}

impl Operator {
    /// Uses another keyring from now on, without a restart: one with a key added that other processes already encrypt
    /// under, or one without a retired key. On an error the old keyring stays in use.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, ring: loquet::Keyring) -> Result<(), loquet::Error> {
    /// operator.change_keys(ring).await?; // with the new key added
    /// operator.rotate_keys(|so_far| println!("{} accounts looked at", so_far.seen)).await?;
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
        *held = Arc::new(ring);
        Ok(())
    }

    /// Counts what is encrypted under which key. It decrypts nothing.
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
            count.root = disk::root_key(&row);
        }
        for org in self.organization_ids().await? {
            self.pages(Query::Accounts(org), |item| {
                if let Some((row, _)) = item.account() {
                    let keys = disk::encrypted_under(&row)?;
                    count.accounts = count.accounts.saturating_add(1);
                    if is_outdated(&keys, current) {
                        count.outdated = count.outdated.saturating_add(1);
                    }
                    for key in keys {
                        let accounts = count.under.entry(key).or_default();
                        *accounts = accounts.saturating_add(1);
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(count)
    }

    /// Encrypts anew, under the ring's current key, what is encrypted under an older one; the root key last. People can
    /// log in meanwhile, and an account that changes meanwhile is encrypted anew as well.
    ///
    /// If it is stopped half-way nothing is lost: the next call skips what is done. `progress` is called after every
    /// page of accounts. While another process still encrypts with an older key, the accounts that it changes fall back
    /// to that key: see [`key_use`](Self::key_use).
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// let done = operator.rotate_keys(|so_far| println!("{} accounts looked at", so_far.seen)).await?;
    /// println!("{} encrypted anew", done.anew);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rotate_keys(&self, mut progress: impl FnMut(Rotation)) -> Result<Rotation, Error> {
        self.unlock().await?;
        let current = self.ring().current();
        let mut done = Rotation::default();
        for org in self.organization_ids().await? {
            let mut at = crate::store::Cursor::default();
            loop {
                let page = self.store().scan(&Query::Accounts(org), &at).await?;
                let mut due = Vec::new();
                for (row, version) in page.items.into_iter().filter_map(Item::account) {
                    done.seen = done.seen.saturating_add(1);
                    if is_outdated(&disk::encrypted_under(&row)?, current) {
                        due.push((row, version));
                    }
                }
                for batch in due.chunks(BATCH) {
                    let anew = self.rotate_some(batch).await?;
                    done.anew = done.anew.saturating_add(anew);
                }
                progress(done);
                match page.next {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
        self.rotate_root(current).await?;
        Ok(done)
    }

    /// All in one change; one after the other where another process has changed one of them.
    async fn rotate_some(&self, batch: &[(AccountRow, Version)]) -> Result<u64, Error> {
        if self.rotate_at_once(batch).await? == Commit::Done {
            return Ok(u64::try_from(batch.len()).unwrap_or(u64::MAX));
        }
        let mut anew: u64 = 0;
        for (row, _) in batch {
            if self.rotate_one(row.id).await? {
                anew = anew.saturating_add(1);
            }
        }
        Ok(anew)
    }

    async fn rotate_one(&self, id: AccountId) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let found = self.store().load(&[RowKey::Account(id)]).await?;
            let Some((row, version)) = found.into_iter().map(Item::Row).find_map(Item::account)
            else {
                return Ok(false);
            };
            if !is_outdated(&disk::encrypted_under(&row)?, self.ring().current()) {
                return Ok(false);
            }
            if self.rotate_at_once(&[(row, version)]).await? == Commit::Done {
                return Ok(true);
            }
        }
        Err(Error::Busy)
    }

    async fn rotate_at_once(&self, batch: &[(AccountRow, Version)]) -> Result<Commit, Error> {
        let ring = self.ring();
        let mut writes = Writes::default();
        for (row, version) in batch {
            let record = disk::read_account(row, *version, &ring)?;
            let row =
                disk::write_account::<Error>(&record, version.next(), &ring, || Ok(random()?))?;
            writes.expect.push((RowKey::Account(row.id), *version));
            writes.put.push(Row::Account(row));
        }
        Ok(self.store().commit(writes).await?)
    }

    async fn rotate_root(&self, current: u32) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some((row, version)) = self.metadata(MetadataId::ROOT).await? else {
                return Err(Config::Missing("root key").into());
            };
            if disk::root_key(&row) == current {
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

/// Whether a secret is encrypted under another key than the one that encrypts today.
fn is_outdated(keys: &BTreeSet<u32>, current: u32) -> bool {
    keys.iter().any(|key| *key != current)
}
