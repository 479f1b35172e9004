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
    pub(crate) kind: Kind,
    /// When the last password or code was given.
    pub(crate) at: UnixTime,
}

/// How far the log-in went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// It was not completed.
    Incomplete,
    /// It was completed with the password alone, because no code is required.
    Level1,
    /// A code was given.
    Level2,
}

impl Kind {
    const fn of(session: &Session) -> Self {
        match session.level {
            Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly => Self::Incomplete,
            Level::Level1 => Self::Level1,
            Level::Level2 => Self::Level2,
        }
    }
}

/// Sessions of one kind that an account keeps; one more ends the oldest of that kind, so that the password alone throws out
/// no owner.
const MOST: usize = 32;

impl Sessions {
    /// Whether the session is live, and of the kind that was granted: a half log-in is never taken for a complete one,
    /// whatever its bytes say.
    pub(crate) fn contains(&self, session: &Session) -> bool {
        let kind = Kind::of(session);
        let mut live = self.0.iter();
        live.any(|live| live.id == session.id && live.kind == kind)
    }

    /// The sessions whose log-in was completed, the newest first.
    pub(crate) fn complete(&self) -> impl Iterator<Item = &Live> {
        self.0
            .iter()
            .rev()
            .filter(|live| live.kind != Kind::Incomplete)
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
        let kind = Kind::of(new);
        let same = self.0.iter().filter(|live| live.kind == kind);
        if same.count() >= MOST
            && let Some(at) = self.0.iter().position(|live| live.kind == kind)
        {
            self.0.remove(at);
        }
        self.0.push(Live {
            id: new.id,
            kind,
            at: new.at,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_790_000_000);

    fn session(id: u64, level: Level) -> Session {
        Session {
            passkey: false,
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
    fn t59_sessions_by_password_end_no_session_by_code() {
        let mut sessions = Sessions::default();
        let by_code = session(1, Level::Level2);
        sessions.replace(None, &by_code);
        for id in 2..200 {
            sessions.replace(None, &session(id, Level::Level1));
        }
        assert!(sessions.contains(&by_code));
        assert_eq!(sessions.0.len(), MOST + 1);
    }

    #[test]
    fn half_log_in_is_never_complete() {
        let mut sessions = Sessions::default();
        sessions.replace(None, &session(1, Level::HalfLogin));
        assert!(!sessions.contains(&session(1, Level::Level2)));
    }
}
