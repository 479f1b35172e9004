//! The origin of a request, and the verdict about it.

use core::net::IpAddr;

use crate::{Decision, DeviceTier, Precedence, RuleRef, Tag};

/// Where a request comes from: address, user and device.
///
/// The default is an unknown address, no tags and an unknown device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin<'a> {
    /// The client's address, from [`ClientAddress`](crate::ClientAddress); `None` is unknown, and an unknown address
    /// never allows.
    pub address: Option<IpAddr>,
    /// The user's tags.
    pub tags: &'a [Tag],
    /// How well the device is known.
    pub device: DeviceTier,
}

impl Origin<'_> {
    /// Returns a request from this address without tags, on an unknown device.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self {
            address: Some(address),
            ..Self::default()
        }
    }
}

/// The filter's decision and the rule that made it. It is a value: log it, compare it.
#[must_use = "an unused verdict protects nothing"]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Allow or deny.
    pub decision: Decision,
    /// The rule that decided; `None` where no rule matched and the default decided.
    pub rule: Option<RuleRef>,
    /// Whether a deny rule decided although one of its facts was unknown.
    pub by_unknown: bool,
    /// How several matching rules were combined.
    pub precedence: Precedence,
    /// The address in canonical form.
    pub address: Option<IpAddr>,
}

impl Verdict {
    /// Returns whether the request may continue.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self.decision, Decision::Allow)
    }
}
