//! How a command ends.

use std::fmt::Display;

/// How a command ends when its input was understood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Done,
    /// The command has said no: exit code 1.
    Refused,
}

/// Why a command could not do its work.
pub(crate) enum Failure {
    /// Exit code 2, with a sentence for the person.
    BadInput(String),
    /// Exit code 1, with the refusal as it is told on standard output.
    Refused(String),
    /// Whoever read our output has gone (`loquet … | head -1`): no reason to complain.
    NobodyReads,
}

impl Failure {
    /// Bad input, named by what was read: `--secret: …`.
    pub(crate) fn of(what: &str, why: impl Display) -> Self {
        Self::BadInput(format!("{what}: {why}"))
    }
}
