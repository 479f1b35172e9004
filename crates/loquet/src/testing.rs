//! For the tests of embedders: a clock to set and a phone to hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loquet_enrollment::Offer;
use loquet_policy::UnixTime;

use crate::edge::Clock;

/// A clock that moves when it is told to. Clones show the same time.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// A clock that stands at `now`, in seconds since the epoch.
    #[must_use]
    pub fn at(now: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now)))
    }

    /// Sets it, back or forward: a clock may step.
    pub fn set(&self, now: u64) {
        self.0.store(now, Ordering::SeqCst);
    }

    /// Moves it forward.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

/// The person's authenticator app. It is `totp-rs`, which shares no code with Loquet: every test that uses it is a test
/// of interoperability.
#[derive(Debug)]
pub struct Phone(totp_rs::Totp);

/// The phone cannot read what was offered.
#[derive(Debug, thiserror::Error)]
#[error("the phone cannot read the key URI: {0}")]
pub struct Unreadable(String);

impl Phone {
    /// Scans the QR code of an offer.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn scan(offer: &Offer) -> Result<Self, Unreadable> {
        totp_rs::Totp::from_url(offer.uri.expose())
            .map(Self)
            .map_err(|error| Unreadable(error.to_string()))
    }

    /// What it shows at `now`.
    #[must_use]
    pub fn code(&self, now: UnixTime) -> String {
        self.0.generate(now.0).to_string()
    }
}
