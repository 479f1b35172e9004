//! What nearly every log-in reads and writes: one account, its organization and roster, one attempt, one audit record.
//! Statements with single values take half the time of those with arrays.

use loquet::store::{AccountRow, AttemptRow, AuditRow, Row, RowKey, Version, Writes};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::{Query, QueryScalar};
use sqlx::types::Uuid;

use crate::read::uuid;
use crate::write::{signed, version_number};

/// The columns are those of the statement for many keys.
const LOAD: &str = include_str!("sql/load_one.sql");

/// The procedure is in the schema.
const COMMIT: &str = include_str!("sql/commit_one.sql");

/// At most one key of each kind, and none of metadata.
#[derive(Default)]
struct Keys {
    organization: Option<(Uuid, i64)>,
    roster: Option<(Uuid, i64)>,
    account: Option<(Uuid, i64)>,
    attempt: Option<(Uuid, i64)>,
}

impl Keys {
    fn of<'k>(keys: impl IntoIterator<Item = &'k (RowKey, Version)>) -> Option<Self> {
        let mut found = Self::default();
        for (key, version) in keys {
            let (place, id) = match key {
                RowKey::Organization(id) => (&mut found.organization, id.to_bytes()),
                RowKey::Roster(org) => (&mut found.roster, org.to_bytes()),
                RowKey::Account(id) => (&mut found.account, id.to_bytes()),
                RowKey::Attempt(id) => (&mut found.attempt, id.0),
                RowKey::Metadata(_) => return None,
            };
            if place
                .replace((uuid(id), version_number(*version)))
                .is_some()
            {
                return None;
            }
        }
        Some(found)
    }
}

/// Returns the statement that loads these keys, if they are so few.
pub(crate) fn load(keys: &[RowKey]) -> Option<Query<'static, Postgres, PgArguments>> {
    let keys: Vec<_> = keys.iter().map(|key| (*key, Version::ABSENT)).collect();
    let keys = Keys::of(&keys)?;
    let id = |key: Option<(Uuid, i64)>| key.map(|(id, _)| id);
    let statement = sqlx::query(LOAD)
        .bind(id(keys.organization))
        .bind(id(keys.roster))
        .bind(id(keys.account))
        .bind(id(keys.attempt));
    Some(statement)
}

/// Returns the statement that writes this change, if it is so small.
pub(crate) fn commit(
    writes: &Writes,
    is_alone: bool,
) -> Option<QueryScalar<'static, Postgres, bool, PgArguments>> {
    let keys = Keys::of(&writes.expect)?;
    let (account, attempt) = put(&writes.put)?;
    let is_put = |key: Option<(Uuid, i64)>, row: Option<Uuid>| match (key, row) {
        (Some((key, _)), Some(row)) => key == row,
        (None, None) => true,
        _ => false,
    };
    let (id, version) = keys.account.filter(|(_, version)| *version > 0)?;
    let attempt_id = attempt.map(|row| uuid(row.id.0));
    let is_new = keys.attempt.is_none_or(|(_, version)| version == 0);
    let is_own = attempt.is_none_or(|row| row.account == account.id);
    if !is_put(keys.account, Some(uuid(account.id.to_bytes()))) || !is_put(keys.attempt, attempt_id)
    {
        return None;
    }
    let audit = record(writes, account)?;
    if !is_new || !is_own || !writes.outbox.is_empty() {
        return None;
    }
    // What is absent has no version to compare.
    let read = |key: Option<(Uuid, i64)>| key.is_none_or(|(_, version)| version > 0);
    if !read(keys.organization) || !read(keys.roster) {
        return None;
    }
    let number = |number: Option<u64>| number.map(signed).transpose().ok();
    let statement = sqlx::query_scalar(COMMIT)
        .bind(is_alone)
        .bind(keys.organization.map(|(id, _)| id))
        .bind(keys.organization.map(|(_, version)| version))
        .bind(keys.roster.map(|(id, _)| id))
        .bind(keys.roster.map(|(_, version)| version))
        .bind(id)
        .bind(version)
        .bind(uuid(account.org.to_bytes()))
        .bind(account.external_id.clone())
        .bind(account.ever)
        .bind(i64::from(account.epoch))
        .bind(number(account.used_step)?)
        .bind(signed(account.audited).ok()?)
        .bind(account.body.clone())
        .bind(attempt_id)
        .bind(number(attempt.map(|row| row.at.0))?)
        .bind(attempt.map(|row| row.body.clone()))
        .bind(number(audit.map(|record| record.seq))?)
        .bind(audit.map(|record| uuid(record.org.to_bytes())))
        .bind(number(audit.map(|record| record.at.0))?)
        .bind(audit.map(|record| record.body.clone()))
        .bind(audit.map(|record| record.mac.to_vec()));
    Some(statement)
}

/// One account, and at most one attempt.
fn put(rows: &[Row]) -> Option<(&AccountRow, Option<&AttemptRow>)> {
    match rows {
        [Row::Account(account)] => Some((account, None)),
        [Row::Account(account), Row::Attempt(attempt)]
        | [Row::Attempt(attempt), Row::Account(account)] => Some((account, Some(attempt))),
        _ => None,
    }
}

/// At most one audit record, of this account.
#[expect(clippy::option_option, reason = "no record is fine, several are not")]
fn record<'w>(writes: &'w Writes, account: &AccountRow) -> Option<Option<&'w AuditRow>> {
    match writes.audit.as_slice() {
        [] => Some(None),
        [record] if record.account == account.id => Some(Some(record)),
        _ => None,
    }
}
