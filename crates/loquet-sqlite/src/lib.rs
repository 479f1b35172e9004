//! Loquet's store over SQLite.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use loquet_sqlite::SqliteStore;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("loquet.db");
//!
//! let store = SqliteStore::open(path)?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//! - **Acknowledged is durable.** The log is synced before [`Commit::Done`](loquet::store::Commit::Done) (WAL,
//!   `synchronous = FULL`). Should that fail, the answer is [`Fault::Unknown`](loquet::store::Fault::Unknown) for all it
//!   concerned, and the connection is replaced.
//! - **All or nothing, once.** The versions of a change are checked in the transaction that writes it. Of any number
//!   of threads and processes with the same expectation one wins.
//! - **Fast in company, never late alone.** Changes that wait while another is synced share the next transaction and
//!   its one sync. One that cannot be written is found by replaying its group one by one, and fails alone.
//! - **Busy is an answer.** Another process's lock is waited for as long as [`Options::busy`] says, then the answer is
//!   [`Fault::Busy`](loquet::store::Fault::Busy).
//! - **No runtime.** One thread writes, [2 to 4](Options::readers) read; a future only waits for their reply.
//!
//! # In the host's own database
//! The tables begin with `loquet_` and keep their own version in `loquet_schema`; `user_version` is the host's.
//! [`OpenError::Newer`] refuses what a newer program has written.
//!
//! Triggers stop mistakes: a stray statement, `INSERT OR REPLACE` included, cannot un-enable an organization, take back
//! a used step or an epoch, change an id, or touch the audit log. They do not stop an attacker, who may drop them.
//!
//! How many log-ins a second that gives, beside the same statements by hand, is in [`measured`].
//!
//! # Which SQLite
//! `rusqlite` is taken as a range, for only one can live in a build and another crate may have chosen it. The feature
//! `bundled` builds SQLite along; otherwise the system's is linked, 3.37 or newer. Where *several processes* share a
//! file, see that it is 3.51.3 or newer: older ones have a rare race between checkpoints that can damage a database in
//! WAL mode (the "WAL-reset bug"). Within one process only the writer makes checkpoints.
//!
//! A network's file system keeps no locks that WAL can rely on: use a local disk.

mod backup;
mod connect;
mod error;
mod fault;
mod host;
mod open;
mod read;
mod reader;
mod schema;
mod store;
mod workers;
mod write;
mod writer;

pub use backup::{BackupError, Restore, backup};
pub use error::OpenError;
pub use host::{HostTransaction, refused};
pub use open::Options;
pub use store::SqliteStore;

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}
