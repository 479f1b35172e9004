//! A round of deliveries: in which order notices are tried, and what becomes of each.

use std::collections::BTreeMap;

use loquet_policy::{AccountId, Event, OrgId, UnixTime};

use crate::account::addresses::Address;
use crate::account::notice_addresses::DeliveryFailureKind;
use crate::disk::{self, NoticeBody};
use crate::error::Error;
use crate::observe;
use crate::operator::Operator;
use crate::operator::letter::{Deliver, Delivered, Letter};
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

/// Temporary failures of one recipient in one round. More than one, so that a letter that alone fails does not hold up the
/// next one to the same address.
const MOST_FAILURES: u8 = 3;
/// Letters to one recipient in one round. The others wait for the next round, so that a flood of them delays the letters to
/// other recipients by so many and no more.
const MOST_LETTERS: u8 = 50;
/// Letters between two looks for codes, which are to arrive before their users lose patience.
const TURN: u8 = 32;

/// A round of deliveries.
#[derive(Default)]
pub(super) struct Round {
    done: Delivered,
    pub(super) told: Told,
    recipients: BTreeMap<Recipient, Tries>,
    /// How far each class of notices was tried.
    tried: BTreeMap<Class, Tried>,
}

/// An address, or the account where the host knows the address.
type Recipient = Result<Address, AccountId>;

/// What a recipient was sent in this round.
#[derive(Default)]
pub(super) struct Tries {
    letters: u8,
    failures: u8,
}

impl Tries {
    /// Whether it failed so often that it is not tried again in this round, so that one that answers late, or never, delays
    /// the others by so much and no more.
    pub(super) const fn is_stuck(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    /// Whether the next letter waits for another round.
    pub(super) const fn are_enough(&self) -> bool {
        self.is_stuck() || self.letters >= MOST_LETTERS
    }

    pub(super) const fn count(&mut self, is_failure: bool) {
        self.letters = self.letters.saturating_add(1);
        if is_failure {
            self.failures = self.failures.saturating_add(1);
        }
    }
}

/// Notices that are delivered before others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// They bring a code that a user waits for.
    Code,
    /// Their reader may have to act at once: against a thief, or against another administrator.
    Urgent,
    Personal,
    /// They go to all whom a mandate covers.
    ToAll,
}

impl Class {
    fn of(body: &NoticeBody) -> Self {
        match body.notice.event {
            _ if body.expanded => Self::ToAll,
            Event::AddressChangeBegun => Self::Code,
            Event::ChangeScheduled { .. }
            | Event::Promoted { .. }
            | Event::Reset { .. }
            | Event::ResetByHost { .. }
            | Event::AppointedByHost { .. }
            | Event::BreakGlassOpening { .. }
            | Event::BreakGlassOpen { .. }
            | Event::BreakGlassCancelled { .. }
            | Event::BreakGlassCodeRenewed
            | Event::BreakGlassCodeVoid => Self::Urgent,
            // It brings a link.
            _ if body.epoch.is_some() => Self::Urgent,
            _ => Self::Personal,
        }
    }
}

/// How far notices were tried: numbers rise.
#[derive(Default)]
struct Tried {
    last: Option<u64>,
    /// The page that was read last.
    at: Cursor,
}

impl Round {
    pub(super) fn tries(&mut self, letter: &Letter) -> &mut Tries {
        let recipient = letter.address.clone().ok_or(letter.to);
        self.recipients.entry(recipient).or_default()
    }
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
    /// Its recipient failed too often in this round, or had enough letters.
    Waits,
}

impl Operator {
    /// Delivers what waits in the outbox, one letter to each address. A letter that fails does not delay the other addresses.
    /// Letters with a code go first, then those with a link and those about resets, new administrators, break-glass and
    /// settings that are to be weakened, then other letters to one user, then those to all users whom a mandate covers, of any
    /// organization. Of more than fifty letters to one address the others wait for the next round.
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
        // After each turn of one class those before it are looked at again.
        while self.deliver_new(to, &mut round, Class::Code).await?
            || self.deliver_new(to, &mut round, Class::Urgent).await?
            || self.deliver_new(to, &mut round, Class::Personal).await?
            || self.deliver_new(to, &mut round, Class::ToAll).await?
        {}
        observe::delivered(&round.done);
        Ok(round.done)
    }

    /// Tries some of the notices of a class that the round has not tried yet. Says whether there may be more of them.
    async fn deliver_new(
        &self,
        to: &impl Deliver,
        round: &mut Round,
        class: Class,
    ) -> Result<bool, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut tried = round.tried.remove(&class).unwrap_or_default();
        let page = self.store().scan(&Query::Outbox, &tried.at).await?;
        let (mut left, mut has_more) = (TURN, page.next.is_some());
        let mut next = page.next;
        for item in page.items {
            let Item::Notice(number, row) = item else {
                continue;
            };
            // One that cannot be read is tried, and counted as a fault.
            let its = disk::read_notice(&row, &keys).map_or(Class::Personal, |it| Class::of(&it));
            if its != class || tried.last.is_some_and(|last| number <= last) {
                continue;
            }
            if left == 0 {
                // The rest of this page comes next.
                (next, has_more) = (None, true);
                break;
            }
            left = left.saturating_sub(1);
            tried.last = Some(number);
            has_more |= self.try_one(to, number, &row, round).await?;
        }
        if let Some(next) = next {
            tried.at = next;
        }
        round.tried.insert(class, tried);
        Ok(has_more)
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
