//! Passwords: Argon2id, hashed off the runtime's threads, a few at a time, and tried only so often.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The longest password that is looked at, in characters: hashing a longer one would only be work for an attacker to
/// order.
pub(crate) const MAX_PHRASE: usize = 256;

/// Hashes at the same time: each takes 19 MiB.
const AT_ONCE: usize = 4;

/// Where a rate limiter knows more keys than this, it forgets those that have all their tries back.
const REMEMBERED: usize = 10_000;

/// Checks passwords.
#[derive(Debug)]
pub(crate) struct Phrases {
    seats: Arc<Semaphore>,
    /// The hash of a phrase that nobody has: an unknown name takes as long as a known one.
    nobody: String,
    names: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Phrases {
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self {
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: hash("a phrase that nobody has")?,
            names: RateLimiter::keyed(quota(8, 2)),
            // A whole office shares one address.
            addresses: RateLimiter::keyed(quota(40, 10)),
        })
    }

    /// Counts a try from an address and for a name, whether or not somebody has that name.
    ///
    /// # Errors
    /// Seconds to wait before the next try.
    pub(crate) fn count(&self, name: &str, address: Option<IpAddr>) -> Result<(), u64> {
        if let Some(address) = address {
            count(&self.addresses, &network(address))?;
        }
        count(&self.names, &name.to_lowercase())
    }

    /// Whether `phrase` is the one of `stored`; never for `None`, after the same work.
    pub(crate) async fn is_right(&self, phrase: Zeroizing<String>, stored: Option<String>) -> bool {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let seat = Arc::clone(&self.seats).acquire_owned().await;
        let check = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, also when whoever asked has gone.
            let _seat = seat;
            PasswordHash::new(&stored)
                .is_ok_and(|hash| argon2().verify_password(phrase.as_bytes(), &hash).is_ok())
        });
        check.await.unwrap_or(false) && is_known
    }
}

/// The PHC text of a phrase's hash, with a random salt.
pub(crate) fn hash(phrase: &str) -> Result<String, String> {
    argon2()
        .hash_password(phrase.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|fault| fault.to_string())
}

/// OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// So many tries at once, of which some come back every minute.
fn quota(at_once: u32, a_minute: u32) -> Quota {
    let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(number(a_minute)).allow_burst(number(at_once))
}

fn count<K: Clone + Eq + Hash>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), u64> {
    if limiter.len() > REMEMBERED {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|early| {
        let wait = early.wait_time_from(DefaultClock::default().now());
        wait.as_secs().saturating_add(1)
    })
}

/// One subscriber has a whole /64: its addresses count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}
