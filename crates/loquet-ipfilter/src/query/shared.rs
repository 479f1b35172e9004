//! A filter that is replaced while requests are decided.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::Filter;

/// A filter that can be replaced while requests are decided. Readers never wait, and each request sees one whole
/// version.
#[derive(Debug)]
pub struct SharedFilter {
    current: ArcSwap<Filter>,
}

impl SharedFilter {
    /// Creates it with this filter.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self {
            current: ArcSwap::from_pointee(filter),
        }
    }

    /// Returns the current filter. Call it once per request and use the result for the whole request.
    #[must_use]
    pub fn current(&self) -> Arc<Filter> {
        self.current.load_full()
    }

    /// Replaces the filter and returns the previous one, for a rollback.
    #[must_use = "keep it to roll back, or drop it on purpose"]
    pub fn replace(&self, filter: Filter) -> Arc<Filter> {
        self.current.swap(Arc::new(filter))
    }
}
