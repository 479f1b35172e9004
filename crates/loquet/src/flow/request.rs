//! What came with a form.

use std::net::IpAddr;

use crate::device::DeviceId;
use crate::edge::NoEntropy;
use crate::store::AttemptId;

/// One request of a person: the form it came from, and where from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// From the form's hidden field: a repeated submission repeats it.
    pub attempt: AttemptId,
    /// The client's address as the host established it. `None` is unknown, which never allows where places are
    /// restricted.
    pub address: Option<IpAddr>,
    /// The cookie of a device that the account had remembered, if the browser sent one.
    pub device: Option<DeviceId>,
    /// Whether the person asked, in the form of a code, that this device be remembered. Before anybody can ask, say what
    /// will be kept: see [`crate::device`].
    pub remember: bool,
}

impl Request {
    /// A request with a new attempt, for a caller that has no form.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn new(address: Option<IpAddr>) -> Result<Self, NoEntropy> {
        Ok(Self {
            attempt: AttemptId::random()?,
            address,
            device: None,
            remember: false,
        })
    }
}
