//! Rules about changes at the same time.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use loquet_policy::{AccountId, OrgId};

use super::broken::{Broken, Driver, Work};
use super::contest::threads;
use super::samples::{
    account, all, attempt, attempt_id, audit, done, find, notice, organization, put, records,
    roster, version,
};
use crate::store::{AccountRow, Commit, Fault, Item, Query, Row, RowKey, Store, Version, Writes};

/// Many commits on one task with the same expectation: one is done, all others are stale.
pub(super) async fn one_of_many_wins<S: Store>(store: &S) -> Result<(), Broken> {
    const MANY: u64 = 64;
    let id = AccountId::from(1u64);
    for round in 0..8 {
        let commits = (0..MANY).map(|number| {
            let attempt_id = attempt_id((u128::from(round) << 64) | u128::from(number));
            let mut row = account(id, OrgId::from(1u64));
            row.body = number.to_string();
            let writes = put(Row::Account(row), Version(round))
                .and_put(attempt(attempt_id, id, 1), Version::ABSENT)
                .and_notice(notice(id, &number.to_string()));
            commit(store, writes)
        });
        let mut winner = None;
        for (number, ended) in (0..MANY).zip(together(commits.collect()).await) {
            if ended? == Commit::Done {
                hold!(
                    winner.is_none(),
                    "{winner:?} and {number} of {MANY} both won"
                );
                winner = Some(number);
            }
        }
        let Some(winner) = winner else {
            return Err(Broken::new(format!("none of {MANY} won")));
        };
        let found = find(store, RowKey::Account(id)).await?;
        let body = found.as_ref().and_then(|found| match &found.row {
            Row::Account(row) => Some(row.body.as_str()),
            _ => None,
        });
        hold!(
            body == Some(winner.to_string().as_str()),
            "{winner} won and {found:?} is found"
        );
        for number in 0..MANY {
            let key = RowKey::Attempt(attempt_id((u128::from(round) << 64) | u128::from(number)));
            let traced = find(store, key).await?.is_some();
            hold!(
                traced == (number == winner),
                "{winner} won, and {number} left a trace: {traced}"
            );
        }
        let sent = u64::try_from(all(store, &Query::Outbox).await?.len());
        hold!(
            sent == Ok(round.saturating_add(1)),
            "a loser sent a notice: {sent:?} wait"
        );
    }
    Ok(())
}

/// Rows that are written together are loaded together, never one from before a change and one from after it.
///
/// # Errors
/// The rows that were torn apart.
pub(super) fn a_load_sees_one_moment<S: Store>(
    store: &S,
    driver: &Driver<'_>,
) -> Result<(), Broken> {
    const WRITES: u64 = 300;
    let org = OrgId::from(1u64);
    let over = AtomicBool::new(false);
    let writer = async {
        for round in 0..WRITES {
            let body = round.to_string();
            let rows = put(organization(org, &body), Version(round))
                .and_put(roster(org, &body), Version(round));
            let ended = done(store, rows).await;
            if ended.is_err() {
                over.store(true, Ordering::Relaxed);
                return ended;
            }
        }
        over.store(true, Ordering::Relaxed);
        Ok(())
    };
    let reader = |keys: [RowKey; 2]| -> Work<'_> {
        let over = &over;
        Box::pin(async move {
            let mut newest = Version::ABSENT;
            while !over.load(Ordering::Relaxed) {
                let found = store.load(&keys).await?;
                let mut versions = found.iter().map(|found| found.version);
                let (one, other) = (versions.next(), versions.next());
                hold!(one == other, "one load sees two moments: {found:?}");
                let seen = one.unwrap_or_default();
                hold!(
                    seen >= newest,
                    "a later load sees an older moment: {seen:?} after {newest:?}"
                );
                newest = seen;
            }
            Ok(())
        })
    };
    let keys = [RowKey::Organization(org), RowKey::Roster(org)];
    let reversed = [RowKey::Roster(org), RowKey::Organization(org)];
    threads(
        driver,
        vec![
            Box::pin(writer),
            reader(keys),
            reader(reversed),
            reader(keys),
        ],
    )
}

/// In company of others, a change that cannot be written is refused alone.
pub(super) async fn a_hopeless_change_fails_alone<S: Store>(store: &S) -> Result<(), Broken> {
    const MANY: u64 = 40;
    let org = OrgId::from(1u64);
    done(
        store,
        put(
            Row::Account(account(AccountId::from(0u64), org)),
            Version::ABSENT,
        ),
    )
    .await?;
    let hopeless = |number: u64| number % 8 == 5;
    let commits = (1..=MANY).map(|number| {
        let id = AccountId::from(number);
        let mut row = account(id, org);
        if hopeless(number) {
            row.external_id = AccountId::from(0u64).to_string();
        }
        let writes = put(roster(OrgId::from(number), "r"), Version::ABSENT)
            .and_put(Row::Account(row), Version::ABSENT)
            .and_notice(notice(id, "n"));
        Box::pin(store.commit(writes)) as Pin<Box<dyn Future<Output = _> + Send + '_>>
    });
    for (number, ended) in (1..=MANY).zip(together(commits.collect()).await) {
        let right = match &ended {
            Ok(Commit::Done) => !hopeless(number),
            Err(Fault::NotCommitted(_)) => hopeless(number),
            _ => false,
        };
        hold!(
            right,
            "change {number}, hopeless: {}, ended in {ended:?}",
            hopeless(number)
        );
        for key in [
            RowKey::Account(AccountId::from(number)),
            RowKey::Roster(OrgId::from(number)),
        ] {
            let found = find(store, key).await?;
            hold!(
                found.is_none() == hopeless(number),
                "change {number} ended in {ended:?} and left {found:?}"
            );
        }
    }
    let sent = all(store, &Query::Outbox).await?;
    let sent = sent.iter().filter_map(|item| match item {
        Item::Notice(_, notice) => Some(notice.to),
        _ => None,
    });
    let expected = (1..=MANY).filter(|number| !hopeless(*number)).count();
    hold!(
        sent.count() == expected,
        "refused changes sent notices, or others did not"
    );
    Ok(())
}

/// A commit whose future is dropped happens whole, once, or not at all; and its attempt says which.
pub(super) async fn a_dropped_commit_is_whole_or_absent<S: Store>(store: &S) -> Result<(), Broken> {
    const DROPPED: u64 = 60;
    let id = AccountId::from(1u64);
    let org = OrgId::from(1u64);
    for number in 0..DROPPED {
        let attempt_id = attempt_id(u128::from(number));
        let next = number.saturating_add(1);
        let row = Row::Account(AccountRow {
            audited: next,
            ..account(id, org)
        });
        let writes = put(row, Version(number))
            .and_put(attempt(attempt_id, id, 1), Version::ABSENT)
            .and_audit(audit(id, next, "a"));

        let mut polls = number % 6;
        let mut dropped = Box::pin(store.commit(writes.clone()));
        while polls > 0
            && dropped
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        {
            polls = polls.saturating_sub(1);
            (0..polls).for_each(|_| thread::yield_now());
        }
        drop(dropped);

        // What the service does: look for the attempt, and try again where there is none.
        let mut tries = 0u32;
        while find(store, RowKey::Attempt(attempt_id)).await?.is_none() {
            let ended = store.commit(writes.clone()).await?;
            let present = find(store, RowKey::Attempt(attempt_id)).await?.is_some();
            hold!(
                present,
                "the same change again is {ended:?}, and its attempt is not there"
            );
            tries = tries.saturating_add(1);
        }
        let at = version(store, RowKey::Account(id)).await?;
        hold!(
            at == Version(next),
            "change {next} was dropped, tried again {tries} times, and the account is at {at:?}"
        );
        let trail = all(store, &Query::Audit(id)).await?;
        hold!(
            records(&trail).iter().map(|record| record.seq).eq(1..=next),
            "change {next} was dropped, and {} records are found",
            trail.len()
        );
    }
    Ok(())
}

/// A commit that can be run beside others.
fn commit<'a, S: Store>(
    store: &'a S,
    writes: Writes,
) -> Pin<Box<dyn Future<Output = Result<Commit, Fault>> + Send + 'a>> {
    Box::pin(store.commit(writes))
}

/// Runs futures together, in turns on one task, and answers in their order.
async fn together<T>(futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T>
where
    T: Send,
{
    let mut running: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(ready) => *output = Some(ready),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}
