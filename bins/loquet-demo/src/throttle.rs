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
/// Names or addresses that are remembered; a flood of new ones forgets those whose time is over, then those that were
/// tried least: whoever floods does not lift the brake from the one name that is guessed at.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    names: Mutex<Counts<String>>,
    addresses: Mutex<Counts<IpAddr>>,
}

impl Throttle {
    /// Takes one of the tries that are left, before the pass phrase is looked at: of many at the same time no more get
    /// through than one after the other.
    ///
    /// # Errors
    /// Seconds to wait before another pass phrase is looked at.
    pub(crate) fn begin(
        &self,
        name: &str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<(), u64> {
        let (name, address) = (folded(name), address.map(network));
        let (mut names, mut addresses) = (locked(&self.names), locked(&self.addresses));
        let by_name = names.wait(&name, PER_NAME, now);
        let by_address = address.and_then(|address| addresses.wait(&address, PER_ADDRESS, now));
        if let Some(seconds) = by_name.max(by_address) {
            return Err(seconds);
        }
        names.count(name, now);
        if let Some(address) = address {
            addresses.count(address, now);
        }
        Ok(())
    }

    /// The pass phrase was not looked at: the try comes back.
    pub(crate) fn returned(&self, name: &str, address: Option<IpAddr>) {
        if let Some((_, tries)) = locked(&self.names).0.get_mut(&folded(name)) {
            *tries = tries.saturating_sub(1);
        }
        if let Some(address) = address
            && let Some((_, tries)) = locked(&self.addresses).0.get_mut(&network(address))
        {
            *tries = tries.saturating_sub(1);
        }
    }

    /// The pass phrase was right: forgets the name's failures and gives the address its try back.
    pub(crate) fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        locked(&self.names).0.remove(&folded(name));
        if let Some(address) = address
            && let Some((_, tries)) = locked(&self.addresses).0.get_mut(&network(address))
        {
            *tries = tries.saturating_sub(1);
        }
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

    /// Forgets the half that was tried least, and of those the older.
    fn forget_half(&mut self) {
        let mut tried: Vec<(u32, Instant)> = self
            .0
            .values()
            .map(|(since, tries)| (*tries, *since))
            .collect();
        let half = tried.len() / 2;
        if half == 0 {
            return;
        }
        let (_, (most, newest), _) = tried.select_nth_unstable(half);
        let (most, newest) = (*most, *newest);
        let mut left = half;
        self.0.retain(|_, (since, tries)| {
            let goes = left > 0 && (*tries, *since) <= (most, newest);
            left = left.saturating_sub(usize::from(goes));
            !goes
        });
    }

    fn count(&mut self, key: K, now: Instant) {
        if self.0.len() >= REMEMBERED {
            self.0
                .retain(|_, (since, _)| now.saturating_duration_since(*since) < WINDOW);
        }
        if self.0.len() >= REMEMBERED {
            self.forget_half();
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
    fn the_ninth_try_for_a_name_waits_whoever_types_it() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..8 {
            assert_eq!(throttle.begin(" Helene", None, now), Ok(()), "{n}");
        }
        assert_eq!(throttle.begin("HELENE", None, later(now, 100)), Err(201));
        assert_eq!(throttle.begin("marc", None, now), Ok(()));
        throttle.succeeded("helene", None);
        assert_eq!(throttle.begin("helene", None, now), Ok(()));
    }

    #[test]
    fn a_wait_ends() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..8 {
            throttle.begin("helene", None, now).unwrap();
        }
        assert_eq!(throttle.begin("helene", None, later(now, 300)), Ok(()));
    }

    #[test]
    fn of_many_tries_at_once_no_more_than_eight_begin() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let begun = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..64)
                .map(|_| scope.spawn(|| throttle.begin("helene", None, now).is_ok()))
                .collect();
            tries
                .into_iter()
                .filter_map(|begun| begun.join().ok())
                .filter(|begun| *begun)
                .count()
        });
        assert_eq!(begun, 8);
    }

    #[test]
    fn one_subscriber_does_not_escape_into_its_own_network() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..40 {
            let address = format!("2001:db8::{n:x}").parse().unwrap();
            assert_eq!(
                throttle.begin(&format!("name{n}"), Some(address), now),
                Ok(())
            );
        }
        assert!(
            throttle
                .begin("x", "2001:db8::ffff".parse().ok(), now)
                .is_err()
        );
        assert_eq!(
            throttle.begin("x", "2001:db8:0:1::1".parse().ok(), now),
            Ok(())
        );
        throttle.succeeded("name0", "2001:db8::".parse().ok());
        assert_eq!(
            throttle.begin("x", "2001:db8::ffff".parse().ok(), now),
            Ok(())
        );
    }

    #[test]
    fn a_flood_of_names_does_not_lift_the_brake_from_one() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..8 {
            throttle.begin("helene", None, now).unwrap();
        }
        for n in 0..25_000 {
            throttle.begin(&format!("name{n}"), None, now).unwrap();
        }
        assert_eq!(throttle.begin("helene", None, now), Err(301));
        throttle.returned("helene", None);
        assert_eq!(throttle.begin("helene", None, now), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..25_000 {
            assert_eq!(throttle.begin(&format!("name{n}"), None, now), Ok(()));
        }
        assert!(locked(&throttle.names).0.len() <= REMEMBERED);
    }
}
