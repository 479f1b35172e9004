//! How much of what all visitors share one address may take.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What each network holds at the moment, at most `most`.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    most: usize,
    held: Arc<Mutex<Held>>,
}

/// Unknown addresses count as one. A network that holds nothing has no entry.
type Held = HashMap<Option<IpAddr>, usize>;

/// One of the places of a network, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Shares,
    network: Option<IpAddr>,
}

impl Shares {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            held: Arc::default(),
        }
    }

    /// Takes a place for an address, unless its network holds as many as it may.
    pub(crate) fn take(&self, address: Option<IpAddr>) -> Option<Share> {
        let network = address.map(network);
        let mut held = self.held();
        let count = held.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Share {
            shares: self.clone(),
            network,
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.held();
        if let Some(count) = held.get_mut(&self.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                held.remove(&self.network);
            }
        }
    }
}

/// The addresses that count as one: a single IPv4 address, or the /64 that one IPv6 subscriber has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
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
    use super::*;

    #[test]
    fn network_takes_no_more_than_its_share() {
        let shares = Shares::new(2);
        let take = |from: &str| shares.take(from.parse().ok());
        let held = [take("2001:db8::1"), take("2001:db8::2")];
        assert!(held.iter().all(Option::is_some));
        assert!(take("2001:db8::3").is_none());
        // Another subscriber, an IPv4 address in both notations, and an address that is unknown.
        assert!(take("2001:db8:0:1::1").is_some());
        let both = [take("192.0.2.1"), take("::ffff:192.0.2.1")];
        assert!(both.iter().all(Option::is_some) && take("192.0.2.1").is_none());
        assert!(take("?").is_some());
        let [first, second] = held;
        drop(first);
        assert!(take("2001:db8::4").is_some());
        drop((second, both));
        assert!(shares.held().is_empty());
    }
}
