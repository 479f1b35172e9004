//! Many change one account at once: each change has one winner, and every process knows which.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;

use loquet_policy::{AccountId, OrgId};

use super::broken::{Broken, Driver, Work};
use super::samples::{account, all, attempt, attempt_id, audit, find, put, records};
use crate::store::{
    AccountRow, AttemptId, Commit, Fault, Query, Row, RowKey, Store, Version, Versioned,
};

/// What one contender says it did: which change it made, under which attempt.
pub type Claim = (u64, AttemptId);

/// Contends for an account: every contender writes the next change to it until `rounds` are made in all, and says
/// which were its own. `who` tells contenders apart; each needs its own.
///
/// Run it on several threads or in several processes at once, then give [`verify_claims`] all claims.
///
/// # Errors
/// A fault other than [`Fault::Busy`], which is answered by trying again.
pub async fn contend<S: Store>(
    store: &S,
    id: AccountId,
    rounds: u64,
    who: u32,
) -> Result<Vec<Claim>, Broken> {
    let org = OrgId::from(1u64);
    let mut claims = Vec::new();
    for turn in 0.. {
        let attempt_id = attempt_id((u128::from(who) << 64) | turn);
        let found = match store.load(&[RowKey::Account(id)]).await {
            Err(Fault::Busy) => continue,
            found => found?,
        };
        let (at, mut row) = match found.into_iter().next() {
            Some(Versioned {
                version,
                row: Row::Account(row),
            }) => (version, row),
            None => (Version::ABSENT, account(id, org)),
            Some(other) => return Err(Broken::new(format!("the account loads {other:?}"))),
        };
        if row.audited >= rounds {
            break;
        }
        row.audited = row.audited.saturating_add(1);
        let change = row.audited;
        let writes = put(Row::Account(row), at)
            .and_put(attempt(attempt_id, id, change), Version::ABSENT)
            .and_audit(audit(
                id,
                change,
                &format!("{:032x}", u128::from_be_bytes(attempt_id.0)),
            ));
        match store.commit(writes).await {
            Ok(Commit::Done) => claims.push((change, attempt_id)),
            Ok(Commit::Stale) | Err(Fault::Busy) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(claims)
}

/// Checks what contenders say against what the store holds: of every round exactly one is the winner, and every trace
/// of the change is the winner's.
///
/// # Errors
/// Who won twice, or not at all.
pub async fn verify_claims<S: Store>(
    store: &S,
    id: AccountId,
    rounds: u64,
    claims: &[Claim],
) -> Result<(), Broken> {
    let mut winners = BTreeMap::new();
    for (change, attempt) in claims {
        hold!(
            winners.insert(*change, *attempt).is_none(),
            "change {change} was acknowledged to two contenders"
        );
    }
    hold!(
        winners.keys().copied().eq(1..=rounds),
        "of {rounds} changes {} were acknowledged",
        winners.len()
    );

    let found = find(store, RowKey::Account(id)).await?;
    let counted = matches!(
        &found,
        Some(Versioned { version, row: Row::Account(AccountRow { audited, .. }) })
            if version.0 == rounds && *audited == rounds
    );
    hold!(
        counted,
        "{rounds} changes were acknowledged, and this is found: {found:?}"
    );
    let trail = all(store, &Query::Audit(id)).await?;
    let trail = records(&trail);
    hold!(
        trail.len() == winners.len(),
        "{rounds} changes were acknowledged and {} audited",
        trail.len()
    );
    for (record, (change, winner)) in trail.into_iter().zip(winners) {
        let name = format!("{:032x}", u128::from_be_bytes(winner.0));
        hold!(
            record.seq == change && record.body == name,
            "change {change} is {name}'s and audited as {record:?}"
        );
        let outcome = find(store, RowKey::Attempt(winner)).await?;
        hold!(
            outcome.is_some_and(|found| found.row == attempt(winner, id, change)),
            "{name} won without a trace"
        );
    }
    Ok(())
}

/// Threads that want the same: of every change one is the winner, the others are told that they are late.
///
/// # Errors
/// What [`verify_claims`] finds.
pub(super) fn one_thread_of_many_wins<S: Store>(
    store: &S,
    driver: &Driver<'_>,
) -> Result<(), Broken> {
    const THREADS: u32 = 8;
    const ROUNDS: u64 = 200;
    let id = AccountId::from(1u64);
    let claims = Mutex::new(Vec::new());
    let contender = |who| -> Work<'_> {
        let claims = &claims;
        Box::pin(async move {
            let own = contend(store, id, ROUNDS, who).await?;
            claims
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(own);
            Ok(())
        })
    };
    threads(driver, (0..THREADS).map(contender).collect())?;
    let claims = claims.into_inner().unwrap_or_else(PoisonError::into_inner);
    driver(Box::pin(async move {
        verify_claims(store, id, ROUNDS, &claims).await
    }))
}

/// Runs each on a thread of its own, and answers with the first that is broken.
pub(super) fn threads(driver: &Driver<'_>, works: Vec<Work<'_>>) -> Result<(), Broken> {
    thread::scope(|scope| {
        let running: Vec<_> = works
            .into_iter()
            .map(|work| scope.spawn(move || driver(work)))
            .collect();
        let panicked = |_| Err(Broken::new("a thread panicked".to_owned()));
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(panicked))
            .collect::<Vec<_>>()
    })
    .into_iter()
    .collect()
}
