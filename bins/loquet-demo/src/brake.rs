//! How often log-ins may be tried, by name and address and by address alone.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::shares::network;

/// Limits the tries. A key is one of 65,536 hashes under a secret of this process, so that its memory is bounded and no
/// stranger can choose a name or an address that shares another's.
///
/// A name is never limited by itself, because a stranger who knows it could then lock its owner out. The number of their
/// addresses and the strength of the passwords limit a guesser who has many addresses. Of several demos on one database each
/// counts for itself.
#[derive(Debug)]
pub(crate) struct Brake {
    names_there: DefaultKeyedRateLimiter<u16>,
    addresses: DefaultKeyedRateLimiter<u16>,
    hasher: RandomState,
}

impl Brake {
    /// Every log-in counts, right or wrong: 20 at once and 4 a minute for a name at one address; 200 at once and 60 a minute
    /// for an address, which a whole office may share.
    pub(crate) fn new() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let limiter = |at_once, a_minute| {
            RateLimiter::keyed(Quota::per_minute(number(a_minute)).allow_burst(number(at_once)))
        };
        Self {
            names_there: limiter(20, 4),
            addresses: limiter(200, 60),
            hasher: RandomState::new(),
        }
    }

    /// Counts a try before the password is hashed, so that tries at the same time count too. The name counts whether or not
    /// an account has it. Tries from an unknown address count as from one place.
    ///
    /// # Errors
    /// Seconds to wait before the next try.
    pub(crate) fn count(&self, name: &str, from: Option<IpAddr>) -> Result<(), u64> {
        let place = from.map(network);
        // An address that may not try costs no name anything.
        self.check(&self.addresses, place)?;
        self.check(&self.names_there, (name.to_lowercase(), place))
    }

    fn check(&self, limiter: &DefaultKeyedRateLimiter<u16>, key: impl Hash) -> Result<(), u64> {
        let [high, low, ..] = self.hasher.hash_one(key).to_be_bytes();
        let checked = limiter.check_key(&u16::from_be_bytes([high, low]));
        checked.map_err(|early| {
            let wait = early.wait_time_from(limiter.clock().now());
            wait.as_secs().saturating_add(1)
        })
    }

    /// Forgets what no longer counts.
    pub(crate) fn prune(&self) {
        self.names_there.retain_recent();
        self.addresses.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many tries a name gets from an address, of a hundred.
    fn tries(brake: &Brake, name: &str, from: &str) -> usize {
        let from = Some(from.parse().unwrap());
        let tries = (0..100).map(|_| brake.count(name, from));
        tries.take_while(Result::is_ok).count()
    }

    #[test]
    fn stranger_elsewhere_locks_no_owner_out() {
        let brake = Brake::new();
        assert_eq!(tries(&brake, "helene", "192.0.2.1"), 20);
        assert_eq!(tries(&brake, "Helene", "192.0.2.1"), 0);
        for owner in ["198.51.100.7", "2001:db8:1::1"] {
            assert_eq!(tries(&brake, "helene", owner), 20, "{owner}");
        }
        // The same subscriber.
        assert_eq!(tries(&brake, "helene", "2001:db8:1::2"), 0);
        // Many names from one place are one guesser.
        let names = (0..1000).map(|number| format!("name {number}"));
        let taken = names.filter(|name| brake.count(name, "203.0.113.9".parse().ok()).is_ok());
        assert_eq!(taken.count(), 200);
        let names = brake.names_there.len();
        assert_eq!(tries(&brake, "sofia", "203.0.113.9"), 0);
        assert_eq!(brake.names_there.len(), names, "her name is not counted");
    }

    #[test]
    fn names_and_addresses_take_bounded_memory() {
        let brake = Brake::new();
        for number in 0..200_000_u32 {
            let from = IpAddr::from(number.to_be_bytes());
            _ = brake.count(&number.to_string(), Some(from));
        }
        let keys = usize::from(u16::MAX) + 1;
        assert!(brake.names_there.len() <= keys && brake.addresses.len() <= keys);
        // What was counted once is forgotten within a minute, so that much of it is still known.
        assert!(brake.names_there.len() > keys / 2);
    }
}
