//! Reading of rows.

use loquet::store::{
    AccountRow, AttemptId, AttemptRow, AuditRow, Cursor, Item, MetadataId, MetadataRow, NoticeRow,
    OrganizationRow, PAGE, Page, Query, RosterRow, Row, RowKey, Version, Versioned,
};
use loquet_policy::{AccountId, OrgId, UnixTime};
use rusqlite::{Connection, Error, OptionalExtension, Params, Row as Columns, params};

/// Returns the existing rows of the keys.
pub(crate) fn load(connection: &Connection, keys: &[RowKey]) -> rusqlite::Result<Vec<Versioned>> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        found.extend(row(connection, *key)?);
    }
    Ok(found)
}

fn row(connection: &Connection, key: RowKey) -> rusqlite::Result<Option<Versioned>> {
    match key {
        RowKey::Organization(id) => connection
            .prepare_cached(
                "SELECT id, version, enabled, body FROM loquet_organization WHERE id = ?1",
            )?
            .query_row(params![id.to_bytes()], organization),
        RowKey::Roster(org) => connection
            .prepare_cached("SELECT version, body FROM loquet_roster WHERE org = ?1")?
            .query_row(params![org.to_bytes()], |columns| {
                let row = RosterRow {
                    org,
                    body: columns.get(1)?,
                };
                Ok(Versioned {
                    version: version(columns, 0)?,
                    row: Row::Roster(row),
                })
            }),
        RowKey::Account(id) => connection
            .prepare_cached(
                "SELECT id, version, org, external_id, ever, epoch, used_step, audited, body
                   FROM loquet_account WHERE id = ?1",
            )?
            .query_row(params![id.to_bytes()], account),
        RowKey::Attempt(id) => connection
            .prepare_cached("SELECT account, at, body FROM loquet_attempt WHERE id = ?1")?
            .query_row(params![id.0], |columns| {
                let row = AttemptRow {
                    id: AttemptId(id.0),
                    account: AccountId::from_bytes(columns.get(0)?),
                    at: UnixTime(unsigned(columns, 1)?),
                    body: columns.get(2)?,
                };
                Ok(Versioned {
                    version: Version::ABSENT.next(),
                    row: Row::Attempt(row),
                })
            }),
        RowKey::Metadata(id) => connection
            .prepare_cached(
                "SELECT page, version, mark, body FROM loquet_metadata WHERE kind = ?1 AND page = ?2",
            )?
            .query_row(params![id.kind, id.page], |columns| {
                metadata(id.kind, columns)
            }),
    }
    .optional()
}

/// Returns the version of a row.
pub(crate) fn version_of(connection: &Connection, key: RowKey) -> rusqlite::Result<Version> {
    let (sql, id) = match key {
        RowKey::Organization(id) => (
            "SELECT version FROM loquet_organization WHERE id = ?1",
            id.to_bytes(),
        ),
        RowKey::Roster(org) => (
            "SELECT version FROM loquet_roster WHERE org = ?1",
            org.to_bytes(),
        ),
        RowKey::Account(id) => (
            "SELECT version FROM loquet_account WHERE id = ?1",
            id.to_bytes(),
        ),
        RowKey::Attempt(id) => ("SELECT 1 FROM loquet_attempt WHERE id = ?1", id.0),
        RowKey::Metadata(id) => {
            let found = connection
                .prepare_cached(
                    "SELECT version FROM loquet_metadata WHERE kind = ?1 AND page = ?2",
                )?
                .query_row(params![id.kind, id.page], |columns| version(columns, 0));
            return Ok(found.optional()?.unwrap_or(Version::ABSENT));
        }
    };
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![id], |columns| version(columns, 0));
    Ok(found.optional()?.unwrap_or(Version::ABSENT))
}

/// Returns a page of the query's results, after the row that `at` names.
///
/// # Errors
/// [`Error::InvalidQuery`] if `at` belongs to another kind of query, and errors of SQLite.
pub(crate) fn scan(connection: &Connection, query: &Query, at: &Cursor) -> rusqlite::Result<Page> {
    // One row more than a page shows whether there is a next page.
    const LIMIT: i64 = PAGE as i64 + 1;
    // Every id sorts after the empty blob.
    let after = at.0.as_deref().unwrap_or_default();
    match query {
        Query::Organizations => page(
            connection,
            "SELECT id, version, enabled, body FROM loquet_organization WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after, LIMIT],
            |columns| Ok((columns.get(0)?, Item::Row(organization(columns)?))),
        ),
        Query::Accounts(org) => page(
            connection,
            "SELECT id, version, org, external_id, ever, epoch, used_step, audited, body
               FROM loquet_account WHERE org = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            params![org.to_bytes(), after, LIMIT],
            |columns| Ok((columns.get(0)?, Item::Row(account(columns)?))),
        ),
        Query::AllAccounts => page(
            connection,
            "SELECT id, version, org, external_id, ever, epoch, used_step, audited, body
               FROM loquet_account WHERE id > ?1 ORDER BY id LIMIT ?2",
            params![after, LIMIT],
            |columns| Ok((columns.get(0)?, Item::Row(account(columns)?))),
        ),
        Query::ExternalId(org, external_id) => page(
            connection,
            "SELECT id, version, org, external_id, ever, epoch, used_step, audited, body
               FROM loquet_account WHERE org = ?1 AND external_id = ?2",
            params![org.to_bytes(), external_id],
            |columns| Ok((columns.get(0)?, Item::Row(account(columns)?))),
        ),
        Query::Audit(of) => page(
            connection,
            "SELECT seq, org, at, body, mac FROM loquet_audit
              WHERE account = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            params![of.to_bytes(), number(after)?, LIMIT],
            |columns| Ok((place(columns)?, Item::Audit(audit(*of, columns)?))),
        ),
        Query::Outbox => page(
            connection,
            "SELECT number, recipient, org, at, body FROM loquet_outbox WHERE number > ?1 ORDER BY number LIMIT ?2",
            params![number(after)?, LIMIT],
            |columns| {
                let item = Item::Notice(unsigned(columns, 0)?, notice(columns)?);
                Ok((place(columns)?, item))
            },
        ),
        Query::Metadata(kind) => page(
            connection,
            "SELECT page, version, mark, body FROM loquet_metadata WHERE kind = ?1 AND page > ?2 ORDER BY page LIMIT ?3",
            params![kind, after, LIMIT],
            |columns| Ok((columns.get(0)?, Item::Row(metadata(*kind, columns)?))),
        ),
        // A query of a newer `loquet`.
        _ => Err(Error::InvalidQuery),
    }
}

/// Where the page after a numbered row starts.
fn place(columns: &Columns<'_>) -> rusqlite::Result<Vec<u8>> {
    Ok(columns.get::<_, i64>(0)?.to_be_bytes().to_vec())
}

fn audit(of: AccountId, columns: &Columns<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        account: of,
        seq: unsigned(columns, 0)?,
        org: OrgId::from_bytes(columns.get(1)?),
        at: UnixTime(unsigned(columns, 2)?),
        body: columns.get(3)?,
        mac: columns.get(4)?,
    })
}

fn notice(columns: &Columns<'_>) -> rusqlite::Result<NoticeRow> {
    Ok(NoticeRow {
        to: AccountId::from_bytes(columns.get(1)?),
        org: OrgId::from_bytes(columns.get(2)?),
        at: UnixTime(unsigned(columns, 3)?),
        body: columns.get(4)?,
    })
}

/// Runs a query for one row more than a page and cuts it off.
fn page(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Columns<'_>) -> rusqlite::Result<(Vec<u8>, Item)>,
) -> rusqlite::Result<Page> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query_map(values, read)?;
    let mut items = Vec::new();
    let mut last = None;
    for row in rows.by_ref().take(PAGE) {
        let (position, item) = row?;
        items.push(item);
        last = Some(position);
    }
    let next = rows.next().transpose()?.map(|_| Cursor(last));
    Ok(Page { items, next })
}

fn organization(columns: &Columns<'_>) -> rusqlite::Result<Versioned> {
    let row = OrganizationRow {
        id: OrgId::from_bytes(columns.get(0)?),
        enabled: columns.get(2)?,
        body: columns.get(3)?,
    };
    Ok(Versioned {
        version: version(columns, 1)?,
        row: Row::Organization(row),
    })
}

fn account(columns: &Columns<'_>) -> rusqlite::Result<Versioned> {
    let used_step = match columns.get::<_, Option<i64>>(6)? {
        Some(_) => Some(unsigned(columns, 6)?),
        None => None,
    };
    let row = AccountRow {
        id: AccountId::from_bytes(columns.get(0)?),
        org: OrgId::from_bytes(columns.get(2)?),
        external_id: columns.get(3)?,
        ever: columns.get(4)?,
        epoch: columns.get(5)?,
        used_step,
        audited: unsigned(columns, 7)?,
        body: columns.get(8)?,
    };
    Ok(Versioned {
        version: version(columns, 1)?,
        row: Row::Account(row),
    })
}

fn metadata(kind: u16, columns: &Columns<'_>) -> rusqlite::Result<Versioned> {
    let page = columns.get(0)?;
    let row = MetadataRow {
        id: MetadataId { kind, page },
        mark: unsigned(columns, 2)?,
        body: columns.get(3)?,
    };
    Ok(Versioned {
        version: version(columns, 1)?,
        row: Row::Metadata(row),
    })
}

fn version(columns: &Columns<'_>, column: usize) -> rusqlite::Result<Version> {
    unsigned(columns, column).map(Version)
}

/// Reads an unsigned number. SQLite's integers are signed, but only unsigned numbers are written.
fn unsigned(columns: &Columns<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = columns.get(column)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

/// Returns the number in a cursor. Every number in the tables is above 0.
fn number(position: &[u8]) -> rusqlite::Result<i64> {
    match position {
        [] => Ok(0),
        _ => position
            .try_into()
            .map(i64::from_be_bytes)
            .map_err(|_| Error::InvalidQuery),
    }
}
