//! From SQLite's errors to the port's.

use std::sync::Arc;

use loquet::store::Fault;
use rusqlite::ErrorCode;

/// An error that everybody in a group is told.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Shared(#[source] Arc<rusqlite::Error>);

impl From<rusqlite::Error> for Shared {
    fn from(error: rusqlite::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl Shared {
    /// Nothing was written, or nothing could be read.
    pub(crate) fn refused(&self) -> Fault {
        if is_busy(&self.0) {
            Fault::Busy
        } else {
            Fault::NotCommitted(Box::new(self.clone()))
        }
    }

    /// Written or not, nobody knows.
    pub(crate) fn unknown(&self) -> Fault {
        Fault::Unknown(Box::new(self.clone()))
    }
}

/// Another connection holds the lock that this one needs.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
