//! One remembered device.

use std::net::IpAddr;

use loquet_policy::{Digest, UnixTime, limits};
use serde::{Deserialize, Serialize};

use super::RETENTION;

/// A device that an account has remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Device {
    /// Its number within the account, never used again.
    pub number: u16,
    pub(super) digest: Digest,
    /// The cookie before this one, until this one was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) former: Option<Digest>,
    /// The network of its last log-in: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address, zeros
    /// after them. `None`: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<IpAddr>,
    /// The country of its last log-in, in two letters, where the host has a table of countries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// When it was remembered.
    pub first: UnixTime,
    /// When it was last used to log in.
    pub last: UnixTime,
}

impl Device {
    pub(super) fn is_before(&self, since: Option<UnixTime>) -> bool {
        since.is_none_or(|since| self.first < since)
    }

    pub(super) fn is_kept(&self, now: UnixTime) -> bool {
        self.last.age(now).is_some_and(|age| age < RETENTION)
    }

    /// Whether it was remembered long enough ago.
    pub(super) fn has_settled(&self, now: UnixTime) -> bool {
        let age = self.first.age(now);
        age.is_some_and(|age| age >= limits::SETTLING)
    }

    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.digest == *digest || self.former.as_ref() == Some(digest)
    }
}
