//! Which sessions of an account are live, and for how long.

use loquet_policy::limits::{DAY, HOUR};
use loquet_policy::{Cause, Level, Refusal, Session, SessionId, UnixTime};
use serde::{Deserialize, Serialize};

/// How long a session lasts, in seconds after its last password or code.
///
/// The defaults follow NIST SP 800-63B-4 §2.1.3 and §2.2.3: 30 days with the password alone, 24 hours with a code, after
/// which a code is owed again. An administrator's session owes one after 12 hours.
///
/// An account keeps at most 32 sessions, and 32 log-ins that were not completed; one more ends the oldest of its kind.
///
/// ```
/// let strict = loquet::SessionLimits { aal2: 8 * 3600, ..loquet::SessionLimits::default() };
/// # assert!(strict.aal2 < strict.aal1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// With the password alone: then the session is over.
    pub aal1: u64,
    /// With a code: then the code is owed again.
    pub aal2: u64,
    /// With a code, for an administrator.
    pub administrator: u64,
    /// In all since the last code: then the session is over and the password is owed too.
    pub total: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            aal1: 30 * DAY,
            aal2: DAY,
            administrator: 12 * HOUR,
            total: 30 * DAY,
        }
    }
}

impl SessionLimits {
    /// Refuses a session that is too old.
    pub(crate) fn check(
        &self,
        session: &Session,
        is_administrator: bool,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let age = now.since(session.at);
        let code = if is_administrator {
            self.administrator.min(self.aal2)
        } else {
            self.aal2
        };
        match session.level {
            Level::Level2 if age >= self.total => Err(Refusal::StaleLogIn),
            Level::Level2 if age >= code => Err(Refusal::CodeRequired(Cause::default())),
            Level::Level1 | Level::EnrollOnly if age >= self.aal1 => Err(Refusal::StaleLogIn),
            // The rules end the others after ten minutes.
            _ => Ok(()),
        }
    }
}

/// The sessions of one account that were neither logged out nor replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sessions(Vec<Live>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Live {
    id: SessionId,
    /// Whether the log-in was completed.
    complete: bool,
}

/// Sessions of one kind that an account keeps; one more ends the oldest. Log-ins that were not completed are counted apart,
/// so that the password alone throws out no owner.
const MOST: usize = 32;

impl Sessions {
    /// Whether the session is live, and of the kind that was granted: a half log-in is never taken for a complete one,
    /// whatever its bytes say.
    pub(crate) fn contains(&self, session: &Session) -> bool {
        let complete = is_complete(session);
        let mut live = self.0.iter();
        live.any(|live| live.id == session.id && live.complete == complete)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn remove(&mut self, id: SessionId) {
        self.0.retain(|live| live.id != id);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a session in place of the one that it continues.
    pub(crate) fn replace(&mut self, old: Option<SessionId>, new: &Session) {
        self.0
            .retain(|live| Some(live.id) != old && live.id != new.id);
        let complete = is_complete(new);
        let same = self.0.iter().filter(|live| live.complete == complete);
        if same.count() >= MOST
            && let Some(at) = self.0.iter().position(|live| live.complete == complete)
        {
            self.0.remove(at);
        }
        self.0.push(Live {
            id: new.id,
            complete,
        });
    }
}

const fn is_complete(session: &Session) -> bool {
    matches!(session.level, Level::Level1 | Level::Level2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_790_000_000);

    fn session(id: u64, level: Level) -> Session {
        Session {
            account: 1_u64.into(),
            id: SessionId(id),
            epoch: 0,
            level,
            at: NOW,
        }
    }

    #[test]
    fn session_ends_to_the_second() {
        let limits = SessionLimits::default();
        let check = |level, is_administrator, age| {
            limits.check(&session(1, level), is_administrator, UnixTime(NOW.0 + age))
        };
        assert_eq!(check(Level::Level1, false, 30 * DAY - 1), Ok(()));
        assert_eq!(
            check(Level::Level1, false, 30 * DAY),
            Err(Refusal::StaleLogIn)
        );
        assert_eq!(check(Level::Level2, false, DAY - 1), Ok(()));
        let owed = Err(Refusal::CodeRequired(Cause::default()));
        assert_eq!(check(Level::Level2, false, DAY), owed);
        assert_eq!(check(Level::Level2, true, 12 * HOUR - 1), Ok(()));
        assert_eq!(check(Level::Level2, true, 12 * HOUR), owed);
        assert_eq!(
            check(Level::Level2, true, 30 * DAY),
            Err(Refusal::StaleLogIn)
        );
    }

    #[test]
    fn incomplete_log_ins_end_no_complete_session() {
        let mut sessions = Sessions::default();
        sessions.replace(None, &session(1, Level::Level1));
        for id in 2..200 {
            sessions.replace(None, &session(id, Level::HalfLogin));
        }
        let half = |id| session(id, Level::HalfLogin);
        assert!(sessions.contains(&session(1, Level::Level1)));
        assert!(!sessions.contains(&half(2)));
        assert!(sessions.contains(&half(199)));
        assert_eq!(sessions.0.len(), MOST + 1);
        let risen = session(200, Level::Level2);
        sessions.replace(Some(SessionId(199)), &risen);
        assert!(!sessions.contains(&half(199)) && sessions.contains(&risen));
    }

    #[test]
    fn half_log_in_is_never_complete() {
        let mut sessions = Sessions::default();
        sessions.replace(None, &session(1, Level::HalfLogin));
        assert!(!sessions.contains(&session(1, Level::Level2)));
    }
}
