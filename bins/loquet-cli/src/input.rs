//! What comes from outside: standard input, files, the clock. Nothing is read without a limit.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output;

/// Standard input, handed out line by line.
///
/// It is read past the standard library's buffer, which would keep what was typed until the process ends.
pub(crate) struct Stdin {
    source: Source,
    /// Whether a line or the whole was read: only the first can begin with a byte-order mark.
    begun: bool,
}

/// Editors and exports of some systems put it before a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Refuses a byte-order mark that is left in a text, as where files were joined.
pub(crate) fn without_mark(text: &str) -> Result<(), &'static str> {
    if text.contains(BYTE_ORDER_MARK) {
        return Err("a byte-order mark (U+FEFF) in the middle of the text: remove it");
    }
    Ok(())
}

#[cfg(unix)]
type Source = File;
/// A console's letters are made of its own code, which the standard library does.
#[cfg(not(unix))]
type Source = io::Stdin;

#[cfg(unix)]
fn source() -> io::Result<Source> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn source() -> io::Result<Source> {
    Ok(io::stdin())
}

impl Stdin {
    pub(crate) fn open() -> Result<Self, Failure> {
        let begun = false;
        source()
            .map(|source| Self { source, begun })
            .map_err(|why| Failure::io("standard input", why))
    }

    /// A flag's text: as given, or the next line for `-`. `what` names it in errors, never its content.
    pub(crate) fn resolve(
        &mut self,
        what: &str,
        given: &str,
        limit: usize,
    ) -> Result<Zeroizing<String>, Failure> {
        let text = match given {
            "-" => self.line(what, limit)?,
            given => Zeroizing::new(given.to_owned()),
        };
        if text.len() > limit {
            return Err(too_long(what, limit));
        }
        Ok(text)
    }

    /// The next line, asked for by name where a person sits at the keyboard.
    pub(crate) fn ask(&mut self, what: &str, limit: usize) -> Result<Zeroizing<String>, Failure> {
        if io::stdin().is_terminal() {
            output::prompt(what);
        }
        self.line(what, limit)
    }

    fn line(&mut self, what: &str, limit: usize) -> Result<Zeroizing<String>, Failure> {
        let mark = if std::mem::replace(&mut self.begun, true) {
            ""
        } else {
            BYTE_ORDER_MARK
        };
        // Two more than the limit: for the end of the line, and for the byte that is too many.
        let most = limit.saturating_add(2).saturating_add(mark.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(most));
        let mut byte = Zeroizing::new([0]);
        while bytes.len() < most && bytes.last() != Some(&b'\n') {
            match self.source.read(&mut *byte) {
                Ok(0) => break,
                Ok(_) => bytes.extend_from_slice(&*byte),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => return Err(Failure::io("standard input", why)),
            }
        }
        if bytes.is_empty() {
            return Err(Failure::of(
                what,
                "expected a line on standard input, found its end; type it, or pipe it in",
            ));
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(mark.as_bytes()).unwrap_or(line);
        if line.len() > limit {
            return Err(too_long(what, limit));
        }
        let text = std::str::from_utf8(line).map_err(|why| {
            Failure::of(
                what,
                format_args!("not UTF-8 after byte {}", why.valid_up_to()),
            )
        })?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// A text file, or all of standard input for `-`, without the byte-order mark at its start.
    pub(crate) fn file(
        &mut self,
        what: &str,
        path: &str,
        limit: usize,
    ) -> Result<Zeroizing<String>, Failure> {
        let bytes = self.content(what, path, limit)?;
        let text = text(&bytes).map_err(|why| unread(what, path, &why))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// A file, or all of standard input for `-`, whatever it holds.
    pub(crate) fn content(
        &mut self,
        what: &str,
        path: &str,
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match path {
            "-" => all(what, path, &mut self.source, limit),
            path => bytes(what, path, limit),
        }
    }
}

/// The text of a file, without the byte-order mark at its start.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|why| format!("not UTF-8 after byte {}", why.valid_up_to()))?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

/// A file, whatever it holds.
pub(crate) fn bytes(what: &str, path: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = File::open(path).map_err(|why| unreadable(what, path, &why))?;
    all(what, path, file, limit)
}

fn all(
    what: &str,
    path: &str,
    from: impl Read,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // What grows leaves its old place unwiped, and small files may hold secrets.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.saturating_add(1).min(8 << 20)));
    from.take(most)
        .read_to_end(&mut bytes)
        .map_err(|why| unreadable(what, path, &why))?;
    if bytes.len() > limit {
        let why = format_args!("longer than {limit} bytes");
        return Err(unread(what, path, &why));
    }
    Ok(bytes)
}

fn unreadable(what: &str, path: &str, why: &io::Error) -> Failure {
    Failure::io(what, format_args!("{}: {why}", path.escape_debug()))
}

/// What was read is not what it should be.
pub(crate) fn unread(what: &str, path: &str, why: &dyn Display) -> Failure {
    Failure::of(what, format_args!("{}: {why}", path.escape_debug()))
}

fn too_long(what: &str, limit: usize) -> Failure {
    Failure::of(what, format_args!("longer than {limit} bytes"))
}

/// Seconds since the epoch.
pub(crate) fn now() -> Result<u64, Failure> {
    SystemTime::UNIX_EPOCH
        .elapsed()
        .map(|since| since.as_secs())
        .map_err(|_| Failure::io("clock", "this machine's clock is set before 1970"))
}
