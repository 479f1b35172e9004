//! A store of one's own, in an afternoon: Loquet's rows in a table of the host's, over the host's `sqlx` pool.
//!
//! Everything that a store must do is here; `tests/contract.rs` lets Loquet's suite say whether it does. Another database
//! needs another dialect of the same fifteen statements, and three things that no suite can see:
//!
//! * a commit answers `Done` only when a loss of power cannot take it back (here: `synchronous = FULL`);
//! * an error before the commit is [`Fault::NotCommitted`], one *of* the commit is [`Fault::Unknown`];
//! * a lock that is not let go of is [`Fault::Busy`], after a bounded time.

use std::path::Path;
use std::time::Duration;

use loquet::store::{
    AccountRow, AttemptId, AttemptRow, AuditRow, Commit, Cursor, Fault, Item, LedgerId, LedgerRow,
    NoticeRow, OrganisationRow, PAGE, Page, Query, RosterRow, Row, RowKey, Store, Version,
    Versioned, Writes,
};
use loquet::{AccountId, OrgId, UnixTime};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{Row as _, Sqlite, Transaction};
use tokio::sync::Mutex;

/// One table for all rows: a store may keep them as it likes. `fact` is whatever number a row has in the open.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS mfa_row (
  kind INTEGER NOT NULL, key BLOB NOT NULL, version INTEGER NOT NULL,
  org BLOB, external_id TEXT, flag INTEGER NOT NULL, epoch INTEGER NOT NULL, step INTEGER,
  fact INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS mfa_external_id ON mfa_row (org, external_id) WHERE kind = 2;
CREATE INDEX IF NOT EXISTS mfa_age ON mfa_row (fact) WHERE kind = 3;
CREATE TABLE IF NOT EXISTS mfa_audit (
  account BLOB NOT NULL, seq INTEGER NOT NULL, org BLOB NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
  mac BLOB NOT NULL, PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mfa_outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, recipient BLOB NOT NULL, org BLOB NOT NULL, at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;";

/// Loquet's rows in a SQLite database of the host's.
#[derive(Debug)]
pub struct OwnStore {
    pool: SqlitePool,
    /// SQLite has one writer at a time: waiting here is fair, waiting for its lock is not.
    writing: Mutex<()>,
}

impl OwnStore {
    /// Opens or makes the database.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self {
            pool,
            writing: Mutex::new(()),
        })
    }

    /// Runs statements that change one thing.
    async fn change(
        &self,
        work: sqlx::query::Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<u32, Fault> {
        let _turn = self.writing.lock().await;
        let done = work.execute(&self.pool).await.map_err(refused)?;
        Ok(u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
    }
}

/// Before a commit: nothing is written.
fn refused(error: sqlx::Error) -> Fault {
    const BUSY: &str = "5";
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| code.into_owned()));
    match (&error, code.as_deref()) {
        (sqlx::Error::PoolTimedOut, _) | (_, Some(BUSY)) => Fault::Busy,
        _ => Fault::NotCommitted(error.into()),
    }
}

fn signed(number: u64) -> Result<i64, Fault> {
    i64::try_from(number)
        .map_err(|_| Fault::NotCommitted(format!("{number} is more than SQLite holds").into()))
}

fn key(of: RowKey) -> (i64, Vec<u8>) {
    match of {
        RowKey::Organisation(id) => (0, id.to_bytes().to_vec()),
        RowKey::Roster(org) => (1, org.to_bytes().to_vec()),
        RowKey::Account(id) => (2, id.to_bytes().to_vec()),
        RowKey::Attempt(id) => (3, id.0.to_vec()),
        RowKey::Ledger(id) => (4, [&id.kind.to_be_bytes()[..], &id.page].concat()),
    }
}

impl Store for OwnStore {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        // One transaction: one view of all rows.
        let mut view = self.pool.begin().await.map_err(refused)?;
        let mut found = Vec::new();
        for wanted in keys {
            let (kind, key) = key(*wanted);
            let row = sqlx::query("SELECT * FROM mfa_row WHERE kind = ? AND key = ?")
                .bind(kind)
                .bind(key);
            let row = row.fetch_optional(&mut *view).await.map_err(refused)?;
            found.extend(row.as_ref().map(read).transpose().map_err(refused)?);
        }
        Ok(found)
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        let _turn = self.writing.lock().await;
        let mut transaction = self
            .pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(refused)?;
        // What is dropped here is rolled back.
        if !is_current(&mut transaction, &writes).await? {
            return Ok(Commit::Stale);
        }
        write(&mut transaction, &writes).await?;
        transaction
            .commit()
            .await
            .map_err(|error| Fault::Unknown(error.into()))?;
        Ok(Commit::Done)
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        let limit = PAGE as i64 + 1;
        let after = at.0.clone().unwrap_or_default();
        let number = after.as_slice().try_into().map_or(0, i64::from_be_bytes);
        let by_row = |row: &SqliteRow| Ok((row.try_get("key")?, Item::Row(read(row)?)));
        let pool = &self.pool;
        match query {
            Query::Organisations => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 0 AND key > ? ORDER BY key LIMIT ?";
                page(
                    sqlx::query(sql)
                        .bind(after)
                        .bind(limit)
                        .fetch_all(pool)
                        .await,
                    by_row,
                )
            }
            Query::Accounts(org) => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 2 AND org = ? AND key > ? ORDER BY key LIMIT ?";
                let rows = sqlx::query(sql)
                    .bind(org.to_bytes().to_vec())
                    .bind(after)
                    .bind(limit);
                page(rows.fetch_all(pool).await, by_row)
            }
            Query::ExternalId(org, name) => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 2 AND org = ? AND external_id = ?";
                page(
                    sqlx::query(sql)
                        .bind(org.to_bytes().to_vec())
                        .bind(name)
                        .fetch_all(pool)
                        .await,
                    by_row,
                )
            }
            Query::Audit(account) => {
                let sql =
                    "SELECT * FROM mfa_audit WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?";
                let rows = sqlx::query(sql)
                    .bind(account.to_bytes().to_vec())
                    .bind(number)
                    .bind(limit);
                page(rows.fetch_all(pool).await, |row| {
                    let seq: i64 = row.try_get("seq")?;
                    Ok((seq.to_be_bytes().to_vec(), Item::Audit(audit(row)?)))
                })
            }
            Query::Outbox => {
                let sql = "SELECT * FROM mfa_outbox WHERE number > ? ORDER BY number LIMIT ?";
                page(
                    sqlx::query(sql)
                        .bind(number)
                        .bind(limit)
                        .fetch_all(pool)
                        .await,
                    |row| {
                        let number: i64 = row.try_get("number")?;
                        let to = AccountId::from_bytes(id(row, "recipient")?);
                        let org = OrgId::from_bytes(id(row, "org")?);
                        let at = UnixTime(unsigned(row, "at")?);
                        let notice = NoticeRow {
                            to,
                            org,
                            at,
                            body: row.try_get("body")?,
                        };
                        Ok((
                            number.to_be_bytes().to_vec(),
                            Item::Notice(number.unsigned_abs(), notice),
                        ))
                    },
                )
            }
            other => Err(Fault::NotCommitted(
                format!("this store knows no {other:?}").into(),
            )),
        }
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        // A number that SQLite cannot hold is one that was never given out.
        let number = i64::try_from(notice).unwrap_or(0);
        self.change(sqlx::query("DELETE FROM mfa_outbox WHERE number = ?").bind(number))
            .await
            .map(drop)
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        let sql = "DELETE FROM mfa_row WHERE kind = 3 AND key IN
                     (SELECT key FROM mfa_row WHERE kind = 3 AND fact < ? ORDER BY fact LIMIT ?)";
        let before = i64::try_from(before.0).unwrap_or(i64::MAX);
        self.change(sqlx::query(sql).bind(before).bind(limit)).await
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        let sql = "DELETE FROM mfa_audit WHERE account = ?1 AND seq IN
                     (SELECT seq FROM mfa_audit WHERE account = ?1 AND seq <
                        (SELECT fact FROM mfa_row WHERE kind = 4 AND key = ?2) ORDER BY seq LIMIT ?3)";
        let (_, page) = key(RowKey::Ledger(LedgerId::forgotten(account)));
        self.change(
            sqlx::query(sql)
                .bind(account.to_bytes().to_vec())
                .bind(page)
                .bind(limit),
        )
        .await
    }
}

async fn is_current(
    transaction: &mut Transaction<'_, Sqlite>,
    writes: &Writes,
) -> Result<bool, Fault> {
    for (expected, version) in &writes.expect {
        let (kind, key) = key(*expected);
        let found = sqlx::query("SELECT version FROM mfa_row WHERE kind = ? AND key = ?")
            .bind(kind)
            .bind(key);
        let found = found
            .fetch_optional(&mut **transaction)
            .await
            .map_err(refused)?;
        let found = found
            .map_or(Ok(0), |row| unsigned(&row, "version"))
            .map_err(refused)?;
        if Version(found) != *version {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn write(connection: &mut SqliteConnection, writes: &Writes) -> Result<(), Fault> {
    for row in &writes.put {
        let expected = writes.expect.iter().find(|(key, _)| *key == row.key());
        let Some((_, expected)) = expected else {
            return Err(Fault::NotCommitted(
                "a row is written that was not expected".into(),
            ));
        };
        put(connection, row, *expected).await?;
    }
    for record in &writes.audit {
        sqlx::query("INSERT INTO mfa_audit VALUES (?, ?, ?, ?, ?, ?)")
            .bind(record.account.to_bytes().to_vec())
            .bind(signed(record.seq)?)
            .bind(record.org.to_bytes().to_vec())
            .bind(signed(record.at.0)?)
            .bind(&record.body)
            .bind(record.mac.to_vec())
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    }
    for notice in &writes.outbox {
        sqlx::query("INSERT INTO mfa_outbox (recipient, org, at, body) VALUES (?, ?, ?, ?)")
            .bind(notice.to.to_bytes().to_vec())
            .bind(notice.org.to_bytes().to_vec())
            .bind(signed(notice.at.0)?)
            .bind(&notice.body)
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

async fn put(connection: &mut SqliteConnection, row: &Row, expected: Version) -> Result<(), Fault> {
    const INSERT: &str =
        "INSERT INTO mfa_row (kind, key, version, org, external_id, flag, epoch, step, fact, body)
                          VALUES (?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    const UPDATE: &str = "UPDATE mfa_row SET version = ?4, org = ?5, external_id = ?6, flag = ?7, epoch = ?8, step = ?9,
                          fact = ?10, body = ?11 WHERE kind = ?1 AND key = ?2 AND version = ?3";
    let (kind, key) = key(row.key());
    let mut columns = (None, None, false, 0, None, 0);
    let body = match row {
        Row::Organisation(row) => {
            columns.2 = row.enabled;
            &row.body
        }
        Row::Roster(row) => &row.body,
        Row::Account(row) => {
            let step = row.used_step.map(signed).transpose()?;
            let org = Some(row.org.to_bytes().to_vec());
            columns = (
                org,
                Some(&row.external_id),
                row.ever,
                row.epoch,
                step,
                signed(row.audited)?,
            );
            &row.body
        }
        Row::Attempt(row) => {
            columns.0 = Some(row.account.to_bytes().to_vec());
            columns.5 = signed(row.at.0)?;
            &row.body
        }
        Row::Ledger(row) => {
            columns.5 = signed(row.mark)?;
            &row.body
        }
    };
    // An attempt has one outcome: written over an older one, the key refuses it.
    let first = expected == Version::ABSENT || matches!(row, Row::Attempt(_));
    let done = sqlx::query(if first { INSERT } else { UPDATE })
        .bind(kind)
        .bind(key)
        .bind(signed(expected.0)?)
        .bind(signed(expected.next().0)?)
        .bind(columns.0)
        .bind(columns.1)
        .bind(columns.2)
        .bind(columns.3)
        .bind(columns.4)
        .bind(columns.5)
        .bind(body)
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

fn read(row: &SqliteRow) -> Result<Versioned, sqlx::Error> {
    let key: Vec<u8> = row.try_get("key")?;
    let whole = || key.as_slice().try_into().map_err(|_| damaged("a key"));
    let body = row.try_get("body")?;
    let row_of = match row.try_get::<i64, _>("kind")? {
        0 => Row::Organisation(OrganisationRow {
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
            let id = LedgerId {
                kind: u16::from_be_bytes(*kind),
                page,
            };
            Row::Ledger(LedgerRow {
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

fn audit(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
    let mac: Vec<u8> = row.try_get("mac")?;
    Ok(AuditRow {
        account: AccountId::from_bytes(id(row, "account")?),
        seq: unsigned(row, "seq")?,
        org: OrgId::from_bytes(id(row, "org")?),
        at: UnixTime(unsigned(row, "at")?),
        body: row.try_get("body")?,
        mac: mac.try_into().map_err(|_| damaged("a mac"))?,
    })
}

/// A page, and where the next one starts if there is one more row than a page has.
fn page(
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

fn unsigned(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column)?
        .try_into()
        .map_err(|_| damaged(column))
}

fn damaged(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} is damaged").into())
}
