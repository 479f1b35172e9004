//! Rules about what is appended, waits, or is forgotten: the audit log, the outbox, and attempts.

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::broken::Broken;
use super::samples::{
    account, all, attempt, attempt_id, audit, done, find, metadata, notice, notices, put, records,
    refused,
};
use crate::store::{Commit, MetadataId, Query, Row, RowKey, Store, Version, Versioned, Writes};

fn org() -> OrgId {
    OrgId::from(1u64)
}

fn id() -> AccountId {
    AccountId::from(7u64)
}

/// A place in an account's chain is written once, and the chain is read in order.
pub(super) async fn audit_is_only_appended<S: Store>(store: &S) -> Result<(), Broken> {
    let other = AccountId::from(8u64);
    done(
        store,
        Writes::default()
            .and_audit(audit(id(), 1, "a1"))
            .and_audit(audit(id(), 2, "a2")),
    )
    .await?;
    done(
        store,
        Writes::default()
            .and_audit(audit(other, 1, "b1"))
            .and_audit(audit(id(), 3, "a3")),
    )
    .await?;
    for seq in 1..=3 {
        let again = Writes::default()
            .and_audit(audit(id(), 4, "a4"))
            .and_audit(audit(id(), seq, "rewritten"));
        refused(store, again, "an audit record written a second time").await?;
    }
    let same = Writes::default().and_audit(audit(id(), 3, "a3"));
    refused(store, same, "the same audit record written a second time").await?;
    let twice = Writes::default()
        .and_audit(audit(id(), 4, "a4"))
        .and_audit(audit(id(), 4, "a5"));
    refused(store, twice, "an audit record written twice in one change").await?;
    for (account, bodies) in [(id(), ["a1", "a2", "a3"].as_slice()), (other, &["b1"])] {
        let found = all(store, &Query::Audit(account)).await?;
        let expected: Vec<_> = (1..)
            .zip(bodies)
            .map(|(seq, body)| audit(account, seq, body))
            .collect();
        hold!(
            records(&found) == expected.iter().collect::<Vec<_>>(),
            "{expected:?} was appended and {found:?} is found"
        );
    }
    Ok(())
}

/// Audit records go only where the account's metadata row lets them go: the oldest first, no more than asked, and
/// never another account's. Whatever goes is not written again.
pub(super) async fn audit_is_forgotten_only_as_the_books_say<S: Store>(
    store: &S,
) -> Result<(), Broken> {
    let other = AccountId::from(8u64);
    let chain = |account| {
        (1..=9).fold(Writes::default(), |writes, seq| {
            writes.and_audit(audit(account, seq, "a"))
        })
    };
    done(store, chain(id())).await?;
    done(store, chain(other)).await?;
    let page = |mark| metadata(MetadataId::forgotten(id()), mark, "{}");
    let elsewhere = MetadataId {
        kind: MetadataId::FORGOTTEN.saturating_add(1),
        ..MetadataId::forgotten(id())
    };
    done(store, put(metadata(elsewhere, 9, "{}"), Version::ABSENT)).await?;
    for (mark, limit, forgotten, first) in [
        (None, 99, 0, 1),
        (Some((page(1), 0)), 99, 0, 1),
        (Some((page(5), 1)), 0, 0, 1),
        (None, 3, 3, 4),
        (None, 99, 1, 5),
        (None, 99, 0, 5),
        (Some((page(100), 2)), u32::MAX, 5, 10),
    ] {
        if let Some((row, version)) = mark {
            done(store, put(row, Version(version))).await?;
        }
        let said = store.forget_audit(id(), limit).await?;
        hold!(
            said == forgotten,
            "{said} audit records were forgotten, not {forgotten}"
        );
        let found = all(store, &Query::Audit(id())).await?;
        hold!(
            records(&found)
                .iter()
                .map(|record| record.seq)
                .eq(first..=9),
            "the records from {first} to 9 should be left, and {found:?} is found"
        );
    }
    hold!(
        all(store, &Query::Audit(other)).await?.len() == 9,
        "audit records of another account were forgotten"
    );
    done(store, Writes::default().and_audit(audit(id(), 10, "a"))).await
}

/// A notice waits in its place until it is delivered, and its number is never given to another.
pub(super) async fn notices_stay_until_delivered<S: Store>(store: &S) -> Result<(), Broken> {
    for body in ["1", "2", "3"] {
        done(store, Writes::default().and_notice(notice(id(), body))).await?;
    }
    done(
        store,
        Writes::default()
            .and_notice(notice(id(), "4"))
            .and_notice(notice(id(), "5")),
    )
    .await?;
    let bodies = |found: &[_]| {
        notices(found)
            .iter()
            .map(|(_, body)| (*body).to_owned())
            .collect::<Vec<_>>()
    };
    for _ in 0..2 {
        let found = all(store, &Query::Outbox).await?;
        hold!(
            bodies(&found) == ["1", "2", "3", "4", "5"],
            "five notices wait, and {found:?} is found"
        );
    }
    let found = all(store, &Query::Outbox).await?;
    let numbers: Vec<u64> = notices(&found).iter().map(|(number, _)| *number).collect();
    for (number, body) in notices(&found) {
        // Twice: the process may have died before it was told that the first call succeeded.
        if body == "2" || body == "5" {
            store.delivered(number).await?;
            store.delivered(number).await?;
        }
    }
    for stranger in [0, u64::MAX] {
        hold!(
            numbers.contains(&stranger) || store.delivered(stranger).await.is_ok(),
            "an unknown number is an error"
        );
    }
    let found = all(store, &Query::Outbox).await?;
    hold!(
        bodies(&found) == ["1", "3", "4"],
        "2 and 5 were delivered, and {found:?} is found"
    );

    done(store, Writes::default().and_notice(notice(id(), "6"))).await?;
    for number in numbers {
        store.delivered(number).await?;
    }
    let found = all(store, &Query::Outbox).await?;
    hold!(
        bodies(&found) == ["6"],
        "a number of an old notice was given to a new one: {found:?} is left"
    );
    Ok(())
}

/// What became of an attempt is written once.
pub(super) async fn an_attempt_has_one_outcome<S: Store>(store: &S) -> Result<(), Broken> {
    let key = attempt_id(5);
    done(store, put(attempt(key, id(), 10), Version::ABSENT)).await?;
    let again = store
        .commit(put(attempt(key, id(), 11), Version::ABSENT).and_notice(notice(id(), "n")))
        .await?;
    hold!(
        again == Commit::Stale,
        "an attempt's second outcome is {again:?}"
    );
    refused(
        store,
        put(attempt(key, id(), 12), Version(1)),
        "a change to an attempt's outcome",
    )
    .await?;
    let found = find(store, RowKey::Attempt(key)).await?;
    let expected = Versioned {
        version: Version(1),
        row: attempt(key, id(), 10),
    };
    hold!(
        found.as_ref() == Some(&expected),
        "{expected:?} was written first and {found:?} is found"
    );
    hold!(
        all(store, &Query::Outbox).await?.is_empty(),
        "a stale attempt sent a notice"
    );
    Ok(())
}

/// Only attempts are forgotten, only older ones, and no more than asked.
pub(super) async fn attempts_are_forgotten_by_age<S: Store>(store: &S) -> Result<(), Broken> {
    for number in 0..10 {
        done(
            store,
            put(
                attempt(attempt_id(number), id(), if number < 6 { 100 } else { 200 }),
                Version::ABSENT,
            ),
        )
        .await?;
    }
    done(
        store,
        put(Row::Account(account(id(), org())), Version::ABSENT).and_audit(audit(id(), 1, "a")),
    )
    .await?;
    for (before, limit, forgotten) in [
        (100, 99, 0),
        (101, 0, 0),
        (101, 4, 4),
        (200, u32::MAX, 2),
        (200, 9, 0),
    ] {
        let said = store.forget_attempts(UnixTime(before), limit).await?;
        hold!(
            said == forgotten,
            "of the attempts before {before}, at most {limit}, {said} were forgotten, not {forgotten}"
        );
    }
    for number in 0..10 {
        let found = find(store, RowKey::Attempt(attempt_id(number))).await?;
        hold!(
            found.is_none() == (number < 6),
            "attempt {number} of ten, six of them old: {found:?}"
        );
    }
    hold!(
        store.forget_attempts(UnixTime(u64::MAX), u32::MAX).await? == 4,
        "the rest is not forgotten"
    );
    hold!(
        find(store, RowKey::Account(id())).await?.is_some(),
        "an account was forgotten with its attempts"
    );
    hold!(
        all(store, &Query::Audit(id())).await?.len() == 1,
        "an audit record was forgotten with the attempts"
    );
    // A forgotten attempt is an absent one.
    done(
        store,
        put(attempt(attempt_id(1), id(), 300), Version::ABSENT),
    )
    .await
}
