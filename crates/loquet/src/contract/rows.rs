//! Rules about single changes, one after the other.

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::broken::Broken;
use super::samples::{
    account, accounts, all, attempt, attempt_id, audit, done, find, metadata, notice, organization,
    put, refused, roster, version,
};
use crate::store::{
    AccountRow, Commit, MetadataId, Query, Row, RowKey, Store, Version, Versioned, Writes,
};

pub(super) fn org() -> OrgId {
    OrgId::from(1u64)
}

pub(super) fn id() -> AccountId {
    AccountId::from(7u64)
}

pub(super) fn page() -> MetadataId {
    MetadataId {
        kind: 7,
        page: [7; 16],
    }
}

/// A key without a row is no error, and stays out of the answer.
pub(super) async fn absent_rows_are_left_out<S: Store>(store: &S) -> Result<(), Broken> {
    let keys = [
        RowKey::Organization(org()),
        RowKey::Roster(org()),
        RowKey::Account(id()),
        RowKey::Attempt(attempt_id(1)),
        RowKey::Metadata(page()),
    ];
    hold!(store.load(&[]).await?.is_empty(), "no key loads a row");
    hold!(
        store.load(&keys).await?.is_empty(),
        "an empty store loads a row"
    );
    for query in [
        Query::Organizations,
        Query::Accounts(org()),
        Query::AllAccounts,
        Query::ExternalId(org(), "ada".to_owned()),
        Query::Audit(id()),
        Query::Outbox,
        Query::Metadata(page().kind),
    ] {
        hold!(
            all(store, &query).await?.is_empty(),
            "an empty store finds something for {query:?}"
        );
    }
    // The roster of an organization is a row of its own, and so is an account with the organization's number.
    done(store, put(organization(org(), "o"), Version::ABSENT)).await?;
    let found = store.load(&keys).await?;
    let expected = [Versioned {
        version: Version(1),
        row: organization(org(), "o"),
    }];
    hold!(
        found == expected,
        "only the organization is there, and this is found: {found:?}"
    );
    store.delivered(99).await?;
    hold!(
        store.forget_attempts(UnixTime(u64::MAX), 9).await? == 0,
        "no attempt was there to forget"
    );
    hold!(
        store.forget_audit(id(), 9).await? == 0,
        "no audit record was there to forget"
    );
    Ok(())
}

/// The first write gives version 1, every further one the next; what is only expected keeps its version.
pub(super) async fn every_write_raises_the_version_by_one<S: Store>(
    store: &S,
) -> Result<(), Broken> {
    for round in 0..5 {
        let body = round.to_string();
        let mut row = account(id(), org());
        row.body.clone_from(&body);
        let rows = [
            organization(org(), &body),
            roster(org(), &body),
            metadata(page(), round, &body),
            Row::Account(row),
        ];
        let writes = rows.iter().fold(Writes::default(), |writes, row| {
            writes.and_put(row.clone(), Version(round))
        });
        done(store, writes).await?;
        for row in rows {
            let found = find(store, row.key()).await?;
            let expected = Versioned {
                version: Version(round).next(),
                row,
            };
            hold!(
                found.as_ref() == Some(&expected),
                "{expected:?} was written and {found:?} is found"
            );
        }
    }
    let read = Writes::default().and_expect(RowKey::Account(id()), Version(5));
    done(
        store,
        read.and_expect(RowKey::Attempt(attempt_id(1)), Version::ABSENT),
    )
    .await?;
    hold!(
        version(store, RowKey::Account(id())).await? == Version(5),
        "what is only expected gets a new version"
    );
    hold!(
        version(store, RowKey::Attempt(attempt_id(1))).await? == Version::ABSENT,
        "what is only expected appears"
    );
    Ok(())
}

/// Of many expected versions one is wrong: nothing at all is written.
pub(super) async fn one_stale_row_stops_the_whole<S: Store>(store: &S) -> Result<(), Broken> {
    const OTHERS: u64 = 20;
    let others = || (0..OTHERS).map(|number| OrgId::from(100u64.saturating_add(number)));
    let base = put(organization(org(), "old"), Version::ABSENT)
        .and_put(Row::Account(account(id(), org())), Version::ABSENT);
    done(
        store,
        others().fold(base, |writes, other| {
            writes.and_put(roster(other, "old"), Version::ABSENT)
        }),
    )
    .await?;

    let wrong = [
        (RowKey::Organization(org()), Version::ABSENT),
        (RowKey::Organization(org()), Version(2)),
        (RowKey::Organization(org()), Version(u64::MAX)),
        (RowKey::Roster(org()), Version(1)),
        (RowKey::Attempt(attempt_id(3)), Version(1)),
    ];
    for (key, stale) in wrong {
        for last in [false, true] {
            let mut writes = others().fold(Writes::default(), |writes, other| {
                writes.and_put(roster(other, "new"), Version(1))
            });
            writes = writes
                .and_put(attempt(attempt_id(1), id(), 1), Version::ABSENT)
                .and_audit(audit(id(), 1, "new"))
                .and_notice(notice(id(), "new"));
            let place = if last { writes.expect.len() } else { 0 };
            writes.expect.insert(place, (key, stale));
            let ended = store.commit(writes).await?;
            hold!(
                ended == Commit::Stale,
                "{key:?} is not at {stale:?}, and the change is {ended:?}"
            );
        }
    }
    for other in others() {
        let found = find(store, RowKey::Roster(other)).await?;
        let expected = Versioned {
            version: Version(1),
            row: roster(other, "old"),
        };
        hold!(
            found.as_ref() == Some(&expected),
            "a stale change wrote {found:?}"
        );
    }
    left_no_trace(store).await
}

/// A change that was stale has left neither its attempt, nor a record, nor a notice.
async fn left_no_trace<S: Store>(store: &S) -> Result<(), Broken> {
    hold!(
        find(store, RowKey::Attempt(attempt_id(1))).await?.is_none(),
        "a stale change wrote its attempt"
    );
    hold!(
        all(store, &Query::Audit(id())).await?.is_empty(),
        "a stale change wrote to the audit log"
    );
    hold!(
        all(store, &Query::Outbox).await?.is_empty(),
        "a stale change sent a notice"
    );
    Ok(())
}

/// A row is written only at a version that the change expects; otherwise nothing of the change is.
pub(super) async fn a_row_not_expected_is_not_written<S: Store>(store: &S) -> Result<(), Broken> {
    let mut careless = put(organization(org(), "o"), Version::ABSENT).and_notice(notice(id(), "n"));
    careless.put.push(roster(org(), "r"));
    refused(store, careless, "a row that was not expected").await?;

    let mut twice = put(organization(org(), "o"), Version::ABSENT);
    twice.put.push(organization(org(), "p"));
    refused(store, twice, "a row that is written twice in one change").await?;

    hold!(
        find(store, RowKey::Organization(org())).await?.is_none(),
        "a refused change wrote a row"
    );
    hold!(
        find(store, RowKey::Roster(org())).await?.is_none(),
        "a row was written that was not expected"
    );
    hold!(
        all(store, &Query::Outbox).await?.is_empty(),
        "a refused change sent a notice"
    );
    Ok(())
}

fn named(number: u64, org: OrgId, name: &str) -> Row {
    Row::Account(AccountRow {
        external_id: name.to_owned(),
        ..account(AccountId::from(number), org)
    })
}

/// Two accounts of one organization never share an external id; which ids are the same is a question of bytes.
pub(super) async fn external_ids_are_unique<S: Store>(store: &S) -> Result<(), Broken> {
    let distinct = [
        "ada",
        "Ada",
        "ada ",
        " ada",
        "ádá",
        "a\u{301}da\u{301}",
        "ad_",
        "ad%",
        "",
    ];
    for (number, name) in (1u64..).zip(distinct) {
        done(store, put(named(number, org(), name), Version::ABSENT)).await?;
    }
    for (number, name) in (1u64..).zip(distinct) {
        let found = all(store, &Query::ExternalId(org(), name.to_owned())).await?;
        hold!(
            accounts(&found) == [AccountId::from(number)],
            "{name:?} finds {found:?}"
        );
    }
    taken_external_ids_are_refused(store).await?;
    external_ids_move(store).await
}

async fn taken_external_ids_are_refused<S: Store>(store: &S) -> Result<(), Broken> {
    let taken = put(named(99, org(), "ada"), Version::ABSENT).and_notice(notice(id(), "n"));
    refused(store, taken, "an external id that is taken").await?;
    refused(
        store,
        put(named(2, org(), "ada"), Version(1)),
        "a change to an external id that is taken",
    )
    .await?;
    let both = put(named(97, org(), "eve"), Version::ABSENT)
        .and_put(named(98, org(), "eve"), Version::ABSENT);
    refused(
        store,
        both,
        "one external id for two accounts in one change",
    )
    .await?;
    for number in [97u64, 98, 99] {
        let key = RowKey::Account(AccountId::from(number));
        hold!(
            find(store, key).await?.is_none(),
            "a refused change wrote an account"
        );
    }
    hold!(
        all(store, &Query::Outbox).await?.is_empty(),
        "a refused change sent a notice"
    );
    Ok(())
}

/// Another organization has its own names, and a name given up is free.
async fn external_ids_move<S: Store>(store: &S) -> Result<(), Broken> {
    done(
        store,
        put(named(50, OrgId::from(2u64), "ada"), Version::ABSENT),
    )
    .await?;
    done(store, put(named(1, org(), "countess"), Version(1))).await?;
    hold!(
        all(store, &Query::ExternalId(org(), "ada".to_owned()))
            .await?
            .is_empty(),
        "an external id that was given up still finds its account"
    );
    done(store, put(named(51, org(), "ada"), Version::ABSENT)).await?;
    let found = all(store, &Query::ExternalId(org(), "countess".to_owned())).await?;
    hold!(
        accounts(&found) == [AccountId::from(1u64)],
        "the new external id finds {found:?}"
    );
    Ok(())
}
