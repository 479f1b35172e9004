//! One store for several services, or for a service and its tests.

use std::future::Future;
use std::sync::Arc;

use loquet_policy::{AccountId, UnixTime};

use super::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};

impl<S: Store> Store for Arc<S> {
    fn load(&self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Versioned>, Fault>> + Send {
        S::load(self, keys)
    }

    fn commit(&self, writes: Writes) -> impl Future<Output = Result<Commit, Fault>> + Send {
        S::commit(self, writes)
    }

    fn scan(&self, query: &Query, at: &Cursor) -> impl Future<Output = Result<Page, Fault>> + Send {
        S::scan(self, query, at)
    }

    fn delivered(&self, notice: u64) -> impl Future<Output = Result<(), Fault>> + Send {
        S::delivered(self, notice)
    }

    fn forget_attempts(
        &self,
        before: UnixTime,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send {
        S::forget_attempts(self, before, limit)
    }

    fn forget_audit(
        &self,
        account: AccountId,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send {
        S::forget_audit(self, account, limit)
    }

    fn now(&self) -> Option<UnixTime> {
        S::now(self)
    }
}
