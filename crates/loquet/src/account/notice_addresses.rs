//! Where a user's notices go.
//!
//! A new address counts after the code that was sent there was typed back, and the one that it replaces is not forgotten
//! at once: a thief who redirects the notices must not silence the owner, so the old address is told and receives every
//! notice for [`ADDRESS_OVERLAP`] more.

use loquet_policy::limits::{ADDRESS_OVERLAP, DAY};
use loquet_policy::{AddressChange, UnixTime};
use serde::{Deserialize, Serialize};

use crate::account::addresses::Address;
use crate::operator::clock::at_most;

/// Addresses that receive notices at the same time. The next change is refused rather than one of them forgotten: a thief who may
/// change an address often enough would otherwise push the owner's out.
const MAX_RECIPIENTS: usize = 8;
/// How long a notice is tried that cannot be delivered, in seconds.
pub(crate) const GIVE_UP: u64 = 7 * DAY;

/// An address that notices go to, or will go to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoticeAddress {
    /// The address.
    pub address: Address,
    /// What it is to the account.
    pub state: AddressState,
    /// The last notice did not arrive there.
    pub failure: Option<DeliveryFailure>,
}

/// What an address is to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressState {
    /// The owner's address.
    Present,
    /// It was replaced, and still receives every notice.
    Former {
        /// Until when.
        until: UnixTime,
    },
    /// It is to become the owner's, once the code that was sent there is typed back.
    Pending {
        /// When the code expires; `None`: it has expired, or is void after ten wrong ones.
        expires: Option<UnixTime>,
    },
}

/// A notice was not delivered to an address, and is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeliveryFailure {
    /// When that was found out.
    pub at: UnixTime,
    /// Why.
    pub kind: DeliveryFailureKind,
}

/// Why a notice was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryFailureKind {
    /// The address was refused for good: there is no such mailbox, or none can be.
    Refused,
    /// Seven days of tries did not succeed.
    TimedOut,
}

/// The addresses of one account, as they came to count: one that came back has an entry for each time, so that
/// [`revert`](Addresses::revert) finds what counted before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Addresses(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    address: Address,
    /// Since when it receives notices without a gap.
    #[serde(default, skip_serializing_if = "is_unset")]
    since: UnixTime,
    /// Until when it receives notices; `None`: it is the present one, or pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
    /// Whether its code was not typed back yet. At most one is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pending: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<DeliveryFailure>,
}

fn is_unset(since: &UnixTime) -> bool {
    *since == UnixTime::default()
}

impl Entry {
    const fn new(address: Address, since: UnixTime, pending: bool) -> Self {
        Self {
            address,
            since,
            until: None,
            pending,
            failure: None,
        }
    }

    fn receives(&self, at: UnixTime) -> bool {
        !self.pending && self.until.is_none_or(|until| at < until)
    }
}

impl Addresses {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn present(&self) -> Option<&Address> {
        let is_present = |entry: &&Entry| !entry.pending && entry.until.is_none();
        self.0.iter().find(is_present).map(|entry| &entry.address)
    }

    /// The address that waits for its code.
    pub(crate) fn pending(&self) -> Option<&Address> {
        let pending = self.0.iter().find(|entry| entry.pending);
        pending.map(|entry| &entry.address)
    }

    /// The recipients of what happened at `at`, each once, the oldest address first: a new one may be a thief's.
    pub(crate) fn recipients(&self, at: UnixTime) -> Vec<Address> {
        let entries = self.0.iter().filter(|entry| entry.receives(at));
        let mut entries: Vec<&Entry> = entries.collect();
        entries.sort_by_key(|entry| entry.since);
        let mut recipients = Vec::new();
        for entry in entries {
            if !recipients.contains(&entry.address) {
                recipients.push(entry.address.clone());
            }
        }
        recipients
    }

    /// Whether there is room for another change at `now`.
    pub(crate) fn has_room(&self, now: UnixTime) -> bool {
        let receiving = self.0.iter().filter(|entry| entry.receives(now));
        receiving.count() < MAX_RECIPIENTS
    }

    /// `address` waits for its code, in place of another that did.
    pub(crate) fn begin(&mut self, address: &Address) {
        self.0.retain(|entry| !entry.pending);
        let entry = Entry::new(address.clone(), UnixTime::default(), true);
        self.0.push(entry);
    }

    /// The code was typed back.
    pub(crate) fn confirm(&mut self, now: UnixTime) {
        if let Some(address) = self.pending().cloned() {
            self.0.retain(|entry| !entry.pending);
            self.change(&address, now);
        }
    }

    /// `address` is the present one from now on. The one before receives notices for a while yet.
    pub(crate) fn change(&mut self, address: &Address, now: UnixTime) {
        // What happened before its time was over may still wait for delivery.
        let is_over = |until: UnixTime| now >= until.plus(GIVE_UP);
        self.0.retain(|entry| !entry.until.is_some_and(is_over));
        let known = self.0.iter().filter(|entry| entry.address == *address);
        let since = known.filter(|entry| entry.receives(now)).map(|it| it.since);
        let since = since.min().unwrap_or(now);
        for entry in self.0.iter_mut().filter(|entry| !entry.pending) {
            entry.until.get_or_insert(now.plus(ADDRESS_OVERLAP));
        }
        self.0.push(Entry::new(address.clone(), since, false));
    }

    /// Takes back the changes that were confirmed at `since` or later, and what waits for its code: the owner did
    /// not make them.
    pub(crate) fn revert(&mut self, since: UnixTime) {
        self.0.retain(|entry| !entry.pending);
        while let [.., former, _] = self.0.as_mut_slice()
            && former
                .until
                .is_some_and(|until| until >= since.plus(ADDRESS_OVERLAP))
        {
            former.until = None;
            self.0.pop();
        }
    }

    /// Cuts the times that lie ahead.
    pub(crate) fn cut(&mut self, now: UnixTime) {
        for entry in &mut self.0 {
            entry.since = at_most(entry.since, now);
            if let Some(until) = &mut entry.until {
                *until = at_most(*until, now.plus(ADDRESS_OVERLAP));
            }
        }
    }

    /// Why the last delivery to this address failed, if it did.
    pub(crate) fn failure(&self, address: &Address) -> Option<DeliveryFailureKind> {
        let mut entries = self.0.iter().filter(|entry| entry.address == *address);
        entries.find_map(|entry| entry.failure).map(|it| it.kind)
    }

    /// Notes how the last delivery to this address ended.
    pub(crate) fn note(&mut self, address: &Address, failure: Option<DeliveryFailure>) {
        let entries = self.0.iter_mut();
        for entry in entries.filter(|entry| entry.address == *address) {
            entry.failure = failure;
        }
    }

    /// What pages show: the present address, the pending one, and those that still receive notices.
    pub(crate) fn list(&self, change: Option<AddressChange>, now: UnixTime) -> Vec<NoticeAddress> {
        let is_last = |at: usize, entry: &Entry| {
            let mut later = self.0.iter().skip(at.saturating_add(1));
            later.all(|it| it.pending || it.address != entry.address)
        };
        let shown = self
            .0
            .iter()
            .enumerate()
            .filter(|(at, entry)| entry.pending || entry.receives(now) && is_last(*at, entry));
        let list = shown.map(|(_, entry)| NoticeAddress {
            address: entry.address.clone(),
            state: match entry.until {
                _ if entry.pending => AddressState::Pending {
                    expires: change.filter(|it| it.is_open(now)).map(|it| it.expires()),
                },
                Some(until) => AddressState::Former { until },
                None => AddressState::Present,
            },
            failure: entry.failure,
        });
        list.collect()
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests;
