//! What a change has read holds until the change is written.

use std::sync::{Mutex, PoisonError};

use loquet_policy::{AccountId, OrgId};

use super::broken::{Broken, Driver, Work};
use super::contest::threads;
use super::rows::{org, page};
use super::samples::{account, metadata, organization, roster};
use crate::store::{AccountRow, Commit, Fault, Row, RowKey, Store, Version, Versioned, Writes};

/// Rows of all kinds that change, those of accounts last.
fn rows(body: &str) -> [Row; 5] {
    let account = Row::Account(AccountRow {
        body: body.to_owned(),
        ..account(AccountId::from(1u64), org())
    });
    [
        organization(org(), body),
        organization(OrgId::from(2u64), body),
        roster(org(), body),
        metadata(page(), 0, body),
        account,
    ]
}

/// Everyone reads all rows, absent ones too, and writes one of them with a number higher than all that it has read. Were two
/// changes to go through that each read what the other writes, they would write the same number.
///
/// Accounts are left out once: a store that locks them would let the others through one by one.
///
/// # Errors
/// The numbers that were written twice.
pub(super) fn each_change_sees_all_before_it<S: Store>(
    make: &impl Fn() -> S,
    driver: &Driver<'_>,
) -> Result<(), Broken> {
    const ROUNDS: usize = 150;
    for rows in [4, 5] {
        let store = make();
        let written = Mutex::new(Vec::new());
        let contender =
            |who| -> Work<'_> { Box::pin(contend(&store, rows, who, ROUNDS, &written)) };
        threads(driver, (0..6).map(contender).collect())?;
        let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
        written.sort_unstable();
        hold!(
            written.iter().copied().eq(1..=ROUNDS),
            "each change is one higher than all before it, and these were written: {written:?}"
        );
    }
    Ok(())
}

/// Reads the first rows and writes one of them, until `last` is written.
async fn contend<S: Store>(
    store: &S,
    count: usize,
    who: usize,
    last: usize,
    written: &Mutex<Vec<usize>>,
) -> Result<(), Broken> {
    let keys: Vec<RowKey> = rows("").iter().take(count).map(Row::key).collect();
    loop {
        let found = match store.load(&keys).await {
            Err(Fault::Busy) => continue,
            found => found?,
        };
        let number = found.iter().map(number).max().unwrap_or_default();
        let number = number.saturating_add(1);
        if number > last {
            return Ok(());
        }
        let mut writes = Writes::default();
        for key in &keys {
            let found = found.iter().find(|found| found.row.key() == *key);
            let version = found.map_or(Version::ABSENT, |found| found.version);
            writes = writes.and_expect(*key, version);
        }
        let turn = number.saturating_add(who).checked_rem(count);
        let row = rows(&number.to_string())
            .into_iter()
            .nth(turn.unwrap_or_default());
        writes.put.extend(row);
        match store.commit(writes).await {
            Ok(Commit::Done) => {
                let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                written.push(number);
            }
            Ok(Commit::Stale) | Err(Fault::Busy) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
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
