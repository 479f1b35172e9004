//! Notices: what people must be told, kept in the outbox by the same commit that made it true.

use std::future::Future;

use loquet_policy::{AccountId, Audience, Event, Notice, OrgId, Organization, UnixTime, covers};

use crate::addresses::Address;
use crate::codes::NotMeLink;
use crate::disk;
use crate::error::{Error, Unavailable};
use crate::flow;
use crate::mfa::Operator;
use crate::observe;
use crate::records::PersonRecord;
use crate::store::{BoxError, Cursor, Item, NoticeRow, Query};

/// A message for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Letter {
    /// The notice's number in the outbox: with `to` it tells a letter that comes twice.
    pub notice: u64,
    /// Whom to tell.
    pub to: AccountId,
    /// The host's name for that person.
    pub external_id: String,
    /// Where to, all of them: the present address first, then those that it replaced less than 14 days before. Empty where
    /// Loquet was told none.
    pub addresses: Vec<Address>,
    /// The organization.
    pub org: OrgId,
    /// Its name.
    pub organization: String,
    /// When it happened.
    pub at: UnixTime,
    /// What happened.
    pub event: Event,
    /// In the letter about an enrollment, to its owner: "that was not me". `loquet-web` answers it under
    /// `/not-me/LINK`; [`Mfa::report_unrecognized`](crate::Mfa::report_unrecognized) is what it calls.
    pub link: Option<NotMeLink>,
}

/// How a round of deliveries went.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Letters that were delivered.
    pub letters: u32,
    /// Notices that wait for the next round.
    pub waiting: u32,
    /// The first fault, if any.
    pub fault: Option<Error>,
}

/// Delivers letters: by mail, by a message in the host's own pages, as the host likes.
pub trait Deliver: Sync {
    /// Delivers one letter. It may come twice: an answer that is lost is asked for again.
    fn deliver(&self, letter: &Letter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

impl Operator {
    /// Delivers what waits in the outbox. What fails waits for the next round and keeps nothing else waiting.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn deliver(&self, to: &impl Deliver) -> Result<Delivered, Error> {
        let mut round = Delivered::default();
        let mut at = Cursor::default();
        loop {
            let page = self.store().scan(&Query::Outbox, &at).await?;
            for item in page.items {
                let Item::Notice(number, row) = item else {
                    continue;
                };
                match self.deliver_one(to, number, &row).await {
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
                None => {
                    observe::delivered(round.letters, round.waiting, round.fault.as_ref());
                    return Ok(round);
                }
            }
        }
    }

    /// Delivers one notice to all its recipients.
    async fn deliver_one(
        &self,
        to: &impl Deliver,
        number: u64,
        row: &NoticeRow,
    ) -> Result<u32, Error> {
        let (notice, epoch) = disk::read_notice(&row.body)?;
        let organization = self.organization_record(row.org).await?;
        let vault = self.unlock().await?;
        let mut letters: u32 = 0;
        for person in self.readers(&notice, row, &organization.facts).await? {
            let id = person.facts.id;
            let letter = Letter {
                notice: number,
                to: id,
                external_id: person.external_id,
                addresses: person.addresses.recipients(row.at),
                org: row.org,
                organization: organization.name.clone(),
                at: row.at,
                event: notice.event,
                link: epoch.map(|epoch| flow::not_me_link(&vault.keys, id, epoch)),
            };
            to.deliver(&letter).await.map_err(Unavailable::Delivery)?;
            letters = letters.saturating_add(1);
        }
        Ok(letters)
    }

    /// The recipients of a notice. A deactivated account is told of its deactivation, and of no mandate.
    async fn readers(
        &self,
        notice: &Notice,
        row: &NoticeRow,
        organization: &Organization,
    ) -> Result<Vec<PersonRecord>, Error> {
        let Audience::Covered { role } = notice.to else {
            return Ok(self.person(row.to).await?.into_iter().collect());
        };
        let mut readers = Vec::new();
        self.each_person(row.org, |person| {
            if person.facts.is_active() && covers(organization, &person.facts.roles, role) {
                readers.push(person);
            }
        })
        .await?;
        Ok(readers)
    }
}
