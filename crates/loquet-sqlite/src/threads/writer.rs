//! Writer thread. Waiting changes share a transaction and a sync.

use std::path::PathBuf;
use std::time::Duration;

use loquet::store::Fault;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connection::{begin, connect};
use crate::fault::{SharedError, is_busy};
use crate::rows::write::{Applied, Change, ChangeError, apply};
use crate::threads::Queue;

/// The largest number of changes in a transaction: large enough to make the sync cheap, small enough that the answer to
/// the first does not wait long for the last.
const GROUP: usize = 256;

/// A change with the channel for its answer.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) change: Change,
    pub(crate) reply: oneshot::Sender<Result<Applied, Fault>>,
}

/// The only connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    busy: Duration,
    /// `None` after an error that leaves the connection's state uncertain. The next group opens a new one.
    connection: Option<Connection>,
}

/// The stage at which a group failed.
enum Failure {
    /// The transaction did not begin, through no fault of the changes.
    Begin(SharedError),
    /// A change could not be written, and the transaction is rolled back.
    Change(ChangeError),
    /// The commit failed. The changes may or may not be on disk.
    Commit(SharedError),
}

impl Writer {
    /// Creates a writer from the connection that opened the file.
    pub(crate) fn new(
        path: PathBuf,
        busy: Duration,
        connection: Connection,
    ) -> rusqlite::Result<Self> {
        let connection = Some(without_busy_timeout(connection)?);
        Ok(Self {
            path,
            busy,
            connection,
        })
    }

    /// Writes changes until the queue is closed and empty. A single change never waits for others: a group is what queued
    /// up while the previous group was synced.
    pub(crate) fn run(mut self, queue: &Queue<Job>) {
        while let Some(mut group) = queue.take(GROUP) {
            // A requester that no longer waits treats the change as unknown, so that it may be dropped.
            group.retain(|job| !job.reply.is_closed());
            self.write_group(group);
        }
    }

    fn write_group(&mut self, group: Vec<Job>) {
        if group.is_empty() {
            return;
        }
        match self.transaction(&group) {
            Ok(applied) => {
                for (job, applied) in group.into_iter().zip(applied) {
                    job.answer(Ok(applied));
                }
            }
            Err(Failure::Begin(error)) => {
                for job in group {
                    job.answer(Err(error.not_committed()));
                }
            }
            Err(Failure::Change(error)) => match <[Job; 1]>::try_from(group) {
                Ok([job]) => job.answer(Err(Fault::NotCommitted(Box::new(error)))),
                // One of them is at fault. One by one, the others succeed.
                Err(group) => group
                    .into_iter()
                    .for_each(|job| self.write_group(vec![job])),
            },
            Err(Failure::Commit(error)) => {
                for job in group {
                    job.answer(Err(error.unknown()));
                }
            }
        }
    }

    /// Writes a group in one transaction. After an error no change of it is visible.
    fn transaction(&mut self, group: &[Job]) -> Result<Vec<Applied>, Failure> {
        // Taken here, and put back only if its state is certain.
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self
                .reconnect()
                .map_err(|error| Failure::Begin(error.into()))?,
        };
        if let Err(error) = begin(&connection, self.busy) {
            if is_busy(&error) {
                self.connection = Some(connection);
            }
            return Err(Failure::Begin(error.into()));
        }
        let applied = group
            .iter()
            .map(|job| apply(&connection, &job.change))
            .collect::<Result<Vec<_>, _>>();
        match applied {
            Ok(applied) => {
                // After a failed sync the kernel may treat unwritten pages as clean, so this connection is not used again.
                connection
                    .prepare_cached("COMMIT")
                    .and_then(|mut commit| commit.execute([]))
                    .map_err(|error| Failure::Commit(error.into()))?;
                self.connection = Some(connection);
                Ok(applied)
            }
            Err(error) => {
                // After some errors (such as a full disk) SQLite has rolled back already.
                if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
                    self.connection = Some(connection);
                }
                Err(Failure::Change(error))
            }
        }
    }

    fn reconnect(&self) -> rusqlite::Result<Connection> {
        connect(&self.path, self.busy).and_then(without_busy_timeout)
    }
}

/// Turns off SQLite's own wait: [`begin`] waits, and in WAL mode no later statement meets another lock.
fn without_busy_timeout(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

impl Job {
    fn answer(self, answer: Result<Applied, Fault>) {
        // The requester may have gone; the change remains written.
        self.reply.send(answer).ok();
    }
}

#[cfg(test)]
mod tests;
