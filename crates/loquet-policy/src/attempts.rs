//! Failure counts and throttling: one count for each secret, two independent waits.

use crate::UnixTime;

/// The failures of an account's authenticator. The count belongs to the secret, spans sessions and nodes, and
/// starts again with a new secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Attempts {
    /// Failures since the secret was bound. A success does not reset this count, or else a thief could guess
    /// on after each log-in of the owner.
    pub total: u8,
    /// Throttling of clients that have only the password.
    pub stranger: Throttle,
    /// Throttling of known devices and live Level2 sessions, which a stranger's failures do not affect.
    pub known: Throttle,
}

/// Consecutive failures of one kind of client, and the wait that they caused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Throttle {
    /// Failures since the last good code of this kind of client.
    pub row: u8,
    /// Until this time codes are neither checked nor counted.
    pub until: UnixTime,
}

/// The resets that an administrator made, counted in a period of 24 hours that begins with the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ResetQuota {
    /// When the period began.
    pub since: UnixTime,
    /// Resets in that period.
    pub used: u8,
}

/// What is known about the client that submits a code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CodeSource {
    /// A client of which only the password is known. This is the default.
    Stranger,
    /// A device on which the owner submitted a good code before.
    KnownDevice,
    /// A session at Level2.
    LiveSession,
}
