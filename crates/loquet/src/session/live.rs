//! Which sessions of an account are live.

use loquet_policy::{Level, Session, SessionId, UnixTime};
use serde::{Deserialize, Serialize};

/// The sessions of one account that were neither logged out nor replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sessions(Vec<Live>);

/// A session that was neither logged out nor replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Live {
    pub(crate) id: SessionId,
    /// Whether the log-in was completed.
    pub(crate) complete: bool,
    /// When the last password or code was given.
    pub(crate) at: UnixTime,
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

    /// The sessions whose log-in was completed, the newest first.
    pub(crate) fn complete(&self) -> impl Iterator<Item = &Live> {
        self.0.iter().rev().filter(|live| live.complete)
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

    /// Ends the sessions that lie ahead.
    pub(crate) fn cut(&mut self, now: UnixTime) {
        self.0.retain(|live| live.at.age(now).is_some());
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
            at: new.at,
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
