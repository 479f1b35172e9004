//! A modest brake on guessing pass phrases: by name and by address, in memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong pass phrases are counted for this long.
const WINDOW: Duration = Duration::from_secs(300);
/// Wrong pass phrases for one name in that time. Names that nobody has are counted too, so that waiting tells nothing.
const PER_NAME: u32 = 8;
/// Wrong pass phrases from one address in that time: a whole office shares one.
const PER_ADDRESS: u32 = 40;
/// Names or addresses that are remembered; a flood of new ones forgets those whose time is over, then all.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    names: Mutex<Counts<String>>,
    addresses: Mutex<Counts<IpAddr>>,
}

impl Throttle {
    /// Seconds to wait before another pass phrase is looked at; `None` is not at all.
    pub(crate) fn wait(&self, name: &str, address: Option<IpAddr>, now: Instant) -> Option<u64> {
        let by_name = locked(&self.names).wait(&folded(name), PER_NAME, now);
        let by_address = address
            .and_then(|address| locked(&self.addresses).wait(&network(address), PER_ADDRESS, now));
        by_name.max(by_address)
    }

    /// Counts a wrong pass phrase.
    pub(crate) fn failed(&self, name: &str, address: Option<IpAddr>, now: Instant) {
        locked(&self.names).count(folded(name), now);
        if let Some(address) = address {
            locked(&self.addresses).count(network(address), now);
        }
    }

    /// Forgets a name's failures after the right pass phrase. The address keeps its own.
    pub(crate) fn succeeded(&self, name: &str) {
        locked(&self.names).0.remove(&folded(name));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Counters are whole after every statement: a panic elsewhere leaves nothing half-done here.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
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

#[derive(Debug)]
struct Counts<K>(HashMap<K, (Instant, u32)>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Counts<K> {
    fn wait(&self, key: &K, most: u32, now: Instant) -> Option<u64> {
        let (since, failures) = self.0.get(key)?;
        let left = WINDOW
            .checked_sub(now.saturating_duration_since(*since))
            .filter(|left| !left.is_zero())?;
        (*failures >= most).then(|| left.as_secs().saturating_add(1))
    }

    fn count(&mut self, key: K, now: Instant) {
        if self.0.len() >= REMEMBERED {
            self.0
                .retain(|_, (since, _)| now.saturating_duration_since(*since) < WINDOW);
        }
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        let entry = self.0.entry(key).or_insert((now, 0));
        if now.saturating_duration_since(entry.0) >= WINDOW {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn later(now: Instant, seconds: u64) -> Instant {
        now.checked_add(Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn the_ninth_wrong_phrase_for_a_name_waits_whoever_types_it() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..8 {
            assert_eq!(throttle.wait("helene", None, now), None, "{n}");
            throttle.failed(" Helene", None, now);
        }
        assert_eq!(throttle.wait("HELENE", None, later(now, 100)), Some(201));
        assert_eq!(throttle.wait("marc", None, now), None);
        assert_eq!(throttle.wait("helene", None, later(now, 300)), None);
        throttle.succeeded("helene");
        assert_eq!(throttle.wait("helene", None, now), None);
    }

    #[test]
    fn one_subscriber_does_not_escape_into_its_own_network() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..40 {
            let address = format!("2001:db8::{n:x}").parse().unwrap();
            throttle.failed(&format!("name{n}"), Some(address), now);
        }
        assert!(
            throttle
                .wait("x", "2001:db8::ffff".parse().ok(), now)
                .is_some()
        );
        assert_eq!(
            throttle.wait("x", "2001:db8:0:1::1".parse().ok(), now),
            None
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..25_000 {
            throttle.failed(&format!("name{n}"), None, now);
        }
        assert!(locked(&throttle.names).0.len() <= REMEMBERED);
    }
}
