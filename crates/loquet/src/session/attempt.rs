//! What comes with a request: the client it came from, and the attempt that it makes.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use loquet_policy::{Digest, UnixTime};

use crate::devices::DeviceId;
use crate::hash;

/// The client that a request came from.
///
/// ```
/// use loquet::Client;
/// let client = Client::at("203.0.113.7".parse()?);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) device: Option<DeviceId>,
    pub(crate) last_seen: Option<UnixTime>,
}

impl Client {
    /// A client at `address`, as the host established it.
    #[must_use]
    pub const fn at(address: IpAddr) -> Self {
        Self::new(Some(address))
    }

    /// A client whose address may be unknown, which is never allowed where access rules restrict addresses.
    #[must_use]
    pub const fn new(address: Option<IpAddr>) -> Self {
        Self {
            address,
            device: None,
            last_seen: None,
        }
    }

    /// Says when this session was last used, where the host keeps that: then a session that was idle for longer than
    /// [`SessionLimits::inactivity`](crate::SessionLimits) owes its code again. Write the new time down only once
    /// [`authorize`](crate::Mfa::authorize) returned `Ok`, or the next request of an idle session finds it used.
    #[must_use]
    pub fn last_seen(mut self, time: impl Into<Option<UnixTime>>) -> Self {
        self.last_seen = time.into();
        self
    }

    /// Adds the cookie of a remembered device, if the browser sent one.
    #[must_use]
    pub fn device(mut self, cookie: impl Into<Option<DeviceId>>) -> Self {
        self.device = cookie.into();
        self
    }

    /// Returns the address.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

/// One attempt to do something, by one client.
///
/// An attempt takes effect once. The same value sent again after [`Unavailable`](crate::Error::Unavailable), or another with
/// the same idempotency key (a double click, a browser that retries), finds its first outcome if the arguments are the same,
/// instead of using up a second code or counting a second failure. A granted attempt that is sent again is refused with
/// [`AlreadyCompleted`](loquet_policy::Refusal::AlreadyCompleted): the caller that got the first answer continues with it.
///
/// ```
/// use loquet::{Attempt, Client};
/// # let form_id = "7f3a";
/// let within_this_process = Attempt::new(Client::default());
/// let across_requests = Attempt::new(Client::default()).idempotency_key(form_id);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub(crate) client: Client,
    pub(crate) remember: bool,
    pub(crate) repeats: Repeats,
}

/// What one attempt has in common with the same attempt sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// The host's key.
    Key(Digest),
    /// It is a copy of the same value.
    Value(u64),
}

impl Repeats {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::Value(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Attempt {
    /// A new attempt, different from every other.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            remember: false,
            repeats: Repeats::fresh(),
        }
    }

    /// The attempt of a handle's next call: another one, unless the host gave a key.
    pub(crate) fn next(self) -> Self {
        match self.repeats {
            Repeats::Key(_) => self,
            Repeats::Value(_) => Self {
                repeats: Repeats::fresh(),
                ..self
            },
        }
    }

    /// Makes the attempt repeatable by another request: a form's hidden field or an `Idempotency-Key` header. The key is
    /// combined with the operation, the account, the session and every argument, so that one key serves several steps and
    /// never finds another user's outcome. Choose another for each form: under a constant one, what a session asks for twice
    /// in the same words within a day takes effect once. A log-in, a changed password and a reported loss take effect each
    /// time, whatever the key.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.repeats = Repeats::Key(hash::digest("idempotency key", key.as_ref()));
        self
    }

    /// Asks that this device be remembered once the code is right. Before offering it, say what will be kept: see
    /// [`device`](crate::devices).
    #[must_use]
    pub const fn remember_device(mut self, remember: bool) -> Self {
        self.remember = remember;
        self
    }
}

impl Default for Attempt {
    fn default() -> Self {
        Self::new(Client::default())
    }
}

impl From<Client> for Attempt {
    fn from(client: Client) -> Self {
        Self::new(client)
    }
}
