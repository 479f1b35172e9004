//! What a host keeps in its own session.

use std::fmt;

use loquet_policy::{AccountId, Level, Session, StampError, UnixTime};

/// What a session was granted: forty bytes for the host's own session record.
///
/// It comes out of an [`Accepted`](crate::accept::Accepted) grant. What it is worth *now* is
/// [`Service::check`](crate::Service::check)'s to say, at every request: it costs one look into the store.
///
/// # Security
/// The bytes are not authenticated. They belong into the server's session store, never into a cookie as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp(Session);

impl Stamp {
    /// Its length in bytes.
    pub const LEN: usize = Session::LEN;

    pub(crate) const fn new(session: Session) -> Self {
        Self(session)
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.0
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        self.0.to_bytes()
    }

    /// Reads back what was stored.
    ///
    /// # Errors
    /// [`StampError`] when the bytes were not written by [`to_bytes`](Self::to_bytes) of this version.
    ///
    /// # Security
    /// Only of bytes that no browser could write.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Result<Self, StampError> {
        Session::from_bytes(bytes).map(Self)
    }

    /// Whose session.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.0.account
    }

    /// What had been shown when it was granted.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.0.level
    }

    /// When that level was reached.
    #[must_use]
    pub const fn since(&self) -> UnixTime {
        self.0.at
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stamp")
            .field("account", &self.0.account)
            .field("level", &self.0.level)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use loquet_policy::SessionId;

    use super::*;

    #[test]
    fn in_print_it_says_whose_and_what_for_and_not_which() {
        let stamp = Stamp::new(Session {
            account: 7_u64.into(),
            id: SessionId(0xFEED_FACE),
            epoch: 0,
            level: Level::HalfLogin,
            at: UnixTime(5),
        });
        let shown = format!("{stamp:?}");
        assert!(shown.contains("HalfLogin") && shown.contains("account"));
        assert!(!shown.contains("4277009102") && !shown.to_lowercase().contains("feedface"));
    }
}
