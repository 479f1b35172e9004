//! Notices: what people must be told, kept in the outbox by the same commit that made it true.

use std::collections::BTreeMap;
use std::future::Future;

use loquet_policy::{AccountId, Audience, Event, Notice, OrgId, Organization, UnixTime, covers};

use crate::account::addresses::Address;
use crate::disk;
use crate::enrollment::codes::NotMeLink;
use crate::error::{Error, Unavailable};
use crate::observe;
use crate::operator::Operator;
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
    /// Addresses that another letter of this round has told the same: not to be written to again, and not among `addresses`.
    /// None for a letter with a link.
    pub already_told: Vec<Address>,
    /// The organization.
    pub org: OrgId,
    /// Its name.
    pub organization: String,
    /// When it happened.
    pub at: UnixTime,
    /// What happened.
    pub event: Event,
    /// The host's name for the account that the event is about, where it is about another account than the reader's: an
    /// administrator is told whose account was reset.
    pub about: Option<String>,
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

/// What one round has told which address.
#[derive(Default)]
struct Told(BTreeMap<(OrgId, Address), Vec<Fact>>);

/// When, what, and of whom where the event does not name the account itself.
type Fact = (UnixTime, Event, Option<AccountId>);

fn fact(row: &NoticeRow, notice: &Notice) -> Fact {
    let owner = match notice.to {
        Audience::Owner { account } if account_of(&notice.event).is_none() => Some(account),
        _ => None,
    };
    (row.at, notice.event, owner)
}

impl Told {
    fn knows(&self, row: &NoticeRow, notice: &Notice, address: &Address) -> bool {
        let facts = self.0.get(&(row.org, address.clone()));
        facts.is_some_and(|facts| facts.contains(&fact(row, notice)))
    }

    fn add(&mut self, row: &NoticeRow, notice: &Notice, address: Address) {
        let facts = self.0.entry((row.org, address)).or_default();
        facts.push(fact(row, notice));
    }
}

/// The account that an event names as the one it happened to.
const fn account_of(event: &Event) -> Option<AccountId> {
    match *event {
        Event::BreakGlassOpening { account, .. }
        | Event::BreakGlassOpen { account }
        | Event::Reset { account, .. }
        | Event::Promoted { account, .. }
        | Event::Demoted { account }
        | Event::Deactivated { account } => Some(account),
        _ => None,
    }
}

impl Operator {
    /// Delivers what waits in the outbox. What fails waits for the next round and keeps nothing else waiting.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn deliver(&self, to: &impl Deliver) -> Result<Delivered, Error> {
        let mut round = Delivered::default();
        let mut told = Told::default();
        let mut at = Cursor::default();
        loop {
            let page = self.store().scan(&Query::Outbox, &at).await?;
            for item in page.items {
                let Item::Notice(number, row) = item else {
                    continue;
                };
                match self.deliver_one(to, number, &row, &mut told).await {
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
        told: &mut Told,
    ) -> Result<u32, Error> {
        let (notice, epoch) = disk::read_notice(&row.body)?;
        let organization = self.organization_record(row.org).await?;
        let vault = self.unlock().await?;
        let about = match account_of(&notice.event) {
            Some(account) => self
                .person(account)
                .await?
                .map(|it| (account, it.external_id)),
            None => None,
        };
        let mut letters: u32 = 0;
        for person in self.readers(&notice, row, &organization.facts).await? {
            let id = person.facts.id;
            let is_told = |address: &Address| epoch.is_none() && told.knows(row, &notice, address);
            let (already_told, addresses) = person
                .addresses
                .recipients(row.at)
                .into_iter()
                .partition(is_told);
            let letter = Letter {
                notice: number,
                to: id,
                external_id: person.external_id,
                addresses,
                already_told,
                about: about
                    .as_ref()
                    .filter(|(account, _)| *account != id)
                    .map(|(_, name)| name.clone()),
                org: row.org,
                organization: organization.name.clone(),
                at: row.at,
                event: notice.event,
                link: epoch
                    .map(|epoch| crate::account::operations::not_me_link(&vault.keys, id, epoch)),
            };
            to.deliver(&letter).await.map_err(Unavailable::Delivery)?;
            for address in letter.addresses {
                told.add(row, &notice, address);
            }
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
