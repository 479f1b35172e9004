//! How often log-ins may be tried, by name and by address.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Limits the tries. A key is one of 65,536 hashes under a secret of this process, so that its memory is bounded and no
/// stranger can choose a name that shares another's.
#[derive(Debug)]
pub(crate) struct Brake {
    names: DefaultKeyedRateLimiter<u16>,
    addresses: DefaultKeyedRateLimiter<u16>,
    hasher: RandomState,
}

impl Brake {
    /// Every log-in counts, right or wrong: 20 at once and 4 a minute for a name; 200 at once and 60 a minute for an
    /// address, which a whole office may share.
    pub(crate) fn new() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let limiter = |at_once, a_minute| {
            RateLimiter::keyed(Quota::per_minute(number(a_minute)).allow_burst(number(at_once)))
        };
        Self {
            names: limiter(20, 4),
            addresses: limiter(200, 60),
            hasher: RandomState::new(),
        }
    }

    /// Counts a try before the password is hashed, so that tries at the same time count too. The name counts whether or not
    /// an account has it.
    ///
    /// # Errors
    /// Seconds to wait before the next try.
    pub(crate) fn count(&self, name: &str, from: Option<IpAddr>) -> Result<(), u64> {
        self.check(&self.names, name.to_lowercase())?;
        match from {
            Some(address) => self.check(&self.addresses, network(address)),
            None => Ok(()),
        }
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
        self.names.retain_recent();
        self.addresses.retain_recent();
    }
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
