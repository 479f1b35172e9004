//! The database's file and the key file beside it, both readable by their owner alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use loquet::Keyring;

use crate::cli::DEFAULT_DATABASE;
use crate::failure::Failure;

/// SQLite's `application_id` of the demo's files: "LqDm".
pub(crate) const APPLICATION_ID: i32 = 0x4c71_446d;

/// The two files, and the lock that keeps a second demo out for as long as this lives.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) database: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) keyring: Keyring,
    /// Whether the database is still empty.
    pub(crate) is_new: bool,
    _lock: File,
}

/// Opens the files or creates them. `fresh` deletes the demo's own database first; the key file stays, and is used again.
pub(crate) fn prepare(database: &Path, fresh: bool) -> Result<Files, Failure> {
    let database = absolute(database)?;
    let key = beside(&database, ".key");
    let lock = lock(&database)?;
    let is_empty = is_empty(&database)?;
    let is_new = is_empty || fresh;
    // The key comes first: an interrupted start leaves at most a key without a database, which the next start uses.
    let advice = "put it back, or start over with --fresh";
    let keyring = keyring(&key, is_new, advice)?;
    if is_new && !is_empty {
        for file in [
            beside(&database, "-wal"),
            beside(&database, "-shm"),
            database.clone(),
        ] {
            remove(&file)?;
        }
    }
    if is_new {
        private(&database)?;
    }
    Ok(Files {
        database,
        key,
        keyring,
        is_new,
        _lock: lock,
    })
}

/// Creates a key only for a new database; else `advice` says what to do where there is none.
pub(crate) fn keyring(key: &Path, is_new: bool, advice: &str) -> Result<Keyring, Failure> {
    if !is_new && !key.exists() {
        let why = format!("there is none, and it alone opens the database: {advice}");
        return Err(Failure::file("use the key file", key, why));
    }
    Keyring::load_or_create(key).map_err(|fault| Failure::file("use the key file", key, fault))
}

/// The absolute path without links, so that every name of a file leads to one lock. Creates the folder of the default path
/// only.
fn absolute(database: &Path) -> Result<PathBuf, Failure> {
    let bad = || Failure::BadInput(format!("--db {}: not a file", database.display()));
    let name = database.file_name().ok_or_else(bad)?;
    if database.is_dir() {
        return Err(bad());
    }
    let folder = match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if database == Path::new(DEFAULT_DATABASE) {
        fs::create_dir_all(folder)
            .map_err(|cause| Failure::file("create the folder", folder, cause))?;
    }
    fs::canonicalize(database)
        .or_else(|_| fs::canonicalize(folder).map(|folder| folder.join(name)))
        .map_err(|cause| Failure::file("find the folder", folder, cause))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The lock has a file of its own, which stays: `loquet keys` replaces the key file.
fn lock(database: &Path) -> Result<File, Failure> {
    let path = beside(database, ".lock");
    let file = private(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Files(format!(
            "{} is in use by another loquet-demo: end that one first, or choose another file with --db",
            database.display()
        ))),
        Err(TryLockError::Error(cause)) => Err(Failure::file("lock", &path, cause)),
    }
}

/// Whether the database is still to be made. Refuses a file that another program made, by SQLite's magic and application
/// id (SQLite file format §1.3).
fn is_empty(database: &Path) -> Result<bool, Failure> {
    let mut header = Vec::new();
    let read = File::open(database).and_then(|file| file.take(100).read_to_end(&mut header));
    match read {
        Ok(_) => {}
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(cause) => return Err(Failure::file("read", database, cause)),
    }
    let is_ours = header.starts_with(b"SQLite format 3\0")
        && header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    if is_ours || header.is_empty() {
        return Ok(header.is_empty());
    }
    Err(Failure::BadInput(format!(
        "{} does not begin like a database of this demo, so it is left alone. Choose another file with --db.",
        database.display()
    )))
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(Failure::file("delete", path, cause))
        }
        _ => Ok(()),
    }
}

/// Opens a file, which its owner alone can read if this creates it.
fn private(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|cause| Failure::file("write", path, cause))
}
