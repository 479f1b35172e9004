//! Failure counts and throttling: one count for each secret, two independent waits.

use crate::{SessionId, UnixTime, limits};

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
    /// Throttling of known devices, which no failure elsewhere affects.
    pub known: Throttle,
    /// Throttling of live Level2 sessions: one phished code begins such a session.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Throttle::is_unused")
    )]
    pub live: Throttle,
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

impl Throttle {
    /// Returns whether nothing was counted.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        *self == Self::default()
    }
}

impl Attempts {
    /// Returns the throttle of this kind of client.
    #[must_use]
    pub const fn throttle(&self, source: CodeSource) -> &Throttle {
        match source {
            CodeSource::Stranger => &self.stranger,
            CodeSource::KnownDevice => &self.known,
            CodeSource::LiveSession { .. } => &self.live,
        }
    }

    pub(crate) const fn throttle_mut(&mut self, source: CodeSource) -> &mut Throttle {
        match source {
            CodeSource::Stranger => &mut self.stranger,
            CodeSource::KnownDevice => &mut self.known,
            CodeSource::LiveSession { .. } => &mut self.live,
        }
    }

    /// Returns all throttles.
    pub(crate) fn throttles_mut(&mut self) -> [&mut Throttle; 3] {
        [&mut self.stranger, &mut self.known, &mut self.live]
    }

    /// Returns the seconds until a code from this source is checked; `None` for now.
    pub(crate) fn wait(&self, now: UnixTime, source: CodeSource) -> Option<u64> {
        match self.throttle(source).until.since(now) {
            0 => None,
            wait => Some(wait),
        }
    }

    /// Counts a failure, of so many points in the total, in the source's throttle too. Returns how many there are in a row.
    pub(crate) fn fail(&mut self, source: CodeSource, points: u8, now: UnixTime) -> u8 {
        self.total = self.total.saturating_add(points);
        let throttle = self.throttle_mut(source);
        throttle.row = throttle.row.saturating_add(1);
        if let Some(doublings) = throttle.row.checked_sub(limits::FIRST_WAIT) {
            // 2^7 × 30 s is more than an hour.
            let wait = limits::WAIT
                .saturating_mul(1 << doublings.min(7))
                .min(limits::WAIT_MAX);
            throttle.until = now.plus(wait);
        }
        throttle.row
    }

    /// Ends the wait of this source only. If the owner's success ended a stranger's wait, each log-in of the
    /// owner would give a thief five free guesses.
    pub(crate) fn succeed(&mut self, source: CodeSource) {
        *self.throttle_mut(source) = Throttle::default();
    }
}

/// What an account did of one kind, counted in a period of 24 hours that begins with the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DailyQuota {
    /// When the period began.
    pub since: UnixTime,
    /// The count in that period.
    pub used: u8,
}

impl DailyQuota {
    /// Returns whether nothing was counted yet.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the seconds until the period ends, if `most` are counted in it; `None` where another one is possible now.
    #[must_use]
    pub fn wait(&self, most: u8, now: UnixTime) -> Option<u64> {
        let left = self.since.plus(limits::DAY).since(now);
        (self.used >= most && left > 0).then_some(left)
    }

    /// Counts one more.
    pub(crate) fn count(&mut self, now: UnixTime) {
        if now >= self.since.plus(limits::DAY) {
            *self = Self {
                since: now,
                used: 0,
            };
        }
        self.used = self.used.saturating_add(1);
    }
}

/// The waits after wrong reset and recovery codes, each in its own session.
///
/// These codes have 128 bits and cannot be guessed, so that wrong ones void nothing and hold up no other session:
/// the wait only keeps one session from asking all the time. The sessions that failed last are remembered. After
/// [`SESSION_WAITS_A_DAY`](limits::SESSION_WAITS_A_DAY) waits no more begin in a day, so that many sessions in turn cannot
/// have the account written without end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SessionWaits {
    sessions: [Option<SessionWait>; limits::SESSION_WAITS],
    /// The waits of a day.
    begun: DailyQuota,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct SessionWait {
    session: SessionId,
    row: u8,
    until: UnixTime,
}

impl SessionWaits {
    /// Returns whether no session waits, or waited in a day that is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.iter().all(Option::is_none) && self.begun.is_unused()
    }

    /// Forgets the sessions, which are over. What a day has had stays counted.
    pub(crate) fn end(&mut self) {
        self.sessions = Default::default();
    }

    /// Returns the waits that a day has had.
    pub(crate) const fn begun(&mut self) -> &mut DailyQuota {
        &mut self.begun
    }

    /// Returns the seconds until a code of `session` is checked; `None` for now.
    #[must_use]
    pub fn wait(&self, session: SessionId, now: UnixTime) -> Option<u64> {
        let mut waits = self.sessions.iter().flatten();
        let wait = waits.find(|wait| wait.session == session)?;
        match wait.until.since(now) {
            0 => None,
            seconds => Some(seconds),
        }
    }

    /// Forgets waits that are longer than any that begins at `now`.
    pub(crate) fn cut(&mut self, now: UnixTime) {
        let longest = limits::SESSION_WAIT_MAX.saturating_add(limits::CLOCK_TOLERANCE);
        for slot in &mut self.sessions {
            if slot.is_some_and(|wait| wait.until > now.plus(longest)) {
                *slot = None;
            }
        }
    }

    /// Counts a wrong code of `session`. Where no place is free, the wait that ends first is forgotten.
    pub(crate) fn fail(&mut self, session: SessionId, now: UnixTime) {
        if self.begun.wait(limits::SESSION_WAITS_A_DAY, now).is_some() {
            return;
        }
        self.begun.count(now);
        let own = |slot: &Option<SessionWait>| slot.is_some_and(|wait| wait.session == session);
        let place = self.sessions.iter().position(own);
        let place = place.or_else(|| self.sessions.iter().position(Option::is_none));
        let first = |slot: &&mut Option<SessionWait>| slot.map(|wait| wait.until);
        let slot = match place {
            Some(place) => self.sessions.get_mut(place),
            None => self.sessions.iter_mut().min_by_key(first),
        };
        let Some(slot) = slot else { return };
        let row = slot.filter(|_| own(slot)).map_or(0, |wait| wait.row);
        let seconds = limits::SESSION_WAIT.saturating_mul(1 << row.min(10));
        *slot = Some(SessionWait {
            session,
            row: row.saturating_add(1),
            until: now.plus(seconds.min(limits::SESSION_WAIT_MAX)),
        });
    }
}

/// What is known about the client that submits a code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CodeSource {
    /// A client of which only the password is known. This is the default.
    Stranger,
    /// A device on which the owner submitted a good code at least [`SETTLING`](limits::SETTLING) seconds ago. The caller knows.
    KnownDevice,
    /// A session at Level2.
    LiveSession {
        /// Whether the account has a known device too, which keeps the last of the reserve for itself.
        beside_devices: bool,
    },
}
