//! Notices: what people must be told, kept in the outbox by the same commit that made it true.

use std::collections::BTreeMap;
use std::future::Future;

use loquet_policy::{AccountId, Audience, Event, OrgId, Organization, RoleId, UnixTime, covers};

use crate::account::addresses::Address;
use crate::disk::{self, FirstOutcome, NoticeBody};
use crate::enrollment::codes::NotMeLink;
use crate::error::{Error, Unavailable};
use crate::hash::{half, mac};
use crate::observe;
use crate::operator::Operator;
use crate::records::PersonRecord;
use crate::store::{
    AttemptId, BoxError, Commit, Cursor, Item, NoticeRow, Query, Row, RowKey, Version, Writes,
};

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
    /// Every address to write to: the present one first, then those that it replaced less than 14 days before. Empty
    /// where Loquet was told none.
    pub addresses: Vec<Address>,
    /// Addresses to which another letter of this round said the same. They are not in `addresses`: do not write to them
    /// again. Empty for a letter with a link.
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
    /// administrator is told whose account was reset, and whose authenticator was disabled. None where the event is the
    /// reader's own or the whole organization's.
    pub about: Option<String>,
    /// In the letter about an enrollment, to its owner: "that was not me". `loquet-web` answers it under
    /// `/not-me/LINK`; [`Mfa::report_unrecognized`](crate::Mfa::report_unrecognized) is what it calls.
    pub link: Option<NotMeLink>,
}

/// How a round of deliveries went.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Delivered {
    /// Letters that were delivered.
    pub letters: u32,
    /// Notices that wait for the next round.
    pub waiting: u32,
    /// The first fault, if any.
    pub fault: Option<Error>,
}

/// Delivers letters: by mail, by a message in the host's own pages, as the host likes.
///
/// ```
/// # use loquet::{Deliver, Letter, store::BoxError};
/// struct Mailer;
///
/// impl Deliver for Mailer {
///     async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
///         for address in &letter.addresses {
///             println!("To {address}: {:?}", letter.event);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Deliver: Sync {
    /// Delivers one letter. The same letter may come twice, where the service stopped before it noted the first
    /// delivery. After an error this letter alone waits for the next round. A reader without an address is no error.
    fn deliver(&self, letter: &Letter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// What one round has told which address.
#[derive(Default)]
struct Told(BTreeMap<(OrgId, Address), Vec<Fact>>);

/// When, what, and of whom.
type Fact = (UnixTime, Event, Option<AccountId>);

const fn fact(row: &NoticeRow, body: &NoticeBody) -> Fact {
    (row.at, body.notice.event, body.about)
}

impl Told {
    fn knows(&self, row: &NoticeRow, body: &NoticeBody, address: &Address) -> bool {
        let facts = self.0.get(&(row.org, address.clone()));
        facts.is_some_and(|facts| facts.contains(&fact(row, body)))
    }

    fn add(&mut self, row: &NoticeRow, body: &NoticeBody, address: Address) {
        let facts = self.0.entry((row.org, address)).or_default();
        facts.push(fact(row, body));
    }
}

/// A round of deliveries.
#[derive(Default)]
struct Round {
    done: Delivered,
    told: Told,
    /// The last notice that was tried: numbers rise.
    tried: Option<u64>,
}

/// What became of a notice.
enum Done {
    /// So many letters were delivered: one, or none where no one is left to tell.
    Letters(u32),
    /// Its readers have a notice each now.
    Expanded,
}

/// Whether a mandate's notice is for this account. A deactivated account is told of no mandate.
fn is_reader(person: &PersonRecord, organization: &Organization, role: RoleId) -> bool {
    person.facts.is_active() && covers(organization, &person.facts.roles, role)
}

impl Operator {
    /// Delivers what waits in the outbox. A letter that fails waits for the next round; the others are delivered all
    /// the same.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, mailer: impl loquet::Deliver) -> Result<(), loquet::Error> {
    /// let done = operator.deliver(&mailer).await?;
    /// if let Some(fault) = done.fault {
    ///     println!("{} notices are waiting: {fault}", done.waiting);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn deliver(&self, to: &impl Deliver) -> Result<Delivered, Error> {
        let mut round = Round::default();
        while self.deliver_new(to, &mut round).await? {}
        let done = round.done;
        observe::delivered(done.letters, done.waiting, done.fault.as_ref());
        Ok(done)
    }

    /// Tries every notice that the round has not tried yet. Says whether this put others into the outbox.
    async fn deliver_new(&self, to: &impl Deliver, round: &mut Round) -> Result<bool, Error> {
        let mut is_expanded = false;
        let mut at = Cursor::default();
        let tried = round.tried;
        loop {
            let page = self.store().scan(&Query::Outbox, &at).await?;
            for item in page.items {
                let Item::Notice(number, row) = item else {
                    continue;
                };
                if tried.is_some_and(|tried| number <= tried) {
                    continue;
                }
                round.tried = Some(number);
                match self.deliver_one(to, number, &row, &mut round.told).await {
                    Ok(done) => {
                        match done {
                            Done::Letters(letters) => {
                                round.done.letters = round.done.letters.saturating_add(letters);
                            }
                            Done::Expanded => is_expanded = true,
                        }
                        self.store().delivered(number).await?;
                    }
                    Err(error) => {
                        round.done.waiting = round.done.waiting.saturating_add(1);
                        round.done.fault.get_or_insert(error);
                    }
                }
            }
            match page.next {
                Some(next) => at = next,
                None => return Ok(is_expanded),
            }
        }
    }

    /// Delivers one notice to its reader, or gives each of its readers one.
    async fn deliver_one(
        &self,
        to: &impl Deliver,
        number: u64,
        row: &NoticeRow,
        told: &mut Told,
    ) -> Result<Done, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let body = disk::read_notice(row, &keys)?;
        let organization = self.organization_record(row.org).await?;
        let role = match body.notice.to {
            Audience::Covered { role } => Some(role),
            _ => None,
        };
        if let Some(role) = role
            && !body.expanded
        {
            self.expand(number, row, body, (&organization.facts, role))
                .await?;
            return Ok(Done::Expanded);
        }
        let reader = self.person(row.to).await?;
        let is_told = |person: &PersonRecord| {
            role.is_none_or(|role| is_reader(person, &organization.facts, role))
        };
        let Some(person) = reader.filter(is_told) else {
            return Ok(Done::Letters(0));
        };
        let id = person.facts.id;
        let about = match body.about.filter(|account| *account != id) {
            Some(account) => self.person(account).await?.map(|it| it.external_id),
            None => None,
        };
        let is_known = |address: &Address| body.epoch.is_none() && told.knows(row, &body, address);
        let (already_told, addresses) = person
            .addresses
            .recipients(row.at)
            .into_iter()
            .partition(is_known);
        let vault = self.unlock().await?;
        let link = |epoch| crate::account::operations::not_me_link(&vault.keys, id, epoch);
        let letter = Letter {
            notice: number,
            to: id,
            external_id: person.external_id,
            addresses,
            already_told,
            about,
            org: row.org,
            organization: organization.name,
            at: row.at,
            event: body.notice.event,
            link: body.epoch.map(link),
        };
        to.deliver(&letter).await.map_err(Unavailable::Delivery)?;
        for address in letter.addresses {
            told.add(row, &body, address);
        }
        Ok(Done::Letters(1))
    }

    /// Gives each reader of a mandate's notice a notice of their own, all in one commit. Where two nodes do it at the same
    /// time, or one again because it was cut off before it took the notice out of the outbox, the second finds the first's
    /// attempt and writes nothing.
    async fn expand(
        &self,
        number: u64,
        row: &NoticeRow,
        body: NoticeBody,
        (organization, role): (&Organization, RoleId),
    ) -> Result<(), Error> {
        let mut readers = Vec::new();
        self.each_person(row.org, |person| {
            if is_reader(&person, organization, role) {
                readers.push(person.facts.id);
            }
        })
        .await?;
        let body = NoticeBody {
            expanded: true,
            ..body
        };
        let vault = self.unlock().await?;
        let keys = self.row_keys(vault);
        let parts: [&[u8]; 4] = [
            &number.to_be_bytes(),
            &row.org.to_bytes(),
            &row.at.0.to_be_bytes(),
            row.body.as_bytes(),
        ];
        let mark = *half(mac(&vault.keys.attempt, "expanded notice", &parts));
        let id = AttemptId(mark);
        let granted = FirstOutcome::Granted;
        let attempt = disk::write_attempt((id, row.to), self.now(), mark, granted, &keys)?;
        let outbox = readers.into_iter().map(|to| {
            let row = NoticeRow { to, ..row.clone() };
            disk::write_notice(row, &body, &keys)
        });
        let writes = Writes {
            expect: vec![(RowKey::Attempt(id), Version::ABSENT)],
            put: vec![Row::Attempt(attempt)],
            outbox: outbox.collect::<Result<_, _>>()?,
            ..Writes::default()
        };
        let (Commit::Done | Commit::Stale) = self.store().commit(writes).await?;
        Ok(())
    }
}
