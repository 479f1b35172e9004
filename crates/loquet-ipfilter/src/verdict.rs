//! Who asks, and what the filter answers.

use core::net::IpAddr;

use crate::{Decision, DeviceTier, Precedence, RuleRef, Tag};

/// Where a request comes from, as far as anybody could tell.
///
/// The default is the least: no address, no tags, an unknown device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin<'a> {
    /// The client's address, from [`ClientAddress`](crate::ClientAddress); `None` is unknown, which never allows.
    pub address: Option<IpAddr>,
    /// The groups the person belongs to.
    pub tags: &'a [Tag],
    /// How well the device is known.
    pub device: DeviceTier,
}

impl Origin<'_> {
    /// A request from this address by nobody in particular on an unknown device.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self {
            address: Some(address),
            ..Self::default()
        }
    }
}

/// What the filter says, and by which rule. It is a value: log it, compare it.
#[must_use = "a verdict that nobody looks at guards nothing"]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Allow or deny.
    pub decision: Decision,
    /// The rule that decided; `None` where no rule matched and the default did.
    pub rule: Option<RuleRef>,
    /// Whether a deny rule decided although one of its facts was unknown.
    pub by_unknown: bool,
    /// How several matching rules came to one decision.
    pub precedence: Precedence,
    /// The address judged, in canonical form.
    pub address: Option<IpAddr>,
}

impl Verdict {
    /// Whether the request may go on.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self.decision, Decision::Allow)
    }
}
