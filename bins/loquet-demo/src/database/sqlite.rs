//! The tables in a SQLite file.

use std::sync::{Arc, Mutex, PoisonError};

use loquet::{AccountId, MfaSession, UnixTime};
use loquet_web::{BoxError, SavedSession, SessionKey};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use crate::failure::Failure;
use crate::files::{APPLICATION_ID, Files};
use crate::password::Memory;
use crate::people::PEOPLE;

const SCHEMA: &str = "
    CREATE TABLE demo_person (
        account BLOB PRIMARY KEY,
        login   TEXT NOT NULL UNIQUE COLLATE NOCASE,
        name    TEXT NOT NULL,
        password_hash TEXT NOT NULL
    ) STRICT;
    CREATE TABLE demo_session (
        browser BLOB PRIMARY KEY,
        mfa     BLOB NOT NULL,
        since   INTEGER NOT NULL,
        seen    INTEGER NOT NULL
    ) STRICT;";

/// A session ends after a working day, whatever it is used for.
const SESSION_LIFE: &str = "-12 hours";

/// The demo's own connection. Loquet's store has its own threads and connections to the same file.
#[derive(Debug, Clone)]
pub(crate) struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
    /// Opens the file and checks it, or makes the tables in a new one.
    pub(crate) fn open(files: &Files) -> Result<Self, Failure> {
        let open = || -> rusqlite::Result<_> {
            // The file is there already, readable by its owner alone.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let mut connection = Connection::open_with_flags(&files.database, flags)?;
            if files.is_new {
                create(&mut connection)?;
            }
            let verdict: String =
                connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok((connection, verdict))
        };
        let path = &files.database;
        match open() {
            Ok((connection, verdict)) if verdict == "ok" => {
                Ok(Self(Arc::new(Mutex::new(connection))))
            }
            Ok((_, verdict)) => Err(Failure::damaged(path, verdict)),
            Err(fault) => Err(match fault.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    Failure::damaged(path, fault)
                }
                _ => Failure::file("use", path, fault),
            }),
        }
    }

    /// Runs statements on a thread that may wait.
    async fn run<T, F>(&self, work: F) -> Result<T, BoxError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            // A panic while it was held rolled its transaction back: the connection is sound.
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await?
        .map_err(Into::into)
    }

    pub(crate) async fn person(
        &self,
        login: String,
    ) -> Result<Option<(AccountId, String)>, BoxError> {
        self.run(move |connection| {
            let sql = "SELECT account, password_hash FROM demo_person WHERE login = ?1";
            connection
                .query_row(sql, [login], |row| {
                    Ok((AccountId::from_bytes(row.get(0)?), row.get(1)?))
                })
                .optional()
        })
        .await
    }

    pub(crate) async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        self.run(move |connection| {
            let sql = "SELECT name FROM demo_person WHERE account = ?1";
            connection
                .query_row(sql, [account.to_bytes()], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(crate) async fn session(
        &self,
        browser: SessionKey,
    ) -> Result<Option<SavedSession>, BoxError> {
        let found = self.run(move |connection| {
            let sql = "SELECT mfa, seen FROM demo_session
                WHERE browser = ?1 AND since > unixepoch('now', ?2)";
            connection
                .query_row(sql, params![browser.to_bytes(), SESSION_LIFE], |row| {
                    Ok((
                        row.get::<_, [u8; MfaSession::LEN]>(0)?,
                        row.get::<_, i64>(1)?,
                    ))
                })
                .optional()
        });
        let Some((bytes, seen)) = found.await? else {
            return Ok(None);
        };
        Ok(Some(SavedSession {
            session: MfaSession::from_bytes(&bytes)?,
            last_seen: u64::try_from(seen).ok().map(UnixTime),
        }))
    }

    pub(crate) async fn used(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.run(move |connection| {
            let sql = "UPDATE demo_session SET seen = unixepoch('now')
                WHERE browser = ?1 AND seen <= unixepoch('now', '-1 minute')";
            connection.execute(sql, [browser.to_bytes()]).map(drop)
        })
        .await
    }

    pub(crate) async fn keep(
        &self,
        browser: SessionKey,
        session: MfaSession,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute(
                "DELETE FROM demo_session WHERE browser = ?1 OR since <= unixepoch('now', ?2)",
                params![replaces.map(SessionKey::to_bytes), SESSION_LIFE],
            )?;
            change.execute(
                "INSERT INTO demo_session VALUES (?1, ?2, unixepoch('now'), unixepoch('now'))",
                params![browser.to_bytes(), session.to_bytes()],
            )?;
            change.commit()
        })
        .await
    }

    pub(crate) async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.run(move |connection| {
            let sql = "DELETE FROM demo_session WHERE browser = ?1";
            connection.execute(sql, [browser.to_bytes()]).map(drop)
        })
        .await
    }
}

/// All in one transaction, with the mark by which the file is recognized: a start that is interrupted leaves an empty file.
fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let change = connection.transaction()?;
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.execute_batch(SCHEMA)?;
    let mut memory = Memory::default();
    for person in &PEOPLE {
        let hash = memory
            .hash(person.password)
            .map_err(|fault| rusqlite::Error::ToSqlConversionFailure(fault.into()))?;
        change.execute(
            "INSERT INTO demo_person VALUES (?1, ?2, ?3, ?4)",
            params![person.account().to_bytes(), person.login, person.name, hash],
        )?;
    }
    change.commit()
}
