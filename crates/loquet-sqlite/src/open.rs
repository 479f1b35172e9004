//! How a store opens: look first, refuse what is doubtful untouched, and only then write.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::connect::{self, Patience, begin, patiently};
use crate::error::OpenError;
use crate::schema::{self, Found, LATEST};

/// From the creation of a file to its first page; on a slow disk.
const CREATION: Duration = Duration::from_secs(1);

/// How a store opens.
///
/// ```no_run
/// # fn main() -> Result<(), loquet_sqlite::OpenError> {
/// use std::time::Duration;
/// use loquet_sqlite::Options;
///
/// let store = Options::default().busy(Duration::from_secs(2)).readers(4).open("loquet.db")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "options open nothing by themselves"]
pub struct Options {
    pub(crate) busy: Duration,
    pub(crate) readers: u8,
    check: bool,
}

impl Default for Options {
    /// Waits five seconds for another process, reads with two threads, checks the file.
    fn default() -> Self {
        Self {
            busy: Duration::from_secs(5),
            readers: 2,
            check: true,
        }
    }
}

impl Options {
    /// How long a change waits for another process that writes to the same file, at most a minute; afterwards it ends
    /// in [`Fault::Busy`](loquet::store::Fault::Busy). Changes of one process never wait for this: they queue.
    pub fn busy(self, bound: Duration) -> Self {
        Self {
            busy: bound.min(Duration::from_secs(60)),
            ..self
        }
    }

    /// How many threads read, from 2 to 4; what is outside counts as the nearer of these.
    pub fn readers(self, threads: u8) -> Self {
        Self {
            readers: threads.clamp(2, 4),
            ..self
        }
    }

    /// Whether all of Loquet's tables are read at opening, so that a damaged file is found at once and not when the
    /// first person it concerns logs in. It costs about a second for each gigabyte.
    pub fn check(self, check: bool) -> Self {
        Self { check, ..self }
    }
}

/// Where the database is, and what is there already.
struct Place {
    path: PathBuf,
    new: bool,
    /// Changes wait in a log beside the file.
    log: bool,
}

/// Opens the file and makes its tables where there are none. The answer is the absolute path and a connection that may write.
pub(crate) fn open(path: &Path, options: &Options) -> Result<(PathBuf, Connection), OpenError> {
    if rusqlite::version_number() < 3_037_000 {
        return Err(OpenError::OldLibrary {
            found: rusqlite::version(),
        });
    }
    let Place { path, new, log } = locate(path, options.busy)?;
    let named = |error| OpenError::named(&path, options.busy, error);

    let connection = connect::open(&path, new).map_err(named)?;
    // A file that is refused below stays as it is: closing its last connection would write its log into it. Where there
    // is no log there is nothing to write, and closing must tidy up after itself.
    let keep_log =
        |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    keep_log(log).map_err(named)?;
    connect::configure(&connection, options.busy).map_err(named)?;
    if new {
        keep_private(&path)?;
    } else {
        inspect(&connection, &path, log, options)?;
    }
    let mode = patiently(options.busy, || {
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        })
    })
    .map_err(named)?;
    if mode != "wal" {
        return Err(OpenError::NoLog { path, mode });
    }
    prepare(&connection, &path, options.busy)?;
    keep_log(false).map_err(named)?;
    Ok((path, connection))
}

/// Finds the place. Asks the file system about names only: opening a database besides SQLite, and closing it again,
/// would drop the locks that this process holds on it.
fn locate(path: &Path, busy: Duration) -> Result<Place, OpenError> {
    let refused = |source| OpenError::Path {
        path: path.to_owned(),
        source,
    };
    // The working folder may change later; and the log lies beside the file that a link points to.
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::path::absolute(path).map_err(refused)?
        }
        Err(source) => return Err(refused(source)),
    };
    // Another process that is just creating it needs a moment to give it content.
    let mut patience = Patience::new(busy.min(CREATION));
    let length = loop {
        match length(&path)? {
            Some(0) if patience.wait() => {}
            found => break found,
        }
    };
    if length.is_none()
        && let Some(folder) = path.parent()
        && !folder.is_dir()
    {
        return Err(OpenError::NoFolder {
            path: folder.to_owned(),
        });
    }
    let mut beside = OsString::from(&path);
    beside.push("-wal");
    let log = fs::metadata(&beside).is_ok_and(|log| log.len() > 0);
    match length {
        None | Some(0) if log => Err(OpenError::OrphanedLog {
            path,
            log: beside.into(),
        }),
        Some(0) => Err(OpenError::Empty { path }),
        found => Ok(Place {
            path,
            new: found.is_none(),
            log,
        }),
    }
}

/// The length of the file, if there is one. One byte counts as none: that is what SQLite takes it for.
fn length(path: &Path) -> Result<Option<u64>, OpenError> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(found.len().saturating_sub(1))),
        Ok(_) => Err(OpenError::NotAFile {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OpenError::Path {
            path: path.to_owned(),
            source,
        }),
    }
}

/// A new file is its owner's alone, and SQLite gives its log the same permissions. Whoever wants to share it may.
fn keep_private(path: &Path) -> Result<(), OpenError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let permissions = fs::Permissions::from_mode(0o600);
        fs::set_permissions(path, permissions).map_err(|source| OpenError::Path {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(())
}

/// Reads an existing file and refuses what is doubtful about it.
fn inspect(
    connection: &Connection,
    path: &Path,
    log: bool,
    options: &Options,
) -> Result<(), OpenError> {
    let named = |error| OpenError::named(path, options.busy, error);
    let damaged = |detail| {
        Err(OpenError::Damaged {
            path: path.to_owned(),
            detail,
        })
    };
    acceptable(schema::look(connection).map_err(named)?, path)?;
    // SQLite takes what is missing of the last page for zeros. With a log beside it, the page may be in there.
    let page: u32 = connection
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .map_err(named)?;
    let length = fs::metadata(path).map_or(0, |found| found.len());
    if !log && length.checked_rem(page.into()) != Some(0) {
        return damaged(format!("it ends within a page, after {length} bytes"));
    }
    if options.check
        && let Some(detail) = schema::check(connection).map_err(named)?
    {
        return damaged(detail);
    }
    Ok(())
}

/// Whether there are tables already; an error where they are none that this program knows.
fn acceptable(found: Found, path: &Path) -> Result<bool, OpenError> {
    match found {
        Found::Nothing => Ok(false),
        Found::Version(found) if found <= LATEST => Ok(true),
        Found::Version(found) => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: LATEST,
        }),
        Found::Unversioned => {
            let detail = "tables of Loquet's name, but no version of them".to_owned();
            Err(OpenError::Damaged {
                path: path.to_owned(),
                detail,
            })
        }
    }
}

/// Makes the tables under the write lock, so that programs that start at once don't both; and where they are there already
/// it still proves that the file can be written.
fn prepare(connection: &Connection, path: &Path, busy: Duration) -> Result<(), OpenError> {
    let named = |error| OpenError::named(path, busy, error);
    begin(connection, busy).map_err(named)?;
    if !acceptable(schema::look(connection).map_err(named)?, path)? {
        schema::create(connection).map_err(named)?;
    }
    connection.execute_batch("COMMIT").map_err(named)
}
