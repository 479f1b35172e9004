//! What a restore takes over from the store that a backup replaces, beside accounts: whose keys are, hardware tokens, and
//! letters that wait.

use crate::disk::{self, NoticeBody};
use crate::edge::random;
use crate::error::Error;
use crate::operator::Operator;
use crate::store::{Item, MetadataId, MetadataRow, NoticeRow, Query, Row, RowKey, Version, Writes};

impl Operator {
    /// Takes over whose keys are from the store that the backup replaces: what was bound there since never becomes another
    /// account's, nor its own anew, and a token that was assigned there is not free here.
    pub(super) async fn carry_keys(&self, replaced: &Self) -> Result<(), Error> {
        for row in replaced.metadata_of(MetadataId::IMPORTED_KEY).await? {
            let (id, vault) = (row.0.id, self.unlock().await?);
            if self.metadata(id).await?.is_none() {
                let owner = disk::read_imported_key(&row.0, &vault.keys.imported)?;
                let row = disk::write_imported_key(id, owner, &vault.keys.imported)?;
                self.put_key(row, Version::ABSENT).await?;
            }
        }
        let theirs = replaced.row_keys(replaced.unlock().await?);
        for (row, version) in replaced.metadata_of(MetadataId::TOKEN).await? {
            let token = disk::read_token(&row, version, &theirs)?;
            let version = self.metadata(row.id).await?;
            let version = version.map_or(Version::ABSENT, |(_, version)| version);
            let keys = self.row_keys(self.unlock().await?);
            let row = disk::write_token((row.id, &token), version.next(), &keys, random()?)?;
            self.put_key(row, version).await?;
        }
        // Theirs is later: the passkeys that are carried over answer to no other.
        let id = MetadataId::RELYING_PARTY;
        if let Some((row, _)) = replaced.metadata(id).await? {
            let party = disk::read_relying_party(&row)?;
            self.put_metadata(id, |_| disk::write_relying_party(&party))
                .await?;
        }
        Ok(())
    }

    /// Takes over the letters that wait there, and not here: one may have the link that undoes a report of loss. A notice that
    /// is not authentic sends no letter.
    pub(super) async fn carry_letters(&self, replaced: &Self) -> Result<(), Error> {
        let known = self.waiting().await?;
        let keys = self.row_keys(self.unlock().await?);
        for (row, body) in replaced.waiting().await? {
            let is_same = |(other, there): &(NoticeRow, NoticeBody)| {
                (other.to, other.org, other.at) == (row.to, row.org, row.at) && *there == body
            };
            if !known.iter().any(is_same) {
                self.put_restored(Writes {
                    outbox: vec![disk::write_notice(row, &body, &keys)?],
                    ..Writes::default()
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn waiting(&self) -> Result<Vec<(NoticeRow, NoticeBody)>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut notices = Vec::new();
        self.pages(Query::Outbox, |item| {
            if let Item::Notice(_, row) = item
                && let Ok(body) = disk::read_notice(&row, &keys)
            {
                notices.push((row, body));
            }
            Ok(())
        })
        .await?;
        Ok(notices)
    }

    async fn metadata_of(&self, kind: u16) -> Result<Vec<(MetadataRow, Version)>, Error> {
        let mut rows = Vec::new();
        self.pages(Query::Metadata(kind), |item: Item| {
            rows.extend(item.metadata());
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn put_key(&self, row: MetadataRow, version: Version) -> Result<(), Error> {
        self.put_restored(Writes {
            expect: vec![(RowKey::Metadata(row.id), version)],
            put: vec![Row::Metadata(row)],
            ..Writes::default()
        })
        .await
    }
}
