//! Paging, while others write.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, all of them written below"
)]

use loquet_policy::{AccountId, OrgId};

use super::broken::Broken;
use super::samples::{
    account, accounts, all, audit, done, notice, notices, organization, page, put, records, version,
};
use crate::store::{
    Cursor, Item, MetadataId, MetadataRow, PAGE, Query, Row, RowKey, Store, Version, Writes,
};

/// Pages join: what is there from the first page to the last is found exactly once, in order, whatever comes and goes
/// in between.
pub(super) async fn pages_join_without_a_gap<S: Store>(store: &S) -> Result<(), Broken> {
    organizations_join(store).await?;
    accounts_join(store).await?;
    audit_joins(store).await?;
    metadata_joins(store).await?;
    outbox_joins(store).await
}

/// Two pages to the last row: the second must not announce a third.
async fn organizations_join<S: Store>(store: &S) -> Result<(), Broken> {
    let ids = || (1..=PAGE as u64 * 2).map(OrgId::from);
    done(
        store,
        ids().fold(Writes::default(), |writes, id| {
            writes.and_put(organization(id, "o"), Version::ABSENT)
        }),
    )
    .await?;
    let found = all(store, &Query::Organizations).await?;
    let keys = found.iter().filter_map(|item| match item {
        Item::Row(found) => Some(found.row.key()),
        _ => None,
    });
    hold!(
        keys.eq(ids().map(RowKey::Organization)),
        "{} organizations are found, or out of order",
        found.len()
    );
    Ok(())
}

/// The pages of one kind, among those of the kinds before and after.
async fn metadata_joins<S: Store>(store: &S) -> Result<(), Broken> {
    let ids = |kind| {
        (1..=PAGE as u64 + 2).map(move |number| MetadataId {
            kind,
            page: AccountId::from(number).to_bytes(),
        })
    };
    for kind in [255, 256, 257] {
        done(
            store,
            ids(kind).fold(Writes::default(), |writes, id| {
                let body = String::from("{}");
                let row = MetadataRow { id, mark: 0, body };
                writes.and_put(Row::Metadata(row), Version::ABSENT)
            }),
        )
        .await?;
    }
    let found = all(store, &Query::Metadata(256)).await?;
    let keys = found.iter().filter_map(|item| match item {
        Item::Row(found) => Some(found.row.key()),
        _ => None,
    });
    hold!(
        keys.eq(ids(256).map(RowKey::Metadata)),
        "{} rows of metadata are found of one kind, or out of order",
        found.len()
    );
    Ok(())
}

async fn accounts_join<S: Store>(store: &S) -> Result<(), Broken> {
    let (org, other) = (OrgId::from(1u64), OrgId::from(2u64));
    // Every tenth number is taken, so that there is room between.
    let ids: Vec<_> = (1..=PAGE as u64 * 2 + 3)
        .map(|number| AccountId::from(number * 10))
        .collect();
    let write = |ids: &[AccountId], org| {
        ids.iter().fold(Writes::default(), |writes, id| {
            writes.and_put(Row::Account(account(*id, org)), Version::ABSENT)
        })
    };
    done(store, write(&ids, org)).await?;
    let strangers: Vec<_> = (0..5u64)
        .map(|number| AccountId::from(number * 1000 + 5))
        .collect();
    done(store, write(&strangers, other)).await?;

    let query = Query::Accounts(org);
    let mut found = Vec::new();
    let mut at = Some(Cursor::default());
    let mut between = Vec::new();
    for round in 0u64.. {
        let Some(cursor) = at else { break };
        let read = page(store, &query, &cursor).await?;
        found.extend(accounts(&read.items));
        at = read.next;
        // One before all that was read, one far behind, and a change to one of each side.
        let new = [
            AccountId::from(round + 1),
            AccountId::from(1_000_000 + round),
        ];
        done(store, write(&new, org)).await?;
        between.extend(new);
        for id in ids.first().into_iter().chain(ids.last()) {
            let at = version(store, RowKey::Account(*id)).await?;
            done(store, put(Row::Account(account(*id, org)), at)).await?;
        }
        hold!(round < 9, "accounts are found without end");
    }
    hold!(
        found.is_sorted_by(|one, next| one < next),
        "accounts are found out of order or twice"
    );
    let kept: Vec<_> = found
        .iter()
        .filter(|id| !between.contains(id))
        .copied()
        .collect();
    hold!(
        kept == ids,
        "of {} accounts that were there all the time {} are found",
        ids.len(),
        kept.len()
    );
    all_accounts_are_found(store, [between, ids], (other, strangers)).await
}

async fn all_accounts_are_found<S: Store>(
    store: &S,
    own: [Vec<AccountId>; 2],
    (other, strangers): (OrgId, Vec<AccountId>),
) -> Result<(), Broken> {
    let found = all(store, &Query::Accounts(other)).await?;
    hold!(
        accounts(&found) == strangers,
        "another organization's accounts: {found:?}"
    );
    let mut every = [own.concat(), strangers].concat();
    every.sort_unstable();
    every.dedup();
    let found = all(store, &Query::AllAccounts).await?;
    hold!(
        accounts(&found) == every,
        "of {} accounts of all organizations {} are found, or out of order",
        every.len(),
        found.len()
    );
    Ok(())
}

async fn audit_joins<S: Store>(store: &S) -> Result<(), Broken> {
    let id = AccountId::from(10u64);
    let append = |seqs: std::ops::RangeInclusive<u64>| {
        seqs.fold(Writes::default(), |writes, seq| {
            writes.and_audit(audit(id, seq, "a"))
        })
    };
    let written = PAGE as u64 * 2 + 1;
    done(store, append(1..=written)).await?;
    let query = Query::Audit(id);
    let first = page(store, &query, &Cursor::default()).await?;
    done(store, append(written + 1..=written + 4)).await?;
    let mut found = first.items;
    let mut next = first.next;
    while let Some(at) = next {
        let read = page(store, &query, &at).await?;
        found.extend(read.items);
        next = read.next;
    }
    let seqs = records(&found).into_iter().map(|record| record.seq);
    hold!(
        seqs.eq(1..=written + 4),
        "{} records were appended, {} found or out of order",
        written + 4,
        found.len()
    );
    Ok(())
}

async fn outbox_joins<S: Store>(store: &S) -> Result<(), Broken> {
    let id = AccountId::from(10u64);
    let bodies: Vec<_> = (0..PAGE * 2 + 1).map(|number| number.to_string()).collect();
    done(
        store,
        bodies.iter().fold(Writes::default(), |writes, body| {
            writes.and_notice(notice(id, body))
        }),
    )
    .await?;
    let mut found = Vec::new();
    let mut at = Some(Cursor::default());
    while let Some(cursor) = at {
        let read = page(store, &Query::Outbox, &cursor).await?;
        // Delivered page by page, as a postman does it: the next page starts after rows that are gone.
        for (number, body) in notices(&read.items) {
            found.push(body.to_owned());
            store.delivered(number).await?;
        }
        at = read.next;
    }
    hold!(
        found == bodies,
        "{} notices were sent, {} found or out of order",
        bodies.len(),
        found.len()
    );
    hold!(
        all(store, &Query::Outbox).await?.is_empty(),
        "delivered notices stay in the outbox"
    );
    Ok(())
}
