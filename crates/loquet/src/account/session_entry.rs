//! The sessions of a user.

use loquet_policy::{SessionId, UnixTime};

use crate::session::live::Live;

/// One of the sessions of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEntry {
    pub(crate) live: Live,
    pub(crate) device: Option<u16>,
    pub(crate) is_current: bool,
}

impl SessionEntry {
    /// Returns the session's id, for [`AccountHandle::end_session`](crate::AccountHandle::end_session). It opens nothing.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.live.id
    }

    /// Returns when its last password or code was given.
    #[must_use]
    pub const fn since(&self) -> UnixTime {
        self.live.at
    }

    /// Returns the number of the remembered device on which it was begun.
    #[must_use]
    pub const fn device(&self) -> Option<u16> {
        self.device
    }

    /// Returns whether it is the session that asked.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.is_current
    }
}
