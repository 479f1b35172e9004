//! Why the program ends: a sentence that says what to do, and an exit code.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Exit code 2.
    #[error("{0}")]
    BadInput(String),
    /// Exit code 3.
    #[error("{0}. Nothing was changed.")]
    Files(String),
    /// Exit code 4.
    #[error("{0}")]
    Server(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::BadInput(_) => 2,
            Self::Files(_) => 3,
            Self::Server(_) => 4,
        })
    }

    /// A file or folder that cannot be used: "cannot read FILE: permission denied".
    pub(crate) fn file(doing: &str, path: &Path, cause: impl Display) -> Self {
        Self::Files(format!("cannot {doing} {}: {cause}", path.display()))
    }

    /// A database that cannot be used, by its file or its address.
    pub(crate) fn database(database: &str, cause: impl Display) -> Self {
        Self::Files(format!("cannot use {database}: {cause}"))
    }

    pub(crate) fn damaged(path: &Path, cause: impl Display) -> Self {
        Self::Files(format!(
            "{} is damaged ({cause}): restore a copy of it, or start over with --fresh",
            path.display()
        ))
    }

    pub(crate) fn listen(address: SocketAddr, cause: &io::Error) -> Self {
        let cause = match cause.kind() {
            io::ErrorKind::AddrInUse => "another program listens there already".to_owned(),
            _ => cause.to_string(),
        };
        Self::Server(format!(
            "cannot listen on {address}: {cause}. Choose another address with --listen."
        ))
    }
}
