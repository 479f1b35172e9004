//! Reads the clock and draws random bytes; no other file of this crate does.

use std::time::{SystemTime, UNIX_EPOCH};

use loquet_otp::Secret;
use loquet_policy::UnixTime;
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

/// What time it is. A trait only so that tests can set it.
pub trait Clock: Send + Sync + 'static {
    /// Seconds since the epoch.
    fn now(&self) -> UnixTime;
}

/// The system's clock.
///
/// # Security
/// Codes are checked against it: keep it in step (NTP). A clock before 1970 reads as 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> UnixTime {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UnixTime(since.as_secs())
    }
}

/// The operating system gave no random bytes; nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random generator failed: {0}")]
pub struct NoEntropy(String);

/// Fills an array from the operating system's generator.
///
/// # Errors
/// [`NoEntropy`], which a running system does not show.
pub fn random<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| NoEntropy(error.to_string()))?;
    Ok(bytes)
}

/// The randomness of one operation, drawn once and reused when a conflict makes the decision run again, so that both runs
/// decide alike.
#[derive(Clone)]
pub(crate) struct Entropy {
    /// Becomes a session's id.
    pub(crate) session: [u8; 8],
    /// Tells this decision from any other under the same attempt.
    pub(crate) mark: [u8; 16],
    /// Becomes the one secret that the operation makes, if it makes one: a shared secret (RFC 4226 §4 R6 recommends 160
    /// bits), a reset code or a device's cookie. It lies on the heap from the start: an array leaves a copy wherever it is
    /// moved from.
    pub(crate) secret: Secret,
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy(..)")
    }
}

impl Entropy {
    pub(crate) fn draw() -> Result<Self, NoEntropy> {
        const SECRET: usize = 20;
        let none = |error: &dyn std::fmt::Display| NoEntropy(error.to_string());
        let mut drawn = Zeroizing::new(vec![0; SECRET + 24]);
        SysRng
            .try_fill_bytes(&mut drawn)
            .map_err(|error| none(&error))?;
        let (secret, open) = drawn.split_at_checked(SECRET).unwrap_or_default();
        let mut open = open.iter().copied();
        let mut next = || open.next().unwrap_or_default();
        Ok(Self {
            session: std::array::from_fn(|_| next()),
            mark: std::array::from_fn(|_| next()),
            secret: Secret::new(secret).map_err(|error| none(&error))?,
        })
    }

    /// The secret as 128 bits.
    pub(crate) fn half_secret(&self) -> [u8; 16] {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(self.secret.expose()) {
            *to = *from;
        }
        half
    }
}

/// Measures how long something takes, for the operator; nothing is decided by it.
#[cfg(feature = "metrics")]
pub(crate) struct Watch(std::time::Instant);

#[cfg(feature = "metrics")]
impl Watch {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub(crate) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
