//! The thread that writes: whatever waits shares one transaction and one sync.

use std::path::PathBuf;
use std::time::Duration;

use loquet::store::Fault;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connect::{begin, connect};
use crate::fault::{Shared, is_busy};
use crate::workers::Queue;
use crate::write::{Applied, Change, Impossible, apply};

/// The most changes in one transaction: enough to make the sync cheap, and few enough that the first one's answer does
/// not wait long for the last one's statements.
const GROUP: usize = 256;

/// A change and whoever waits for it.
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
    /// `None` after an error that leaves the connection's state in doubt; the next group opens it anew.
    connection: Option<Connection>,
}

/// How far a group came.
enum Failure {
    /// It never began; no change of it is to blame.
    Begin(Shared),
    /// A change could not be written, and all is rolled back.
    Change(Impossible),
    /// The commit failed: on the disk or not, nobody knows.
    Commit(Shared),
}

impl Writer {
    /// Takes the connection that opened the file.
    pub(crate) fn new(
        path: PathBuf,
        busy: Duration,
        connection: Connection,
    ) -> rusqlite::Result<Self> {
        let connection = Some(patient(connection)?);
        Ok(Self {
            path,
            busy,
            connection,
        })
    }

    /// Works until the queue is closed and empty. A lone change never waits for company: a group is what gathered
    /// while the one before it was being synced.
    pub(crate) fn run(mut self, queue: &Queue<Job>) {
        while let Some(mut group) = queue.take(GROUP) {
            // Whoever stopped waiting before the change began takes it as unknown: "no" is an allowed answer.
            group.retain(|job| !job.reply.is_closed());
            self.settle(group);
        }
    }

    fn settle(&mut self, group: Vec<Job>) {
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
                    job.answer(Err(error.refused()));
                }
            }
            Err(Failure::Change(error)) => match <[Job; 1]>::try_from(group) {
                Ok([job]) => job.answer(Err(Fault::NotCommitted(Box::new(error)))),
                // One of them is to blame; alone, the others succeed.
                Err(group) => group.into_iter().for_each(|job| self.settle(vec![job])),
            },
            Err(Failure::Commit(error)) => {
                for job in group {
                    job.answer(Err(error.unknown()));
                }
            }
        }
    }

    /// Writes a group in one transaction. After an error nothing of it is visible to anybody.
    fn transaction(&mut self, group: &[Job]) -> Result<Vec<Applied>, Failure> {
        // Taken out here and put back only when its state is certain.
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
                // After a failed sync the kernel may call the same pages clean: this connection is not asked again.
                connection
                    .prepare_cached("COMMIT")
                    .and_then(|mut commit| commit.execute([]))
                    .map_err(|error| Failure::Commit(error.into()))?;
                self.connection = Some(connection);
                Ok(applied)
            }
            Err(error) => {
                // Some errors (a full disk) have rolled back already.
                if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
                    self.connection = Some(connection);
                }
                Err(Failure::Change(error))
            }
        }
    }

    fn reconnect(&self) -> rusqlite::Result<Connection> {
        connect(&self.path, self.busy).and_then(patient)
    }
}

/// Waiting is [`begin`]'s business, and in WAL mode nothing after it meets another's lock.
fn patient(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

impl Job {
    fn answer(self, answer: Result<Applied, Fault>) {
        // Whoever asked may have gone; the change stands all the same.
        self.reply.send(answer).ok();
    }
}

#[cfg(test)]
mod tests;
