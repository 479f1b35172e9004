//! Whoever is turned away before anybody knows who they are is counted, and not chained: a chain needs an account, and a
//! row for each knock would let anybody fill the disk.

use std::sync::PoisonError;

use loquet_policy::OrgId;

use super::{Service, ServiceError, TRIES};
use crate::disk;
use crate::store::{Commit, LedgerId, Row, RowKey, Version, Writes};

impl Service {
    /// How many requests were turned away from an organisation by its access rules before anybody knew whose they were
    /// ([`may_try`](Self::may_try)). Counted in memory and written down by [`tidy`](Self::tidy): a crash forgets what
    /// came since.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn denied(&self, org: OrgId) -> Result<u64, ServiceError> {
        let written = self
            .ledger(LedgerId::denied(org))
            .await?
            .map_or(0, |(row, _)| row.mark);
        let counted = self.denials(|counts| counts.get(&org).copied());
        Ok(written.saturating_add(counted.unwrap_or(0)))
    }

    pub(super) fn count_denial(&self, org: OrgId) {
        self.denials(|counts| {
            let count = counts.entry(org).or_default();
            *count = count.saturating_add(1);
        });
    }

    pub(super) async fn write_down_denials(&self) -> Result<(), ServiceError> {
        for (org, count) in self.denials(std::mem::take) {
            if let Err(error) = self.add_denials(org, count).await {
                // Still to be written down.
                self.denials(|counts| {
                    let now = counts.entry(org).or_default();
                    *now = now.saturating_add(count);
                });
                return Err(error);
            }
        }
        Ok(())
    }

    async fn add_denials(&self, org: OrgId, count: u64) -> Result<(), ServiceError> {
        let id = LedgerId::denied(org);
        for _ in 0..TRIES {
            let (mark, version) = self
                .ledger(id)
                .await?
                .map_or((0, Version::ABSENT), |(row, version)| (row.mark, version));
            let writes = Writes {
                expect: vec![(RowKey::Ledger(id), version)],
                put: vec![Row::Ledger(disk::write_count(
                    id,
                    mark.saturating_add(count),
                )?)],
                ..Writes::default()
            };
            if self.store().commit(writes).await? == Commit::Done {
                return Ok(());
            }
        }
        Err(ServiceError::Busy)
    }

    fn denials<T>(&self, work: impl FnOnce(&mut super::Denials) -> T) -> T {
        let mut counts = self
            .inner
            .denials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut counts)
    }
}
