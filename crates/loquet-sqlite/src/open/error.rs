//! Errors of opening a store.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

/// The reason why a store was not opened. A refused file is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder does not exist.
    #[error("{}: the folder does not exist; create it, or correct the path", path.display())]
    NoFolder {
        /// The missing folder.
        path: PathBuf,
    },
    /// The path names a folder or a device.
    #[error("{}: this is not a regular file; name a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The operating system refuses access to the path.
    #[error("{}: {source}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file exists and is empty, for example after a full disk or an interrupted copy. Creating tables in it would
    /// silently remove every user's second factor.
    #[error(
        "{}: the file exists but is empty; restore it from a backup, or delete it if a new store is wanted",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The database has tables already, and a copy needs a new one.
    #[error("{}: this database is in use; name a new file", path.display())]
    NotEmpty {
        /// The file.
        path: PathBuf,
    },
    /// The database is missing or empty, but its write-ahead log is not. SQLite would delete the log.
    #[error(
        "{}: the database is missing but its log {} is not; put back the database that belongs to it, or move the log away \
         if a new store is wanted",
        path.display(),
        log.display()
    )]
    OrphanedLog {
        /// The database.
        path: PathBuf,
        /// Its log.
        log: PathBuf,
    },
    /// The file is not a SQLite database, or is encrypted.
    #[error("{}: this is not a SQLite database; is it the right file?", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database is truncated or partly overwritten.
    #[error(
        "{}: the database is damaged ({detail}); copy it and its -wal file away before anything else, then restore \
         a backup",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first error that SQLite found.
        detail: String,
    },
    /// Loquet's tables, indices or triggers are not as Loquet makes them, or another trigger, index or view concerns them.
    /// A trigger can undo what Loquet writes, such as the count of wrong codes.
    #[error(
        "{}: Loquet's tables were altered ({detail}); find out who did it, and restore a backup from before, or drop what \
         was added",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The first difference.
        detail: String,
    },
    /// The file or its folder cannot be written. The write-ahead log is a file in that folder.
    #[error(
        "{}: cannot be read and written ({detail}); this user needs both for the file and its folder",
        path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The error of SQLite or of the operating system.
        detail: String,
    },
    /// Another program kept the database locked.
    #[error(
        "{}: another program kept the database locked for {} ms; Loquet's stores share it, so look for a shell, \
         a backup or a migration that is still running",
        path.display(),
        waited.as_millis()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long the store waited.
        waited: Duration,
    },
    /// The disk is full.
    #[error("{}: the disk is full; free some space on it", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The tables were written by a newer Loquet.
    #[error(
        "{}: its tables have version {found}, and this program knows versions up to {known}; start the newer program \
         that wrote them, or restore a backup from before",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of the tables.
        found: i64,
        /// The newest version that this program supports.
        known: i64,
    },
    /// The file system does not support a write-ahead log, such as a network file system.
    #[error(
        "{}: SQLite cannot keep a write-ahead log here (it chose {mode:?}); use a local disk, not a network file system",
        path.display()
    )]
    NoLog {
        /// The file.
        path: PathBuf,
        /// The journal mode that SQLite chose.
        mode: String,
    },
    /// The linked SQLite is too old for these tables.
    #[error("SQLite {found} is too old, 3.37 is needed; build with the feature `bundled`")]
    OldLibrary {
        /// The version of SQLite.
        found: &'static str,
    },
    /// The operating system did not start a thread.
    #[error("a thread of the store did not start: {0}")]
    Thread(#[source] io::Error),
    /// SQLite reports another error.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// Converts an error of SQLite.
    pub(crate) fn from_sqlite(path: &Path, waited: Duration, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                detail: source.to_string(),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked { path, waited }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::Unwritable {
                    path,
                    detail: source.to_string(),
                }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path },
            _ => Self::Sqlite { path, source },
        }
    }
}
