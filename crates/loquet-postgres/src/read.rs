//! Reading of rows.

use loquet::store::{
    AccountRow, AttemptId, AttemptRow, AuditRow, Cursor, Fault, Item, MetadataId, MetadataRow,
    NoticeRow, OrganizationRow, PAGE, Page, Query, RosterRow, Row, RowKey, Version, Versioned,
};
use loquet_policy::{AccountId, OrgId, UnixTime};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Uuid;
use sqlx::{Decode, Error, Postgres, Row as _, Type};

use crate::one;

/// All rows of all kinds, from one moment, and the database's time. The columns are those of the widest table.
const LOAD: &str = "
SELECT 0 AS kind, NULL::uuid AS id, (extract(epoch FROM clock_timestamp()) * 1000000::numeric)::bigint AS version,
  NULL::uuid AS org, NULL::text AS external_id, pg_is_in_recovery() AS flag, NULL::bigint AS epoch, NULL::bigint AS used_step,
  NULL::bigint AS number, current_setting('transaction_isolation') AS body
UNION ALL SELECT 1, id, version, NULL, NULL, enabled, NULL, NULL, NULL, body
  FROM loquet_organization WHERE id = ANY ($1)
UNION ALL SELECT 2, org, version, NULL, NULL, NULL, NULL, NULL, NULL, body FROM loquet_roster WHERE org = ANY ($2)
UNION ALL SELECT 3, id, version, org, external_id, ever, epoch, used_step, audited, body
  FROM loquet_account WHERE id = ANY ($3)
UNION ALL SELECT 4, id, 1, account, NULL, NULL, NULL, NULL, at, body FROM loquet_attempt WHERE id = ANY ($4)
UNION ALL SELECT 5, m.page, m.version, NULL, NULL, NULL, m.kind, NULL, m.mark, m.body
  FROM unnest($5::integer[], $6::uuid[]) AS k (kind, page),
    LATERAL (SELECT * FROM loquet_metadata WHERE kind = k.kind AND page = k.page LIMIT 1) AS m";

/// Rows, and the database's time in microseconds.
pub(crate) struct Loaded {
    pub(crate) rows: Vec<Versioned>,
    pub(crate) now: i64,
    is_standby: bool,
    isolation: String,
}

impl Loaded {
    /// Returns the rows, if they are those of this moment.
    pub(crate) fn checked(self) -> Result<Self, Fault> {
        let why = if self.is_standby {
            "this is a standby, which may be behind; connect to the primary"
        } else if self.isolation != "read committed" {
            "a transaction that Loquet takes part in is READ COMMITTED; another level does not see what was changed since it began"
        } else {
            return Ok(self);
        };
        Err(Fault::NotCommitted(why.into()))
    }
}

/// Keys by their kind.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) organizations: Vec<Uuid>,
    pub(crate) rosters: Vec<Uuid>,
    pub(crate) accounts: Vec<Uuid>,
    pub(crate) attempts: Vec<Uuid>,
    pub(crate) kinds: Vec<i32>,
    pub(crate) pages: Vec<Uuid>,
}

impl Keys {
    pub(crate) fn push(&mut self, key: RowKey) {
        match key {
            RowKey::Organization(id) => self.organizations.push(uuid(id.to_bytes())),
            RowKey::Roster(org) => self.rosters.push(uuid(org.to_bytes())),
            RowKey::Account(id) => self.accounts.push(uuid(id.to_bytes())),
            RowKey::Attempt(id) => self.attempts.push(uuid(id.0)),
            RowKey::Metadata(id) => {
                self.kinds.push(id.kind.into());
                self.pages.push(uuid(id.page));
            }
        }
    }
}

pub(crate) const fn uuid(bytes: [u8; 16]) -> Uuid {
    Uuid::from_bytes(bytes)
}

/// A connection.
pub(crate) struct Place<'c> {
    pub(crate) connection: &'c mut PgConnection,
    /// Whether it keeps prepared statements.
    pub(crate) keeps_statements: bool,
    /// Whether a change is a transaction of its own; otherwise it takes part in one.
    pub(crate) is_alone: bool,
}

impl<'c> Place<'c> {
    /// A connection that only reads.
    pub(crate) const fn reading(connection: &'c mut PgConnection) -> Self {
        Self {
            connection,
            keeps_statements: true,
            is_alone: false,
        }
    }
}

/// Reads the rows of the keys in the order of the keys, and the time.
pub(crate) async fn load(place: Place<'_>, keys: &[RowKey]) -> Result<Loaded, Error> {
    let statement = one::load(keys).unwrap_or_else(|| {
        let mut by_kind = Keys::default();
        keys.iter().for_each(|key| by_kind.push(*key));
        sqlx::query(LOAD)
            .bind(by_kind.organizations)
            .bind(by_kind.rosters)
            .bind(by_kind.accounts)
            .bind(by_kind.attempts)
            .bind(by_kind.kinds)
            .bind(by_kind.pages)
    });
    let found = statement
        .persistent(place.keeps_statements)
        .fetch_all(place.connection)
        .await?;
    let mut loaded = Loaded {
        rows: Vec::with_capacity(keys.len()),
        now: 0,
        is_standby: false,
        isolation: String::new(),
    };
    for columns in &found {
        match row(columns)? {
            Some(row) => loaded.rows.push(row),
            None => {
                loaded.now = columns.try_get("version")?;
                loaded.is_standby = columns.try_get("flag")?;
                loaded.isolation = columns.try_get("body")?;
            }
        }
    }
    let place = |found: &Versioned| keys.iter().position(|key| *key == found.row.key());
    loaded.rows.sort_by_key(place);
    Ok(loaded)
}

/// One row of [`LOAD`]; `None` is the time.
fn row(columns: &PgRow) -> Result<Option<Versioned>, Error> {
    let row = match columns.try_get("kind")? {
        1 => organization(columns)?,
        2 => Row::Roster(RosterRow {
            org: OrgId::from_bytes(id(columns, "id")?),
            body: columns.try_get("body")?,
        }),
        3 => Row::Account(AccountRow {
            id: AccountId::from_bytes(id(columns, "id")?),
            org: OrgId::from_bytes(id(columns, "org")?),
            external_id: columns.try_get("external_id")?,
            ever: columns.try_get("flag")?,
            epoch: get::<i64, _>(columns, "epoch")?,
            used_step: used_step(columns)?,
            audited: get::<i64, _>(columns, "number")?,
            body: columns.try_get("body")?,
        }),
        4 => Row::Attempt(AttemptRow {
            id: AttemptId(id(columns, "id")?),
            account: AccountId::from_bytes(id(columns, "org")?),
            at: UnixTime(get::<i64, _>(columns, "number")?),
            body: columns.try_get("body")?,
        }),
        5 => Row::Metadata(MetadataRow {
            id: MetadataId {
                kind: get::<i64, _>(columns, "epoch")?,
                page: id(columns, "id")?,
            },
            mark: get::<i64, _>(columns, "number")?,
            body: columns.try_get("body")?,
        }),
        0 => return Ok(None),
        other => return Err(Error::Decode(format!("a row of kind {other}").into())),
    };
    Ok(Some(Versioned {
        version: version(columns)?,
        row,
    }))
}

/// Reads a page of the query's results, after the row that `at` names.
///
/// # Errors
/// [`Error::Decode`] if `at` belongs to another kind of query, and errors of the database.
pub(crate) async fn scan(place: Place<'_>, query: &Query, at: &Cursor) -> Result<Page, Error> {
    let statement = sqlx::query(statement(query)).persistent(place.keeps_statements);
    let statement = match query {
        Query::Organizations | Query::AllAccounts => statement.bind(after_id(at)?),
        Query::Accounts(org) => statement.bind(after_id(at)?).bind(uuid(org.to_bytes())),
        Query::ExternalId(org, external_id) => {
            statement.bind(external_id).bind(uuid(org.to_bytes()))
        }
        Query::Audit(account) => statement
            .bind(after_number(at)?)
            .bind(uuid(account.to_bytes())),
        Query::Outbox => statement.bind(after_number(at)?),
        Query::Metadata(kind) => statement.bind(after_id(at)?).bind(i32::from(*kind)),
        other => {
            return Err(Error::Decode(
                format!("a query of another version: {other:?}").into(),
            ));
        }
    };
    let rows = statement.fetch_all(place.connection).await?;
    let mut items = Vec::with_capacity(rows.len().min(PAGE));
    let mut last = None;
    for columns in rows.iter().take(PAGE) {
        let (place, item) = item(query, columns)?;
        items.push(item);
        last = Some(place);
    }
    let next = (rows.len() > PAGE).then_some(Cursor(last));
    Ok(Page { items, next })
}

/// One row more than a page shows whether there is a next page: 257 is [`PAGE`] and one.
const fn statement(query: &Query) -> &'static str {
    match query {
        Query::Organizations => {
            "SELECT id, version, enabled AS flag, body FROM loquet_organization
              WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT 257"
        }
        Query::Accounts(_) => {
            "SELECT 3 AS kind, id, version, org, external_id, ever AS flag, epoch, used_step, audited AS number, body
               FROM loquet_account WHERE org = $2 AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT 257"
        }
        Query::ExternalId(..) => {
            "SELECT 3 AS kind, id, version, org, external_id, ever AS flag, epoch, used_step, audited AS number, body
               FROM loquet_account WHERE org = $2 AND external_id = $1"
        }
        Query::Audit(_) => {
            "SELECT account, seq, org, at, body, mac FROM loquet_audit WHERE account = $2 AND seq > $1 ORDER BY seq LIMIT 257"
        }
        Query::Outbox => {
            "SELECT number, recipient, org, at, body FROM loquet_outbox WHERE number > $1 ORDER BY number LIMIT 257"
        }
        Query::Metadata(_) => {
            "SELECT 5 AS kind, page AS id, version, kind::bigint AS epoch, mark AS number, body FROM loquet_metadata
              WHERE kind = $2 AND ($1::uuid IS NULL OR page > $1) ORDER BY page LIMIT 257"
        }
        // Also those of later versions.
        _ => {
            "SELECT 3 AS kind, id, version, org, external_id, ever AS flag, epoch, used_step, audited AS number, body
               FROM loquet_account WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT 257"
        }
    }
}

fn item(query: &Query, columns: &PgRow) -> Result<(Vec<u8>, Item), Error> {
    Ok(match query {
        Query::Audit(_) => {
            let record = audit(columns)?;
            (record.seq.to_be_bytes().to_vec(), Item::Audit(record))
        }
        Query::Outbox => {
            let number: u64 = get::<i64, _>(columns, "number")?;
            let notice = NoticeRow {
                to: AccountId::from_bytes(id(columns, "recipient")?),
                org: OrgId::from_bytes(id(columns, "org")?),
                at: UnixTime(get::<i64, _>(columns, "at")?),
                body: columns.try_get("body")?,
            };
            (number.to_be_bytes().to_vec(), Item::Notice(number, notice))
        }
        Query::Organizations => {
            let found = Versioned {
                version: version(columns)?,
                row: organization(columns)?,
            };
            (id(columns, "id")?.to_vec(), Item::Row(found))
        }
        _ => {
            let found = row(columns)?.ok_or(Error::RowNotFound)?;
            (id(columns, "id")?.to_vec(), Item::Row(found))
        }
    })
}

fn organization(columns: &PgRow) -> Result<Row, Error> {
    Ok(Row::Organization(OrganizationRow {
        id: OrgId::from_bytes(id(columns, "id")?),
        enabled: columns.try_get("flag")?,
        body: columns.try_get("body")?,
    }))
}

fn audit(columns: &PgRow) -> Result<AuditRow, Error> {
    let mac: &[u8] = columns.try_get("mac")?;
    Ok(AuditRow {
        account: AccountId::from_bytes(id(columns, "account")?),
        seq: get::<i64, _>(columns, "seq")?,
        org: OrgId::from_bytes(id(columns, "org")?),
        at: UnixTime(get::<i64, _>(columns, "at")?),
        body: columns.try_get("body")?,
        mac: mac.try_into().map_err(|error| decode("mac", error))?,
    })
}

fn id(columns: &PgRow, name: &str) -> Result<[u8; 16], Error> {
    Ok(columns.try_get::<Uuid, _>(name)?.into_bytes())
}

fn version(columns: &PgRow) -> Result<Version, Error> {
    Ok(Version(get::<i64, _>(columns, "version")?))
}

fn used_step(columns: &PgRow) -> Result<Option<u64>, Error> {
    let step: Option<i64> = columns.try_get("used_step")?;
    step.map(u64::try_from)
        .transpose()
        .map_err(|error| decode("used_step", error))
}

/// An integer of the database in a type of ours.
fn get<'r, F, T>(columns: &'r PgRow, name: &str) -> Result<T, Error>
where
    F: Decode<'r, Postgres> + Type<Postgres>,
    T: TryFrom<F, Error: Into<BoxDynError>>,
{
    T::try_from(columns.try_get::<F, _>(name)?).map_err(|error| decode(name, error))
}

fn decode(name: &str, error: impl Into<BoxDynError>) -> Error {
    Error::ColumnDecode {
        index: name.to_owned(),
        source: error.into(),
    }
}

/// The id after which a page starts; `None` is the beginning.
fn after_id(at: &Cursor) -> Result<Option<Uuid>, Error> {
    at.0.as_deref()
        .map(Uuid::from_slice)
        .transpose()
        .map_err(Error::decode)
}

fn after_number(at: &Cursor) -> Result<i64, Error> {
    let Some(bytes) = at.0.as_deref() else {
        return Ok(0);
    };
    let bytes: [u8; 8] = bytes.try_into().map_err(Error::decode)?;
    i64::try_from(u64::from_be_bytes(bytes)).map_err(Error::decode)
}
