//! Enrollments that are not confirmed yet, and the link in the notice of one that was.

use crate::{AuthenticatorId, Digest, RecoverySet, SessionId, UnixTime, limits};
use alloc::vec::Vec;

/// A pending enrollment. It satisfies no requirement, and only the session that began it can show or confirm
/// it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Pending {
    /// The kind of enrollment.
    pub purpose: Purpose,
    /// The session that began it.
    pub session: SessionId,
    /// The authenticator with a code of which it began, if it did.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub by: Option<AuthenticatorId>,
    /// When it began.
    pub since: UnixTime,
    /// The number of wrong codes, of at most [`PENDING_TRIES`](limits::PENDING_TRIES).
    pub wrong: u8,
    /// The recovery codes that were shown with it. They become valid when it is confirmed.
    pub recovery: RecoverySet,
}

impl Pending {
    /// Returns when the enrollment expires, [`limits::PENDING`] seconds after it began.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.since.plus(limits::PENDING)
    }

    /// Returns whether it can still be confirmed at `now`. One that began ahead of `now` cannot.
    #[must_use]
    pub fn is_open(&self, now: UnixTime) -> bool {
        self.since.age(now).is_some_and(|age| age < limits::PENDING)
    }
}

/// The kind of an enrollment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Purpose {
    /// The first authenticator of the account.
    First,
    /// A new authenticator after a reset, with its reset code.
    Reset,
    /// A replacement for an active authenticator, which stays valid until then.
    Replace,
    /// An authenticator more.
    Add,
}

/// The link with which the owner reports an enrollment as not theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct BindingLink {
    /// The authenticator that was bound.
    pub authenticator: AuthenticatorId,
    /// What was bound since with its codes, with recovery codes that its code made, and with what these bound: the link takes
    /// them too.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub also: Vec<AuthenticatorId>,
    /// Hash of the link's secret part.
    pub link: Digest,
    /// When the link expires.
    pub expires: UnixTime,
    /// When the first enrollment was confirmed of those that followed each other while their links were good. What was
    /// confirmed with one of them goes with the last.
    pub since: UnixTime,
}

impl BindingLink {
    /// Returns whether it takes this authenticator away.
    #[must_use]
    pub fn takes(&self, authenticator: AuthenticatorId) -> bool {
        self.authenticator == authenticator || self.also.contains(&authenticator)
    }
}

/// With what recovery codes were made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RecoveryAuthor {
    /// The authenticator with a code of which they were made, or with which they were shown.
    pub authenticator: AuthenticatorId,
    /// When they were made.
    pub since: UnixTime,
}
