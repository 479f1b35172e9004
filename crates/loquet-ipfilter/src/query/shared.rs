//! One filter, many readers, swapped whole.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::Filter;

/// A filter that can be replaced while requests are being judged: no reader waits, and each sees one whole version.
#[derive(Debug)]
pub struct SharedFilter {
    current: ArcSwap<Filter>,
}

impl SharedFilter {
    /// Starts with this filter.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self {
            current: ArcSwap::from_pointee(filter),
        }
    }

    /// The filter of this moment; ask once per request and use it for the whole request.
    #[must_use]
    pub fn current(&self) -> Arc<Filter> {
        self.current.load_full()
    }

    /// Replaces the filter and hands back the one before, so that it can be put back.
    #[must_use = "keep it to roll back, or drop it on purpose"]
    pub fn replace(&self, filter: Filter) -> Arc<Filter> {
        self.current.swap(Arc::new(filter))
    }
}
