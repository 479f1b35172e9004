//! Notices: what people must be told, kept in the outbox by the same commit that made it true.

use std::future::Future;

use loquet_policy::{AccountId, Audience, Event, Notice, OrgId, UnixTime};

use crate::disk;
use crate::service::{Service, ServiceError};
use crate::store::{BoxError, Cursor, Item, Query};

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

/// Delivers letters: by mail, by a message in the host's own pages, as the host likes.
pub trait Deliver: Sync {
    /// Delivers one letter. It may come twice: an answer that is lost is asked for again.
    fn deliver(&self, letter: &Letter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

impl Service {
    /// Delivers what waits in the outbox and says how many letters that made. A letter that fails stops the round; it and
    /// those after it wait for the next.
    ///
    /// # Errors
    /// [`ServiceError`] of the store, or [`ServiceError::Delivery`].
    pub async fn deliver(&self, to: &impl Deliver) -> Result<u32, ServiceError> {
        let mut letters: u32 = 0;
        let mut at = Cursor::default();
        loop {
            let page = self.store().scan(&Query::Outbox, &at).await?;
            for item in page.items {
                let Item::Notice(number, row) = item else {
                    continue;
                };
                let notice = disk::read_notice(&row.body)?;
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
                self.store().delivered(number).await?;
            }
            match page.next {
                Some(next) => at = next,
                None => return Ok(letters),
            }
        }
    }

    /// Who reads a notice. Whoever has left hears nothing more.
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
