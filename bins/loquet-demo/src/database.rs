//! The demonstration's own tables, beside Loquet's in the same file: people with pass phrases, browsers' sessions.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loquet::Stamp;
use loquet_policy::AccountId;
use loquet_web::{BoxError, SessionKey};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use crate::failure::Failure;
use crate::files::{APPLICATION_ID, Files};
use crate::people::PEOPLE;
use crate::phrase;

/// The version of these tables.
const VERSION: u32 = 1;

const SCHEMA: &str = "
    CREATE TABLE demo_meta (version INTEGER NOT NULL) STRICT;
    CREATE TABLE demo_person (
        account BLOB PRIMARY KEY CHECK (length(account) = 16),
        login   TEXT NOT NULL UNIQUE COLLATE NOCASE,
        name    TEXT NOT NULL,
        phrase  TEXT NOT NULL
    ) STRICT;
    CREATE TABLE demo_session (
        browser BLOB PRIMARY KEY CHECK (length(browser) = 32),
        stamp   BLOB NOT NULL CHECK (length(stamp) = 40),
        since   INTEGER NOT NULL
    ) STRICT;";

/// A session ends after a working day, whatever it is used for.
const SESSION_LIFE: &str = "-12 hours";

/// A connection of our own. Loquet's store has its own threads and connections to the same file.
#[derive(Debug, Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

impl Database {
    /// Opens the file and checks it, or makes the tables in a new one.
    pub(crate) fn open(files: &Files) -> Result<Self, Failure> {
        let path = files.database.as_path();
        let fault = |fault| store_failure(path, &fault);
        // No `file:` URIs, and no file is made here: it is there already, readable by its owner alone.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(fault)?;
        connection
            .busy_timeout(Duration::from_secs(5))
            .map_err(fault)?;
        connection
            .execute_batch(
                "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL;",
            )
            .map_err(fault)?;
        if files.is_new {
            create(&mut connection).map_err(|why| match why {
                Creation::Sqlite(error) => store_failure(path, &error),
                Creation::Hash(why) => Failure::Store {
                    path: path.to_owned(),
                    why,
                },
            })?;
        } else {
            inspect(&mut connection, path)?;
        }
        Ok(Self(Arc::new(Mutex::new(connection))))
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

    /// Account and hashed pass phrase of whoever logs in by this name.
    pub(crate) async fn person(
        &self,
        login: String,
    ) -> Result<Option<(AccountId, String)>, BoxError> {
        self.run(move |connection| {
            connection
                .prepare_cached("SELECT account, phrase FROM demo_person WHERE login = ?1")?
                .query_row([login], |row| {
                    Ok((AccountId::from_bytes(row.get(0)?), row.get(1)?))
                })
                .optional()
        })
        .await
    }

    pub(crate) async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        self.run(move |connection| {
            connection
                .prepare_cached("SELECT name FROM demo_person WHERE account = ?1")?
                .query_row([account.to_bytes()], |row| row.get(0))
                .optional()
        })
        .await
    }

    pub(crate) async fn session(&self, browser: SessionKey) -> Result<Option<Stamp>, BoxError> {
        let bytes = self
            .run(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT stamp FROM demo_session WHERE browser = ?1 AND since > unixepoch('now', ?2)",
                    )?
                    .query_row(params![browser.to_bytes(), SESSION_LIFE], |row| row.get::<_, [u8; 40]>(0))
                    .optional()
            })
            .await?;
        bytes
            .map(|bytes| Stamp::from_bytes(&bytes).map_err(Into::into))
            .transpose()
    }

    /// Keeps a session in place of another, and forgets those that are over.
    pub(crate) async fn keep(
        &self,
        browser: SessionKey,
        stamp: Stamp,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        self.run(move |connection| {
            let change = connection.transaction()?;
            change.execute("DELETE FROM demo_session WHERE since <= unixepoch('now', ?1)", [SESSION_LIFE])?;
            if let Some(old) = replaces {
                change.execute("DELETE FROM demo_session WHERE browser = ?1", [old.to_bytes()])?;
            }
            change.execute(
                "INSERT INTO demo_session (browser, stamp, since) VALUES (?1, ?2, unixepoch('now'))",
                params![browser.to_bytes(), stamp.to_bytes()],
            )?;
            change.commit()
        })
        .await
    }

    pub(crate) async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.run(move |connection| {
            connection
                .execute(
                    "DELETE FROM demo_session WHERE browser = ?1",
                    [browser.to_bytes()],
                )
                .map(drop)
        })
        .await
    }
}

enum Creation {
    Sqlite(rusqlite::Error),
    Hash(String),
}

impl From<rusqlite::Error> for Creation {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// All in one transaction, the mark by which the file is recognised too: a start that is cut off leaves an empty file.
fn create(connection: &mut Connection) -> Result<(), Creation> {
    let change = connection.transaction()?;
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.execute_batch(SCHEMA)?;
    change.execute(
        "INSERT INTO demo_meta (version) VALUES (?1)",
        params![VERSION],
    )?;
    for person in &PEOPLE {
        let hash = phrase::hash(person.phrase).map_err(Creation::Hash)?;
        change.execute(
            "INSERT INTO demo_person VALUES (?1, ?2, ?3, ?4)",
            params![person.account().to_bytes(), person.login, person.name, hash],
        )?;
    }
    change.commit()?;
    Ok(())
}

/// Reads all of an existing file before anything is written to it, and then proves that it can be written.
fn inspect(connection: &mut Connection, path: &Path) -> Result<(), Failure> {
    let fault = |fault| store_failure(path, &fault);
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(fault)?;
    if verdict != "ok" {
        return Err(Failure::Damaged {
            path: path.to_owned(),
            why: verdict,
        });
    }
    let found: u32 = connection
        .query_row("SELECT version FROM demo_meta", [], |row| row.get(0))
        .map_err(|_| Failure::Damaged {
            path: path.to_owned(),
            why: "its table demo_meta is missing".into(),
        })?;
    if found > VERSION {
        return Err(Failure::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    connection
        .execute_batch("BEGIN IMMEDIATE; COMMIT")
        .map_err(fault)
}

fn store_failure(path: &Path, fault: &rusqlite::Error) -> Failure {
    let path = path.to_owned();
    match fault.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Failure::Damaged {
            path,
            why: fault.to_string(),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Failure::Store {
                path,
                why: format!("it or its folder cannot be written ({fault})"),
            }
        }
        _ => Failure::Store {
            path,
            why: fault.to_string(),
        },
    }
}
