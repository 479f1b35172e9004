//! A copy of the whole file while it is in use, and putting one in its place.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::connect;
use crate::error::OpenError;
use crate::schema;

/// How long another program's lock is waited for.
const BUSY: Duration = Duration::from_secs(5);

/// Why there is no backup, or nothing was restored. Whatever stood there before stands there still.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The database or the copy cannot be opened or read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is a file of that name.
    #[error("{}: there is such a file already, and it stays as it is", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// What should be restored has a log beside it: it is no backup but a database that was in use.
    #[error(
        "{}: its log {} lies beside it, so this is a database and no backup; open it once, or name the backup",
        path.display(),
        log.display()
    )]
    HasLog {
        /// The file.
        path: PathBuf,
        /// Its log.
        log: PathBuf,
    },
    /// A program has the database open that should be replaced.
    #[error("{}: a program has this database open; stop it first", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The operating system.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    |source| BackupError::File { path, source }
}

/// Copies the whole database in `from`, the host's tables included, into a new file `to`: as it is at one moment, while
/// other programs read and write it. The copy is checked, and on the disk when this returns; its owner alone can read it.
///
/// # Errors
/// [`BackupError`]; then there is no file `to`.
///
/// # Security
/// What is sealed stays sealed, under the key ring of this moment: keep that too, elsewhere. Names, roles and the audit
/// log are readable.
pub fn backup(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), BackupError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    absent(to)?;
    let part = Part::new(to)?;
    let named = |error| OpenError::named(from, BUSY, error);
    let connection = connect::connect(from, BUSY).map_err(named)?;
    connection
        .execute("VACUUM INTO ?1", params![text(&part.path)?])
        .map_err(named)?;
    drop(connection);
    check(&part.path)?;
    part.put(to)
}

/// A backup on its way into a database's place. Dropped, it leaves everything as it was.
#[derive(Debug)]
pub struct Restore {
    part: Part,
    db: PathBuf,
}

impl Restore {
    /// Copies the backup to a file beside `db`, and checks it. A database that stands there already is an error unless
    /// `replace` says that it may go, and then too while a program has it open.
    ///
    /// # Errors
    /// [`BackupError`].
    #[expect(
        clippy::disallowed_methods,
        reason = "a backup is a file, and here it is read"
    )]
    pub fn begin(
        backup: impl AsRef<Path>,
        db: impl AsRef<Path>,
        replace: bool,
    ) -> Result<Self, BackupError> {
        let (backup, db) = (backup.as_ref(), db.as_ref());
        if replace {
            unused(db)?;
        } else {
            absent(db)?;
        }
        let log = beside(backup, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(BackupError::HasLog {
                path: backup.to_owned(),
                log,
            });
        }
        let part = Part::new(db)?;
        let mut source = File::open(backup).map_err(file(backup))?;
        let mut copy = OpenOptions::new()
            .write(true)
            .open(&part.path)
            .map_err(file(&part.path))?;
        io::copy(&mut source, &mut copy).map_err(file(&part.path))?;
        drop(copy);
        check(&part.path)?;
        Ok(Self {
            part,
            db: db.to_owned(),
        })
    }

    /// The copy: open a store on it, make it safe with `Service::restored`, and drop the store.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.part.path
    }

    /// Puts the copy in the database's place. What stood there is kept beside it, under the name that is returned.
    ///
    /// # Errors
    /// [`BackupError`]. Cut off between the two steps, the old database is kept aside and there is none in its place.
    pub fn finish(self) -> Result<Option<PathBuf>, BackupError> {
        let Self { part, db } = self;
        let kept = if exists(&db)? {
            unused(&db)?;
            let mut number: u32 = 1;
            let mut kept = beside(&db, ".before-1");
            while exists(&kept)? {
                number = number.saturating_add(1);
                kept = beside(&db, &format!(".before-{number}"));
            }
            fs::rename(&db, &kept).map_err(file(&db))?;
            Some(kept)
        } else {
            None
        };
        // A log that is left belongs to the file that has gone, and would be read into the new one.
        for suffix in ["-wal", "-shm"] {
            let left = beside(&db, suffix);
            if exists(&left)? {
                let moved = kept.as_deref().map(|kept| beside(kept, suffix));
                match moved {
                    Some(moved) => fs::rename(&left, moved).map_err(file(&left))?,
                    None => return Err(BackupError::Exists { path: left }),
                }
            }
        }
        part.put(&db)?;
        Ok(kept)
    }
}

/// A file that is being written, and goes unless it is put in its place.
#[derive(Debug)]
struct Part {
    path: PathBuf,
}

impl Part {
    /// An empty file beside `to` that its owner alone can read.
    fn new(to: &Path) -> Result<Self, BackupError> {
        let part = Self {
            path: beside(to, ".part"),
        };
        // What a run that was cut off has left.
        part.remove();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&part.path).map_err(file(&part.path))?;
        Ok(part)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a folder is synced through its handle"
    )]
    fn put(self, to: &Path) -> Result<(), BackupError> {
        let log = beside(&self.path, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(BackupError::InUse {
                path: self.path.clone(),
            });
        }
        let synced = OpenOptions::new()
            .write(true)
            .open(&self.path)
            .and_then(|part| part.sync_all());
        synced.map_err(file(&self.path))?;
        fs::rename(&self.path, to).map_err(file(to))?;
        // The name is on the disk once its folder is.
        let folder = std::path::absolute(to).map_err(file(to))?;
        if let Some(folder) = folder.parent() {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(file(folder))?;
        }
        Ok(())
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // It may not be there; what stays is found by the next run.
            fs::remove_file(beside(&self.path, suffix)).ok();
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.remove();
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn exists(path: &Path) -> Result<bool, BackupError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(file(path)(error)),
    }
}

fn absent(path: &Path) -> Result<(), BackupError> {
    if exists(path)? {
        return Err(BackupError::Exists {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// SQLite takes a file's name as text.
fn text(path: &Path) -> Result<&str, BackupError> {
    path.to_str().ok_or_else(|| BackupError::File {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"),
    })
}

/// Reads the whole copy: a backup that cannot be read is none.
fn check(path: &Path) -> Result<(), BackupError> {
    let named = |error| OpenError::named(path, BUSY, error);
    let connection = connect::open(path, false).map_err(named)?;
    let damaged = |detail| OpenError::Damaged {
        path: path.to_owned(),
        detail,
    };
    if !matches!(
        schema::look(&connection).map_err(named)?,
        schema::Found::Version(_)
    ) {
        return Err(damaged("there are no tables of Loquet in it".to_owned()).into());
    }
    let verdict: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(named)?;
    if verdict != "ok" {
        return Err(damaged(verdict).into());
    }
    Ok(())
}

/// Nobody has the database open. One that cannot be read any more is nobody's.
fn unused(path: &Path) -> Result<(), BackupError> {
    if !exists(path)? {
        return Ok(());
    }
    let Ok(connection) = Connection::open(path) else {
        return Ok(());
    };
    // In WAL mode every connection holds a lock for as long as it lives: alone, this one gets it exclusively.
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
