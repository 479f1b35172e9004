//! Why a store does not open, for whoever is called at three in the morning.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;

/// Why a store did not open. Nothing was lost or overwritten: a file that is refused is left as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such folder.
    #[error("{}: there is no such folder; create it, or correct the path", path.display())]
    NoFolder {
        /// The folder that is missing.
        path: PathBuf,
    },
    /// A folder or a device.
    #[error("{}: this is no ordinary file; name a file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The operating system refuses to say anything about the path.
    #[error("{}: {source}", path.display())]
    Path {
        /// What was named.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file exists and has no content, as after a full disk or an interrupted copy. Starting afresh in it would
    /// quietly forget everybody's second factor.
    #[error(
        "{}: the file exists but is empty; restore it from a backup, or delete it if a new store is wanted",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The database is missing or empty, and its write-ahead log is not: SQLite would throw the log away.
    #[error(
        "{}: the database is gone but its log {} is not; put back the database that belongs to it, or move the log away \
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
    /// Not a SQLite database, or an encrypted one.
    #[error("{}: this is not a SQLite database; is it the right file?", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A SQLite database that is damaged: cut off, or partly overwritten.
    #[error(
        "{}: the database is damaged ({detail}); copy it and its -wal file away before anything else, then restore \
         a backup",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found first.
        detail: String,
    },
    /// The file or its folder cannot be written; the log lives in files beside it.
    #[error(
        "{}: cannot be read and written ({detail}); this user needs both for the file and its folder",
        path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// Another program holds the database and did not let go.
    #[error(
        "{}: another program kept the database locked for {} ms; a store of Loquet shares it, so look for a shell, \
         a backup or a migration that is still running",
        path.display(),
        waited.as_millis()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long this waited.
        waited: Duration,
    },
    /// The disk is full.
    #[error("{}: no room to write; free some space on its disk", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// A newer Loquet has written here.
    #[error(
        "{}: its tables have version {found}, and this program knows versions up to {known}; start the newer program \
         that wrote them, or restore a backup from before",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file system offers no write-ahead log, as over a network.
    #[error(
        "{}: SQLite keeps no write-ahead log here (it chose {mode:?}); use a local disk, not a network's",
        path.display()
    )]
    NoLog {
        /// The file.
        path: PathBuf,
        /// The journal mode that SQLite chose.
        mode: String,
    },
    /// The SQLite that is linked is too old for these tables.
    #[error("SQLite {found} is too old, 3.37 is needed; build with the feature `bundled`")]
    OldLibrary {
        /// Its version.
        found: &'static str,
    },
    /// The operating system starts no thread.
    #[error("a thread of the store did not start: {0}")]
    Thread(#[source] io::Error),
    /// Anything else that SQLite reports.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// Finds the name of what SQLite reports.
    pub(crate) fn named(path: &Path, waited: Duration, source: rusqlite::Error) -> Self {
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
