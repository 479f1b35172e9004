//! Conversion of SQLite's errors to [`Fault`].

use std::sync::Arc;

use loquet::store::Fault;
use rusqlite::ErrorCode;

/// An error that every change of a group is answered with.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SharedError(#[source] Arc<rusqlite::Error>);

impl From<rusqlite::Error> for SharedError {
    fn from(error: rusqlite::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl SharedError {
    /// Returns the fault for an error before the commit: nothing was written or read.
    pub(crate) fn not_committed(&self) -> Fault {
        if is_busy(&self.0) {
            Fault::Busy
        } else {
            Fault::NotCommitted(Box::new(self.clone()))
        }
    }

    /// Returns the fault for a failed commit, which may have been written.
    pub(crate) fn unknown(&self) -> Fault {
        Fault::Unknown(Box::new(self.clone()))
    }
}

/// Returns whether another connection holds the lock.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
