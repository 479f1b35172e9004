//! Notices: what people must be told, kept in the outbox by the same commit that made it true.

use std::future::Future;

use loquet_policy::{AccountId, Audience, Event, Notice, OrgId, UnixTime};

use crate::disk;
use crate::service::{Service, ServiceError};
use crate::store::{BoxError, Cursor, Item, NoticeRow, Query};

/// A message for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whom to tell.
    pub to: AccountId,
    /// The host's name for that person.
    pub external_id: String,
    /// The organisation.
    pub org: OrgId,
    /// When it happened.
    pub at: UnixTime,
    /// What happened.
    pub event: Event,
}

/// How a round of deliveries went.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Letters that were delivered.
    pub letters: u32,
    /// Notices that wait for the next round.
    pub waiting: u32,
    /// The first fault, if any.
    pub fault: Option<ServiceError>,
}

/// Delivers letters: by mail, by a message in the host's own pages, as the host likes.
pub trait Deliver: Sync {
    /// Delivers one letter. It may come twice: an answer that is lost is asked for again.
    fn deliver(&self, letter: &Letter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

impl Service {
    /// Delivers what waits in the outbox. What fails waits for the next round and keeps nothing else waiting.
    ///
    /// # Errors
    /// [`ServiceError`] of the store.
    pub async fn deliver(&self, to: &impl Deliver) -> Result<Delivered, ServiceError> {
        let mut round = Delivered::default();
        let mut at = Cursor::default();
        loop {
            let page = self.store().scan(&Query::Outbox, &at).await?;
            for item in page.items {
                let Item::Notice(number, row) = item else {
                    continue;
                };
                match self.deliver_one(to, &row).await {
                    Ok(letters) => {
                        round.letters = round.letters.saturating_add(letters);
                        self.store().delivered(number).await?;
                    }
                    Err(error) => {
                        round.waiting = round.waiting.saturating_add(1);
                        round.fault.get_or_insert(error);
                    }
                }
            }
            match page.next {
                Some(next) => at = next,
                None => return Ok(round),
            }
        }
    }

    /// Delivers one notice to everybody whom it is for.
    async fn deliver_one(&self, to: &impl Deliver, row: &NoticeRow) -> Result<u32, ServiceError> {
        let notice = disk::read_notice(&row.body)?;
        let mut letters: u32 = 0;
        for (account, external_id) in self.readers(&notice, row.to, row.org).await? {
            let letter = Letter {
                to: account,
                external_id,
                org: row.org,
                at: row.at,
                event: notice.event,
            };
            to.deliver(&letter).await.map_err(ServiceError::Delivery)?;
            letters = letters.saturating_add(1);
        }
        Ok(letters)
    }

    /// Who reads a notice. Whoever has left hears of it once, and of no mandate.
    async fn readers(
        &self,
        notice: &Notice,
        to: AccountId,
        org: OrgId,
    ) -> Result<Vec<(AccountId, String)>, ServiceError> {
        let everybody = self.everybody(org).await?;
        Ok(everybody
            .into_iter()
            .filter(|person| match notice.to {
                Audience::Owner { .. } | Audience::Administrators => person.account.id == to,
                Audience::Covered { role } => {
                    let requirement = &person.requirement;
                    person.account.is_active()
                        && [requirement.mandate, requirement.announced]
                            .into_iter()
                            .flatten()
                            .any(|mandate| mandate.role == role)
                }
            })
            .map(|person| (person.account.id, person.external_id))
            .collect())
    }
}
