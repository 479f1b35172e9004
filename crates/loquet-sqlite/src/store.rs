//! The store: a writer thread, reader threads, and their requests.

use std::path::Path;

use loquet::store::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};
use loquet_policy::{AccountId, UnixTime};
use tokio::sync::oneshot;

use crate::open::OpenError;
use crate::open::{self, Options};
use crate::rows::write::{Applied, Change};
use crate::threads::reader::{Reader, Request};
use crate::threads::writer::{Job, Writer};
use crate::threads::{THREAD_ENDED, Workers};

/// A store in a SQLite file, which other processes may use at the same time.
///
/// Share it in an [`Arc`](std::sync::Arc). Its futures need no runtime. Dropping it joins its threads, and dropping the
/// last store on a file writes the log back into the file.
#[derive(Debug)]
pub struct SqliteStore {
    // The readers are dropped first: the last connection to close writes the log back, and two that close at once may each
    // take the other for one that stays open.
    readers: Workers<Request>,
    writer: Workers<Job>,
}

impl SqliteStore {
    /// Opens the store in this file with the default [`Options`], creating the file if it does not exist.
    ///
    /// The file may be the host's own database: Loquet's tables begin with `loquet_`, and others are not touched. The
    /// database is put into WAL mode and stays in it.
    ///
    /// Opening blocks for some milliseconds while it reads the file, and dropping blocks while it finishes: open it at the
    /// start of the program, not in a handler.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do about it. A refused file is unchanged.
    ///
    /// # Security
    /// Only the owner can read a new file. Secrets are encrypted before they reach the store; names, roles and the audit
    /// log are not.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Options::default().open(path)
    }

    async fn change(&self, change: Change) -> Result<Applied, Fault> {
        let (reply, answer) = oneshot::channel();
        self.writer.push(Job { change, reply })?;
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::Unknown(THREAD_ENDED.into())))
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Fault>>) -> Request,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        self.readers.push(request(reply))?;
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::NotCommitted(THREAD_ENDED.into())))
    }
}

impl Options {
    /// Opens the store in this file. See [`SqliteStore::open`].
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do about it. A refused file is unchanged.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let (path, connection) = open::open(path.as_ref(), self)?;
        let open_error = |error| OpenError::from_sqlite(&path, self.busy, error);
        let writer = Writer::new(path.clone(), self.busy, connection).map_err(open_error)?;
        let readers = (0..self.readers)
            .map(|_| Reader::open(path.clone(), self.busy))
            .collect::<Result<Vec<_>, _>>()
            .map_err(open_error)?;
        let read = |reader: Reader| move |requests: &_| reader.run(requests);
        Ok(SqliteStore {
            readers: Workers::start("loquet-reader", readers.into_iter().map(read))?,
            writer: Workers::start("loquet-writer", [|changes: &_| writer.run(changes)])?,
        })
    }
}

impl Store for SqliteStore {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.ask(|reply| Request::Load(keys.to_vec(), reply)).await
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        Ok(self.change(Change::Commit(writes)).await?.commit)
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        self.ask(|reply| Request::Scan(query.clone(), at.clone(), reply))
            .await
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.change(Change::Delivered(notice)).await.map(drop)
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        Ok(self
            .change(Change::DeleteAttempts(before, limit))
            .await?
            .deleted)
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        let change = Change::DeleteAudit(account, limit);
        Ok(self.change(change).await?.deleted)
    }
}
