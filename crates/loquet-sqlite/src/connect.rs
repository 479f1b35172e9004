//! Connections, as every thread needs them.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use crate::fault::is_busy;

/// Statements kept prepared: all that one connection ever runs.
const STATEMENTS: usize = 32;

/// Opens a connection to a file that exists, as [`open`] and [`configure`] do it.
pub(crate) fn connect(path: &Path, busy: Duration) -> rusqlite::Result<Connection> {
    let connection = open(path, false)?;
    configure(&connection, busy)?;
    Ok(connection)
}

/// Opens a connection that has not read anything yet. A path is a path: no `file:` URIs, and no file is created unless
/// `create` says so.
pub(crate) fn open(path: &Path, create: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLite would read a file that it cannot write, and leave a log beside it that its owner cannot write either.
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_READONLY),
            Some("the file is read-only".to_owned()),
        ));
    }
    Ok(connection)
}

/// Makes a connection wait at most `busy` for another's lock, and sets what it reads and writes by:
///
/// - `synchronous = FULL`: what is acknowledged was synced to the disk; on Apple's systems that takes `fullfsync`.
/// - `trusted_schema` and `cell_size_check`: a file may have been tampered with or damaged.
pub(crate) fn configure(connection: &Connection, busy: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(busy)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )
}

/// Begins to write, waiting at most `bound` for another process to finish.
///
/// SQLite's own waiting sleeps up to 100 ms between tries; beside a process that commits without a pause it would
/// seldom wake in the gap between two transactions.
pub(crate) fn begin(connection: &Connection, bound: Duration) -> rusqlite::Result<()> {
    patiently(bound, || {
        connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])
            .map(drop)
    })
}

/// Tries until it is done, it fails otherwise than busy, or `bound` has passed.
pub(crate) fn patiently<T>(
    bound: Duration,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let mut patience = Patience::new(bound);
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && patience.wait() => {}
            settled => return settled,
        }
    }
}

/// Waits in growing steps, and not for ever.
#[derive(Debug)]
pub(crate) struct Patience {
    left: Duration,
    pause: Duration,
}

impl Patience {
    const SHORT: Duration = Duration::from_micros(200);
    const LONG: Duration = Duration::from_millis(4);

    /// Waits `bound` in all.
    pub(crate) const fn new(bound: Duration) -> Self {
        Self {
            left: bound,
            pause: Self::SHORT,
        }
    }

    /// Waits a little; `false` when there is no time left.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that waits: a lock of another process has no queue"
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
