//! Whoever is turned away before anybody knows who they are is counted, and not chained: a chain needs an account, and a
//! row for each knock would let anybody fill the disk.

use std::sync::PoisonError;

use loquet_policy::OrgId;

use super::Mfa;
use crate::error::Error;
use crate::disk;
use crate::store::LedgerId;

impl Mfa {
    /// How many requests were turned away from an organization before anybody knew whose they were: by its access rules
    /// ([`may_try`](Self::may_try)), or by the host, which said so ([`turned_away`](Self::turned_away)). Counted in memory
    /// and written down by [`tidy`](Self::tidy): a crash forgets what came since.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn denied(&self, org: OrgId) -> Result<u64, Error> {
        self.counted(LedgerId::denied(org)).await
    }

    /// How many ceremonies were asked for in the name of an account that nobody has; counted as for
    /// [`denied`](Self::denied), and for no organization, since an account names its own.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn denied_to_nobody(&self) -> Result<u64, Error> {
        self.counted(LedgerId::NOBODY).await
    }

    async fn counted(&self, id: LedgerId) -> Result<u64, Error> {
        let written = self.ledger(id).await?.map_or(0, |(row, _)| row.mark);
        let counted = self.denials(|counts| counts.get(&id).copied());
        Ok(written.saturating_add(counted.unwrap_or(0)))
    }

    pub(super) fn count_denial(&self, id: LedgerId) {
        self.denials(|counts| {
            let count = counts.entry(id).or_default();
            *count = count.saturating_add(1);
        });
    }

    pub(super) async fn write_down_denials(&self) -> Result<(), Error> {
        while let Some((id, count)) = self.denials(|counts| counts.pop_first()) {
            let add = |mark: u64| disk::write_count(id, mark.saturating_add(count));
            if let Err(error) = self.put_ledger(id, add).await {
                // Still to be written down.
                self.denials(|counts| {
                    let now = counts.entry(id).or_default();
                    *now = now.saturating_add(count);
                });
                return Err(error);
            }
        }
        Ok(())
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
