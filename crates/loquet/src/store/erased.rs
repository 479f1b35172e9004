//! A store behind one pointer.

use std::future::Future;
use std::pin::Pin;

use loquet_policy::{AccountId, UnixTime};

use super::{Commit, Cursor, Fault, Page, Query, RowKey, Store, Versioned, Writes};

/// The same store behind one pointer, so that nothing above it is generic.
pub(crate) trait Erased: Send + Sync {
    fn load<'a>(&'a self, keys: &'a [RowKey]) -> Pending<'a, Vec<Versioned>>;
    fn commit(&self, writes: Writes) -> Pending<'_, Commit>;
    fn scan<'a>(&'a self, query: &'a Query, at: &'a Cursor) -> Pending<'a, Page>;
    fn delivered(&self, notice: u64) -> Pending<'_, ()>;
    fn forget_attempts(&self, before: UnixTime, limit: u32) -> Pending<'_, u32>;
    fn forget_audit(&self, account: AccountId, limit: u32) -> Pending<'_, u32>;
    fn now(&self) -> Option<UnixTime>;
}

pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

impl<S: Store> Erased for S {
    fn load<'a>(&'a self, keys: &'a [RowKey]) -> Pending<'a, Vec<Versioned>> {
        Box::pin(Store::load(self, keys))
    }

    fn commit(&self, writes: Writes) -> Pending<'_, Commit> {
        Box::pin(Store::commit(self, writes))
    }

    fn scan<'a>(&'a self, query: &'a Query, at: &'a Cursor) -> Pending<'a, Page> {
        Box::pin(Store::scan(self, query, at))
    }

    fn delivered(&self, notice: u64) -> Pending<'_, ()> {
        Box::pin(Store::delivered(self, notice))
    }

    fn forget_attempts(&self, before: UnixTime, limit: u32) -> Pending<'_, u32> {
        Box::pin(Store::forget_attempts(self, before, limit))
    }

    fn forget_audit(&self, account: AccountId, limit: u32) -> Pending<'_, u32> {
        Box::pin(Store::forget_audit(self, account, limit))
    }

    fn now(&self) -> Option<UnixTime> {
        Store::now(self)
    }
}
