//! How often wrong passwords may be tried, by name and by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::MonotonicClock;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

/// A key has 40 points, and gets 10 back a minute. Wrong passwords cost points of the name and of the address, which a whole
/// office may share: 8 tries at once and 2 a minute for a name, 40 and 10 from an address.
const POINTS: u32 = 40;
const MINUTE: u32 = 10;
const PER_NAME: u32 = 5;
const PER_ADDRESS: u32 = 1;

/// The most keys remembered. Only hashed passwords add keys, too slowly to come near this.
const REMEMBERED: usize = 100_000;
/// Seconds to wait while no key can be added.
const FULL: u64 = 5;

/// A name or the text of an address, and its price.
type Key = (String, u32);

/// When each key has all its points back, since the start. governor's own store can neither give points back nor leave a
/// refused key out.
#[derive(Debug, Clone, Default)]
struct Dues(Arc<Mutex<HashMap<Key, Nanos>>>);

impl Dues {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Dues {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut dues = self.lock();
        let (outcome, due) = measure(dues.get(key).copied())?;
        dues.insert(key.clone(), due);
        Ok(outcome)
    }
}

/// Limits the tries.
#[derive(Debug)]
pub(crate) struct Brake {
    limiter: RateLimiter<Key, Dues, MonotonicClock>,
    dues: Dues,
    start: Instant,
    /// The time in which one point comes back.
    point: Duration,
}

impl Brake {
    pub(crate) fn new() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(number(MINUTE)).allow_burst(number(POINTS));
        let dues = Dues::default();
        Self {
            start: Instant::now(),
            limiter: RateLimiter::new(quota, dues.clone(), MonotonicClock),
            dues,
            point: quota.replenish_interval(),
        }
    }

    /// Spends a try before the password is hashed, so that tries at the same time count too. The name counts whether or not
    /// an account has it.
    ///
    /// # Errors
    /// Seconds to wait before the next try.
    pub(crate) fn spend(self: &Arc<Self>, name: &str, from: Option<IpAddr>) -> Result<Try, u64> {
        let mut spent = Try {
            brake: Arc::clone(self),
            keys: Vec::new(),
        };
        let name = (name.to_lowercase(), PER_NAME);
        let address = from.map(|address| (network(address).to_string(), PER_ADDRESS));
        for key in std::iter::once(name).chain(address) {
            self.take(&key)?;
            spent.keys.push(key);
        }
        Ok(spent)
    }

    fn take(&self, key: &Key) -> Result<(), u64> {
        let is_full = {
            let dues = self.dues.lock();
            dues.len() >= REMEMBERED && !dues.contains_key(key)
        };
        let price = NonZeroU32::new(key.1).filter(|_| !is_full);
        match price.map(|price| self.limiter.check_key_n(key, price)) {
            Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(early))) => {
                let wait = early.wait_time_from(Instant::now());
                Err(wait.as_secs().saturating_add(1))
            }
            Some(Err(_)) | None => Err(FULL),
        }
    }

    fn give_back(&self, key: Key) {
        let mut dues = self.dues.lock();
        if let Some(due) = dues.remove(&key) {
            let due = due.saturating_sub(self.point.saturating_mul(key.1).into());
            if due > self.now() {
                dues.insert(key, due);
            }
        }
    }

    /// Forgets the keys that have all their points back.
    pub(crate) fn prune(&self) {
        let now = self.now();
        self.dues.lock().retain(|_, due| *due > now);
    }

    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }
}

/// A try that is spent. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Try {
    brake: Arc<Brake>,
    keys: Vec<Key>,
}

impl Try {
    /// The password was wrong: the try stays spent.
    pub(crate) fn keep(mut self) {
        self.keys.clear();
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        for key in self.keys.drain(..) {
            self.brake.give_back(key);
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn brake() -> Arc<Brake> {
        Arc::new(Brake::new())
    }

    fn remembered(brake: &Brake) -> usize {
        brake.dues.lock().len()
    }

    #[test]
    fn only_wrong_passwords_use_up_the_tries() {
        let (brake, office) = (brake(), "192.0.2.1".parse().ok());
        for _ in 0..100 {
            drop(brake.spend("helene", office).unwrap());
        }
        assert_eq!(remembered(&brake), 0);
        for _ in 0..8 {
            brake.spend("HELENE", office).unwrap().keep();
        }
        let wait = brake.spend("helene", office).unwrap_err();
        assert!((25..=30).contains(&wait), "{wait}");
        // The refused tries cost the address nothing.
        for _ in 0..100 {
            brake.spend("helene", office).unwrap_err();
        }
        for n in 8..40 {
            brake.spend(&format!("name{n}"), office).unwrap().keep();
        }
        // 34 keys: helene, 32 other names, and the address.
        assert_eq!(remembered(&brake), 34);
        for n in 40..100 {
            let wait = brake.spend(&format!("name{n}"), office).unwrap_err();
            assert!((1..=6).contains(&wait), "{wait}");
        }
        assert_eq!(remembered(&brake), 34);
        drop(brake.spend("name40", "192.0.2.2".parse().ok()).unwrap());
    }

    #[test]
    fn of_many_tries_at_the_same_time_eight_are_spent() {
        let brake = brake();
        let tries = (0..64).filter_map(|_| brake.spend("helene", None).ok());
        assert_eq!(tries.collect::<Vec<_>>().len(), 8);
        assert!(brake.spend("helene", None).is_ok());
    }

    #[test]
    fn one_subscriber_does_not_escape_into_its_own_network() {
        let brake = brake();
        let from = |address: &str| brake.spend(address, address.parse().ok());
        for n in 0..40 {
            from(&format!("2001:db8::{n:x}")).unwrap().keep();
        }
        assert!(from("2001:db8::ffff").is_err());
        assert!(from("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded_and_pruned() {
        let brake = brake();
        let take = |name: &str| brake.take(&(name.to_owned(), PER_NAME));
        for n in 0..REMEMBERED {
            take(&n.to_string()).unwrap();
        }
        assert_eq!(take("beyond"), Err(FULL));
        assert_eq!(take("0"), Ok(()));
        brake.prune();
        assert_eq!(remembered(&brake), REMEMBERED);
        for due in brake.dues.lock().values_mut().skip(1) {
            *due = Nanos::new(0);
        }
        brake.prune();
        assert_eq!(remembered(&brake), 1);
        take("beyond").unwrap();
    }
}
