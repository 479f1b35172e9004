//! What a change has read holds until the change is written.

use std::sync::{Mutex, PoisonError};

use loquet_policy::{AccountId, OrgId};

use super::broken::{Broken, Driver, Work};
use super::contest::threads;
use super::rows::{org, page};
use super::samples::{account, metadata, organization, roster};
use crate::store::{AccountRow, Commit, Fault, Row, Store, Version, Versioned, Writes};

/// Rows of all kinds that change.
fn rows(body: &str) -> [Row; 6] {
    let account = |number: u64| {
        let body = body.to_owned();
        let row = account(AccountId::from(number), org());
        Row::Account(AccountRow { body, ..row })
    };
    [
        organization(org(), body),
        organization(OrgId::from(2u64), body),
        roster(org(), body),
        account(1),
        account(2),
        metadata(page(), 0, body),
    ]
}

/// Everyone reads all rows, absent ones too, and writes one of them with a number higher than all that it has read. Were two
/// changes to go through that each read what the other writes, they would write the same number.
///
/// # Errors
/// The numbers that were written twice.
pub(super) fn each_change_sees_all_before_it<S: Store>(
    store: &S,
    driver: &Driver<'_>,
) -> Result<(), Broken> {
    const THREADS: usize = 6;
    const ROUNDS: usize = 150;
    let written = Mutex::new(Vec::new());
    let contender = |who: usize| -> Work<'_> {
        let written = &written;
        Box::pin(async move {
            let keys = rows("").map(|row| row.key());
            loop {
                let found = match store.load(&keys).await {
                    Err(Fault::Busy) => continue,
                    found => found?,
                };
                let number = found.iter().map(number).max().unwrap_or_default();
                let number = number.saturating_add(1);
                if number > ROUNDS {
                    return Ok(());
                }
                let mut writes = Writes::default();
                for key in keys {
                    let found = found.iter().find(|found| found.row.key() == key);
                    let version = found.map_or(Version::ABSENT, |found| found.version);
                    writes = writes.and_expect(key, version);
                }
                let turn = number
                    .saturating_add(who)
                    .checked_rem(keys.len())
                    .unwrap_or_default();
                writes
                    .put
                    .extend(rows(&number.to_string()).into_iter().nth(turn));
                match store.commit(writes).await {
                    Ok(Commit::Done) => {
                        let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                        written.push(number);
                    }
                    Ok(Commit::Stale) | Err(Fault::Busy) => {}
                    Err(fault) => return Err(fault.into()),
                }
            }
        })
    };
    threads(driver, (0..THREADS).map(contender).collect())?;
    let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.sort_unstable();
    hold!(
        written.iter().copied().eq(1..=ROUNDS),
        "each change is one higher than all before it, and these were written: {written:?}"
    );
    Ok(())
}

fn number(found: &Versioned) -> usize {
    let body = match &found.row {
        Row::Organization(row) => &row.body,
        Row::Roster(row) => &row.body,
        Row::Account(row) => &row.body,
        Row::Attempt(row) => &row.body,
        Row::Metadata(row) => &row.body,
    };
    body.parse().unwrap_or_default()
}
