//! The tables in a PostgreSQL database, which any number of demos share.

use std::path::Path;
use std::time::Duration;

use loquet::{AccountId, Keyring, MfaSession, UnixTime};
use loquet_postgres::{migrate, pool_options};
use loquet_web::{BoxError, SavedSession, SessionKey};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{Connection as _, Error};

use crate::failure::Failure;
use crate::files;
use crate::password::Memory;
use crate::people::PEOPLE;

const SCHEMA: &str = "
    CREATE TABLE demo_person (
        account bytea PRIMARY KEY,
        login   text NOT NULL UNIQUE,
        name    text NOT NULL,
        password_hash text NOT NULL
    );
    CREATE TABLE demo_session (
        browser bytea PRIMARY KEY,
        mfa     bytea NOT NULL,
        since   timestamptz NOT NULL DEFAULT now(),
        seen    timestamptz NOT NULL DEFAULT now()
    );";

/// How long the server may take to answer a start.
const PATIENCE: Duration = Duration::from_secs(10);

/// The database in the notation of its address, without the password.
pub(crate) fn address(options: &PgConnectOptions) -> String {
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    match options.get_socket() {
        Some(folder) => format!("postgres://{user}@/{database}?host={}", folder.display()),
        None => {
            let (host, port) = (options.get_host(), options.get_port());
            format!("postgres://{user}@{host}:{port}/{database}")
        }
    }
}

/// The service's pool, in which Loquet's store is too.
#[derive(Debug, Clone)]
pub(crate) struct Postgres(PgPool);

impl Postgres {
    /// Checks the key, and makes the tables, Loquet's too, in a database that has none. Returns whether it made them. Of demos
    /// that start at once, one does.
    pub(crate) async fn open(
        options: PgConnectOptions,
        key: &Path,
    ) -> Result<(Self, Keyring, bool), Failure> {
        let address = address(&options);
        let failed = |fault| Failure::database(&address, explained(&fault));
        // Not by the pool, which tries again until it only knows that it waited.
        let connecting = PgConnection::connect_with(&options);
        let mut connection = tokio::time::timeout(PATIENCE, connecting)
            .await
            .map_err(|_| Failure::database(&address, "it does not answer"))?
            .map_err(failed)?;
        let mut change = connection.begin().await.map_err(failed)?;
        let is_new = lock(&mut change).await.map_err(failed)?;
        let advice =
            "give the one that the first demo on this database made, or make a new database";
        let keyring = files::keyring(key, is_new, advice)?;
        if is_new {
            create(&mut change)
                .await
                .map_err(|fault| Failure::database(&address, fault))?;
        }
        let pool = pool_options().connect_lazy_with(options);
        migrate(&pool)
            .await
            .map_err(|fault| Failure::database(&address, fault))?;
        change.commit().await.map_err(failed)?;
        // That it is closed in good order matters to nothing.
        drop(connection.close().await);
        Ok((Self(pool), keyring, is_new))
    }

    pub(crate) fn pool(&self) -> PgPool {
        self.0.clone()
    }

    pub(super) async fn person(
        &self,
        login: String,
    ) -> Result<Option<(AccountId, String)>, BoxError> {
        let sql = "SELECT account, password_hash FROM demo_person WHERE login = $1";
        // As the brake counts names; the database's own rule depends on its locale.
        let found: Option<([u8; 16], String)> = sqlx::query_as(sql)
            .bind(login.to_lowercase())
            .fetch_optional(&self.0)
            .await?;
        Ok(found.map(|(account, hash)| (AccountId::from_bytes(account), hash)))
    }

    pub(super) async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        let sql = "SELECT name FROM demo_person WHERE account = $1";
        let name = sqlx::query_scalar(sql).bind(account.to_bytes());
        Ok(name.fetch_optional(&self.0).await?)
    }

    pub(super) async fn session(
        &self,
        browser: SessionKey,
    ) -> Result<Option<SavedSession>, BoxError> {
        let sql = "SELECT mfa, floor(extract(epoch FROM seen))::bigint FROM demo_session
            WHERE browser = $1 AND since > now() - interval '12 hours'";
        let found: Option<([u8; MfaSession::LEN], i64)> = sqlx::query_as(sql)
            .bind(browser.to_bytes())
            .fetch_optional(&self.0)
            .await?;
        let Some((bytes, seen)) = found else {
            return Ok(None);
        };
        Ok(Some(SavedSession {
            session: MfaSession::from_bytes(&bytes)?,
            last_seen: u64::try_from(seen).ok().map(UnixTime),
        }))
    }

    pub(super) async fn used(&self, browser: SessionKey) -> Result<(), BoxError> {
        let sql = "UPDATE demo_session SET seen = now()
            WHERE browser = $1 AND seen <= now() - interval '1 minute'";
        let used = sqlx::query(sql).bind(browser.to_bytes());
        used.execute(&self.0).await?;
        Ok(())
    }

    pub(super) async fn keep(
        &self,
        browser: SessionKey,
        session: MfaSession,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        let mut change = self.0.begin().await?;
        let sql =
            "DELETE FROM demo_session WHERE browser = $1 OR since <= now() - interval '12 hours'";
        let forget = sqlx::query(sql).bind(replaces.map(SessionKey::to_bytes));
        forget.execute(&mut *change).await?;
        let keep = sqlx::query("INSERT INTO demo_session VALUES ($1, $2)")
            .bind(browser.to_bytes())
            .bind(session.to_bytes());
        keep.execute(&mut *change).await?;
        Ok(change.commit().await?)
    }

    pub(super) async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        let sql = "DELETE FROM demo_session WHERE browser = $1";
        let end = sqlx::query(sql).bind(browser.to_bytes());
        end.execute(&self.0).await?;
        Ok(())
    }
}

/// Keeps other demos out until the end of the transaction. Returns whether the tables are still to be made.
async fn lock(change: &mut PgConnection) -> Result<bool, Error> {
    /// Any number, the same in each demo: "LqDm".
    const LOCK: i64 = 0x4c71_446d;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
    lock.execute(&mut *change).await?;
    let sql = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relname = 'demo_person' AND pg_table_is_visible(oid))";
    sqlx::query_scalar(sql).fetch_one(change).await
}

async fn create(change: &mut PgConnection) -> Result<(), BoxError> {
    sqlx::raw_sql(SCHEMA).execute(&mut *change).await?;
    let mut memory = Memory::default();
    for person in &PEOPLE {
        let insert = sqlx::query("INSERT INTO demo_person VALUES ($1, $2, $3, $4)")
            .bind(person.account().to_bytes())
            .bind(person.login)
            .bind(person.name)
            .bind(memory.hash(person.password)?);
        insert.execute(&mut *change).await?;
    }
    Ok(())
}

/// What went wrong, with the way out of the commonest mistake.
fn explained(fault: &Error) -> String {
    let code = fault.as_database_error().and_then(|fault| fault.code());
    match code.as_deref() {
        Some("3D000") => "there is no such database; make it with createdb".to_owned(),
        _ => fault.to_string(),
    }
}
