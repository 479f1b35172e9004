//! Writing of rows, within the writer's transaction.

use loquet::store::{AuditRow, Commit, NoticeRow, Row, RowKey, Version, Writes};
use loquet_policy::{AccountId, UnixTime};
use rusqlite::{Connection, params};

use crate::rows::read::version_of;

/// A change to write.
#[derive(Debug)]
pub(crate) enum Change {
    /// Writes the rows of a decision.
    Commit(Writes),
    /// Removes a notice from the outbox.
    Delivered(u64),
    /// Deletes attempts before a time, up to a limit.
    DeleteAttempts(UnixTime, u32),
    /// Deletes an account's audit records that the metadata have released, up to a limit.
    DeleteAudit(AccountId, u32),
}

/// The result of a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applied {
    /// Whether the change was written.
    pub(crate) commit: Commit,
    /// The number of rows deleted.
    pub(crate) deleted: u32,
}

/// The reason why a change cannot be written. Roll back what it wrote so far.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("the change writes a row without an expected version: {0:?}")]
    Unexpected(RowKey),
    #[error("the change writes a row twice: {0:?}")]
    Twice(RowKey),
    #[error("{0} is larger than SQLite's integers")]
    TooLarge(u64),
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
}

/// Writes a change. A stale change writes nothing.
pub(crate) fn apply(connection: &Connection, change: &Change) -> Result<Applied, ChangeError> {
    let (commit, deleted) = match change {
        Change::Commit(writes) => (commit(connection, writes)?, 0),
        Change::Delivered(notice) => {
            let deleted = match i64::try_from(*notice) {
                Ok(number) => connection
                    .prepare_cached("DELETE FROM loquet_outbox WHERE number = ?1")?
                    .execute(params![number])?,
                Err(_) => 0,
            };
            (Commit::Done, deleted)
        }
        Change::DeleteAttempts(before, limit) => {
            let before = i64::try_from(before.0).unwrap_or(i64::MAX);
            let deleted = connection
                .prepare_cached(
                    "DELETE FROM loquet_attempt WHERE n IN
                       (SELECT n FROM loquet_attempt WHERE at < ?1 ORDER BY at LIMIT ?2)",
                )?
                .execute(params![before, limit])?;
            (Commit::Done, deleted)
        }
        Change::DeleteAudit(account, limit) => {
            let deleted = connection
                .prepare_cached(
                    "DELETE FROM loquet_audit WHERE n IN
                       (SELECT n FROM loquet_audit WHERE account = ?1 AND seq <
                          (SELECT mark FROM loquet_metadata WHERE kind = 1 AND page = ?1) ORDER BY seq LIMIT ?2)",
                )?
                .execute(params![account.to_bytes(), limit])?;
            (Commit::Done, deleted)
        }
    };
    Ok(Applied {
        commit,
        deleted: u32::try_from(deleted).unwrap_or(u32::MAX),
    })
}

fn commit(connection: &Connection, writes: &Writes) -> Result<Commit, ChangeError> {
    for (key, expected) in &writes.expect {
        if version_of(connection, *key)? != *expected {
            return Ok(Commit::Stale);
        }
    }
    for row in &writes.put {
        let key = row.key();
        let expected = writes.expect.iter().find(|(named, _)| *named == key);
        let (_, expected) = expected.ok_or(ChangeError::Unexpected(key))?;
        if put(connection, row, *expected)? != 1 {
            return Err(ChangeError::Twice(key));
        }
    }
    for record in &writes.audit {
        append(connection, record)?;
    }
    for notice in &writes.outbox {
        send(connection, None, notice)?;
    }
    Ok(Commit::Done)
}

/// Inserts or updates a row, and returns how many rows were written.
fn put(connection: &Connection, row: &Row, expected: Version) -> Result<usize, ChangeError> {
    let old = signed(expected.0)?;
    let new = signed(expected.next().0)?;
    let written = match row {
        // The table refuses a second row for the same attempt, because an attempt has one outcome.
        _ if expected == Version::ABSENT || matches!(row, Row::Attempt(_)) => {
            return insert(connection, row, expected.next()).map(|()| 1);
        }
        Row::Attempt(_) => 0,
        Row::Organization(row) => connection
            .prepare_cached("UPDATE loquet_organization SET version = ?3, enabled = ?4, body = ?5 WHERE id = ?1 AND version = ?2")?
            .execute(params![row.id.to_bytes(), old, new, row.enabled, row.body])?,
        Row::Roster(row) => connection
            .prepare_cached("UPDATE loquet_roster SET version = ?3, body = ?4 WHERE org = ?1 AND version = ?2")?
            .execute(params![row.org.to_bytes(), old, new, row.body])?,
        Row::Account(row) => connection
            .prepare_cached(
                "UPDATE loquet_account SET version = ?3, org = ?4, external_id = ?5, ever = ?6, epoch = ?7,
                   used_step = ?8, audited = ?9, body = ?10
                 WHERE id = ?1 AND version = ?2",
            )?
            .execute(params![
                row.id.to_bytes(),
                old,
                new,
                row.org.to_bytes(),
                row.external_id,
                row.ever,
                row.epoch,
                row.used_step.map(signed).transpose()?,
                signed(row.audited)?,
                row.body,
            ])?,
        Row::Metadata(row) => connection
            .prepare_cached(
                "UPDATE loquet_metadata SET version = ?4, mark = ?5, body = ?6
                 WHERE kind = ?1 AND page = ?2 AND version = ?3",
            )?
            .execute(params![row.id.kind, row.id.page, old, new, signed(row.mark)?, row.body])?,
    };
    Ok(written)
}

/// Inserts a row at this version.
pub(crate) fn insert(
    connection: &Connection,
    row: &Row,
    version: Version,
) -> Result<(), ChangeError> {
    let version = signed(version.0)?;
    match row {
        Row::Organization(row) => connection
            .prepare_cached("INSERT INTO loquet_organization (id, version, enabled, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![row.id.to_bytes(), version, row.enabled, row.body])?,
        Row::Roster(row) => connection
            .prepare_cached("INSERT INTO loquet_roster (org, version, body) VALUES (?1, ?2, ?3)")?
            .execute(params![row.org.to_bytes(), version, row.body])?,
        Row::Account(row) => connection
            .prepare_cached(
                "INSERT INTO loquet_account
                   (id, version, org, external_id, ever, epoch, used_step, audited, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                row.id.to_bytes(),
                version,
                row.org.to_bytes(),
                row.external_id,
                row.ever,
                row.epoch,
                row.used_step.map(signed).transpose()?,
                signed(row.audited)?,
                row.body,
            ])?,
        Row::Attempt(row) => connection
            .prepare_cached("INSERT INTO loquet_attempt (id, account, at, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![row.id.0, row.account.to_bytes(), signed(row.at.0)?, row.body])?,
        Row::Metadata(row) => connection
            .prepare_cached("INSERT INTO loquet_metadata (kind, page, version, mark, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![row.id.kind, row.id.page, version, signed(row.mark)?, row.body])?,
    };
    Ok(())
}

/// Appends an audit record.
pub(crate) fn append(connection: &Connection, record: &AuditRow) -> Result<(), ChangeError> {
    connection
        .prepare_cached(
            "INSERT INTO loquet_audit (account, seq, org, at, body, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            record.account.to_bytes(),
            signed(record.seq)?,
            record.org.to_bytes(),
            signed(record.at.0)?,
            record.body,
            record.mac,
        ])?;
    Ok(())
}

/// Puts a notice into the outbox, under the next number where it has none yet.
pub(crate) fn send(
    connection: &Connection,
    number: Option<u64>,
    notice: &NoticeRow,
) -> Result<(), ChangeError> {
    connection
        .prepare_cached(
            "INSERT INTO loquet_outbox (number, recipient, org, at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            number.map(signed).transpose()?,
            notice.to.to_bytes(),
            notice.org.to_bytes(),
            signed(notice.at.0)?,
            notice.body,
        ])?;
    Ok(())
}

fn signed(number: u64) -> Result<i64, ChangeError> {
    i64::try_from(number).map_err(|_| ChangeError::TooLarge(number))
}
