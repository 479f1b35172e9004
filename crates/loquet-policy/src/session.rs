//! The stamp that a host keeps in its own session.

use crate::{AccountId, SessionId, UnixTime};
use core::fmt;

/// What a session was worth when it was granted: forty bytes for the host's own session record.
///
/// It is a claim about the past. What it is worth *now* is
/// [`standing`](crate::standing)'s to say, at every request.
///
/// # Security
/// The stamp is not authenticated: it belongs into the server's session store, never into a
/// cookie as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Session {
    /// Whose session.
    pub account: AccountId,
    /// Which one. A new one at each change of level, so that a fixed id gains nothing.
    pub id: SessionId,
    /// The account's epoch when it was granted. Another epoch ends it.
    pub epoch: u32,
    /// What had been shown.
    pub level: Level,
    /// When the level was reached; for [`Level::Level2`] when its last code was given.
    pub at: UnixTime,
}

/// What a session has shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Level {
    /// The password; a code is due within ten minutes. No rights.
    HalfLogin,
    /// The password; the authenticator is disabled, only recovery is possible. No rights.
    RecoveryOnly,
    /// The password; an enrollment is due. No other right.
    EnrollOnly,
    /// The password, and nothing more is required.
    Level1,
    /// The password and a code.
    Level2,
}

/// What a session must do before it has rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum NextStep {
    /// Give the password again: there is no session, or it is over.
    LogIn,
    /// Nothing: the log-in is complete.
    Done,
    /// Type the six digits.
    SecondFactor,
    /// Enroll an authenticator.
    Enroll,
    /// Use a recovery code, or ask an administrator for a reset.
    Recover,
}

/// The authenticator assurance level that a session has reached (NIST SP 800-63B-4 §2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Assurance {
    /// The password alone.
    Aal1,
    /// The password and a one-time code.
    Aal2,
}

impl Level {
    /// Returns what a session at this level must do first.
    #[must_use]
    pub const fn next_step(self) -> NextStep {
        match self {
            Self::HalfLogin => NextStep::SecondFactor,
            Self::RecoveryOnly => NextStep::Recover,
            Self::EnrollOnly => NextStep::Enroll,
            Self::Level1 | Self::Level2 => NextStep::Done,
        }
    }

    /// Returns what a session at this level has shown.
    #[must_use]
    pub const fn assurance(self) -> Assurance {
        match self {
            Self::Level2 => Assurance::Aal2,
            _ => Assurance::Aal1,
        }
    }

    const fn to_byte(self) -> u8 {
        match self {
            Self::HalfLogin => 1,
            Self::RecoveryOnly => 2,
            Self::EnrollOnly => 3,
            Self::Level1 => 4,
            Self::Level2 => 5,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::HalfLogin,
            2 => Self::RecoveryOnly,
            3 => Self::EnrollOnly,
            4 => Self::Level1,
            5 => Self::Level2,
            _ => return None,
        })
    }
}

impl Session {
    /// Length of the stamp in bytes.
    pub const LEN: usize = 40;

    /// The stamp: account (16), session (8), epoch (4), level (1), zeros (3), time (8), integers
    /// big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let fields = self
            .account
            .to_bytes()
            .into_iter()
            .chain(self.id.0.to_be_bytes())
            .chain(self.epoch.to_be_bytes())
            .chain([self.level.to_byte(), 0, 0, 0])
            .chain(self.at.0.to_be_bytes());
        let mut bytes = [0; Self::LEN];
        for (slot, byte) in bytes.iter_mut().zip(fields) {
            *slot = byte;
        }
        bytes
    }

    /// Reads a stamp back.
    ///
    /// # Errors
    /// [`StampError`] for an unknown level and for reserved bytes that are not zero, so that a
    /// later version's stamp is refused rather than misread.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, StampError> {
        let mut rest = bytes.iter().copied();
        let account = AccountId::from_bytes(take(&mut rest));
        let id = SessionId(u64::from_be_bytes(take(&mut rest)));
        let epoch = u32::from_be_bytes(take(&mut rest));
        let [level, reserved @ ..] = take::<4>(&mut rest);
        let at = UnixTime(u64::from_be_bytes(take(&mut rest)));
        if reserved != [0; 3] {
            return Err(StampError::Reserved);
        }
        let level = Level::from_byte(level).ok_or(StampError::Level(level))?;
        Ok(Self {
            account,
            id,
            epoch,
            level,
            at,
        })
    }
}

fn take<const N: usize>(bytes: &mut impl Iterator<Item = u8>) -> [u8; N] {
    let mut field = [0; N];
    for (slot, byte) in field.iter_mut().zip(bytes) {
        *slot = byte;
    }
    field
}

/// Why forty bytes are no stamp.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StampError {
    /// Byte 28 names no level.
    Level(u8),
    /// Bytes 29 to 31 are kept for later versions and not zero.
    Reserved,
}

impl fmt::Display for StampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(byte) => write!(f, "byte 28 of a session stamp names no level: {byte}"),
            Self::Reserved => write!(f, "bytes 29 to 31 of a session stamp are not zero"),
        }
    }
}

impl core::error::Error for StampError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_and_has_a_fixed_layout() {
        for level in [
            Level::HalfLogin,
            Level::RecoveryOnly,
            Level::EnrollOnly,
            Level::Level1,
            Level::Level2,
        ] {
            let session = Session {
                account: AccountId::from(0x0102u64),
                id: SessionId(0x0304),
                epoch: 0x0506,
                level,
                at: UnixTime(0x0708),
            };
            let bytes = session.to_bytes();
            assert_eq!(Session::from_bytes(&bytes), Ok(session));
            assert_eq!(bytes[14..16], [1, 2]);
            assert_eq!(bytes[22..24], [3, 4]);
            assert_eq!(bytes[26..28], [5, 6]);
            assert_eq!(bytes[29..32], [0; 3]);
            assert_eq!(bytes[38..], [7, 8]);
        }
    }

    #[test]
    fn what_a_later_version_may_mean_is_refused() {
        let mut bytes = [0; Session::LEN];
        for level in [0, 6, 255] {
            bytes[28] = level;
            assert_eq!(Session::from_bytes(&bytes), Err(StampError::Level(level)));
        }
        bytes[28] = 1;
        for at in 29..32 {
            let mut reserved = bytes;
            reserved[at] = 1;
            assert_eq!(Session::from_bytes(&reserved), Err(StampError::Reserved));
        }
    }
}
