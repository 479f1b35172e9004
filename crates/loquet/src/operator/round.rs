//! A round of deliveries: in which order notices are tried, and what becomes of each.

use std::collections::BTreeMap;

use loquet_policy::{AccountId, Event, OrgId, UnixTime};

use crate::account::addresses::Address;
use crate::account::notice_addresses::DeliveryFailureKind;
use crate::disk::{self, NoticeBody};
use crate::error::Error;
use crate::observe;
use crate::operator::Operator;
use crate::operator::letter::{Deliver, Delivered};
use crate::store::{Cursor, Item, NoticeRow, Query};

/// What one round has told which address.
#[derive(Default)]
pub(super) struct Told(BTreeMap<(OrgId, Address), Vec<Fact>>);

/// When, what, and of whom.
type Fact = (UnixTime, Event, Option<AccountId>);

const fn fact(row: &NoticeRow, body: &NoticeBody) -> Fact {
    (row.at, body.notice.event, body.about)
}

impl Told {
    pub(super) fn knows(&self, row: &NoticeRow, body: &NoticeBody, address: &Address) -> bool {
        let facts = self.0.get(&(row.org, address.clone()));
        facts.is_some_and(|facts| facts.contains(&fact(row, body)))
    }

    pub(super) fn add(&mut self, row: &NoticeRow, body: &NoticeBody, address: Address) {
        let facts = self.0.entry((row.org, address)).or_default();
        facts.push(fact(row, body));
    }
}

/// Temporary failures of one address in one round. More than one, so that a letter that alone fails does not hold up the
/// next one to the same address.
pub(super) const MOST_FAILURES: u8 = 3;

/// A round of deliveries.
#[derive(Default)]
pub(super) struct Round {
    done: Delivered,
    pub(super) told: Told,
    /// How often an address has failed for now. After [`MOST_FAILURES`] it is not tried again in this round, so that one
    /// that answers late, or never, delays the others by so much and no more.
    pub(super) stuck: BTreeMap<Address, u8>,
    /// How far each class of notices was tried.
    personal: Tried,
    to_all: Tried,
}

/// How far notices were tried: numbers rise.
#[derive(Default)]
struct Tried {
    last: Option<u64>,
    /// The page that was read last.
    at: Cursor,
}

/// What became of a notice.
pub(super) enum Done {
    /// Its letter was delivered.
    Delivered,
    /// No reader is left, or another letter of the round told them.
    Spared,
    /// Its letter was given up, for this reason.
    Failed(DeliveryFailureKind),
    /// Each of its readers, or each address of its reader, has a notice now.
    Expanded,
    /// Its address failed too often in this round.
    Waits,
}

impl Operator {
    /// Delivers what waits in the outbox, one letter to each address. A letter that fails does not delay the other addresses.
    /// Letters to one user go before those to all users whom a mandate covers, of any organization.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, mailer: impl loquet::Deliver) -> Result<(), loquet::Error> {
    /// let done = operator.deliver(&mailer).await?;
    /// if let Some(fault) = done.fault {
    ///     println!("{} letters are waiting: {fault}", done.waiting);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn deliver(&self, to: &impl Deliver) -> Result<Delivered, Error> {
        let mut round = Round::default();
        loop {
            // Again after each page of the others: a code that is asked for meanwhile is not to wait for all of them.
            while self.deliver_new(to, &mut round, false).await? {}
            if !self.deliver_new(to, &mut round, true).await? {
                break;
            }
        }
        observe::delivered(&round.done);
        Ok(round.done)
    }

    /// Tries a page of the notices that the round has not tried yet: those `to_all`, or the others. Says whether there may be
    /// more of them.
    async fn deliver_new(
        &self,
        to: &impl Deliver,
        round: &mut Round,
        to_all: bool,
    ) -> Result<bool, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let of = |round: &mut Round| match to_all {
            true => std::mem::take(&mut round.to_all),
            false => std::mem::take(&mut round.personal),
        };
        let mut tried = of(round);
        let page = self.store().scan(&Query::Outbox, &tried.at).await?;
        let mut is_expanded = false;
        for item in page.items {
            let Item::Notice(number, row) = item else {
                continue;
            };
            let is_to_all = disk::read_notice(&row, &keys).is_ok_and(|body| body.expanded);
            if is_to_all != to_all || tried.last.is_some_and(|last| number <= last) {
                continue;
            }
            tried.last = Some(number);
            is_expanded |= self.try_one(to, number, &row, round).await?;
        }
        let has_next = page.next.is_some();
        if let Some(next) = page.next {
            tried.at = next;
        }
        match to_all {
            true => round.to_all = tried,
            false => round.personal = tried,
        }
        Ok(has_next || is_expanded)
    }

    /// Tries one notice, and takes it out of the outbox when that is the end of it. Says whether it put others there.
    async fn try_one(
        &self,
        to: &impl Deliver,
        number: u64,
        row: &NoticeRow,
        round: &mut Round,
    ) -> Result<bool, Error> {
        let one_more = |count: &mut u32| *count = count.saturating_add(1);
        let mut is_expanded = false;
        match self.deliver_one(to, number, row, round).await {
            Ok(Done::Waits) => {
                one_more(&mut round.done.waiting);
                return Ok(false);
            }
            Ok(Done::Delivered) => one_more(&mut round.done.letters),
            Ok(Done::Failed(_)) => one_more(&mut round.done.failed),
            Ok(Done::Expanded) => is_expanded = true,
            Ok(Done::Spared) => {}
            Err(error) => {
                one_more(&mut round.done.waiting);
                round.done.fault.get_or_insert(error);
                return Ok(false);
            }
        }
        self.store().delivered(number).await?;
        Ok(is_expanded)
    }
}
