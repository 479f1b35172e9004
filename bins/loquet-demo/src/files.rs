//! The database's file and the key file beside it, both readable by their owner alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use loquet::Keyring;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::cli::DEFAULT_DATABASE;
use crate::failure::Failure;

/// SQLite's `application_id` of the demo's files: "LqDm".
pub(crate) const APPLICATION_ID: i32 = 0x4c71_446d;
/// The key file begins with this, which `loquet keys` keeps.
const KEY_MARK: &str = "# Key file of loquet-demo.";

/// The two files, and the lock that keeps a second demo out for as long as this lives.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) database: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ring: Keyring,
    /// The database is empty so far.
    pub(crate) is_new: bool,
    _lock: File,
}

impl Files {
    /// Whether other users of the machine can read the key file.
    pub(crate) fn is_key_exposed(&self) -> bool {
        #[cfg(unix)]
        return fs::metadata(&self.key).is_ok_and(|key| {
            std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o077 != 0
        });
        #[cfg(not(unix))]
        false
    }
}

/// Opens the files or creates them. `fresh` deletes the demo's own files first.
pub(crate) fn prepare(database: &Path, fresh: bool) -> Result<Files, Failure> {
    let database = absolute(database)?;
    let key = beside(&database, ".key");
    let lock = lock(&database)?;
    let mut is_new = is_empty(&database)?;
    if fresh && !is_new {
        recognize_key(&key)?;
        for file in [
            beside(&database, "-wal"),
            beside(&database, "-shm"),
            key.clone(),
            database.clone(),
        ] {
            remove(&file)?;
        }
        is_new = true;
    }
    // The key comes first: an interrupted start leaves at most a key without a database, which the next start uses.
    if is_new && !key.exists() {
        create_key(&key)?;
    }
    let ring = fs::read_to_string(&key)
        .map(Zeroizing::new)
        .map_err(|cause| cause.to_string())
        .and_then(|text| Keyring::parse(&text).map_err(|fault| fault.to_string()))
        .map_err(|cause| {
            let advice = "it alone opens the database: put it back, or start over with --fresh";
            Failure::file("use the key file", &key, format_args!("{cause}; {advice}"))
        })?;
    if is_new {
        private(&database)?;
    }
    Ok(Files {
        database,
        key,
        ring,
        is_new,
        _lock: lock,
    })
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

/// Refuses a key file that this demo did not make. A missing one is fine.
fn recognize_key(key: &Path) -> Result<(), Failure> {
    match fs::read(key) {
        Ok(text) if text.starts_with(KEY_MARK.as_bytes()) => Ok(()),
        Ok(_) => Err(Failure::BadInput(format!(
            "{} does not begin like a key file of this demo, so nothing is deleted. Move it away first.",
            key.display()
        ))),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(Failure::file("read", key, cause)),
    }
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

/// Writes a new key in one step: whenever this is interrupted there is a whole key file or none.
fn create_key(path: &Path) -> Result<(), Failure> {
    let failed = |cause: &dyn std::fmt::Display| Failure::file("write", path, cause);
    let key = Zeroizing::new(loquet::random::<32>().map_err(|cause| failed(&cause))?);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(|cause| failed(&cause))?;
    writeln!(
        file,
        "{KEY_MARK} It opens the secrets in the database beside it."
    )
    .and_then(|()| file.write_all(Keyring::line(1, &key).as_bytes()))
    .and_then(|()| file.as_file().sync_all())
    .map_err(|cause| failed(&cause))?;
    file.persist_noclobber(path)
        .map_err(|cause| failed(&cause))?;
    Ok(())
}
