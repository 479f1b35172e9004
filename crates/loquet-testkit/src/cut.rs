//! A connection that is lost at every step, one after the other, over any store.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use loquet::store::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};
use loquet::{AccountId, Attempt, Error, Refusal, UnixTime};

use crate::fixture::{ANNE, Fixture, refusal};

/// A store whose connection breaks at one call, before it reaches the store or after it has done what was asked.
#[derive(Debug)]
pub struct Cut<S> {
    inner: S,
    /// Calls until the one that is lost; below zero none is.
    calls: AtomicI64,
    /// How many calls in a row are lost.
    length: i64,
    after: bool,
}

impl<S: Store> Cut<S> {
    fn new(inner: S, length: i64, after: bool) -> Self {
        Self {
            inner,
            calls: AtomicI64::new(i64::MAX),
            length,
            after,
        }
    }

    fn cut_after(&self, calls: i64) {
        self.calls.store(calls, Ordering::SeqCst);
    }

    async fn call<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let left = self.calls.fetch_sub(1, Ordering::SeqCst);
        if left > 0 || left <= -self.length {
            return work.await;
        }
        if self.after {
            work.await?;
        }
        Err(Fault::Unknown("the connection broke".into()))
    }
}

impl<S: Store> Store for Cut<S> {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.call(self.inner.load(keys)).await
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        self.call(self.inner.commit(writes)).await
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        self.call(self.inner.scan(query, at)).await
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.call(self.inner.delivered(notice)).await
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        self.call(self.inner.forget_attempts(before, limit)).await
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        self.call(self.inner.forget_audit(account, limit)).await
    }
}

/// Verifies a code over a connection that breaks at the first call, then at the second, and so on; once for one call and
/// once for two, before and after the store has heard. The same attempt sent again always ends it, the code is used once,
/// and the chain is whole.
///
/// # Panics
/// Where it is not so.
pub async fn at_each_step<S: Store>(mut store: impl FnMut() -> S) {
    for (length, after) in [(1, false), (1, true), (2, false), (2, true)] {
        for calls in 0.. {
            let store = Arc::new(Cut::new(store(), length, after));
            let fixture = Fixture::over(Arc::clone(&store)).await;
            let (phone, _) = fixture.enabled().await;
            let session = fixture.log_in(ANNE).await.session;
            let typed = fixture.code(&phone);
            let attempt = Attempt::new(Fixture::client()).idempotency_key("form");
            let verify = |attempt| fixture.mfa.verify_code(&session, typed.as_str(), attempt);
            store.cut_after(calls);
            let mut tries = 0;
            let ended = loop {
                tries += 1;
                assert!(tries < 5, "call {calls}: the attempt never ends");
                match verify(attempt).await {
                    Err(Error::Busy | Error::Unavailable(_)) => {}
                    ended => break ended,
                }
            };
            let reached = store.calls.load(Ordering::SeqCst) <= 0;
            store.cut_after(i64::MAX);
            let let_in = matches!(
                ended,
                Ok(_) | Err(Error::Refused(Refusal::AlreadyCompleted))
            );
            assert!(let_in, "call {calls}: {ended:?}");
            let other = fixture.log_in(ANNE).await.session;
            let again = refusal(fixture.verify(&other, &typed).await);
            assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
            assert_eq!(fixture.failures(ANNE).await, 0, "call {calls}");
            fixture.operator.verify_audit(ANNE.into()).await.unwrap();
            if !reached {
                assert!(calls > 2, "a code takes a look and a commit at least");
                break;
            }
        }
    }
}
