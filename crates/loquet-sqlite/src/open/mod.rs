//! Opening a store: inspect the file, refuse a doubtful one unchanged, and only then write.

mod error;
pub(crate) mod schema;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::connection::{self, Backoff, begin, retry_while_busy};
pub use error::OpenError;
use schema::{Found, LATEST};

/// The time from the creation of a file to its first page, on a slow disk.
const CREATION: Duration = Duration::from_secs(1);

/// Options for opening a store.
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
#[must_use = "options do nothing until `open` is called"]
pub struct Options {
    pub(crate) busy: Duration,
    pub(crate) readers: u8,
    check: bool,
}

impl Default for Options {
    /// Waits five seconds for another process, reads with two threads, and checks the file.
    fn default() -> Self {
        Self {
            busy: Duration::from_secs(5),
            readers: 2,
            check: true,
        }
    }
}

impl Options {
    /// Sets how long a change waits for another process that writes to the file, at most a minute. After that it ends in
    /// [`Fault::Busy`](loquet::store::Fault::Busy). Changes of the same process queue instead.
    pub fn busy(self, bound: Duration) -> Self {
        Self {
            busy: bound.min(Duration::from_secs(60)),
            ..self
        }
    }

    /// Sets how many threads read, clamped to 2 to 4.
    pub fn readers(self, threads: u8) -> Self {
        Self {
            readers: threads.clamp(2, 4),
            ..self
        }
    }

    /// Sets whether opening reads all of Loquet's tables, so that damage is found then and not at a user's log-in. The
    /// check takes about a second for each gigabyte.
    pub fn check(self, check: bool) -> Self {
        Self { check, ..self }
    }
}

/// The database file and its state.
struct DatabaseFile {
    path: PathBuf,
    new: bool,
    /// Whether the write-ahead log has changes.
    log: bool,
}

/// Opens the file and creates missing tables. Returns the absolute path and a connection for writing.
pub(crate) fn open(path: &Path, options: &Options) -> Result<(PathBuf, Connection), OpenError> {
    if rusqlite::version_number() < 3_037_000 {
        return Err(OpenError::OldLibrary {
            found: rusqlite::version(),
        });
    }
    let mut found = locate(path, options.busy)?;
    if found.new && !create(&found.path)? {
        // Another process was faster: its file is no longer empty when this returns.
        found = locate(&found.path, options.busy)?;
    }
    let DatabaseFile { path, new, log } = found;
    let open_error = |error| OpenError::from_sqlite(&path, options.busy, error);

    let connection = connection::open(&path).map_err(open_error)?;
    // Closing the last connection writes the log into the file, but a file that is refused below must not change. Without
    // a log there is nothing to write, and closing should remove the log's files.
    let keep_log =
        |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
    keep_log(log).map_err(open_error)?;
    connection::configure(&connection, options.busy).map_err(open_error)?;
    if !new {
        inspect(&connection, &path, log, options)?;
    }
    let mode = retry_while_busy(options.busy, || {
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        })
    })
    .map_err(open_error)?;
    if mode != "wal" {
        return Err(OpenError::NoLog { path, mode });
    }
    prepare(&connection, &path, options.busy)?;
    keep_log(false).map_err(open_error)?;
    Ok((path, connection))
}

/// Resolves the path and inspects the file's metadata only. Opening and closing the file outside SQLite would drop the
/// locks that this process holds on it.
fn locate(path: &Path, busy: Duration) -> Result<DatabaseFile, OpenError> {
    let refused = |source| OpenError::Path {
        path: path.to_owned(),
        source,
    };
    // The working directory may change, and the log is beside the target of a symbolic link.
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::path::absolute(path).map_err(refused)?
        }
        Err(source) => return Err(refused(source)),
    };
    // A file that another process has just created is empty for a moment.
    let mut backoff = Backoff::new(busy.min(CREATION));
    let length = loop {
        match length(&path)? {
            Some(0) if backoff.wait() => {}
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
    let mut log_path = OsString::from(&path);
    log_path.push("-wal");
    let log = fs::metadata(&log_path).is_ok_and(|log| log.len() > 0);
    match length {
        None | Some(0) if log => Err(OpenError::OrphanedLog {
            path,
            log: log_path.into(),
        }),
        Some(0) => Err(OpenError::Empty { path }),
        found => Ok(DatabaseFile {
            path,
            new: found.is_none(),
            log,
        }),
    }
}

/// Returns the length of the file if it exists. One byte counts as none, as for SQLite.
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

/// Creates the file before SQLite opens it, so that there is no moment at which others can. SQLite gives its log the same
/// permissions, and the owner may change them. Returns whether there was none.
pub(crate) fn create(path: &Path) -> Result<bool, OpenError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) => {
            let path = path.to_owned();
            match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(false),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    let detail = error.to_string();
                    Err(OpenError::Unwritable { path, detail })
                }
                io::ErrorKind::StorageFull => Err(OpenError::Full { path }),
                _ => Err(OpenError::Path {
                    path,
                    source: error,
                }),
            }
        }
    }
}

/// Reads an existing file and refuses a newer, altered or damaged one.
fn inspect(
    connection: &Connection,
    path: &Path,
    log: bool,
    options: &Options,
) -> Result<(), OpenError> {
    let open_error = |error| OpenError::from_sqlite(path, options.busy, error);
    let damaged = |detail| {
        Err(OpenError::Damaged {
            path: path.to_owned(),
            detail,
        })
    };
    if has_tables(connection, path, options.busy)? {
        ensure_unaltered(connection, path, options.busy)?;
    }
    // SQLite reads the missing part of the last page as zeros. If there is a log, it may contain the page.
    let page: u32 = connection
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .map_err(open_error)?;
    let length = fs::metadata(path).map_or(0, |found| found.len());
    if !log && length.checked_rem(page.into()) != Some(0) {
        return damaged(format!("it ends within a page, after {length} bytes"));
    }
    if options.check
        && let Some(detail) = schema::check(connection).map_err(open_error)?
    {
        return damaged(detail);
    }
    Ok(())
}

/// Returns an error if Loquet's tables, or the triggers on them, are not as Loquet makes them.
pub(crate) fn ensure_unaltered(
    connection: &Connection,
    path: &Path,
    busy: Duration,
) -> Result<(), OpenError> {
    let open_error = |error| OpenError::from_sqlite(path, busy, error);
    match schema::find_alteration(connection).map_err(open_error)? {
        None => Ok(()),
        Some(detail) => Err(OpenError::Altered {
            path: path.to_owned(),
            detail,
        }),
    }
}

/// Returns whether there are tables. Tables that this program does not support are an error.
pub(crate) fn has_tables(
    connection: &Connection,
    path: &Path,
    busy: Duration,
) -> Result<bool, OpenError> {
    let open_error = |error| OpenError::from_sqlite(path, busy, error);
    match schema::find(connection).map_err(open_error)? {
        Found::Nothing => Ok(false),
        Found::Version(found) if found <= LATEST => Ok(true),
        Found::Version(found) => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: LATEST,
        }),
        Found::Unversioned => {
            let detail = "it has tables of Loquet but no version of them".to_owned();
            Err(OpenError::Damaged {
                path: path.to_owned(),
                detail,
            })
        }
    }
}

/// Creates missing tables under the write lock, so that programs that start at once do not both. If the tables exist, this
/// proves that the file is writable.
fn prepare(connection: &Connection, path: &Path, busy: Duration) -> Result<(), OpenError> {
    let open_error = |error| OpenError::from_sqlite(path, busy, error);
    begin(connection, busy).map_err(open_error)?;
    if !has_tables(connection, path, busy)? {
        schema::create(connection).map_err(open_error)?;
    }
    connection.execute_batch("COMMIT").map_err(open_error)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn new_file_is_private_before_sqlite_opens_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loquet.db");
        assert!(create(&path).unwrap());
        let found = fs::metadata(&path).unwrap();
        assert_eq!(
            (found.len(), found.permissions().mode() & 0o777),
            (0, 0o600)
        );
        // A second one neither takes it for its own nor touches it.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(!create(&path).unwrap());
        let found = fs::metadata(&path).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o640);
        // SQLite itself creates none.
        drop(connection::open(&folder.path().join("other.db")).unwrap_err());
        assert!(!folder.path().join("other.db").exists());
    }
}
