//! How long a session lasts.

use crate::limits::{DAY, HOUR};
use crate::{Account, Cause, Level, Refusal, Session, UnixTime};

/// How long a session lasts, in seconds after its last password or code.
///
/// The defaults follow NIST SP 800-63B-4 §2.1.3 and §2.2.3: 30 days with the password alone; with a code 24
/// hours, or one hour without a request, after which a code is owed again. An administrator's session lasts 12
/// hours, with or without a code.
///
/// ```
/// use loquet_policy::SessionLimits;
/// let strict = SessionLimits { aal2: 8 * 3600, ..SessionLimits::default() };
/// assert!(strict.aal2 < strict.aal1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// With the password alone: then the session is over.
    pub aal1: u64,
    /// With a code: then the code is owed again.
    pub aal2: u64,
    /// For an administrator: then the code is owed again, or the password where there is no authenticator.
    pub administrator: u64,
    /// Since the last request, with a code: then the code is owed again. It counts where the caller says when
    /// that was.
    pub inactivity: u64,
    /// In all since the last code: then the session is over and the password is owed too.
    pub total: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            aal1: 30 * DAY,
            aal2: DAY,
            administrator: 12 * HOUR,
            inactivity: HOUR,
            total: 30 * DAY,
        }
    }
}

impl SessionLimits {
    /// Refuses a session that is too old, or that was not used for too long where `last_seen` is known. One that begins
    /// ahead of `now`, because the clock was wrong, is over.
    ///
    /// # Errors
    /// [`Refusal::CodeRequired`] where a code prolongs it, [`Refusal::StaleLogIn`] where it is over.
    pub fn check(
        &self,
        session: &Session,
        account: &Account,
        last_seen: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let age = session.at.age(now).ok_or(Refusal::StaleLogIn)?;
        // A time ahead shows no request: the last one that is known gave the password or the code.
        let idle = |seen: UnixTime| seen.age(now).map_or(age, |idle| idle.min(age));
        let idle = last_seen.map_or(0, idle);
        let longest = |limit: u64| {
            if account.is_administrator() {
                limit.min(self.administrator)
            } else {
                limit
            }
        };
        match session.level {
            Level::Level2 if age >= self.total => Err(Refusal::StaleLogIn),
            Level::Level2 if age >= longest(self.aal2) || idle >= self.inactivity => {
                Err(Refusal::CodeRequired(Cause::default()))
            }
            Level::Level1 | Level::EnrollOnly if age >= longest(self.aal1) => {
                Err(Refusal::StaleLogIn)
            }
            // `decide` ends the others after ten minutes.
            _ => Ok(()),
        }
    }
}
