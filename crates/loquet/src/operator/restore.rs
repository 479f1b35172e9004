//! After a restore: the store is at an earlier time, and what was used or revoked since must not count again.

use loquet_otp::Totp;
use loquet_policy::{Authenticator, UnixTime};

use crate::audit::Verified;
use crate::audit::{Checkpoint, Record};
use crate::disk::{self, DiskError};
use crate::edge::random;
use crate::error::Error;
use crate::operator::Operator;
use crate::store::{
    AccountRow, Commit, Cursor, Item, MetadataId, Query, Row, RowKey, Version, Writes,
};

/// What a restore did, and what it cannot know.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Restored {
    /// When the backup was taken; `None` if [`mark_backup`](Operator::mark_backup) was not called before it.
    pub taken: Option<UnixTime>,
    /// When the restore was made: what happened between `taken` and this time may be lost.
    pub now: UnixTime,
    /// How many accounts there are. All their sessions are over.
    pub accounts: u64,
    /// The external ids of those whose reset code is void now: they need another reset.
    pub reset_codes: Vec<String>,
    /// The external ids of those whose recovery codes are void now.
    pub recovery: Vec<String>,
    /// Accounts whose audit chain is broken, or lacks records that the checkpoint vouches for.
    pub lost: Vec<Verified>,
}

impl Operator {
    /// Writes down that a backup is taken now, so that a restore knows its age. Call it just before you take the
    /// backup.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// operator.mark_backup().await?;
    /// // Now copy the database.
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn mark_backup(&self) -> Result<UnixTime, Error> {
        self.unlock().await?;
        let now = self.now();
        let id = MetadataId::BACKUP;
        self.put_metadata(id, |mark| disk::write_count(id, mark.max(now.0)))
            .await?;
        Ok(now)
    }

    /// Makes a store that was put back to an earlier time safe to use. Call it before the service runs again: it ends
    /// every session, voids reset codes, recovery codes and begun enrollments, forgets remembered devices, counts the
    /// codes of this moment as used, and records the restore in every account's audit chain. `kept` is a checkpoint
    /// from after the backup, if there is one: the accounts that lack records which it vouches for are listed in
    /// [`Restored::lost`].
    ///
    /// Changes of roles, mandates and access rules, and resets, that were made after the backup are lost. To find them,
    /// read the notices that went out since.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, kept: &str) -> Result<(), loquet::Error> {
    /// let kept: loquet::Checkpoint = kept.parse().map_err(loquet::Config::from)?; // from outside the database
    /// let done = operator.restored(Some(&kept)).await?;
    /// println!("{} of {} accounts lost audit records", done.lost.len(), done.accounts);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`]; if it stopped half-way, call it again.
    pub async fn restored(&self, kept: Option<&Checkpoint>) -> Result<Restored, Error> {
        let mut done = Restored {
            taken: self
                .metadata(MetadataId::BACKUP)
                .await?
                .map(|(row, _)| UnixTime(row.mark)),
            now: self.now(),
            ..Restored::default()
        };
        self.verify_audits(kept, |account| {
            if account.chain.is_err() {
                done.lost.push(account);
            }
        })
        .await?;
        for org in self.organization_ids().await? {
            self.restored_organization(org, done.now).await?;
            let mut at = Cursor::default();
            loop {
                let query = Query::Accounts(org);
                let page = self.store().scan(&query, &at).await?;
                for (row, version) in page.items.into_iter().filter_map(Item::account) {
                    self.restored_account(&row, version, &mut done).await?;
                }
                match page.next {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
        Ok(done)
    }

    async fn restored_organization(
        &self,
        org: loquet_policy::OrgId,
        now: UnixTime,
    ) -> Result<(), Error> {
        let key = RowKey::Organization(org);
        let found = self.store().load(&[key]).await?;
        let found = found
            .into_iter()
            .map(Item::Row)
            .find_map(Item::organization);
        let Some((row, version)) = found else {
            return Ok(());
        };
        let keys = self.row_keys(self.unlock().await?);
        let mut record = disk::read_organization(&row, version, &keys)?;
        record.facts = record.facts.restored(now);
        let row = disk::write_organization(&record, version.next(), &keys)?;
        self.put_restored(
            key,
            version,
            Writes {
                put: vec![Row::Organization(row)],
                ..Writes::default()
            },
        )
        .await
    }

    async fn restored_account(
        &self,
        row: &AccountRow,
        version: Version,
        done: &mut Restored,
    ) -> Result<(), Error> {
        let vault = self.unlock().await?;
        let keys = self.row_keys(vault);
        let mut record = disk::read_account(row, version, &keys)?;
        let before = record.facts.clone();
        let present = Totp::default().step(done.now.0);
        record.facts = before.restored(present);
        record.secrets.pendings.clear();
        record.devices.let_go();
        record.sessions.clear();
        done.accounts = done.accounts.saturating_add(1);
        if matches!(
            before.authenticator,
            Authenticator::ResetDue {
                reset_code: Some(_)
            }
        ) {
            done.reset_codes.push(record.external_id.clone());
        }
        if !before.recovery.is_empty() {
            done.recovery.push(record.external_id.clone());
        }
        let told = Record::new(done.now, row.id, "restore", "GRANTED");
        let told = told
            .chain(&mut record.audit, row.id, row.org, &vault.audit)
            .map_err(|error| DiskError::Damaged {
                what: "audit record",
                why: error.to_string(),
            })?;
        let new = disk::write_account::<Error>(&record, version.next(), &keys, || Ok(random()?))?;
        self.put_restored(
            RowKey::Account(row.id),
            version,
            Writes {
                put: vec![Row::Account(new)],
                audit: vec![told],
                ..Writes::default()
            },
        )
        .await
    }

    /// The store is not in use yet: a stale row shows that it is.
    async fn put_restored(
        &self,
        key: RowKey,
        version: Version,
        writes: Writes,
    ) -> Result<(), Error> {
        let writes = Writes {
            expect: vec![(key, version)],
            ..writes
        };
        match self.store().commit(writes).await? {
            Commit::Done => Ok(()),
            Commit::Stale => Err(Error::Busy),
        }
    }
}
