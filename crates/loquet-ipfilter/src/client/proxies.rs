//! Which proxies are trusted.

use core::net::IpAddr;

use thiserror::Error;

use crate::Prefix;
use crate::address::ranges::{join, run};

/// The proxies whose word about a client counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies {
    // Sorted and disjoint, first and last address of each run.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

/// Why a set-up of proxies is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Nobody is trusted, so no header would ever count and every client would be a proxy.
    #[error("a forwarding header needs at least one trusted proxy")]
    NobodyTrusted,
    /// Everybody is trusted, so every client could invent an address.
    #[error("{0} would trust everybody")]
    EverybodyTrusted(Prefix),
    /// More than [`TrustedProxies::MAX`] networks.
    #[error("more than {} trusted networks", TrustedProxies::MAX)]
    TooMany,
}

impl TrustedProxies {
    /// At most this many networks.
    pub const MAX: usize = 4_096;

    /// The proxies in these networks.
    ///
    /// # Errors
    /// [`ProxyError`] when nobody would be trusted, when a whole family would (two halves of it included), or beyond
    /// the limit.
    pub fn new(prefixes: impl IntoIterator<Item = Prefix>) -> Result<Self, ProxyError> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (count, prefix) in prefixes.into_iter().enumerate() {
            if count >= Self::MAX {
                return Err(ProxyError::TooMany);
            }
            v4.extend(run(prefix));
            v6.extend(run(prefix));
        }
        if v4.is_empty() && v6.is_empty() {
            return Err(ProxyError::NobodyTrusted);
        }
        // Touching runs become one, so that two halves of everything are seen to be everything.
        let (v4, v6) = (join(v4), join(v6));
        if v4 == [(0, u32::MAX)] {
            return Err(ProxyError::EverybodyTrusted(Prefix::ANY_V4));
        }
        if v6 == [(0, u128::MAX)] {
            return Err(ProxyError::EverybodyTrusted(Prefix::ANY_V6));
        }
        Ok(Self { v4, v6 })
    }

    /// Whether this address belongs to a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => holds(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => holds(&self.v6, v6.to_bits()),
        }
    }
}

fn holds<T: Ord + Copy>(runs: &[(T, T)], address: T) -> bool {
    let after = runs.partition_point(|(first, _)| *first <= address);
    after
        .checked_sub(1)
        .and_then(|at| runs.get(at))
        .is_some_and(|(_, last)| address <= *last)
}
