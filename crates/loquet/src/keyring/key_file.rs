//! The key file: one key a line.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Keyring, KeyringError, MasterKey};
use crate::edge::random;

impl Keyring {
    /// Reads the key file at `path`, or creates one with a new key, readable by its owner alone.
    ///
    /// Keep it apart from the database and its backups, and keep a copy: without it no second factor works any more.
    ///
    /// ```no_run
    /// let keyring = loquet::Keyring::load_or_create("mfa.keys")?;
    /// # Ok::<(), loquet::KeyringError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyringError::File`] when it cannot be read or created, or when other users can read it (Unix), and those of
    /// [`parse`](Self::parse).
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Self, KeyringError> {
        let path = path.as_ref();
        let fault = |why: String| KeyringError::File {
            path: path.display().to_string(),
            why,
        };
        let failed = |error: io::Error| fault(error.to_string());
        if !path.try_exists().map_err(failed)? {
            let drawn = |error: crate::edge::NoEntropy| fault(error.to_string());
            let key = Zeroizing::new(random().map_err(drawn)?);
            let suffix = u64::from_be_bytes(random().map_err(drawn)?);
            match create(path, &Self::line(1, &key), suffix) {
                // Read back below: what counts is what is on the disk.
                Ok(()) => {}
                // Another process was faster, and its key counts.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        owner_only(path).map_err(fault)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads a key file"
        )]
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        Self::parse(&text).map_err(|error| fault(error.to_string()))
    }

    /// Reads the key file, or the same text from an environment variable: one key a line, `ID HEX`, ids rising, blank
    /// lines and `#` comments allowed; a `;` ends a line too. The last line encrypts, unless it ends in the word `waiting`:
    /// such a key only opens, until every process that uses the store knows it.
    ///
    /// ```
    /// use loquet::Keyring;
    /// let text = format!("# since 2026-11\n1 {}\n", "ab".repeat(32));
    /// assert!(Keyring::parse(&text).is_ok());
    /// let two = format!("1 {}; 2 {} waiting", "ab".repeat(32), "cd".repeat(32));
    /// assert_eq!(Keyring::parse(&two)?.current(), 1);
    /// assert!(Keyring::parse("1 short").is_err());
    /// # Ok::<(), loquet::KeyringError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyringError`] with the line at fault; the error never repeats what stands there.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys = BTreeMap::new();
        let (mut newest, mut current) = (None, None);
        for (line, content) in (1..).zip(text.split(['\n', ';'])) {
            let content = content.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let bad = KeyringError::BadLine { line };
            let mut words = content.split_whitespace();
            let id: Option<u32> = words.next().and_then(|id| id.parse().ok());
            let key = words.next().and_then(unhex);
            let (Some(id), Some(key)) = (id, key) else {
                return Err(bad);
            };
            // A rising order, so that the last line is the newest key and no line hides another.
            if newest.is_some_and(|newest| id <= newest) {
                return Err(KeyringError::NotNewer { line, id });
            }
            newest = Some(id);
            match (words.next(), words.next()) {
                (None, _) => current = Some(id),
                (Some("waiting"), None) => {}
                _ => return Err(bad),
            }
            keys.insert(id, MasterKey(key));
        }
        current
            .map(|current| Self { keys, current })
            .ok_or(KeyringError::Empty)
    }

    /// The text of a key file with this one key.
    #[must_use]
    pub fn line(id: u32, key: &[u8; 32]) -> Zeroizing<String> {
        // Room for all of it: what grows leaves its old place unwiped.
        let mut text = Zeroizing::new(String::with_capacity(80));
        text.push_str(&id.to_string());
        text.push(' ');
        for digit in key.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text.push('\n');
        text
    }
}

/// Writes the file whole or not at all, readable by its owner alone, and replaces none. The file system must have hard
/// links.
fn create(path: &Path, text: &str, suffix: u64) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{suffix:016x}"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        // Unlike a rename it fails where there is a file already.
        .and_then(|()| std::fs::hard_link(&new, path));
    drop(std::fs::remove_file(&new));
    written.and_then(|()| sync_folder(path))
}

/// The name must survive a loss of power before a store is encrypted under the key.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes a key file"
)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn owner_only(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = path
        .metadata()
        .map_err(|error| error.to_string())?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err("other users can read it: run `chmod 600` on it".to_owned())
    }
}

#[cfg(not(unix))]
fn owner_only(_: &Path) -> Result<(), String> {
    Ok(())
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |c: u8| {
            char::from(c)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        *byte = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_key_file_names_its_line_only() {
        let key = "ab".repeat(32);
        assert_eq!(
            Keyring::parse("# nothing\n\n").unwrap_err(),
            KeyringError::Empty
        );
        assert_eq!(
            Keyring::parse("x").unwrap_err(),
            KeyringError::BadLine { line: 1 }
        );
        let twice = format!("1 {key}\n1 {key}");
        assert_eq!(
            Keyring::parse(&twice).unwrap_err(),
            KeyringError::NotNewer { line: 2, id: 1 }
        );
        assert_eq!(
            Keyring::parse(&format!("1 {key} waiting")).unwrap_err(),
            KeyringError::Empty
        );
        for bad in [" later", " waiting waiting", " waiting #", "x"] {
            let text = format!("1 {key};2 {key}{bad}");
            let parsed = Keyring::parse(&text);
            assert_eq!(parsed.is_ok(), bad.contains('#'), "{bad}: {parsed:?}");
        }
        let long = format!("\n1 {key}00");
        let error = Keyring::parse(&long).unwrap_err();
        assert_eq!(error, KeyringError::BadLine { line: 2 });
        assert!(!error.to_string().contains("abab"));
        assert!(!format!("{:?}", Keyring::parse(&format!("1 {key}")).unwrap()).contains("abab"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test looks into the file")]
    fn key_file_is_created_once_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mfa.keys");
        Keyring::load_or_create(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        Keyring::load_or_create(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode =
                |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            mode(0o644).unwrap();
            let error = Keyring::load_or_create(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }
}
