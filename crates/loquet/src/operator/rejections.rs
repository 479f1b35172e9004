//! Rejections of unknown users are counted, not recorded: a record needs an account, and a row for each request would let
//! strangers fill the disk.

use std::sync::PoisonError;

use loquet_policy::{AccountId, Command, OrgId, Refusal};

use crate::decide::done;
use crate::disk;
use crate::error::Error;
use crate::mfa::{Mfa, Rejections};
use crate::operator::Operator;
use crate::session::attempt::Attempt;
use crate::store::MetadataId;

/// Writes a record that says how many refusals of an account were not recorded, where none has said it since.
#[derive(Debug, Clone, Copy, Hash)]
struct SumUp {
    account: AccountId,
}

of_host!(SumUp; "unrecorded_refusals", (), done, |_this, case| {
    if case.unrecorded == 0 {
        return Err(Refusal::Unchanged);
    }
    Command::ApplyDue
});

impl Operator {
    /// Returns how many requests were rejected in an organization before their user was known: by its access rules
    /// ([`Mfa::may_try`]) or by the host ([`Provision::count_rejection`](crate::Provision::count_rejection)). They are
    /// counted in memory and stored by [`run_maintenance`](Self::run_maintenance), so that a crash loses some.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, org: loquet::OrgId) -> Result<(), loquet::Error> {
    /// println!("{} requests rejected before their user was known", operator.rejections(org).await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rejections(&self, org: OrgId) -> Result<u64, Error> {
        self.counted(MetadataId::rejections(org)).await
    }

    /// Returns how many operations named an account that does not exist, in any organization.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rejections_of_unknown_accounts(&self) -> Result<u64, Error> {
        self.counted(MetadataId::UNKNOWN_ACCOUNTS).await
    }

    /// Returns how many links of letters were presented that no letter had.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn rejections_of_invented_links(&self) -> Result<u64, Error> {
        self.counted(MetadataId::INVENTED_LINKS).await
    }

    async fn counted(&self, id: MetadataId) -> Result<u64, Error> {
        let stored = self.metadata(id).await?.map_or(0, |(row, _)| row.mark);
        let counted = self.counts(|counts| counts.get(&id).copied());
        Ok(stored.saturating_add(counted.unwrap_or(0)))
    }

    pub(crate) async fn store_rejections(&self) -> Result<(), Error> {
        let mut summed_up = Ok(());
        for account in self.inner.unrecorded.due(self.now()) {
            match self.run(SumUp { account }, Attempt::default()).await {
                Ok(()) | Err(Error::Refused(_)) => {}
                // One account's fault keeps no other from being stored.
                Err(fault) => summed_up = Err(fault),
            }
        }
        while let Some((id, count)) = self.counts(Rejections::pop_first) {
            let add = |mark: u64| disk::write_count(id, mark.saturating_add(count));
            if let Err(error) = self.put_metadata(id, add).await {
                // Still to be stored.
                self.counts(|counts| {
                    let now = counts.entry(id).or_default();
                    *now = now.saturating_add(count);
                });
                return Err(error);
            }
        }
        summed_up
    }
}

impl Mfa {
    pub(crate) fn add_rejection(&self, id: MetadataId) {
        self.counts(|counts| {
            let count = counts.entry(id).or_default();
            *count = count.saturating_add(1);
        });
    }

    fn counts<T>(&self, work: impl FnOnce(&mut Rejections) -> T) -> T {
        let mut counts = self
            .inner
            .rejections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut counts)
    }
}
