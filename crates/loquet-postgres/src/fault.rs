//! What an error of sqlx says of a change.

use loquet::store::{Commit, Fault};
use sqlx::error::DatabaseError;

/// Converts an error before the commit, such as an error of the host's own statement: nothing is written.
pub fn to_fault(error: sqlx::Error) -> Fault {
    match error {
        sqlx::Error::PoolTimedOut => Fault::Busy,
        sqlx::Error::Database(error) if is_passing(&*error) => Fault::Busy,
        error => not_committed(error),
    }
}

/// The database refused for a reason that passes: a timeout, a deadlock, a conflict, or too many connections.
fn is_passing(error: &dyn DatabaseError) -> bool {
    matches!(
        code(error).as_str(),
        "40001" | "40P01" | "55P03" | "57014" | "53300" | "57P03"
    )
}

fn not_committed(error: sqlx::Error) -> Fault {
    let advice = match &error {
        sqlx::Error::Database(error) => advice(&code(&**error)),
        _ => None,
    };
    Fault::NotCommitted(match advice {
        Some(advice) => format!("{error}; {advice}").into(),
        None => error.into(),
    })
}

/// What the operator can do.
fn advice(code: &str) -> Option<&'static str> {
    match code {
        "42P01" | "42883" => Some(
            "Loquet's tables are not in the search_path: call `loquet_postgres::migrate`, or correct the search_path",
        ),
        "42501" => Some("give the service's role the rights in `loquet_postgres::ROLES`"),
        "25006" => Some("this is a replica, or a read-only role: connect to the primary"),
        "26000" | "42P05" => Some(
            "a pooler in between does not keep prepared statements: call `PostgresStore::pooled_by_transaction`",
        ),
        _ => None,
    }
}

/// What has become of a change of which the database says whether what it read still holds.
pub(crate) const fn outcome(holds: bool) -> Commit {
    if holds { Commit::Done } else { Commit::Stale }
}

/// A transaction was left open on the connection, by a future of the service that was dropped while it began one. What was
/// sent is not written.
pub(crate) fn is_left_open(error: &sqlx::Error) -> bool {
    let database = error.as_database_error().map(code);
    database.is_some_and(|code| matches!(code.as_str(), "2D000" | "25P02"))
}

/// What has become of a change whose statement was sent and ended in this error.
pub(crate) fn ended(error: sqlx::Error) -> Result<Commit, Fault> {
    let database = match &error {
        sqlx::Error::Database(error) => error,
        // What the change holds could not be put into the protocol's terms; nothing was sent.
        sqlx::Error::Encode(_) => return Err(not_committed(error)),
        _ => return Err(Fault::Unknown(error.into())),
    };
    let code = code(&**database);
    match code.as_str() {
        // Another change came first, and this one is rolled back. To decide again is right.
        "40001" | "40P01" | "LQ001" => Ok(Commit::Stale),
        "23505" if is_race(&**database) => Ok(Commit::Stale),
        // The server ends the connection; how far the change had come it does not say.
        shut if shut.starts_with("08") || shut.starts_with("57P") => {
            Err(Fault::Unknown(error.into()))
        }
        _ => Err(to_fault(error)),
    }
}

/// A row that was absent is there by now.
fn is_race(error: &dyn DatabaseError) -> bool {
    const KEYS: [&str; 5] = [
        "loquet_organization_pkey",
        "loquet_roster_pkey",
        "loquet_account_pkey",
        "loquet_attempt_pkey",
        "loquet_metadata_pkey",
    ];
    error.constraint().is_some_and(|key| KEYS.contains(&key))
}

fn code(error: &dyn DatabaseError) -> String {
    error.code().unwrap_or_default().into_owned()
}
