//! A store whose answers get lost.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use loquet::store::{
    Commit, Cursor, Fault, MemoryStore, Page, Query, RowKey, Store, Versioned, Writes,
};
use loquet::{AccountId, UnixTime};

/// What happens to the next commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing special.
    Fair,
    /// The next commit is made, and its answer lost.
    LoseAnswer,
    /// The next commit is lost on its way.
    LoseQuestion,
    /// The next commit is lost on its way, and kept for [`Overtaken`](Self::Overtaken).
    KeepBack,
    /// What was kept back is made instead of the next commit, whose answer is lost too.
    Overtaken,
    /// Every commit finds that another process was faster.
    AlwaysStale,
    /// Every commit's answer is lost, and none is made.
    AlwaysLost,
    /// Every commit is refused: the disk is full.
    Full,
    /// Nothing can be read.
    Blind,
}

/// A memory store in some weather. Clones are one store.
#[derive(Debug, Clone)]
pub struct FlakyStore {
    inner: Arc<MemoryStore>,
    weather: Arc<Mutex<Weather>>,
    commits: Arc<AtomicU32>,
    loads: Arc<AtomicU32>,
    kept: Arc<Mutex<Option<Writes>>>,
}

impl Default for FlakyStore {
    fn default() -> Self {
        Self {
            inner: Arc::default(),
            weather: Arc::new(Mutex::new(Weather::Fair)),
            commits: Arc::default(),
            loads: Arc::default(),
            kept: Arc::default(),
        }
    }
}

impl FlakyStore {
    /// Sets the weather.
    pub fn expect(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }

    /// How many commits were tried.
    #[must_use]
    pub fn commits(&self) -> u32 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Returns how often rows were loaded.
    #[must_use]
    pub fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }
}

impl Store for FlakyStore {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if *self.weather.lock().unwrap() == Weather::Blind {
            return Err(Fault::NotCommitted("the disk cannot be read".into()));
        }
        self.inner.load(keys).await
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        let weather = {
            let mut weather = self.weather.lock().unwrap();
            let now = *weather;
            if !matches!(
                now,
                Weather::AlwaysStale | Weather::AlwaysLost | Weather::Full | Weather::Blind
            ) {
                *weather = Weather::Fair;
            }
            now
        };
        match weather {
            Weather::Fair | Weather::Blind => self.inner.commit(writes).await,
            Weather::LoseAnswer => {
                let _made = self.inner.commit(writes).await?;
                Err(Fault::Unknown("the connection broke".into()))
            }
            Weather::LoseQuestion | Weather::AlwaysLost => {
                Err(Fault::Unknown("the connection broke".into()))
            }
            Weather::KeepBack => {
                *self.kept.lock().unwrap() = Some(writes);
                Err(Fault::NotCommitted("the connection broke".into()))
            }
            Weather::Overtaken => {
                let kept = self.kept.lock().unwrap().take();
                let _made = self.inner.commit(kept.unwrap()).await?;
                Err(Fault::Unknown("the connection broke".into()))
            }
            Weather::AlwaysStale => Ok(Commit::Stale),
            Weather::Full => Err(Fault::NotCommitted("the disk is full".into())),
        }
    }

    fn scan(&self, query: &Query, at: &Cursor) -> impl Future<Output = Result<Page, Fault>> + Send {
        self.inner.scan(query, at)
    }

    fn delivered(&self, notice: u64) -> impl Future<Output = Result<(), Fault>> + Send {
        self.inner.delivered(notice)
    }

    fn forget_attempts(
        &self,
        before: UnixTime,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send {
        self.inner.forget_attempts(before, limit)
    }

    fn forget_audit(
        &self,
        account: AccountId,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send {
        self.inner.forget_audit(account, limit)
    }
}
