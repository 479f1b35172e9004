//! Refusals that are not recorded are counted, so that the next record says how many there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use loquet_policy::{AccountId, Refusal, UnixTime, limits};

/// Accounts whose refusals are counted at a time. The refusals of further ones are not.
const ACCOUNTS: usize = 1 << 16;

/// How many refusals of each account were not recorded since its last record. A row for each would be what not recording
/// them avoids, so that they are counted in memory: a crash loses them.
#[derive(Debug, Default)]
pub(crate) struct Unrecorded(Mutex<BTreeMap<AccountId, Count>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    refusals: u32,
    /// When the first of them came, or the last record was made.
    since: UnixTime,
}

impl Unrecorded {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<AccountId, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn of(&self, account: AccountId) -> u32 {
        self.counts().get(&account).map_or(0, |it| it.refusals)
    }

    /// The accounts of which refusals are to be summed up: the first came an hour ago, so that a session that is refused all
    /// the time has no more than a record an hour written.
    pub(crate) fn due(&self, now: UnixTime) -> Vec<AccountId> {
        let is_due = |count: &Count| count.since.age(now).is_none_or(|age| age >= limits::HOUR);
        let counts = self.counts();
        let due = counts.iter().filter(|(_, count)| is_due(count));
        due.map(|(account, _)| *account).collect()
    }

    /// After a decision: takes off what its record tells of, or counts a refusal that was not recorded.
    pub(crate) fn record_outcome<G>(
        &self,
        account: AccountId,
        recorded: Option<u32>,
        outcome: &Result<G, Refusal>,
        now: UnixTime,
    ) {
        match (recorded, outcome) {
            (Some(recorded), _) => self.subtract(account, recorded, now),
            (None, Err(refusal)) => self.add(account, refusal, now),
            (None, Ok(_)) => {}
        }
    }

    fn add(&self, account: AccountId, refusal: &Refusal, now: UnixTime) {
        // Of this one it is not said whether it exists.
        if matches!(refusal, Refusal::UnknownAccount) {
            return;
        }
        let mut counts = self.counts();
        if counts.len() < ACCOUNTS || counts.contains_key(&account) {
            let new = Count {
                refusals: 0,
                since: now,
            };
            let count = counts.entry(account).or_insert(new);
            count.refusals = count.refusals.saturating_add(1);
        }
    }

    /// These were recorded. Those that came meanwhile wait for the next record.
    fn subtract(&self, account: AccountId, recorded: u32, now: UnixTime) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(&account) {
            count.refusals = count.refusals.saturating_sub(recorded);
            count.since = now;
            if count.refusals == 0 {
                counts.remove(&account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_come_while_a_record_is_made_wait_an_hour() {
        let counts = Unrecorded::default();
        let account = AccountId::from(1_u64);
        let refused: Result<(), _> = Err(Refusal::StaleLogIn);
        let begun = UnixTime(1_790_000_000);
        let due = begun.plus(limits::HOUR);
        for _ in 0..3 {
            counts.record_outcome(account, None, &refused, begun);
        }
        assert_eq!(counts.due(due), [account]);
        // The record tells of two; the third came after it was decided.
        counts.record_outcome(account, Some(2), &refused, due);
        assert_eq!(counts.of(account), 1);
        assert_eq!(counts.due(due.plus(60)), []);
        assert_eq!(counts.due(due.plus(limits::HOUR)), [account]);
    }
}
