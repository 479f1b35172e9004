//! Writing of rows: a change, column by column.

use std::collections::BTreeSet;

use loquet::store::{AuditRow, Item, NoticeRow, Row, RowKey, Version, Writes};
use loquet_policy::{AccountId, UnixTime};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Encode, Postgres, Type};

use crate::one;
use crate::read::{Keys, Place, uuid};

/// `loquet_commit` is in the schema, which says what it does and why.
const COMMIT: &str = "CALL loquet_commit(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
  $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47,
  $48, NULL)";

/// The reason why a change cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    #[error("the change writes a row without an expected version: {0:?}")]
    Unexpected(RowKey),
    #[error("the change writes a row twice: {0:?}")]
    Twice(RowKey),
    #[error("{0} is larger than PostgreSQL's integers")]
    TooLarge(u64),
    #[error(transparent)]
    Encode(sqlx::error::BoxDynError),
}

impl Unwritable {
    /// Nothing was sent.
    fn into_error(self) -> sqlx::Error {
        sqlx::Error::Encode(Box::new(self))
    }
}

/// Writes a change in one statement. A stale change writes nothing: that is `false`.
pub(crate) async fn commit(place: Place<'_>, writes: &Writes) -> Result<bool, sqlx::Error> {
    let statement = match one::commit(writes, place.is_alone) {
        Some(statement) => statement,
        None => {
            let arguments = arguments(writes, place.is_alone);
            sqlx::query_scalar_with(COMMIT, arguments.map_err(Unwritable::into_error)?)
        }
    };
    let written = statement.persistent(place.keeps_statements);
    written.fetch_one(place.connection).await
}

/// Takes a notice out of the outbox.
pub(crate) async fn delivered(place: Place<'_>, notice: u64) -> Result<(), sqlx::Error> {
    // No notice has a number that is larger than PostgreSQL's.
    let number = i64::try_from(notice).unwrap_or_default();
    let sql = "DELETE FROM loquet_outbox WHERE number = $1";
    sqlx::query(sql)
        .bind(number)
        .persistent(place.keeps_statements)
        .execute(place.connection)
        .await
        .map(drop)
}

/// Deletes attempts before a time, up to a limit, and returns how many.
pub(crate) async fn forget_attempts(
    place: Place<'_>,
    before: UnixTime,
    limit: u32,
) -> Result<u32, sqlx::Error> {
    let sql = "DELETE FROM loquet_attempt WHERE id IN
      (SELECT id FROM loquet_attempt WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let deleted = sqlx::query(sql)
        .bind(i64::try_from(before.0).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .persistent(place.keeps_statements)
        .execute(place.connection)
        .await?;
    Ok(u32::try_from(deleted.rows_affected()).unwrap_or(u32::MAX))
}

/// Deletes an account's audit records that the metadata have released, up to a limit, and returns how many.
pub(crate) async fn forget_audit(
    place: Place<'_>,
    account: AccountId,
    limit: u32,
) -> Result<u32, sqlx::Error> {
    let deleted: i64 = sqlx::query_scalar("SELECT loquet_forget_audit($1, $2)")
        .bind(uuid(account.to_bytes()))
        .bind(i64::from(limit))
        .persistent(place.keeps_statements)
        .fetch_one(place.connection)
        .await?;
    Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
}

/// The arguments of `loquet_commit`, in its order.
fn arguments(writes: &Writes, is_alone: bool) -> Result<PgArguments, Unwritable> {
    let mut arguments = Columns::default();
    arguments.0.add(is_alone).map_err(Unwritable::Encode)?;
    expected(&mut arguments, writes)?;
    let mut rows = Rows::default();
    let mut written = BTreeSet::new();
    for row in &writes.put {
        let key = row.key();
        let expected = writes.expect.iter().find(|(named, _)| *named == key);
        let (_, version) = expected.ok_or(Unwritable::Unexpected(key))?;
        if !written.insert(key) {
            return Err(Unwritable::Twice(key));
        }
        rows.push(row, version_number(*version));
    }
    rows.bind(&mut arguments)?;
    let audit: Vec<&AuditRow> = writes.audit.iter().collect();
    bind_audit(&mut arguments, &audit)?;
    let notices: Vec<&NoticeRow> = writes.outbox.iter().collect();
    bind_notices(&mut arguments, &notices)?;
    Ok(arguments.0)
}

/// The arguments of a copy: rows with their versions, audit records, and notices with their numbers.
pub(crate) fn copied(items: &[Item]) -> Result<PgArguments, sqlx::Error> {
    let (mut rows, mut audit) = (Rows::default(), Vec::new());
    let (mut numbers, mut notices) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Row(found) => rows.push(&found.row, version_number(found.version)),
            Item::Audit(record) => audit.push(record),
            Item::Notice(number, notice) => {
                numbers.push(*number);
                notices.push(notice);
            }
            // Of a later version of the contract: that it is missing, `compare` finds.
            _ => {}
        }
    }
    let mut arguments = Columns::default();
    let bound = rows
        .bind(&mut arguments)
        .and_then(|()| bind_audit(&mut arguments, &audit))
        .and_then(|()| arguments.add(&numbers, |number| signed(*number)))
        .and_then(|()| bind_notices(&mut arguments, &notices));
    bound.map_err(Unwritable::into_error)?;
    Ok(arguments.0)
}

fn bind_audit(arguments: &mut Columns, audit: &[&AuditRow]) -> Result<(), Unwritable> {
    arguments.add(audit, |record| Ok(uuid(record.account.to_bytes())))?;
    arguments.add(audit, |record| signed(record.seq))?;
    arguments.add(audit, |record| Ok(uuid(record.org.to_bytes())))?;
    arguments.add(audit, |record| signed(record.at.0))?;
    arguments.add(audit, |record| Ok(record.body.as_str()))?;
    arguments.add(audit, |record| Ok(record.mac.to_vec()))
}

fn bind_notices(arguments: &mut Columns, notices: &[&NoticeRow]) -> Result<(), Unwritable> {
    arguments.add(notices, |notice| Ok(uuid(notice.to.to_bytes())))?;
    arguments.add(notices, |notice| Ok(uuid(notice.org.to_bytes())))?;
    arguments.add(notices, |notice| signed(notice.at.0))?;
    arguments.add(notices, |notice| Ok(notice.body.as_str()))
}

/// Binds the expected versions, kind by kind.
fn expected(arguments: &mut Columns, writes: &Writes) -> Result<(), Unwritable> {
    let (mut organizations, mut rosters, mut accounts) = (vec![], vec![], vec![]);
    let (mut attempts, mut metadata) = (vec![], vec![]);
    let mut keys = Keys::default();
    // Locked in this order by all, so that they do not wait for each other in a circle.
    let mut expected: Vec<_> = writes.expect.iter().collect();
    expected.sort_unstable();
    for (key, version) in expected {
        keys.push(*key);
        let versions = match key {
            RowKey::Organization(_) => &mut organizations,
            RowKey::Roster(_) => &mut rosters,
            RowKey::Account(_) => &mut accounts,
            RowKey::Attempt(_) => &mut attempts,
            RowKey::Metadata(_) => &mut metadata,
        };
        versions.push(version_number(*version));
    }
    arguments.push(keys.organizations)?;
    arguments.push(organizations)?;
    arguments.push(keys.rosters)?;
    arguments.push(rosters)?;
    arguments.push(keys.accounts)?;
    arguments.push(accounts)?;
    arguments.push(keys.attempts)?;
    arguments.push(attempts)?;
    arguments.push(keys.kinds)?;
    arguments.push(keys.pages)?;
    arguments.push(metadata)
}

/// The rows to write, each with its expected version.
#[derive(Default)]
struct Rows<'w> {
    organizations: Vec<(&'w loquet::store::OrganizationRow, i64)>,
    rosters: Vec<(&'w loquet::store::RosterRow, i64)>,
    accounts: Vec<(&'w loquet::store::AccountRow, i64)>,
    attempts: Vec<(&'w loquet::store::AttemptRow, i64)>,
    metadata: Vec<(&'w loquet::store::MetadataRow, i64)>,
}

impl<'w> Rows<'w> {
    fn push(&mut self, row: &'w Row, version: i64) {
        match row {
            Row::Organization(row) => self.organizations.push((row, version)),
            Row::Roster(row) => self.rosters.push((row, version)),
            Row::Account(row) => self.accounts.push((row, version)),
            Row::Attempt(row) => self.attempts.push((row, version)),
            Row::Metadata(row) => self.metadata.push((row, version)),
        }
    }

    fn bind(&self, arguments: &mut Columns) -> Result<(), Unwritable> {
        let rows = &self.organizations;
        arguments.add(rows, |(row, _)| Ok(uuid(row.id.to_bytes())))?;
        arguments.add(rows, |(_, version)| Ok(*version))?;
        arguments.add(rows, |(row, _)| Ok(row.enabled))?;
        arguments.add(rows, |(row, _)| Ok(row.body.as_str()))?;
        let rows = &self.rosters;
        arguments.add(rows, |(row, _)| Ok(uuid(row.org.to_bytes())))?;
        arguments.add(rows, |(_, version)| Ok(*version))?;
        arguments.add(rows, |(row, _)| Ok(row.body.as_str()))?;
        self.bind_accounts(arguments)?;
        let rows = &self.attempts;
        arguments.add(rows, |(row, _)| Ok(uuid(row.id.0)))?;
        arguments.add(rows, |(_, version)| Ok(*version))?;
        arguments.add(rows, |(row, _)| Ok(uuid(row.account.to_bytes())))?;
        arguments.add(rows, |(row, _)| signed(row.at.0))?;
        arguments.add(rows, |(row, _)| Ok(row.body.as_str()))?;
        let rows = &self.metadata;
        arguments.add(rows, |(row, _)| Ok(i32::from(row.id.kind)))?;
        arguments.add(rows, |(row, _)| Ok(uuid(row.id.page)))?;
        arguments.add(rows, |(_, version)| Ok(*version))?;
        arguments.add(rows, |(row, _)| signed(row.mark))?;
        arguments.add(rows, |(row, _)| Ok(row.body.as_str()))
    }

    fn bind_accounts(&self, arguments: &mut Columns) -> Result<(), Unwritable> {
        let rows = &self.accounts;
        arguments.add(rows, |(row, _)| Ok(uuid(row.id.to_bytes())))?;
        arguments.add(rows, |(_, version)| Ok(*version))?;
        arguments.add(rows, |(row, _)| Ok(uuid(row.org.to_bytes())))?;
        arguments.add(rows, |(row, _)| Ok(row.external_id.as_str()))?;
        arguments.add(rows, |(row, _)| Ok(row.ever))?;
        arguments.add(rows, |(row, _)| Ok(i64::from(row.epoch)))?;
        arguments.add(rows, |(row, _)| row.used_step.map(signed).transpose())?;
        arguments.add(rows, |(row, _)| signed(row.audited))?;
        arguments.add(rows, |(row, _)| Ok(row.body.as_str()))
    }
}

/// The arguments so far, each an array.
#[derive(Default)]
struct Columns(PgArguments);

impl Columns {
    fn push<'q, T>(&mut self, column: Vec<T>) -> Result<(), Unwritable>
    where
        Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
    {
        self.0.add(column).map_err(Unwritable::Encode)
    }

    /// Adds one column of some rows.
    fn add<'w, 'q, R, T>(
        &mut self,
        rows: &'w [R],
        value: impl Fn(&'w R) -> Result<T, Unwritable>,
    ) -> Result<(), Unwritable>
    where
        Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
    {
        self.push(rows.iter().map(value).collect::<Result<_, _>>()?)
    }
}

pub(crate) fn signed(number: u64) -> Result<i64, Unwritable> {
    i64::try_from(number).map_err(|_| Unwritable::TooLarge(number))
}

/// No row has a version as large as that which stands for one too large.
pub(crate) fn version_number(version: Version) -> i64 {
    i64::try_from(version.0).unwrap_or(-1)
}
