//! For the tests of embedders: a clock to set and a phone to hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loquet_enrollment::Offer;
use loquet_policy::{AccountId, NextStep, UnixTime};

use crate::edge::Clock;
use crate::error::{Config, Error};
use crate::mfa::Mfa;
use crate::session::Authorized;
use crate::session::MfaSession;
use crate::session::attempt::Client;

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
    /// Reads a key URI (`otpauth://totp/…`).
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn from_uri(uri: &str) -> Result<Self, Unreadable> {
        totp_rs::Totp::from_url(uri)
            .map(Self)
            .map_err(|error| Unreadable(error.to_string()))
    }

    /// Scans the QR code of an offer.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn scan(offer: &Offer) -> Result<Self, Unreadable> {
        Self::from_uri(offer.uri.expose())
    }

    /// What it shows at `now`.
    #[must_use]
    pub fn code(&self, now: UnixTime) -> String {
        self.0.generate(now.0).to_string()
    }
}

/// Logs an account in through the real gate, for the tests of a host's own handlers: where an enrollment is owed, it
/// enrolls a phone.
///
/// # Errors
/// [`Error`], also when a code of a phone that the test does not hold is owed.
pub async fn logged_in(
    mfa: &Mfa,
    account: AccountId,
) -> Result<(MfaSession, Authorized, Option<Phone>), Error> {
    let client = Client::default();
    let mut login = mfa.log_in(account, client).await?;
    let mut phone = None;
    if login.next == NextStep::Enroll {
        let offer = mfa.begin_enrollment(&login.session, "", client).await?;
        let scanned =
            Phone::scan(&offer).map_err(|_| Config::Builder("the offer is unreadable"))?;
        let code = scanned.code(mfa.now());
        login = mfa.confirm_enrollment(&login.session, code, client).await?;
        phone = Some(scanned);
    }
    let user = mfa.authorize(&login.session, &client).await?;
    Ok((login.session, user, phone))
}
