//! The session record that a host stores.

use crate::{AccountId, SessionId, UnixTime};
use core::fmt;

/// A session as it was granted: 40 bytes for the host's session store.
///
/// It states the past. [`current_level`](crate::current_level) returns what it is now, and is called for each
/// request.
///
/// # Security
/// The record is not authenticated. It belongs in the server's session store, not in a cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Session {
    /// The account.
    pub account: AccountId,
    /// The session's id. It changes with the level, which prevents session fixation.
    pub id: SessionId,
    /// The account's epoch when the session was granted. A new epoch ends the session.
    pub epoch: u32,
    /// The level at which it was granted.
    pub level: Level,
    /// Whether a passkey gave the last proof, which a mandate of passkeys demands, and not a code.
    #[cfg_attr(feature = "serde", serde(default))]
    pub passkey: bool,
    /// When the level was reached; at [`Level::Level2`], when its last code was submitted.
    pub at: UnixTime,
}

/// The level of a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Level {
    /// The password was given and a code is required within [`limits::HALF_LOGIN`](crate::limits::HALF_LOGIN)
    /// seconds. It gives no rights.
    HalfLogin,
    /// The password was given, but the authenticator is disabled, or its codes are not enough any more where a passkey is
    /// demanded. The session may only recover.
    RecoveryOnly,
    /// The password was given and an enrollment is required. The session may only enroll.
    EnrollOnly,
    /// The password was given and a second factor is not required.
    Level1,
    /// The password and a code were given.
    Level2,
}

/// The step that a session must complete before it has rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum NextStep {
    /// Give the password again: there is no session, or it is over.
    LogIn,
    /// None: the log-in is complete.
    Done,
    /// Submit a one-time code.
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
    /// Returns the step that a session at this level must complete.
    #[must_use]
    pub const fn next_step(self) -> NextStep {
        match self {
            Self::HalfLogin => NextStep::SecondFactor,
            Self::RecoveryOnly => NextStep::Recover,
            Self::EnrollOnly => NextStep::Enroll,
            Self::Level1 | Self::Level2 => NextStep::Done,
        }
    }

    /// Returns the assurance level of a session at this level.
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
    /// Length of the record in bytes.
    pub const LEN: usize = 40;

    /// Returns the record: account (16 bytes), session (8), epoch (4), level (1), whether by passkey (1), zeros (2), time (8);
    /// integers are big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let fields = self
            .account
            .to_bytes()
            .into_iter()
            .chain(self.id.0.to_be_bytes())
            .chain(self.epoch.to_be_bytes())
            .chain([self.level.to_byte(), u8::from(self.passkey), 0, 0])
            .chain(self.at.0.to_be_bytes());
        let mut bytes = [0; Self::LEN];
        for (slot, byte) in bytes.iter_mut().zip(fields) {
            *slot = byte;
        }
        bytes
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`ParseSessionError`] for an unknown level and for reserved bytes that are not zero.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, ParseSessionError> {
        let mut rest = bytes.iter().copied();
        let account = AccountId::from_bytes(take(&mut rest));
        let id = SessionId(u64::from_be_bytes(take(&mut rest)));
        let epoch = u32::from_be_bytes(take(&mut rest));
        let [level, passkey, reserved @ ..] = take::<4>(&mut rest);
        let at = UnixTime(u64::from_be_bytes(take(&mut rest)));
        if passkey > 1 || reserved != [0; 2] {
            return Err(ParseSessionError::Reserved);
        }
        let level = Level::from_byte(level).ok_or(ParseSessionError::Level(level))?;
        Ok(Self {
            account,
            id,
            epoch,
            level,
            passkey: passkey == 1,
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

/// Why 40 bytes are not a session record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ParseSessionError {
    /// Byte 28 has an unknown level.
    Level(u8),
    /// Byte 29 is not 0 or 1, or bytes 30 and 31, which are reserved, are not zero.
    Reserved,
}

impl fmt::Display for ParseSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(byte) => write!(
                f,
                "byte 28 of a session record has an unknown level: {byte}"
            ),
            Self::Reserved => write!(
                f,
                "bytes 29 to 31 of a session record are neither 0, 0, 0 nor 1, 0, 0"
            ),
        }
    }
}

impl core::error::Error for ParseSessionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_bytes_have_fixed_layout() {
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
                passkey: level == Level::Level2,
                at: UnixTime(0x0708),
            };
            let bytes = session.to_bytes();
            assert_eq!(Session::from_bytes(&bytes), Ok(session));
            assert_eq!(bytes[14..16], [1, 2]);
            assert_eq!(bytes[22..24], [3, 4]);
            assert_eq!(bytes[26..28], [5, 6]);
            assert_eq!(bytes[29..32], [u8::from(session.passkey), 0, 0]);
            assert_eq!(bytes[38..], [7, 8]);
        }
    }

    #[test]
    fn unknown_level_and_reserved_bytes_are_refused() {
        let mut bytes = [0; Session::LEN];
        for level in [0, 6, 255] {
            bytes[28] = level;
            assert_eq!(
                Session::from_bytes(&bytes),
                Err(ParseSessionError::Level(level))
            );
        }
        bytes[28] = 1;
        for at in 29..32 {
            let mut reserved = bytes;
            reserved[at] = 2;
            assert_eq!(
                Session::from_bytes(&reserved),
                Err(ParseSessionError::Reserved)
            );
        }
    }
}
