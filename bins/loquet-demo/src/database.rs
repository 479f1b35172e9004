//! The demo's own tables, beside Loquet's in the same database: users with passwords, and browsers' sessions.

mod postgres;
mod sqlite;

use loquet::{AccountId, MfaSession};
use loquet_web::{BoxError, SavedSession, SessionKey};

pub(crate) use postgres::{Postgres, address};
pub(crate) use sqlite::Sqlite;

/// The tables, wherever they are.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    /// The account with this log-in name, and its password's hash.
    pub(crate) async fn person(
        &self,
        login: String,
    ) -> Result<Option<(AccountId, String)>, BoxError> {
        match self {
            Self::Sqlite(tables) => tables.person(login).await,
            Self::Postgres(tables) => tables.person(login).await,
        }
    }

    pub(crate) async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        match self {
            Self::Sqlite(tables) => tables.name(account).await,
            Self::Postgres(tables) => tables.name(account).await,
        }
    }

    /// A browser's session, and when it was last used.
    pub(crate) async fn session(
        &self,
        browser: SessionKey,
    ) -> Result<Option<SavedSession>, BoxError> {
        match self {
            Self::Sqlite(tables) => tables.session(browser).await,
            Self::Postgres(tables) => tables.session(browser).await,
        }
    }

    /// Writes down that a session is used now; once a minute is enough.
    pub(crate) async fn used(&self, browser: SessionKey) -> Result<(), BoxError> {
        match self {
            Self::Sqlite(tables) => tables.used(browser).await,
            Self::Postgres(tables) => tables.used(browser).await,
        }
    }

    /// Keeps a session in place of another, and forgets those that are over.
    pub(crate) async fn keep(
        &self,
        browser: SessionKey,
        session: MfaSession,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        match self {
            Self::Sqlite(tables) => tables.keep(browser, session, replaces).await,
            Self::Postgres(tables) => tables.keep(browser, session, replaces).await,
        }
    }

    pub(crate) async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        match self {
            Self::Sqlite(tables) => tables.end(browser).await,
            Self::Postgres(tables) => tables.end(browser).await,
        }
    }
}
