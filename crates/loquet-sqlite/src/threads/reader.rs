//! Reader threads. Waiting requests share a read transaction.

use std::path::{Path, PathBuf};
use std::time::Duration;

use loquet::store::{Cursor, Fault, Page, Query, RowKey, Versioned};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connection::connect;
use crate::fault::{SharedError, is_busy};
use crate::rows::read::{load, scan};
use crate::threads::Queue;

/// The largest number of requests in a read transaction, small enough that the other readers get a share.
const GROUP: usize = 32;

/// A request with the channel for its answer.
#[derive(Debug)]
pub(crate) enum Request {
    /// Loads rows by key.
    Load(Vec<RowKey>, oneshot::Sender<Result<Vec<Versioned>, Fault>>),
    /// Loads a page.
    Scan(Query, Cursor, oneshot::Sender<Result<Page, Fault>>),
}

/// A connection for reading.
#[derive(Debug)]
pub(crate) struct Reader {
    path: PathBuf,
    busy: Duration,
    connection: Option<Connection>,
}

impl Reader {
    pub(crate) fn open(path: PathBuf, busy: Duration) -> rusqlite::Result<Self> {
        let connection = Some(connect_reader(&path, busy)?);
        Ok(Self {
            path,
            busy,
            connection,
        })
    }

    /// Answers requests until the queue is closed and empty.
    pub(crate) fn run(mut self, queue: &Queue<Request>) {
        while let Some(group) = queue.take(GROUP) {
            let connection = match self.connection.take() {
                Some(connection) => Ok(connection),
                None => connect_reader(&self.path, self.busy),
            };
            // The snapshot is taken by the first statement below, so a reader sees every change that was acknowledged
            // before the request.
            let begun = connection.and_then(|connection| {
                connection.prepare_cached("BEGIN")?.execute([])?;
                Ok(connection)
            });
            match begun {
                Ok(connection) => {
                    let mut sound = true;
                    for request in group {
                        sound &= request.answer(&connection);
                    }
                    let ended = connection
                        .prepare_cached("COMMIT")
                        .and_then(|mut end| end.execute([]));
                    self.connection = (sound && ended.is_ok()).then_some(connection);
                }
                Err(error) => {
                    let error = SharedError::from(error);
                    for request in group {
                        request.refuse(error.not_committed());
                    }
                }
            }
        }
    }
}

fn connect_reader(path: &Path, busy: Duration) -> rusqlite::Result<Connection> {
    let connection = connect(path, busy)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}

impl Request {
    /// Answers the request, and returns whether the connection may be used again.
    fn answer(self, connection: &Connection) -> bool {
        fn reply<T>(to: oneshot::Sender<Result<T, Fault>>, found: rusqlite::Result<T>) -> bool {
            let sound = found.as_ref().err().is_none_or(is_busy);
            to.send(found.map_err(|error| SharedError::from(error).not_committed()))
                .ok();
            sound
        }
        match self {
            Self::Load(_, to) if to.is_closed() => true,
            Self::Scan(_, _, to) if to.is_closed() => true,
            Self::Load(keys, to) => reply(to, load(connection, &keys)),
            Self::Scan(query, at, to) => reply(to, scan(connection, &query, &at)),
        }
    }

    fn refuse(self, fault: Fault) {
        // The requester may have gone.
        match self {
            Self::Load(_, to) => drop(to.send(Err(fault))),
            Self::Scan(_, _, to) => drop(to.send(Err(fault))),
        }
    }
}
