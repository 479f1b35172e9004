//! TOTP: time steps and code generation (RFC 6238 §4).

mod resync;
mod verify;

pub use resync::{Resync, Search};
pub use verify::{Acceptance, Match, Verdict, Window, WindowError};

use crate::{Algorithm, Code, Digits, Key, Period};

/// The parameters of time-based codes. Every authenticator app supports the default.
///
/// All times are 64-bit seconds since the Unix epoch (RFC 6238 §4.2). No value overflows.
///
/// ```
/// use loquet_otp::{Digits, Totp};
///
/// let usual = Totp::default(); // SHA-1, six digits, thirty seconds, counted from the epoch
/// let eight = Totp { digits: Digits::Eight, ..usual };
/// assert_eq!(eight.step(59), 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct Totp {
    /// The hash for [`Secret::key`](crate::Secret::key).
    pub algorithm: Algorithm,
    /// The number of digits of a code.
    pub digits: Digits,
    /// *X* of RFC 6238 §4.1: how long a code is shown.
    pub period: Period,
    /// *T0* of RFC 6238 §4.1: the time at which step 0 begins.
    pub t0: u64,
}

impl Totp {
    /// Returns the step of a time: `floor((now - T0) / X)` (RFC 6238 §4.2), or 0 before *T0*.
    #[must_use]
    pub fn step(&self, now: u64) -> u64 {
        now.saturating_sub(self.t0) / self.period.divisor()
    }

    /// Returns the time at which a step begins, saturating at `u64::MAX`.
    #[must_use]
    pub fn starts_at(&self, step: u64) -> u64 {
        step.saturating_mul(self.period.seconds())
            .saturating_add(self.t0)
    }

    /// Returns the code of a time (RFC 6238 §4.2).
    #[must_use]
    pub fn generate(&self, key: &Key, now: u64) -> Code {
        key.code(self.step(now), self.digits)
    }

    /// Returns how long the current code is still shown.
    #[must_use]
    pub fn countdown(&self, now: u64) -> Countdown {
        let next_at = self.starts_at(self.step(now).saturating_add(1));
        Countdown {
            remaining: next_at.saturating_sub(now),
            period: self.period,
            next_at,
        }
    }
}

/// The remaining time of a code.
///
/// ```
/// use loquet_otp::Totp;
///
/// let left = Totp::default().countdown(1_700_000_000);
/// assert_eq!((left.remaining, left.period.seconds(), left.next_at), (10, 30, 1_700_000_010));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// The seconds until the next code, from 1 to the period (more before *T0*).
    pub remaining: u64,
    /// The period of the codes.
    pub period: Period,
    /// The time of the next code, in seconds since the epoch.
    pub next_at: u64,
}
