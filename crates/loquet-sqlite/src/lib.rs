//! A store for Loquet in SQLite.
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
//! # Guarantees
//! - **Durable.** The log is synced before [`Commit::Done`](loquet::store::Commit::Done) (WAL, `synchronous = FULL`). If
//!   the sync fails, all changes concerned are answered with [`Fault::Unknown`](loquet::store::Fault::Unknown), and the
//!   connection is replaced.
//! - **Atomic.** The transaction that writes a change checks its versions. Of any number of threads and processes that
//!   expect the same version, one wins.
//! - **Group commit.** Changes that wait during a sync share the next transaction and its sync. A single change never
//!   waits for others. If a change cannot be written, its group is replayed one by one, and only this change fails.
//! - **Bounded waits.** A change waits for another process's lock as long as [`Options::busy`] says, then is answered with
//!   [`Fault::Busy`](loquet::store::Fault::Busy).
//! - **No runtime.** One thread writes, and [2 to 4](Options::readers) read. A future only waits for their reply.
//!
//! # Use in the host's database
//! The names of the tables begin with `loquet_`. Their version is in `loquet_schema`; `user_version` belongs to the host.
//! [`OpenError::Newer`] refuses tables of a newer program.
//!
//! Triggers stop mistakes: a stray statement, even `INSERT OR REPLACE`, cannot disable an organization, revive a used
//! step or an epoch, change an id, or modify the audit log. They do not stop an attacker, who can drop them: opening and
//! restoring refuse a database in which they are missing or changed ([`OpenError::Altered`]). The host may have triggers
//! on its own tables, but none that names a table of Loquet.
//!
//! [`measured`] compares the log-ins a second with the same statements by hand.
//!
//! # SQLite version
//! The dependency on `rusqlite` is a range, because a build can contain only one version and another crate may have
//! chosen it. The feature `bundled` builds SQLite; otherwise the system's library is linked, 3.37 or newer. If *several
//! processes* share a file, use 3.51.3 or newer: older versions have a rare race between checkpoints that can damage a
//! database in WAL mode (the "WAL-reset bug"). Within a process only the writer makes checkpoints.
//!
//! Use a local disk. WAL cannot rely on the locks of a network file system.

mod backup;
mod connection;
mod fault;
mod host_transaction;
mod open;
mod receiver;
mod rows;
mod store;
mod threads;

pub use backup::{BackupError, Restore, backup};
pub use host_transaction::{HostTransaction, to_fault};
pub use open::{OpenError, Options};
pub use receiver::Receiver;
pub use store::SqliteStore;

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}
