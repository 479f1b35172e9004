//! How a command ends: what is told, and with which exit code. Every exit code of the program is decided here.

use std::fmt::Display;

use loquet::{Config, Error, Refusal, Unavailable};
use loquet_sqlite::{BackupError, OpenError};
use serde_json::{Value, json};

/// The exit codes, as `--help` lists them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  refused: a wrong code, a rule that forbids it, a check that found something
  2  bad input: a flag, a name, or the content of a file
  3  I/O: a file that cannot be read or written, a database that is locked";

/// How a command ends when it could do its work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Done,
    /// The answer is no, and the command has printed it: exit code 1.
    Refused,
}

/// Why a command could not do its work.
pub(crate) enum Failure {
    /// Exit code 1, told on standard output.
    Refused(Refused),
    /// Exit code 2, with a sentence on standard error.
    BadInput(String),
    /// Exit code 3, with a sentence on standard error.
    Io(String),
    /// The reader of standard output has gone (`loquet … | head -1`): exit code 0, without a complaint.
    OutputClosed,
}

/// A refusal as it is told.
pub(crate) struct Refused {
    pub(crate) text: String,
    pub(crate) object: Value,
}

impl Failure {
    /// Bad input, named by what was read: `--secret: …`.
    pub(crate) fn of(what: &str, why: impl Display) -> Self {
        Self::BadInput(format!("{what}: {why}"))
    }

    /// A file, a stream or a database that does not answer, named likewise.
    pub(crate) fn io(what: &str, why: impl Display) -> Self {
        Self::Io(format!("{what}: {why}"))
    }

    /// A database that does not open. What lies there is bad input; that it cannot be reached is I/O.
    pub(crate) fn opening(what: &str, why: &OpenError) -> Self {
        match why {
            OpenError::NoFolder { .. }
            | OpenError::NotAFile { .. }
            | OpenError::Empty { .. }
            | OpenError::OrphanedLog { .. }
            | OpenError::NotADatabase { .. }
            | OpenError::NotEmpty { .. }
            | OpenError::Altered { .. }
            | OpenError::Newer { .. } => Self::of(what, why),
            _ => Self::io(what, why),
        }
    }

    /// A backup that was not taken, or not restored.
    pub(crate) fn backup(what: &str, why: &BackupError) -> Self {
        match why {
            BackupError::Open(why) => Self::opening(what, why),
            BackupError::Exists { .. } | BackupError::HasLog { .. } => Self::of(what, why),
            _ => Self::io(what, why),
        }
    }
}

impl From<Refusal> for Failure {
    /// Its stable name, and what belongs to it.
    fn from(refusal: Refusal) -> Self {
        let mut object = serde_json::to_value(refusal).unwrap_or_default();
        let mut text = format!("refused: {}", refusal.code());
        if let Some(fields) = object.as_object_mut() {
            fields.remove("kind");
            for (name, value) in fields.iter() {
                text.push_str(&format!(" {name}={value}"));
            }
            fields.insert("refused".to_owned(), refusal.code().into());
        }
        Self::Refused(Refused { text, object })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Unavailable(Unavailable::Audit(broken)) => Self::Refused(Refused {
                text: format!("refused: {broken}"),
                object: json!({ "refused": "AUDIT_BROKEN", "broken": broken.to_string() }),
            }),
            Error::Config(why @ Config::NoToken(_)) => Self::of("SERIAL", why),
            Error::Config(why) => Self::of("database", why),
            other => Self::io("database", other),
        }
    }
}
