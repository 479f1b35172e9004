//! The store: two queues and the threads that work on them.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use loquet::store::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};
use loquet_policy::{AccountId, UnixTime};
use tokio::sync::oneshot;

use crate::error::OpenError;
use crate::open::{self, Options};
use crate::queue::{Queue, Refused};
use crate::reader::{Question, Reader};
use crate::write::{Applied, Change};
use crate::writer::{Job, Writer};

/// How much may wait for one thread; beyond it the answer is [`Fault::Busy`], at once. Each ceremony needs a load and
/// a commit, so this is seconds of work: whoever came later would have given up before being served.
const WAITING: usize = 4096;

/// A store in a SQLite file, which other processes may use at the same time.
///
/// Cheap to share: put it into an [`Arc`]. Its futures need no runtime. Dropping it joins its threads; the last
/// store on a file writes the log back into it.
#[derive(Debug)]
pub struct SqliteStore {
    changes: Arc<Queue<Job>>,
    questions: Arc<Queue<Question>>,
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the store in this file, which is created if it does not exist, with the default [`Options`].
    ///
    /// The host's own database will do: its tables are left alone, and Loquet's begin with `loquet_`. The database is
    /// put into WAL mode and stays in it.
    ///
    /// Opening blocks while it reads the file, and so does dropping while it finishes: a moment before and after a
    /// runtime's work, not in it.
    ///
    /// # Errors
    /// [`OpenError`] names what is wrong and what to do about it. A refused file stays as it was.
    ///
    /// # Security
    /// A new file can be read by its owner alone. Secrets inside are sealed before they come here; names, roles and
    /// the audit log are not.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Options::default().open(path)
    }

    async fn change(&self, change: Change) -> Result<Applied, Fault> {
        let (reply, answer) = oneshot::channel();
        self.changes.push(Job { change, reply })?;
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::Unknown(GONE.into())))
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<Result<T, Fault>>) -> Question,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        self.questions.push(question(reply))?;
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::NotCommitted(GONE.into())))
    }
}

impl Options {
    /// Opens the store in this file; see [`SqliteStore::open`].
    ///
    /// # Errors
    /// [`OpenError`] names what is wrong and what to do about it. A refused file stays as it was.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let (path, connection) = open::open(path.as_ref(), self)?;
        let writer = Writer::new(path.clone(), self.busy, connection)
            .map_err(|error| OpenError::named(&path, self.busy, error))?;
        // From here on dropping the store ends whatever threads have started.
        let mut store = SqliteStore {
            changes: Arc::new(Queue::new(WAITING)),
            questions: Arc::new(Queue::new(WAITING)),
            writer: None,
            readers: Vec::new(),
        };
        for _ in 0..self.readers {
            let reader = Reader::open(path.clone(), self.busy)
                .map_err(|error| OpenError::named(&path, self.busy, error))?;
            store
                .readers
                .push(work("loquet-reader", &store.questions, |questions| {
                    reader.run(questions)
                })?);
        }
        store.writer = Some(work("loquet-writer", &store.changes, |changes| {
            writer.run(changes)
        })?);
        Ok(store)
    }
}

const GONE: &str = "the store's thread has ended";

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::Busy,
            Refused::Closed => Self::NotCommitted(GONE.into()),
        }
    }
}

/// Starts a thread that works on a queue. Should it panic, whoever waits is told so instead of waiting for ever.
fn work<T: Send + 'static>(
    name: &str,
    queue: &Arc<Queue<T>>,
    run: impl FnOnce(&Queue<T>) + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    struct Abandon<T>(Arc<Queue<T>>);
    impl<T> Drop for Abandon<T> {
        fn drop(&mut self) {
            self.0.abandon();
        }
    }

    let queue = Abandon(Arc::clone(queue));
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || run(&queue.0))
        .map_err(OpenError::Thread)
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The writer last, and only when the readers have gone: the last connection to close writes the log back, and of
        // two that close at once each may take the other for one that stays.
        self.questions.close();
        for reader in self.readers.drain(..) {
            // One that panicked has nothing left to finish.
            reader.join().ok();
        }
        self.changes.close();
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
    }
}

impl Store for SqliteStore {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.ask(|reply| Question::Load(keys.to_vec(), reply)).await
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        Ok(self.change(Change::Commit(writes)).await?.commit)
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        self.ask(|reply| Question::Scan(query.clone(), at.clone(), reply))
            .await
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.change(Change::Delivered(notice)).await.map(drop)
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        Ok(self.change(Change::Forget(before, limit)).await?.deleted)
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        let change = Change::ForgetAudit(account, limit);
        Ok(self.change(change).await?.deleted)
    }
}
