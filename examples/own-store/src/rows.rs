//! Loquet's rows as rows of SQL, and back.

use loquet::store::{
    AccountRow, AttemptId, AttemptRow, AuditRow, Cursor, Fault, Item, MetadataId, MetadataRow,
    NoticeRow, OrganizationRow, PAGE, Page, RosterRow, Row, RowKey, Version, Versioned,
};
use loquet::{AccountId, OrgId, UnixTime};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

/// Before a commit: nothing is written.
pub(crate) fn refused(error: sqlx::Error) -> Fault {
    const BUSY: &str = "5";
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| code.into_owned()));
    match (&error, code.as_deref()) {
        (sqlx::Error::PoolTimedOut, _) | (_, Some(BUSY)) => Fault::Busy,
        _ => Fault::NotCommitted(error.into()),
    }
}

pub(crate) fn signed(number: u64) -> Result<i64, Fault> {
    i64::try_from(number)
        .map_err(|_| Fault::NotCommitted(format!("{number} is more than SQLite holds").into()))
}

pub(crate) fn key(of: RowKey) -> (i64, Vec<u8>) {
    match of {
        RowKey::Organization(id) => (0, id.to_bytes().to_vec()),
        RowKey::Roster(org) => (1, org.to_bytes().to_vec()),
        RowKey::Account(id) => (2, id.to_bytes().to_vec()),
        RowKey::Attempt(id) => (3, id.0.to_vec()),
        RowKey::Metadata(id) => (4, [&id.kind.to_be_bytes()[..], &id.page].concat()),
    }
}

/// What of a row stands in columns of its own.
#[derive(Default)]
struct InTheOpen<'a> {
    org: Option<Vec<u8>>,
    external_id: Option<&'a str>,
    flag: bool,
    epoch: u32,
    step: Option<i64>,
    fact: i64,
}

fn body(row: &Row) -> &str {
    match row {
        Row::Organization(row) => &row.body,
        Row::Roster(row) => &row.body,
        Row::Account(row) => &row.body,
        Row::Attempt(row) => &row.body,
        Row::Metadata(row) => &row.body,
    }
}

pub(crate) async fn put(
    connection: &mut SqliteConnection,
    row: &Row,
    expected: Version,
) -> Result<(), Fault> {
    const INSERT: &str =
        "INSERT INTO mfa_row (kind, key, version, org, external_id, flag, epoch, step, fact, body)
                          VALUES (?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    const UPDATE: &str = "UPDATE mfa_row SET version = ?4, org = ?5, external_id = ?6, flag = ?7, epoch = ?8, step = ?9,
                          fact = ?10, body = ?11 WHERE kind = ?1 AND key = ?2 AND version = ?3";
    let (kind, key) = key(row.key());
    let open = match row {
        Row::Organization(row) => InTheOpen {
            flag: row.enabled,
            ..InTheOpen::default()
        },
        Row::Roster(_) => InTheOpen::default(),
        Row::Account(row) => InTheOpen {
            org: Some(row.org.to_bytes().to_vec()),
            external_id: Some(&row.external_id),
            flag: row.ever,
            epoch: row.epoch,
            step: row.used_step.map(signed).transpose()?,
            fact: signed(row.audited)?,
        },
        Row::Attempt(row) => InTheOpen {
            org: Some(row.account.to_bytes().to_vec()),
            fact: signed(row.at.0)?,
            ..InTheOpen::default()
        },
        Row::Metadata(row) => InTheOpen {
            fact: signed(row.mark)?,
            ..InTheOpen::default()
        },
    };
    // An attempt has one outcome: written over an older one, the key refuses it.
    let first = expected == Version::ABSENT || matches!(row, Row::Attempt(_));
    let done = sqlx::query(if first { INSERT } else { UPDATE })
        .bind(kind)
        .bind(key)
        .bind(signed(expected.0)?)
        .bind(signed(expected.next().0)?)
        .bind(open.org)
        .bind(open.external_id)
        .bind(open.flag)
        .bind(open.epoch)
        .bind(open.step)
        .bind(open.fact)
        .bind(body(row))
        .execute(connection)
        .await
        .map_err(refused)?;
    if done.rows_affected() != 1 {
        return Err(Fault::NotCommitted(
            "a row is written twice in one change".into(),
        ));
    }
    Ok(())
}

pub(crate) fn read(row: &SqliteRow) -> Result<Versioned, sqlx::Error> {
    let key: Vec<u8> = row.try_get("key")?;
    let whole = || key.as_slice().try_into().map_err(|_| damaged("a key"));
    let body = row.try_get("body")?;
    let row_of = match row.try_get::<i64, _>("kind")? {
        0 => Row::Organization(OrganizationRow {
            id: OrgId::from_bytes(whole()?),
            enabled: row.try_get("flag")?,
            body,
        }),
        1 => Row::Roster(RosterRow {
            org: OrgId::from_bytes(whole()?),
            body,
        }),
        2 => Row::Account(AccountRow {
            id: AccountId::from_bytes(whole()?),
            org: OrgId::from_bytes(id(row, "org")?),
            external_id: row.try_get("external_id")?,
            ever: row.try_get("flag")?,
            epoch: row.try_get("epoch")?,
            used_step: row
                .try_get::<Option<i64>, _>("step")?
                .map(i64::unsigned_abs),
            audited: unsigned(row, "fact")?,
            body,
        }),
        3 => Row::Attempt(AttemptRow {
            id: AttemptId(whole()?),
            account: AccountId::from_bytes(id(row, "org")?),
            at: UnixTime(unsigned(row, "fact")?),
            body,
        }),
        _ => {
            let (kind, page) = key.split_first_chunk().ok_or_else(|| damaged("a key"))?;
            let page = page.try_into().map_err(|_| damaged("a key"))?;
            let id = MetadataId {
                kind: u16::from_be_bytes(*kind),
                page,
            };
            Row::Metadata(MetadataRow {
                id,
                mark: unsigned(row, "fact")?,
                body,
            })
        }
    };
    Ok(Versioned {
        version: Version(unsigned(row, "version")?),
        row: row_of,
    })
}

/// A record of the audit log, and where the page after it starts.
pub(crate) fn audit(row: &SqliteRow) -> Result<(Vec<u8>, Item), sqlx::Error> {
    let seq: i64 = row.try_get("seq")?;
    let mac: Vec<u8> = row.try_get("mac")?;
    let record = AuditRow {
        account: AccountId::from_bytes(id(row, "account")?),
        seq: unsigned(row, "seq")?,
        org: OrgId::from_bytes(id(row, "org")?),
        at: UnixTime(unsigned(row, "at")?),
        body: row.try_get("body")?,
        mac: mac.try_into().map_err(|_| damaged("a mac"))?,
    };
    Ok((seq.to_be_bytes().to_vec(), Item::Audit(record)))
}

/// A notice, and where the page after it starts.
pub(crate) fn notice(row: &SqliteRow) -> Result<(Vec<u8>, Item), sqlx::Error> {
    let number: i64 = row.try_get("number")?;
    let notice = NoticeRow {
        to: AccountId::from_bytes(id(row, "recipient")?),
        org: OrgId::from_bytes(id(row, "org")?),
        at: UnixTime(unsigned(row, "at")?),
        body: row.try_get("body")?,
    };
    let at = number.to_be_bytes().to_vec();
    Ok((at, Item::Notice(number.unsigned_abs(), notice)))
}

/// A page, and where the next one starts if there is one more row than a page has.
pub(crate) fn page(
    rows: Result<Vec<SqliteRow>, sqlx::Error>,
    each: impl Fn(&SqliteRow) -> Result<(Vec<u8>, Item), sqlx::Error>,
) -> Result<Page, Fault> {
    let rows = rows.map_err(refused)?;
    let more = rows.len() > PAGE;
    let (mut items, mut last) = (Vec::new(), None);
    for row in rows.iter().take(PAGE) {
        let (at, item) = each(row).map_err(refused)?;
        items.push(item);
        last = Some(Cursor(Some(at)));
    }
    Ok(Page {
        items,
        next: last.filter(|_| more),
    })
}

fn id(row: &SqliteRow, column: &str) -> Result<[u8; 16], sqlx::Error> {
    row.try_get::<Vec<u8>, _>(column)?
        .try_into()
        .map_err(|_| damaged(column))
}

pub(crate) fn unsigned(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column)?
        .try_into()
        .map_err(|_| damaged(column))
}

fn damaged(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} is damaged").into())
}
