//! Rows to write, and small words for writing and finding them.

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::broken::Broken;
use crate::store::{
    AccountRow, AttemptId, AttemptRow, AuditRow, Commit, Cursor, Fault, Item, MetadataId,
    MetadataRow, NoticeRow, OrganizationRow, Page, Query, RosterRow, Row, RowKey, Store, Version,
    Versioned, Writes,
};

pub(super) fn organization(id: OrgId, body: &str) -> Row {
    Row::Organization(OrganizationRow {
        id,
        enabled: false,
        body: body.to_owned(),
    })
}

pub(super) fn roster(org: OrgId, body: &str) -> Row {
    Row::Roster(RosterRow {
        org,
        body: body.to_owned(),
    })
}

/// A new account whose external id is its own id, hence unique.
pub(super) fn account(id: AccountId, org: OrgId) -> AccountRow {
    AccountRow {
        id,
        org,
        external_id: id.to_string(),
        ever: false,
        epoch: 0,
        used_step: None,
        audited: 0,
        body: "{}".to_owned(),
    }
}

pub(super) fn attempt_id(number: u128) -> AttemptId {
    AttemptId(number.to_be_bytes())
}

pub(super) fn attempt(id: AttemptId, account: AccountId, at: u64) -> Row {
    Row::Attempt(AttemptRow {
        id,
        account,
        at: UnixTime(at),
        body: "{}".to_owned(),
    })
}

pub(super) fn metadata(id: MetadataId, mark: u64, body: &str) -> Row {
    Row::Metadata(MetadataRow {
        id,
        mark,
        body: body.to_owned(),
    })
}

pub(super) fn audit(account: AccountId, seq: u64, body: &str) -> AuditRow {
    AuditRow {
        account,
        seq,
        org: OrgId::from(1u64),
        at: UnixTime(seq),
        body: body.to_owned(),
        mac: [0xa5; 32],
    }
}

pub(super) fn notice(to: AccountId, body: &str) -> NoticeRow {
    NoticeRow {
        to,
        org: OrgId::from(1u64),
        at: UnixTime(1),
        body: body.to_owned(),
    }
}

/// Writes that begin with one row, expected at `version`.
pub(super) fn put(row: Row, version: Version) -> Writes {
    Writes::default().and_put(row, version)
}

impl Writes {
    pub(super) fn and_put(mut self, row: Row, version: Version) -> Self {
        self.expect.push((row.key(), version));
        self.put.push(row);
        self
    }

    pub(super) fn and_expect(mut self, key: RowKey, version: Version) -> Self {
        self.expect.push((key, version));
        self
    }

    pub(super) fn and_audit(mut self, record: AuditRow) -> Self {
        self.audit.push(record);
        self
    }

    pub(super) fn and_notice(mut self, notice: NoticeRow) -> Self {
        self.outbox.push(notice);
        self
    }
}

/// Writes what must succeed.
pub(super) async fn done<S: Store>(store: &S, writes: Writes) -> Result<(), Broken> {
    match store.commit(writes).await? {
        Commit::Done => Ok(()),
        Commit::Stale => Err(Broken::new(
            "a change whose versions all hold is called stale".to_owned(),
        )),
    }
}

/// Writes what must be refused for more than a stale version.
pub(super) async fn refused<S: Store>(store: &S, writes: Writes, what: &str) -> Result<(), Broken> {
    match store.commit(writes).await {
        Err(Fault::NotCommitted(_)) => Ok(()),
        other => Err(Broken::new(format!(
            "{what} ended in {other:?} and not in NotCommitted"
        ))),
    }
}

pub(super) async fn find<S: Store>(store: &S, key: RowKey) -> Result<Option<Versioned>, Broken> {
    let mut found = store.load(&[key]).await?.into_iter();
    let first = found.next();
    hold!(
        found.next().is_none(),
        "one key loads several rows: {key:?}"
    );
    hold!(
        first.as_ref().is_none_or(|row| row.row.key() == key),
        "{key:?} loads {first:?}"
    );
    Ok(first)
}

pub(super) async fn version<S: Store>(store: &S, key: RowKey) -> Result<Version, Broken> {
    Ok(find(store, key)
        .await?
        .map_or(Version::ABSENT, |found| found.version))
}

pub(super) async fn page<S: Store>(store: &S, query: &Query, at: &Cursor) -> Result<Page, Broken> {
    let page = store.scan(query, at).await?;
    let most = crate::store::PAGE;
    hold!(
        page.items.len() <= most,
        "a page of {query:?} has {} rows; {most} are the most",
        page.items.len()
    );
    hold!(
        page.items.len() == most || page.next.is_none(),
        "a page of {query:?} is not full and not the last, with {} rows",
        page.items.len()
    );
    Ok(page)
}

/// All that a query finds, over all its pages.
pub(super) async fn all<S: Store>(store: &S, query: &Query) -> Result<Vec<Item>, Broken> {
    let mut items = Vec::new();
    let mut at = Cursor::default();
    loop {
        let page = page(store, query, &at).await?;
        hold!(
            !page.items.is_empty() || at == Cursor::default(),
            "a page of {query:?} was announced and is empty"
        );
        items.extend(page.items);
        match page.next {
            Some(next) if next == at => {
                return Err(Broken::new(format!("the pages of {query:?} don't move on")));
            }
            Some(next) => at = next,
            None => return Ok(items),
        }
    }
}

/// The accounts among rows that a query found, in order.
pub(super) fn accounts(items: &[Item]) -> Vec<AccountId> {
    let account = |item: &Item| match item {
        Item::Row(Versioned {
            row: Row::Account(row),
            ..
        }) => Some(row.id),
        _ => None,
    };
    items.iter().filter_map(account).collect()
}

/// The audit records among rows that a query found, in order.
pub(super) fn records(items: &[Item]) -> Vec<&AuditRow> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Audit(record) => Some(record),
            _ => None,
        })
        .collect()
}

/// The notices among rows that a query found, in order, with their numbers.
pub(super) fn notices(items: &[Item]) -> Vec<(u64, &str)> {
    items
        .iter()
        .filter_map(|item| match item {
            Item::Notice(number, notice) => Some((*number, notice.body.as_str())),
            _ => None,
        })
        .collect()
}
