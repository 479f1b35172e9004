//! What wrong codes use up: one budget for each secret, one count, two lanes of waiting.

use crate::UnixTime;

/// The budget of an account's authenticator. Its count belongs to the secret and begins anew with
/// the next one; it spans sessions and nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Attempts {
    /// Failures since the secret was bound. Nothing but a new secret ends this count: who may begin
    /// anew after each of the owner's log-ins guesses for ever.
    pub total: u8,
    /// Those who have the password and nothing else that we know.
    pub stranger: Lane,
    /// Known devices and live Level2 sessions: a stranger's failures do not make them wait.
    pub known: Lane,
}

/// Failures in a row of one kind of visitor, and the wait that they brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Lane {
    /// Failures since the last good code of this kind of visitor.
    pub row: u8,
    /// Before this moment codes are neither evaluated nor counted.
    pub until: UnixTime,
}

/// Resets that an administrator made of others, counted in a day that begins with the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ResetQuota {
    /// When the day began.
    pub since: UnixTime,
    /// How many in that day.
    pub used: u8,
}

/// Where a code comes from. What cannot be shown to be better is a stranger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Vantage {
    /// The password, and nothing else that is known.
    Stranger,
    /// A device on which the owner's code was accepted before.
    KnownDevice,
    /// A session at Level2.
    LiveSession,
}
