//! Backup of a database in use, and restore.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::connection;
use crate::open::{OpenError, ensure_unaltered, has_tables};

/// How long to wait for another program's lock.
const BUSY: Duration = Duration::from_secs(5);

/// The reason why a backup or restore failed. Existing files are unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The database or the copy cannot be opened or read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file exists.
    #[error("{}: the file exists and is not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file to restore has a write-ahead log: it is a database that was in use, not a backup.
    #[error(
        "{}: its log {} is beside it, so this is a database and not a backup; open it once, or name the backup",
        path.display(),
        log.display()
    )]
    HasLog {
        /// The file.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// A program has the database open.
    #[error("{}: a program has this database open; stop it first", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The operating system reports an error.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    |source| BackupError::File { path, source }
}

/// Copies the database `from` into a new file `to`, while other programs read and write it.
///
/// The copy is a snapshot with the host's tables. When this returns, it is checked and synced to disk, and only its owner
/// can read it.
///
/// # Errors
/// [`BackupError`]; then there is no file `to`.
///
/// # Security
/// Secrets stay encrypted under the current keyring. Keep the keyring too, separately. Names, roles and the audit
/// log are readable.
pub fn backup(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), BackupError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    ensure_absent(to)?;
    let part = PartialFile::new(to)?;
    let open_error = |error| OpenError::from_sqlite(from, BUSY, error);
    let connection = connection::connect(from, BUSY).map_err(open_error)?;
    connection
        .execute("VACUUM INTO ?1", params![text(&part.path)?])
        .map_err(open_error)?;
    drop(connection);
    check(&part.path)?;
    part.rename_to(to)
}

/// A restore in progress. Dropping it leaves everything unchanged.
#[derive(Debug)]
pub struct Restore {
    part: PartialFile,
    db: PathBuf,
}

impl Restore {
    /// Copies the backup to a file beside `db`, and checks it. An existing database is an error unless `replace` is set,
    /// and always an error while a program has it open.
    ///
    /// # Errors
    /// [`BackupError`].
    #[expect(clippy::disallowed_methods, reason = "reads the backup file")]
    pub fn begin(
        backup: impl AsRef<Path>,
        db: impl AsRef<Path>,
        replace: bool,
    ) -> Result<Self, BackupError> {
        let (backup, db) = (backup.as_ref(), db.as_ref());
        if replace {
            ensure_unused(db)?;
        } else {
            ensure_absent(db)?;
        }
        let log = sibling(backup, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(BackupError::HasLog {
                path: backup.to_owned(),
                log,
            });
        }
        let part = PartialFile::new(db)?;
        let mut source = File::open(backup).map_err(file_error(backup))?;
        let mut copy = OpenOptions::new()
            .write(true)
            .open(&part.path)
            .map_err(file_error(&part.path))?;
        io::copy(&mut source, &mut copy).map_err(file_error(&part.path))?;
        drop(copy);
        check(&part.path)?;
        Ok(Self {
            part,
            db: db.to_owned(),
        })
    }

    /// Returns the path of the copy: open a store on it, call `Operator::restored`, and drop the store.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.part.path
    }

    /// Replaces the database with the copy. Returns the new name of the old database, which is kept beside it.
    ///
    /// # Errors
    /// [`BackupError`]. If this is interrupted between the two renames, the old database has its new name and `db` does
    /// not exist.
    pub fn finish(self) -> Result<Option<PathBuf>, BackupError> {
        let Self { part, db } = self;
        let kept = if exists(&db)? {
            ensure_unused(&db)?;
            let mut number: u32 = 1;
            let mut kept = sibling(&db, ".before-1");
            while exists(&kept)? {
                number = number.saturating_add(1);
                kept = sibling(&db, &format!(".before-{number}"));
            }
            fs::rename(&db, &kept).map_err(file_error(&db))?;
            Some(kept)
        } else {
            None
        };
        // A log that remains belongs to the old database, and SQLite would apply it to the new one.
        for suffix in ["-wal", "-shm"] {
            let left = sibling(&db, suffix);
            if exists(&left)? {
                let moved = kept.as_deref().map(|kept| sibling(kept, suffix));
                match moved {
                    Some(moved) => fs::rename(&left, moved).map_err(file_error(&left))?,
                    None => return Err(BackupError::Exists { path: left }),
                }
            }
        }
        part.rename_to(&db)?;
        Ok(kept)
    }
}

/// A file being written, removed when dropped unless it was renamed.
#[derive(Debug)]
struct PartialFile {
    path: PathBuf,
}

impl PartialFile {
    /// Creates an empty file beside `to` that only its owner can read.
    fn new(to: &Path) -> Result<Self, BackupError> {
        let part = Self {
            path: sibling(to, ".part"),
        };
        // An interrupted run may have left one.
        part.remove();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&part.path).map_err(file_error(&part.path))?;
        Ok(part)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "syncs a folder through its handle"
    )]
    fn rename_to(self, to: &Path) -> Result<(), BackupError> {
        let log = sibling(&self.path, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(BackupError::InUse {
                path: self.path.clone(),
            });
        }
        let synced = OpenOptions::new()
            .write(true)
            .open(&self.path)
            .and_then(|part| part.sync_all());
        synced.map_err(file_error(&self.path))?;
        fs::rename(&self.path, to).map_err(file_error(to))?;
        // A rename is durable only after its folder is synced.
        let folder = std::path::absolute(to).map_err(file_error(to))?;
        if let Some(folder) = folder.parent() {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(file_error(folder))?;
        }
        Ok(())
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // It may not exist; a file that remains is removed by the next run.
            fs::remove_file(sibling(&self.path, suffix)).ok();
        }
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn exists(path: &Path) -> Result<bool, BackupError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(file_error(path)(error)),
    }
}

fn ensure_absent(path: &Path) -> Result<(), BackupError> {
    if exists(path)? {
        return Err(BackupError::Exists {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// Returns the path as text, as SQLite takes it.
fn text(path: &Path) -> Result<&str, BackupError> {
    path.to_str().ok_or_else(|| BackupError::File {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"),
    })
}

/// Reads the whole copy, so that an unreadable or altered backup is an error.
fn check(path: &Path) -> Result<(), BackupError> {
    let open_error = |error| OpenError::from_sqlite(path, BUSY, error);
    let connection = connection::open(path).map_err(open_error)?;
    let damaged = |detail| OpenError::Damaged {
        path: path.to_owned(),
        detail,
    };
    if !has_tables(&connection, path, BUSY)? {
        return Err(damaged("it has no tables of Loquet".to_owned()).into());
    }
    ensure_unaltered(&connection, path, BUSY)?;
    let verdict: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(open_error)?;
    if verdict != "ok" {
        return Err(damaged(verdict).into());
    }
    Ok(())
}

/// Returns an error if a program has the database open. No program can have an unreadable database open.
fn ensure_unused(path: &Path) -> Result<(), BackupError> {
    if !exists(path)? {
        return Ok(());
    }
    let Ok(connection) = Connection::open(path) else {
        return Ok(());
    };
    // In WAL mode every connection holds a shared lock while it lives, so an exclusive lock proves that there is no other.
    let alone = connection.busy_timeout(Duration::ZERO).and_then(|()| {
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;")
    });
    match alone {
        Err(error) if crate::fault::is_busy(&error) => Err(BackupError::InUse {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}
