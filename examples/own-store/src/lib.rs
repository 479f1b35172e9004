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
    Commit, Cursor, Fault, Item, MetadataId, PAGE, Page, Query, RowKey, Store, Version, Versioned,
    Writes,
};
use loquet::{AccountId, UnixTime};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{Row as _, Sqlite, Transaction};
use tokio::sync::Mutex;

mod rows;

use rows::{audit, key, notice, page, put, read, refused, signed, unsigned};

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
            Query::Organizations => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 0 AND key > ? ORDER BY key LIMIT ?";
                let rows = sqlx::query(sql).bind(after).bind(limit);
                page(rows.fetch_all(pool).await, by_row)
            }
            Query::Accounts(org) => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 2 AND org = ? AND key > ? ORDER BY key LIMIT ?";
                let rows = sqlx::query(sql)
                    .bind(org.to_bytes().to_vec())
                    .bind(after)
                    .bind(limit);
                page(rows.fetch_all(pool).await, by_row)
            }
            Query::AllAccounts => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 2 AND key > ? ORDER BY key LIMIT ?";
                let rows = sqlx::query(sql).bind(after).bind(limit);
                page(rows.fetch_all(pool).await, by_row)
            }
            Query::ExternalId(org, name) => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 2 AND org = ? AND external_id = ?";
                let rows = sqlx::query(sql).bind(org.to_bytes().to_vec()).bind(name);
                page(rows.fetch_all(pool).await, by_row)
            }
            Query::Audit(account) => {
                let sql =
                    "SELECT * FROM mfa_audit WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?";
                let rows = sqlx::query(sql)
                    .bind(account.to_bytes().to_vec())
                    .bind(number)
                    .bind(limit);
                page(rows.fetch_all(pool).await, audit)
            }
            Query::Outbox => {
                let sql = "SELECT * FROM mfa_outbox WHERE number > ? ORDER BY number LIMIT ?";
                let rows = sqlx::query(sql).bind(number).bind(limit);
                page(rows.fetch_all(pool).await, notice)
            }
            Query::Metadata(of) => {
                let sql = "SELECT * FROM mfa_row WHERE kind = 4 AND substr(key, 1, 2) = ? AND key > ? ORDER BY key LIMIT ?";
                let rows = sqlx::query(sql)
                    .bind(of.to_be_bytes().to_vec())
                    .bind(after)
                    .bind(limit);
                page(rows.fetch_all(pool).await, by_row)
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
        let (_, page) = key(RowKey::Metadata(MetadataId::forgotten(account)));
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
