//! Facts that never go back.

use super::broken::Broken;
use super::rows::{id, org, page};
use super::samples::{account, done, find, metadata, put, refused};
use crate::store::{AccountRow, OrganizationRow, Row, RowKey, Store, Version, Versioned};

fn enabled(enabled: bool) -> Row {
    Row::Organization(OrganizationRow {
        id: org(),
        enabled,
        body: "{}".to_owned(),
    })
}

/// What a store *should* guard besides: facts that never go back. [`run`](super::run) leaves this out.
pub async fn guards_hold<S: Store>(store: &S) -> Result<(), Broken> {
    let bound = AccountRow {
        ever: true,
        epoch: 5,
        used_step: Some(1000),
        audited: 3,
        ..account(id(), org())
    };
    done(
        store,
        put(enabled(true), Version::ABSENT).and_put(Row::Account(bound.clone()), Version::ABSENT),
    )
    .await?;

    refused(
        store,
        put(enabled(false), Version(1)),
        "an organization that is un-enabled",
    )
    .await?;
    accounts_never_go_back(store, &bound).await?;
    done(store, put(metadata(page(), 5, "{}"), Version::ABSENT)).await?;
    refused(
        store,
        put(metadata(page(), 4, "{}"), Version(1)),
        "a mark of a metadata row that goes back",
    )
    .await?;
    for (key, row) in [
        (RowKey::Organization(org()), enabled(true)),
        (RowKey::Account(id()), Row::Account(bound.clone())),
    ] {
        let found = find(store, key).await?;
        hold!(
            found
                == Some(Versioned {
                    version: Version(1),
                    row
                }),
            "a guarded row changed: {found:?}"
        );
    }
    // A new epoch has a new authenticator, whose steps count from anew.
    let renewed = AccountRow {
        epoch: 6,
        used_step: None,
        ..bound
    };
    done(
        store,
        put(Row::Account(renewed), Version(1)).and_put(enabled(true), Version(1)),
    )
    .await
}

async fn accounts_never_go_back<S: Store>(store: &S, bound: &AccountRow) -> Result<(), Broken> {
    let back = [
        (
            "an authenticator that was never bound after all",
            AccountRow {
                ever: false,
                ..bound.clone()
            },
        ),
        (
            "an epoch that goes back",
            AccountRow {
                epoch: 4,
                used_step: Some(2000),
                ..bound.clone()
            },
        ),
        (
            "a used step that goes back",
            AccountRow {
                used_step: Some(999),
                ..bound.clone()
            },
        ),
        (
            "a used step that is forgotten",
            AccountRow {
                used_step: None,
                ..bound.clone()
            },
        ),
    ];
    for (what, row) in back {
        refused(store, put(Row::Account(row), Version(1)), what).await?;
    }
    Ok(())
}
