//! Notices: what people must be told, kept in the outbox by the same commit that made it true.

use loquet_policy::limits::BINDING_LINK;
use loquet_policy::{AccountId, Audience, Event, Organization, RoleId, UnixTime};

use crate::account::address_code::AddressCode;
use crate::account::addresses::Address;
use crate::account::notice_addresses::{DeliveryFailure, DeliveryFailureKind};
use crate::account::operations::NoteDelivery;
use crate::disk::{self, FirstOutcome, NoticeBody};
use crate::enrollment::codes::NotMeLink;
use crate::error::{Error, Unavailable};
use crate::hash::{half, mac};
use crate::observe;
use crate::operator::Operator;
use crate::operator::letter::{Deliver, DeliveryError, Letter};
use crate::operator::reach::{is_late, is_reader, targets};
use crate::operator::round::{Done, Round};
use crate::provision::handle::was_another;
use crate::records::PersonRecord;
use crate::session::attempt::Attempt;
use crate::store::{AttemptId, Commit, NoticeRow, Row, RowKey, Version, Writes};

impl Operator {
    /// Delivers one notice to its reader's one address, or gives each of its readers, or each address, one.
    pub(super) async fn deliver_one(
        &self,
        to: &impl Deliver,
        number: u64,
        row: &NoticeRow,
        round: &mut Round,
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
            let copies = self.readers(row, body, (&organization.facts, role)).await?;
            self.expand(number, row, copies).await?;
            return Ok(Done::Expanded);
        }
        let reader = self.person(row.to).await?;
        let is_told = |person: &PersonRecord| {
            role.is_none_or(|role| is_reader(person, &organization.facts, role))
        };
        let Some(person) = reader.filter(is_told) else {
            return Ok(Done::Spared);
        };
        let targets = targets(&person, &body, self.told_at(row));
        if targets.len() > 1 {
            let copy = |address| {
                let address = Some(address);
                let body = body.clone();
                (row.to, NoticeBody { address, ..body })
            };
            let copies = targets.into_iter().map(copy).collect();
            self.expand(number, row, copies).await?;
            return Ok(Done::Expanded);
        }
        let address = targets.into_iter().next();
        if address.is_none() && body.address.is_some() {
            return Ok(Done::Spared);
        }
        let noted = address.as_ref().and_then(|it| person.addresses.failure(it));
        let reader = (person, address);
        let Some(letter) = self
            .letter((number, row), &body, organization.name, reader)
            .await?
        else {
            return Ok(Done::Spared);
        };
        let kind = match self.send(to, &letter, (row, &body), round).await? {
            Done::Delivered => None,
            Done::Failed(kind) => Some(kind),
            other => return Ok(other),
        };
        if let Some(address) = letter.address
            && kind != noted
        {
            self.note(row.to, address, kind).await?;
        }
        Ok(kind.map_or(Done::Delivered, Done::Failed))
    }

    /// The moment whose addresses a notice goes to: its own, but after its week it may be one that was delivered, and that a
    /// writer of the database put back.
    fn told_at(&self, row: &NoticeRow) -> UnixTime {
        let now = self.now();
        if is_late(row, now) { now } else { row.at }
    }

    /// The letter to one address. `None`: the code that it would bring is worth nothing any more.
    async fn letter(
        &self,
        (number, row): (u64, &NoticeRow),
        body: &NoticeBody,
        organization: String,
        (person, address): (PersonRecord, Option<Address>),
    ) -> Result<Option<Letter>, Error> {
        let id = person.facts.id;
        let vault = self.unlock().await?;
        let brings_code = body.notice.event == Event::AddressChangeBegun
            && address.is_some()
            && address.as_ref() == person.addresses.pending();
        let code = if brings_code {
            let change = person.facts.address_change;
            let Some(change) = change.filter(|it| it.is_open(self.now())) else {
                return Ok(None);
            };
            let derive = |address| AddressCode::derive(&vault.keys, id, address, change.sent);
            address.as_ref().map(derive)
        } else {
            None
        };
        let about = match body.about.filter(|account| *account != id) {
            Some(account) => self.person(account).await?.map(|it| it.external_id),
            None => None,
        };
        let is_bound = matches!(body.notice.event, Event::Bound { .. });
        let is_expired = is_bound && self.now() >= row.at.plus(BINDING_LINK);
        let epoch = body.epoch.filter(|_| !is_expired);
        let link = |epoch| NotMeLink::derive(&vault.keys, id, epoch);
        let recipients = person.addresses.recipients(self.told_at(row));
        let oldest = recipients.into_iter().next();
        // A newer address may be a thief's, who could undo the owner's report, or the owner's enrollments for ever.
        let brings_link = address == oldest;
        Ok(Some(Letter {
            notice: number,
            to: id,
            external_id: person.external_id,
            address,
            about,
            org: row.org,
            organization,
            at: row.at,
            event: body.notice.event,
            link: epoch.filter(|_| brings_link).map(link),
            code,
        }))
    }

    /// Sends one letter, unless its address heard the same, or failed too often in this round.
    async fn send(
        &self,
        to: &impl Deliver,
        letter: &Letter,
        (row, body): (&NoticeRow, &NoticeBody),
        round: &mut Round,
    ) -> Result<Done, Error> {
        let address = letter.address.as_ref();
        let is_plain = letter.link.is_none() && letter.code.is_none();
        if is_plain && address.is_some_and(|address| round.told.knows(row, body, address)) {
            return Ok(Done::Spared);
        }
        let tries = round.tries(letter);
        let is_stuck = tries.is_stuck();
        let sent = if tries.are_enough() {
            None
        } else {
            let sent = to.deliver(letter).await;
            tries.count(matches!(sent, Err(DeliveryError::Temporary(_))));
            Some(sent)
        };
        let is_late = is_late(row, self.now());
        let kind = match sent {
            Some(Ok(())) => {
                if let Some(address) = address {
                    round.told.add(row, body, address.clone());
                }
                return Ok(Done::Delivered);
            }
            Some(Err(DeliveryError::Permanent(why))) => {
                observe::undeliverable(letter.to, &why);
                DeliveryFailureKind::Refused
            }
            Some(Err(DeliveryError::Temporary(why))) => {
                if !is_late {
                    return Err(Unavailable::Delivery(why).into());
                }
                observe::undeliverable(letter.to, &why);
                DeliveryFailureKind::TimedOut
            }
            None if is_stuck && is_late => DeliveryFailureKind::TimedOut,
            None => return Ok(Done::Waits),
        };
        Ok(Done::Failed(kind))
    }

    /// Notes at the account how a delivery ended, which is news.
    async fn note(
        &self,
        account: AccountId,
        address: Address,
        kind: Option<DeliveryFailureKind>,
    ) -> Result<(), Error> {
        let at = self.now();
        let note = NoteDelivery {
            account,
            address,
            failure: kind.map(|kind| DeliveryFailure { at, kind }),
        };
        was_another(self.run(note, Attempt::default()).await).map(drop)
    }

    /// Each reader of a mandate's notice, with a copy of it.
    async fn readers(
        &self,
        row: &NoticeRow,
        body: NoticeBody,
        (organization, role): (&Organization, RoleId),
    ) -> Result<Vec<(AccountId, NoticeBody)>, Error> {
        let mut readers = Vec::new();
        let expanded = true;
        self.each_person(row.org, |person| {
            if is_reader(&person, organization, role) {
                let body = body.clone();
                readers.push((person.facts.id, NoticeBody { expanded, ..body }));
            }
        })
        .await?;
        Ok(readers)
    }

    /// Puts copies of a notice into the outbox, each for one reader or one address, all in one commit. Where two nodes do it
    /// at the same time, or one again because it was cut off before it took the notice out of the outbox, the second finds
    /// the first's attempt and writes nothing.
    async fn expand(
        &self,
        number: u64,
        row: &NoticeRow,
        copies: Vec<(AccountId, NoticeBody)>,
    ) -> Result<(), Error> {
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
        let outbox = copies.into_iter().map(|(to, body)| {
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
