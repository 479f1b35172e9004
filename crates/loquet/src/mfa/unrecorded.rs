//! Refusals that are not recorded are counted, so that the next record says how many there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use loquet_policy::{AccountId, Refusal};

/// Accounts whose refusals are counted at a time. The refusals of further ones are not.
const ACCOUNTS: usize = 1 << 16;

/// How many refusals of each account were not recorded since its last record. A row for each would be what not recording
/// them avoids, so that they are counted in memory: a crash loses them.
#[derive(Debug, Default)]
pub(crate) struct Unrecorded(Mutex<BTreeMap<AccountId, u32>>);

impl Unrecorded {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<AccountId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn of(&self, account: AccountId) -> u32 {
        self.counts().get(&account).copied().unwrap_or(0)
    }

    pub(crate) fn accounts(&self) -> Vec<AccountId> {
        self.counts().keys().copied().collect()
    }

    /// After a decision: takes off what its record tells of, or counts a refusal that was not recorded.
    pub(crate) fn record_outcome<G>(
        &self,
        account: AccountId,
        recorded: Option<u32>,
        outcome: &Result<G, Refusal>,
    ) {
        match (recorded, outcome) {
            (Some(recorded), _) => self.subtract(account, recorded),
            (None, Err(refusal)) => self.add(account, refusal),
            (None, Ok(_)) => {}
        }
    }

    fn add(&self, account: AccountId, refusal: &Refusal) {
        // Of this one it is not said whether it exists.
        if matches!(refusal, Refusal::UnknownAccount) {
            return;
        }
        let mut counts = self.counts();
        if counts.len() < ACCOUNTS || counts.contains_key(&account) {
            let count = counts.entry(account).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// These were recorded.
    fn subtract(&self, account: AccountId, recorded: u32) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(&account) {
            *count = count.saturating_sub(recorded);
            if *count == 0 {
                counts.remove(&account);
            }
        }
    }
}
