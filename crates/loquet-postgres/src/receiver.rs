//! A new database that takes the rows of another store.

use loquet::store::{Cursor, Fault, Item, Page, Query, Receive, RowKey, Versioned};
use sqlx::Executor as _;
use sqlx::postgres::{PgConnection, PgPool};

use crate::fault::to_fault;
use crate::open::{LATEST, OpenError, SCHEMA, verify};
use crate::read::{self, Place};
use crate::write::copied;

/// Written anew, row by row: what is there already stays.
const WRITE: &str = "WITH
  organizations AS (INSERT INTO loquet_organization (id, version, enabled, body)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::text[]) ON CONFLICT DO NOTHING),
  rosters AS (INSERT INTO loquet_roster (org, version, body)
    SELECT * FROM unnest($5::uuid[], $6::bigint[], $7::text[]) ON CONFLICT DO NOTHING),
  accounts AS (INSERT INTO loquet_account (id, version, org, external_id, ever, epoch, used_step, audited, body)
    SELECT * FROM unnest($8::uuid[], $9::bigint[], $10::uuid[], $11::text[], $12::boolean[], $13::bigint[], $14::bigint[],
      $15::bigint[], $16::text[]) ON CONFLICT DO NOTHING),
  attempts AS (INSERT INTO loquet_attempt (id, account, at, body)
    SELECT id, account, at, body FROM unnest($17::uuid[], $18::bigint[], $19::uuid[], $20::bigint[], $21::text[])
      AS w (id, v, account, at, body) ON CONFLICT DO NOTHING),
  metadata AS (INSERT INTO loquet_metadata (kind, page, version, mark, body)
    SELECT * FROM unnest($22::integer[], $23::uuid[], $24::bigint[], $25::bigint[], $26::text[]) ON CONFLICT DO NOTHING),
  records AS (INSERT INTO loquet_audit (account, seq, org, at, body, mac)
    SELECT * FROM unnest($27::uuid[], $28::bigint[], $29::uuid[], $30::bigint[], $31::text[], $32::bytea[])
      ON CONFLICT DO NOTHING)
  INSERT INTO loquet_outbox (number, recipient, org, at, body) OVERRIDING SYSTEM VALUE
    SELECT * FROM unnest($33::bigint[], $34::uuid[], $35::uuid[], $36::bigint[], $37::text[]) ON CONFLICT DO NOTHING";

/// The guards would refuse rows of a later version than 1.
const UNGUARD: &str = "
  ALTER TABLE loquet_schema DISABLE TRIGGER USER;
  ALTER TABLE loquet_organization DISABLE TRIGGER USER;
  ALTER TABLE loquet_roster DISABLE TRIGGER USER;
  ALTER TABLE loquet_account DISABLE TRIGGER USER;
  ALTER TABLE loquet_metadata DISABLE TRIGGER USER;
  DELETE FROM loquet_schema";
const GUARD: &str = "
  ALTER TABLE loquet_schema ENABLE TRIGGER USER;
  ALTER TABLE loquet_organization ENABLE TRIGGER USER;
  ALTER TABLE loquet_roster ENABLE TRIGGER USER;
  ALTER TABLE loquet_account ENABLE TRIGGER USER;
  ALTER TABLE loquet_metadata ENABLE TRIGGER USER;
  SELECT setval(pg_get_serial_sequence('loquet_outbox', 'number'), greatest(1, (SELECT max(number) FROM loquet_outbox)))";

/// Empty tables for [`loquet::store::copy`]. They have no version until it is finished, and no store opens them.
#[derive(Debug)]
pub struct Receiver(PgPool);

impl Receiver {
    /// Creates the tables, or takes empty ones, or those that a copy was interrupted in. It needs a role that owns them.
    ///
    /// # Errors
    /// [`OpenError`]: [`NotEmpty`](OpenError::NotEmpty) where rows are in them.
    pub async fn create(pool: PgPool) -> Result<Self, OpenError> {
        let mut transaction = pool.begin().await?;
        match verify(&mut transaction).await {
            Err(OpenError::NoTables) => {
                transaction.execute(SCHEMA).await?;
            }
            Err(OpenError::Unversioned) => return Ok(Self(pool)),
            found => found?,
        }
        if has_rows(&mut transaction).await? {
            return Err(OpenError::NotEmpty);
        }
        transaction.execute(UNGUARD).await?;
        transaction.commit().await?;
        Ok(Self(pool))
    }
}

/// Whether a service has written to the tables: its root key is there.
async fn has_rows(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let sql =
        "SELECT EXISTS (SELECT FROM loquet_metadata) OR EXISTS (SELECT FROM loquet_organization)
      OR EXISTS (SELECT FROM loquet_account)";
    sqlx::query_scalar(sql).fetch_one(connection).await
}

impl Receive for Receiver {
    async fn receive(&mut self, items: &[Item]) -> Result<(), Fault> {
        let arguments = copied(items).map_err(to_fault)?;
        let written = sqlx::query_with(WRITE, arguments).execute(&self.0);
        written.await.map(drop).map_err(to_fault)
    }

    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let mut connection = self.0.acquire().await.map_err(to_fault)?;
        let loaded = read::load(Place::reading(&mut connection), keys).await;
        Ok(loaded.map_err(to_fault)?.rows)
    }

    async fn scan(&mut self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        let mut connection = self.0.acquire().await.map_err(to_fault)?;
        let page = read::scan(Place::reading(&mut connection), query, at).await;
        page.map_err(to_fault)
    }

    async fn finish(self) -> Result<(), Fault> {
        let finished = async {
            let mut transaction = self.0.begin().await?;
            sqlx::query("INSERT INTO loquet_schema (version) VALUES ($1)")
                .bind(LATEST)
                .execute(&mut *transaction)
                .await?;
            transaction.execute(GUARD).await?;
            transaction.commit().await
        };
        finished.await.map_err(to_fault)
    }
}
