//! The database's clock, read along with each load.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use loquet_policy::UnixTime;

/// Goes by the database's clock as the last load brought it, and by this node's monotonic clock since. The answer took some
/// time to arrive, so this clock may be behind by that, and is never ahead.
#[derive(Debug)]
pub(crate) struct DatabaseClock {
    start: Instant,
    /// The database's time at `start`, in microseconds; [`UNREAD`](Self::UNREAD) before the first load.
    at_start: AtomicI64,
}

impl DatabaseClock {
    const UNREAD: i64 = i64::MIN;
    /// Microseconds after which an answer is late.
    const LATE: i64 = 1_000_000;

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the node's clock"
    )]
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            at_start: AtomicI64::new(Self::UNREAD),
        }
    }

    /// Microseconds since the start.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the node's clock"
    )]
    pub(crate) fn elapsed(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Sets the clock to what the database has just answered, in microseconds since the epoch, to a question that was asked at
    /// [`elapsed`](Self::elapsed). An answer that took long says little of the present, and only the first is taken.
    pub(crate) fn set(&self, now: i64, asked: i64) {
        let elapsed = self.elapsed();
        let is_late = elapsed.saturating_sub(asked) > Self::LATE;
        if !is_late || self.at_start.load(Ordering::Relaxed) == Self::UNREAD {
            let at_start = now.saturating_sub(elapsed);
            self.at_start.store(at_start, Ordering::Relaxed);
        }
    }

    /// Returns the time, once it has been read.
    pub(crate) fn now(&self) -> Option<UnixTime> {
        const SECOND: i64 = 1_000_000;
        let at_start = self.at_start.load(Ordering::Relaxed);
        (at_start != Self::UNREAD).then(|| {
            let now = at_start.saturating_add(self.elapsed());
            UnixTime(u64::try_from(now / SECOND).unwrap_or_default())
        })
    }
}
