//! Connections and their settings.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use crate::fault::is_busy;

/// The capacity of the statement cache: all statements of a connection.
const STATEMENTS: usize = 32;

/// Opens an existing file and configures the connection.
pub(crate) fn connect(path: &Path, busy: Duration) -> rusqlite::Result<Connection> {
    let connection = open(path)?;
    configure(&connection, busy)?;
    Ok(connection)
}

/// Opens a connection to an existing file without reading. A path that looks like a `file:` URI is a path.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLite would open a read-only file, and leave a log beside it that is read-only as well.
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_READONLY),
            Some("the file is read-only".to_owned()),
        ));
    }
    Ok(connection)
}

/// Sets how long the connection waits for a lock, and its pragmas:
///
/// - `synchronous = FULL`: a commit returns after its sync; Apple's systems need `fullfsync` for that.
/// - `trusted_schema` and `cell_size_check`: the file may have been tampered with or damaged.
/// - `secure_delete`: what an erased account's row held is overwritten with zeros, not only let go.
pub(crate) fn configure(connection: &Connection, busy: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(busy)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA secure_delete = ON;",
    )
}

/// Begins a write transaction, waiting at most `bound` for other processes.
///
/// SQLite's own wait sleeps up to 100 ms between tries, and would rarely wake between two transactions of a process that
/// commits without a pause.
pub(crate) fn begin(connection: &Connection, bound: Duration) -> rusqlite::Result<()> {
    retry_while_busy(bound, || {
        connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])
            .map(drop)
    })
}

/// Retries while the database is busy, for at most `bound`.
pub(crate) fn retry_while_busy<T>(
    bound: Duration,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let mut backoff = Backoff::new(bound);
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && backoff.wait() => {}
            result => return result,
        }
    }
}

/// Waits of growing length, limited in total.
#[derive(Debug)]
pub(crate) struct Backoff {
    left: Duration,
    pause: Duration,
}

impl Backoff {
    const SHORT: Duration = Duration::from_micros(200);
    const LONG: Duration = Duration::from_millis(4);

    /// Limits the total wait to `bound`.
    pub(crate) const fn new(bound: Duration) -> Self {
        Self {
            left: bound,
            pause: Self::SHORT,
        }
    }

    /// Waits, and returns `false` if no time is left.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only wait: another process's lock has no queue"
    )]
    pub(crate) fn wait(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(self.pause) else {
            return false;
        };
        thread::sleep(self.pause);
        self.left = left;
        self.pause = self.pause.saturating_mul(2).min(Self::LONG);
        true
    }
}
