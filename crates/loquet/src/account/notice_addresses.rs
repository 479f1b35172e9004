//! Where a user's notices go.
//!
//! A new address counts after the code that was sent there was typed back, and the one that it replaces is not forgotten
//! at once: a thief who redirects the notices must not silence the owner, so the old address is told and receives every
//! notice for [`ADDRESS_OVERLAP`] more.

use loquet_policy::limits::{ADDRESS_OVERLAP, DAY};
use loquet_policy::{AddressChange, UnixTime};
use serde::{Deserialize, Serialize};

use crate::account::addresses::Address;

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

/// The addresses of one account, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Addresses(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    address: Address,
    /// Until when it receives notices; `None`: it is the present one, or pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
    /// Whether its code was not typed back yet. At most one is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pending: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<DeliveryFailure>,
}

impl Entry {
    const fn new(address: Address, pending: bool) -> Self {
        Self {
            address,
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

    /// The recipients of what happened at `at`, the oldest address first: a new one may be a thief's.
    pub(crate) fn recipients(&self, at: UnixTime) -> Vec<Address> {
        let recipients = self.0.iter().filter(|entry| entry.receives(at));
        recipients.map(|entry| entry.address.clone()).collect()
    }

    /// Whether there is room for another change at `now`.
    pub(crate) fn has_room(&self, now: UnixTime) -> bool {
        self.recipients(now).len() < MAX_RECIPIENTS
    }

    /// `address` waits for its code, in place of another that did.
    pub(crate) fn begin(&mut self, address: &Address) {
        self.0.retain(|entry| !entry.pending);
        self.0.push(Entry::new(address.clone(), true));
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
        self.0.retain(|entry| {
            entry.pending || entry.address != *address && !entry.until.is_some_and(is_over)
        });
        for entry in self.0.iter_mut().filter(|entry| !entry.pending) {
            entry.until.get_or_insert(now.plus(ADDRESS_OVERLAP));
        }
        self.0.push(Entry::new(address.clone(), false));
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
        let shown = self
            .0
            .iter()
            .filter(|entry| entry.pending || entry.receives(now));
        let list = shown.map(|entry| NoticeAddress {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn old_address_is_forgotten_at_next_change() {
        let mut addresses = Addresses::default();
        for (name, at) in [("a@b", 0), ("b@b", 1)] {
            addresses.change(&address(name), UnixTime(at));
        }
        let over = 1 + ADDRESS_OVERLAP + GIVE_UP;
        addresses.change(&address("c@b"), UnixTime(over - 1));
        assert_eq!(addresses.0.len(), 3, "a second before");
        addresses.change(&address("d@b"), UnixTime(over));
        assert_eq!(addresses.0.len(), 3);
        let is_kept = |name: &str| {
            let mut entries = addresses.0.iter();
            entries.any(|entry| entry.address == address(name))
        };
        assert!(!is_kept("a@b") && is_kept("b@b"));
    }

    #[test]
    fn old_address_is_told_for_fourteen_days() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.recipients(UnixTime(0)), []);
        let (old, new) = (address("old@example.org"), address("new@example.org"));
        addresses.change(&old, UnixTime(0));
        addresses.change(&new, UnixTime(1000));
        let end = 1000 + 14 * 86_400;
        assert_eq!(
            addresses.recipients(UnixTime(end - 1)),
            [old.clone(), new.clone()]
        );
        assert_eq!(
            addresses.recipients(UnixTime(end)),
            std::slice::from_ref(&new)
        );
        // Back again: it is the present one, and recipients once.
        addresses.change(&old, UnixTime(2000));
        assert_eq!(addresses.recipients(UnixTime(2000)), [new, old.clone()]);
        assert_eq!(addresses.present(), Some(&old));
    }

    #[test]
    fn changes_since_a_time_are_taken_back() {
        let mut addresses = Addresses::default();
        for (name, at) in [("a@b", 0), ("b@b", 10), ("thief@b", 20), ("thief2@b", 30)] {
            addresses.change(&address(name), UnixTime(at));
        }
        addresses.begin(&address("thief3@b"));
        addresses.revert(UnixTime(20));
        let left = [address("a@b"), address("b@b")];
        assert_eq!(addresses.recipients(UnixTime(40)), left);
        assert_eq!(addresses.present(), Some(&left[1]));
        assert_eq!(addresses.pending(), None);
    }

    #[test]
    fn pending_address_receives_nothing_until_confirmed() {
        let (old, new) = (address("old@example.org"), address("new@example.org"));
        let mut addresses = Addresses::default();
        addresses.change(&old, UnixTime(0));
        addresses.begin(&address("typo@example.org"));
        addresses.begin(&new);
        assert_eq!(
            addresses.recipients(UnixTime(5)),
            std::slice::from_ref(&old)
        );
        assert_eq!(addresses.present(), Some(&old));
        assert_eq!(addresses.pending(), Some(&new));
        addresses.confirm(UnixTime(9));
        assert_eq!(addresses.recipients(UnixTime(9)), [old, new.clone()]);
        assert_eq!(
            (addresses.present(), addresses.pending()),
            (Some(&new), None)
        );
        let before = addresses.clone();
        addresses.confirm(UnixTime(10));
        assert_eq!(addresses, before, "nothing to confirm");
    }

    /// What is stored must be read by every later version.
    #[test]
    fn stored_addresses_are_stable() {
        let mut addresses = Addresses::default();
        addresses.change(&address("a@b"), UnixTime(1));
        addresses.change(&address("b@b"), UnixTime(2));
        addresses.begin(&address("c@b"));
        let (at, kind) = (UnixTime(3), DeliveryFailureKind::TimedOut);
        addresses.note(&address("a@b"), Some(DeliveryFailure { at, kind }));
        let stored = r#"[{"address":"a@b","until":1209602,"failure":{"at":3,"kind":"timed_out"}},{"address":"b@b"},{"address":"c@b","pending":true}]"#;
        assert_eq!(serde_json::to_string(&addresses).unwrap(), stored);
        assert_eq!(
            serde_json::from_str::<Addresses>(stored).unwrap(),
            addresses
        );
    }

    proptest! {
        #[test]
        fn old_address_stays_until_its_time(changes in proptest::collection::vec((0_u8..12, 0_u64..400_000), 1..60)) {
            let mut addresses = Addresses::default();
            let mut now: u64 = 0;
            let mut replaced: Vec<(Address, u64)> = Vec::new();
            for (who, wait) in changes {
                now = now.saturating_add(wait);
                if !addresses.has_room(UnixTime(now)) {
                    continue;
                }
                let new = address(&format!("a{who}@b"));
                if let Some(before) = addresses.present().filter(|before| **before != new) {
                    replaced.push((before.clone(), now.saturating_add(14 * 86_400)));
                }
                addresses.begin(&new);
                addresses.confirm(UnixTime(now));
                let recipients = addresses.recipients(UnixTime(now));
                prop_assert!(recipients.len() <= MAX_RECIPIENTS);
                prop_assert_eq!(recipients.last(), Some(&new));
                for (old, until) in &replaced {
                    prop_assert!(now >= *until || recipients.contains(old));
                }
            }
        }
    }
}
