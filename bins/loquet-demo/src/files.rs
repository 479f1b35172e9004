//! The database's file and the key file beside it: made for their owner alone, recognised before they are touched.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use loquet::KeyRing;
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use crate::cli::DEFAULT_DATABASE;
use crate::failure::Failure;

/// SQLite's `application_id` of the demonstration's files: "LqDm".
pub(crate) const APPLICATION_ID: i32 = 0x4c71_446d;
/// What the file holds that stands beside the database while a first start makes it.
const BEGUN: &[u8] =
    b"loquet-demo is making the database beside this file. Nothing in it counts yet.\n";
/// First line of the key file, by which it is recognised.
const KEY_MARK: &str =
    "# Key file of loquet-demo. Whoever has it can read the secrets in the database beside it.";
/// No key file is longer, in bytes.
const MAX_KEY_FILE: usize = 64 << 10;

/// The two files, and the lock that keeps a second instance out for as long as this lives.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) database: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) ring: KeyRing,
    /// The database is new.
    pub(crate) is_new: bool,
    /// Others than the owner can read the key file.
    pub(crate) is_exposed: bool,
    /// While this is the first start and it is not over: the file that says so, locked.
    begun: Option<(PathBuf, File)>,
    _lock: File,
}

impl Files {
    /// The first start is over: what it made counts from now on.
    pub(crate) fn settled(&mut self) {
        if let Some((path, _)) = self.begun.take() {
            // If it stays, the next start takes back what nobody has used.
            drop(fs::remove_file(path));
        }
    }
}

/// Finds the files, or makes them. `fresh` deletes them first, if they are ours.
pub(crate) fn prepare(database: &Path, fresh: bool) -> Result<Files, Failure> {
    let database = settle(database)?;
    let key = beside(&database, ".key");
    let mark = beside(&database, ".new");
    let held = hold(&database)?;
    take_back_what_was_cut_off(&mark, &database, &key)?;
    let kind = Kind::of(&database)?;
    match kind {
        Kind::Foreign if fresh => return Err(Failure::NotOurs { path: database }),
        Kind::Foreign if recognise_key(&key).is_ok() => {
            return Err(Failure::Overwritten {
                path: database,
                key,
            });
        }
        Kind::Foreign => return Err(Failure::Foreign { path: database }),
        Kind::Absent | Kind::Empty | Kind::Ours => {}
    }
    let found = match open(&key)? {
        Some(_) if fresh => {
            recognise_key(&key)?;
            for file in [
                beside(&database, "-wal"),
                beside(&database, "-shm"),
                database.clone(),
                key.clone(),
            ] {
                remove(&file)?;
            }
            None
        }
        None if fresh && kind == Kind::Ours => {
            for file in [
                beside(&database, "-wal"),
                beside(&database, "-shm"),
                database.clone(),
            ] {
                remove(&file)?;
            }
            None
        }
        found => found,
    };
    let is_new = matches!(Kind::of(&database)?, Kind::Absent | Kind::Empty);
    let mut begun = None;
    let key_file = match (found, is_new) {
        (None, false) => return Err(Failure::KeyMissing { path: key }),
        // A key whose database has gone or is empty: something happened that no start should paint over.
        (Some(_), true) => {
            return Err(Failure::Damaged {
                path: database,
                why: "it is missing or empty, but its key file is there".into(),
            });
        }
        (Some(file), false) => file,
        (None, true) => {
            create(&mark, BEGUN)?;
            begun = lock(&mark, &database)?.map(|held| (mark, held));
            create(&database, b"")?;
            create(&key, new_key()?.as_bytes())?;
            open(&key)?.ok_or_else(|| Failure::KeyMissing { path: key.clone() })?
        }
    };
    let ring = ring(&key_file).map_err(|why| Failure::BadKey {
        path: key.clone(),
        why,
    })?;
    let is_exposed = is_exposed(&key_file);
    Ok(Files {
        database,
        key,
        ring,
        is_new,
        is_exposed,
        begun,
        _lock: held,
    })
}

/// A first start that was killed before it was over leaves its mark, unlocked: nobody has used what it made, and this
/// start is the first.
fn take_back_what_was_cut_off(mark: &Path, database: &Path, key: &Path) -> Result<(), Failure> {
    let Some(held) = lock(mark, database)? else {
        return Ok(());
    };
    let mut found = Vec::new();
    let most = u64::try_from(BEGUN.len())
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    Read::take(&held, most)
        .read_to_end(&mut found)
        .map_err(|cause| Failure::File {
            doing: "read",
            path: mark.to_owned(),
            cause,
        })?;
    // It may have been killed while it wrote this very file.
    if !BEGUN.starts_with(&found) {
        return Err(Failure::NotOurs {
            path: mark.to_owned(),
        });
    }
    for file in [
        beside(database, "-wal"),
        beside(database, "-shm"),
        database.to_owned(),
        key.to_owned(),
        mark.to_owned(),
    ] {
        remove(&file)?;
    }
    Ok(())
}

/// Takes back what a failed first start made, so that the next start is a first one again.
pub(crate) fn undo(files: &Files) {
    for file in [
        beside(&files.database, "-wal"),
        beside(&files.database, "-shm"),
        files.database.clone(),
        files.key.clone(),
        beside(&files.database, ".new"),
    ] {
        // Whatever stays is reported by the next start.
        drop(fs::remove_file(file));
    }
}

/// The absolute path, so that two names of one file are one. The folder of the default path is made.
fn settle(database: &Path) -> Result<PathBuf, Failure> {
    let bad = |why| Failure::BadPath {
        path: database.to_owned(),
        why,
    };
    let name = database.file_name().ok_or(bad("it names no file"))?;
    let folder = match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if database == Path::new(DEFAULT_DATABASE) {
        fs::create_dir_all(folder).map_err(|cause| Failure::File {
            doing: "make the folder",
            path: folder.to_owned(),
            cause,
        })?;
    }
    if database.is_dir() {
        return Err(bad("it is a folder"));
    }
    match fs::canonicalize(database) {
        Ok(path) => Ok(path),
        Err(_) => fs::canonicalize(folder)
            .map(|folder| folder.join(name))
            .map_err(|cause| Failure::File {
                doing: "find the folder",
                path: folder.to_owned(),
                cause,
            }),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Absent,
    Empty,
    Ours,
    Foreign,
}

impl Kind {
    /// Reads the file's first hundred bytes: SQLite's magic and the application's id (SQLite file format §1.3), which
    /// survive when the rest is damaged.
    fn of(path: &Path) -> Result<Self, Failure> {
        let file = |cause| Failure::File {
            doing: "read",
            path: path.to_owned(),
            cause,
        };
        let mut header = Vec::new();
        match File::open(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Self::Absent),
            Err(cause) => return Err(file(cause)),
            Ok(open) => open.take(100).read_to_end(&mut header).map_err(file)?,
        };
        if header.is_empty() {
            return Ok(Self::Empty);
        }
        let is_ours = header.starts_with(b"SQLite format 3\0")
            && header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
        Ok(if is_ours { Self::Ours } else { Self::Foreign })
    }
}

/// Keeps every other start out. The lock has a file of its own, which nobody replaces and which stays: `loquet keys` puts
/// a new key file in the old one's place, and a lock on that would hold nobody any more.
fn hold(database: &Path) -> Result<File, Failure> {
    let path = beside(database, ".lock");
    create(&path, b"")?;
    lock(&path, database)?.ok_or_else(|| Failure::InUse {
        path: database.to_owned(),
    })
}

fn open(path: &Path) -> Result<Option<File>, Failure> {
    match File::open(path) {
        Ok(open) => Ok(Some(open)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Failure::File {
            doing: "read",
            path: path.to_owned(),
            cause,
        }),
    }
}

fn lock(path: &Path, database: &Path) -> Result<Option<File>, Failure> {
    let Some(open) = open(path)? else {
        return Ok(None);
    };
    match open.try_lock() {
        Ok(()) => Ok(Some(open)),
        Err(TryLockError::WouldBlock) => Err(Failure::InUse {
            path: database.to_owned(),
        }),
        Err(TryLockError::Error(cause)) => Err(Failure::File {
            doing: "lock",
            path: path.to_owned(),
            cause,
        }),
    }
}

fn recognise_key(key: &Path) -> Result<(), Failure> {
    let mut start = Vec::new();
    File::open(key)
        .and_then(|open| open.take(KEY_MARK.len() as u64).read_to_end(&mut start))
        .map_err(|cause| Failure::File {
            doing: "read",
            path: key.to_owned(),
            cause,
        })?;
    if start == KEY_MARK.as_bytes() {
        Ok(())
    } else {
        Err(Failure::NotOurs {
            path: key.to_owned(),
        })
    }
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Failure::File {
            doing: "delete",
            path: path.to_owned(),
            cause,
        }),
        _ => Ok(()),
    }
}

/// Makes a file that only its owner can read. One that exists (an empty database) is kept.
fn create(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .map_err(|cause| Failure::File {
            doing: "write",
            path: path.to_owned(),
            cause,
        })
}

fn new_key() -> Result<Zeroizing<String>, Failure> {
    let mut key = Zeroizing::new([0; 32]);
    SysRng
        .try_fill_bytes(&mut *key)
        .map_err(|fault| Failure::Random(fault.to_string()))?;
    let line = KeyRing::line(1, &key);
    Ok(Zeroizing::new([KEY_MARK, "\n", &line].concat()))
}

fn ring(file: &File) -> Result<KeyRing, String> {
    // Room for all of it: what grows leaves its old place unwiped.
    let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_FILE));
    Read::take(file, MAX_KEY_FILE as u64)
        .read_to_string(&mut text)
        .map_err(|cause| cause.to_string())?;
    KeyRing::parse(&text).map_err(|fault| fault.to_string())
}

#[cfg(unix)]
fn is_exposed(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &File) -> bool {
    false
}
