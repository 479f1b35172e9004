//! Where the key ring comes from: a file, or the variable `LOQUET_KEYS`. And how a key file is changed.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use loquet::Keyring;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output;

/// The variable that holds a key ring.
const VARIABLE: &str = "LOQUET_KEYS";
/// No key file is longer, in bytes.
const MAX_KEY_FILE: u64 = 64 << 10;

/// Where the keys of a database are.
pub(crate) enum Keys {
    File(PathBuf),
    Variable,
}

impl Keys {
    /// The file that was named; else the variable, where it is set; else the file beside a SQLite file.
    pub(crate) fn of(named: Option<&Path>, db: Option<&Path>) -> Result<Self, Failure> {
        match (named, db) {
            (Some(path), _) => Ok(Self::File(path.to_owned())),
            (None, _) if std::env::var_os(VARIABLE).is_some() => Ok(Self::Variable),
            (None, Some(db)) => {
                let mut beside = db.as_os_str().to_owned();
                beside.push(".key");
                Ok(Self::File(beside.into()))
            }
            (None, None) => Err(Failure::of(
                "--key",
                format_args!("with PostgreSQL, name the key file, or set {VARIABLE}"),
            )),
        }
    }

    /// Reads the ring. Only warns of a key file that others can read, because the operator may be about to mend it; the service
    /// itself refuses such a file.
    pub(crate) fn ring(&self) -> Result<Keyring, Failure> {
        if let Self::File(path) = self
            && is_open_to_others(path)
        {
            output::note(&format!(
                "other users can read the key file {}: run `chmod 600` on it, and change the keys if they may have",
                path.display()
            ));
        }
        Keyring::parse(&self.text()?).map_err(|why| self.wrong(&why))
    }

    fn text(&self) -> Result<Zeroizing<String>, Failure> {
        match self {
            Self::Variable => std::env::var(VARIABLE)
                .map(Zeroizing::new)
                .map_err(|_| self.wrong(&"not UTF-8")),
            Self::File(path) => {
                let found = fs::metadata(path).map_err(|why| self.unreadable(&why))?;
                if found.len() > MAX_KEY_FILE {
                    return Err(self.wrong(&"too long for a key file"));
                }
                // What is not text is no key ring, and bad input.
                match fs::read_to_string(path).map(Zeroizing::new) {
                    Err(why) if why.kind() == ErrorKind::InvalidData => Err(self.wrong(&why)),
                    read => read.map_err(|why| self.unreadable(&why)),
                }
            }
        }
    }

    fn wrong(&self, why: &dyn Display) -> Failure {
        match self {
            Self::File(path) => Failure::of("--key", format_args!("{}: {why}", path.display())),
            Self::Variable => Failure::of(VARIABLE, why),
        }
    }

    fn unreadable(&self, why: &io::Error) -> Failure {
        match self {
            Self::File(path) => Failure::io(
                "--key",
                format_args!(
                    "{}: {why}; name the key file with --key, or set {VARIABLE}",
                    path.display()
                ),
            ),
            Self::Variable => Failure::io(VARIABLE, why),
        }
    }

    /// Changes the file line by line: `change` gives what stands in a line's place, and `None` takes it out; `more` is
    /// added at the end. A reader finds the old file or the new one, also after a loss of power.
    pub(crate) fn rewrite(
        &self,
        change: impl Fn(&str) -> Option<String>,
        more: &str,
    ) -> Result<(), Failure> {
        let Self::File(path) = self else {
            return Err(
                self.wrong(&"a variable cannot be changed from here: change it where it is set")
            );
        };
        let old = self.text()?;
        // Room for all of it: what grows leaves its old place unwiped.
        let room = old.len().saturating_add(more.len()).saturating_add(1);
        let mut new = Zeroizing::new(String::with_capacity(room));
        for line in old.lines() {
            if let Some(line) = change(line).map(Zeroizing::new) {
                new.push_str(&line);
                new.push('\n');
            }
        }
        new.push_str(more);
        // What is written must be readable: nothing is replaced by a ring that cannot be opened.
        Keyring::parse(&new).map_err(|why| self.wrong(&why))?;
        replace(path, new.as_bytes()).map_err(|why| self.unreadable(&why))
    }
}

/// Whether other users can read or write a file.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// Puts a file in another's place, as private as that one was.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    let permissions = fs::metadata(&path)?.permissions();
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    File::open(folder)?.sync_all()
}

/// The id of the key that a line of the file holds.
pub(crate) fn id(line: &str) -> Option<u32> {
    let line = line.split('#').next()?;
    line.split_whitespace().next()?.parse().ok()
}
