//! Whether a store goes on from a backup, which its audit log tells.

use loquet_policy::AccountId;

use crate::disk::{self, Forgotten};
use crate::error::{Config, Error};
use crate::operator::Operator;
use crate::operator::restore::RESTORE;
use crate::store::{Item, MetadataId, Query};

impl Operator {
    /// Refuses a store that does not go on from this backup: it is older, or went another way since an earlier restore. What
    /// it says is not what became of the backup, and would bring back former authenticators and accounts.
    pub(super) async fn require_descent(&self, replaced: &Self) -> Result<(), Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut accounts = Vec::new();
        self.pages(Query::AllAccounts, |item| {
            if let Some((row, version)) = item.account() {
                accounts.push(disk::read_person(&row, version, &keys)?);
            }
            Ok(())
        })
        .await?;
        for person in accounts {
            let id = person.facts.id;
            let goes_on = match self.last_record(id).await? {
                Some((seq, mac)) => replaced.has_record(id, seq, mac).await?,
                None => replaced.person(id).await?.is_some(),
            };
            if !goes_on {
                return Err(Config::NotLater(person.external_id).into());
            }
        }
        Ok(())
    }

    /// The last record before those of a restore, which may have stopped half-way.
    async fn last_record(&self, account: AccountId) -> Result<Option<(u64, [u8; 32])>, Error> {
        let mut last = None;
        self.pages(Query::Audit(account), |item| {
            if let Item::Audit(row) = item
                && disk::read_record(&row.body)?.what != RESTORE
            {
                last = Some((row.seq, row.mac));
            }
            Ok(())
        })
        .await?;
        Ok(last)
    }

    /// Whether it has this record, or had it until it was forgotten.
    async fn has_record(&self, account: AccountId, seq: u64, mac: [u8; 32]) -> Result<bool, Error> {
        let mut has = false;
        self.pages(Query::Audit(account), |item| {
            if let Item::Audit(row) = item {
                has |= row.seq == seq && row.mac == mac;
            }
            Ok(())
        })
        .await?;
        let forgotten = self.metadata(MetadataId::forgotten(account)).await?;
        if let Some((row, _)) = forgotten {
            let key = &self.unlock().await?.audit;
            has |= match disk::read_forgotten(account, &row, key)? {
                Forgotten::Until(last) => seq <= last.seq,
                Forgotten::Unsigned => false,
            };
        }
        Ok(has)
    }
}
