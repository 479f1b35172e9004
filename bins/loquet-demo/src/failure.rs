//! Why the program ends, in a sentence and an exit code.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// A reason to end. Each sentence says what to do, for whoever reads it at three in the morning.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("--countries {}: {why}. Nothing was changed.", path.display())]
    Countries { path: PathBuf, why: String },
    #[error("{} is not a file that a database can be in: {why}", path.display())]
    BadPath { path: PathBuf, why: &'static str },
    #[error(
        "--fresh deletes only the demonstration's own files, and {} is not one of them. Nothing was deleted. \
         Choose another file with --db, or remove this one yourself.",
        path.display()
    )]
    NotOurs { path: PathBuf },
    #[error("{} belongs to another program: the demonstration leaves it alone. Choose another file with --db.", path.display())]
    Foreign { path: PathBuf },
    #[error("cannot {doing} {}: {cause}. Nothing was changed.", path.display())]
    File {
        doing: &'static str,
        path: PathBuf,
        cause: io::Error,
    },
    #[error(
        "{} is in use by another loquet-demo. End that one first, or choose another file with --db.",
        path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "{} is damaged ({why}). Nothing was changed. Restore a copy of it, or start over with --fresh.",
        path.display()
    )]
    Damaged { path: PathBuf, why: String },
    #[error(
        "{} does not begin like the demonstration's database, though its key file {} is there: it was overwritten or \
         damaged. Nothing was changed. Restore a copy of it, or move both files away to start over.",
        path.display(),
        key.display()
    )]
    Overwritten { path: PathBuf, key: PathBuf },
    #[error(
        "{} was made by a newer version of loquet-demo (format {found}, this one knows {known}). Nothing was changed. \
         Use the newer version, or another file with --db.",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: u32,
        known: u32,
    },
    #[error(
        "the key file {} is missing, and the secrets in the database open with nothing else. Nothing was changed. \
         Put it back, or start over with --fresh.",
        path.display()
    )]
    KeyMissing { path: PathBuf },
    #[error("the key file {} cannot be used: {why}. Nothing was changed. Restore it, or start over with --fresh.", path.display())]
    BadKey { path: PathBuf, why: String },
    #[error(
        "the key file {} belongs to another database. Nothing was changed. Put the right one back, or start over with --fresh.",
        path.display()
    )]
    WrongKey { path: PathBuf },
    #[error("the database {} cannot be used: {why}. Nothing is lost; see that the disk is writable and has room.", path.display())]
    Store { path: PathBuf, why: String },
    #[error("{why}. Nothing was changed.")]
    Tables { why: String },
    #[error("the system's random generator failed: {0}")]
    Random(String),
    #[error("cannot listen on {address}: {why}. Choose another address with --listen.")]
    Address { address: SocketAddr, why: String },
    #[error("the server stopped: {0}")]
    Server(io::Error),
}

impl Failure {
    /// 2 bad input, 3 the store, 4 the address.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::BadPath { .. }
            | Self::Countries { .. }
            | Self::NotOurs { .. }
            | Self::Foreign { .. } => 2,
            Self::File { .. }
            | Self::InUse { .. }
            | Self::Damaged { .. }
            | Self::Overwritten { .. }
            | Self::Newer { .. }
            | Self::KeyMissing { .. }
            | Self::BadKey { .. }
            | Self::WrongKey { .. }
            | Self::Store { .. }
            | Self::Tables { .. }
            | Self::Random(_) => 3,
            Self::Address { .. } | Self::Server(_) => 4,
        })
    }

    /// An address that could not be had.
    pub(crate) fn address(address: SocketAddr, cause: &io::Error) -> Self {
        let why = match cause.kind() {
            io::ErrorKind::AddrInUse => "another program listens there already".to_owned(),
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 are for the system's own services".to_owned()
            }
            _ => cause.to_string(),
        };
        Self::Address { address, why }
    }
}
