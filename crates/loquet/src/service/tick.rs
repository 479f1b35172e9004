//! What time brings where nobody comes.

use loquet_policy::{AccountId, OrgId};

use super::{Service, ServiceError};
use crate::book::Address;
use crate::disk;
use crate::flow::{self, Facts, Request};
use crate::paper::RecoveryCode;
use crate::stamp::Stamp;
use crate::store::{Query, RowKey};

impl Service {
    /// Writes down what time has brought, and puts into the outbox what is due to be said: mandates whose date is reached,
    /// changes that have waited long enough, reminders seven days and one day before a date. Says in how many organizations
    /// something was due.
    ///
    /// Call it every few minutes, from as many nodes as you like, before [`deliver`](Self::deliver): what one of them has
    /// said, the organization's row knows. Decisions do not wait for it; a date binds from its second on.
    ///
    /// # Errors
    /// [`ServiceError`]; what was not reached waits for the next call.
    pub async fn tick(&self) -> Result<u32, ServiceError> {
        let now = self.now();
        let mut due = Vec::new();
        self.pages(Query::Organizations, |item| {
            if let Some(row) = item.organization() {
                let record = disk::read_organization(&row)?;
                if flow::is_due(&record, now) {
                    due.push(row.id);
                }
            }
            Ok(())
        })
        .await?;
        let mut settled: u32 = 0;
        for org in due {
            settled = settled.saturating_add(u32::from(self.settle(org).await?));
        }
        Ok(settled)
    }

    /// In the name of the first administrator: there is one wherever anything can be due.
    async fn settle(&self, org: OrgId) -> Result<bool, ServiceError> {
        let mut facts = Facts::default();
        self.load(&[RowKey::Roster(org)], None, &mut facts).await?;
        let administrators = facts.roster.map(|roster| roster.administrators);
        let Some(first) = administrators.and_then(|all| all.first().copied()) else {
            return Ok(false);
        };
        let settle = flow::ApplyDue {
            account: first.account,
        };
        let settled = self.run(settle, &Request::new(None)?).await?;
        Ok(settled.granted().is_ok())
    }

    /// Where an account's notices go, if Loquet was told.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn address(&self, account: AccountId) -> Result<Option<Address>, ServiceError> {
        let person = self.person(account).await?;
        Ok(person.and_then(|person| person.book.present().cloned()))
    }

    /// The recovery codes to show beside the enrollment that this very session began; none where the organization offers
    /// none. The same again for as long as it is pending: they count from its confirmation, and replace the set before.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn recovery_codes(&self, stamp: &Stamp) -> Result<Vec<RecoveryCode>, ServiceError> {
        if self.pending(stamp).await?.is_none() {
            return Ok(Vec::new());
        }
        let facts = self.facts(stamp.account()).await?;
        let keys = &self.unlock().await?.keys;
        let shown = |account| flow::shown_codes(keys, account, stamp, self.now());
        Ok(facts.actor.as_ref().map(shown).unwrap_or_default())
    }
}
