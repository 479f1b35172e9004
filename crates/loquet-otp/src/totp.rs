//! Time, counted in steps (RFC 6238 §4).

use crate::{Algorithm, Code, Digits, Key, Period};

/// The parameters of time-based codes. The default is what every authenticator app understands.
///
/// All times are seconds since the Unix epoch, in 64 bits (RFC 6238 §4.2), and no value of them overflows.
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
    /// The hash to make keys with ([`Secret::key`](crate::Secret::key)). A key knows its own.
    pub algorithm: Algorithm,
    /// How many digits a code has.
    pub digits: Digits,
    /// *X* of RFC 6238 §4.1: how long a code is shown.
    pub period: Period,
    /// *T0* of RFC 6238 §4.1: the instant from which steps are counted.
    pub t0: u64,
}

impl Totp {
    /// The step of an instant: `floor((now - T0) / X)` (RFC 6238 §4.2). Before *T0* it is step 0.
    #[must_use]
    pub fn step(&self, now: u64) -> u64 {
        now.saturating_sub(self.t0) / self.period.divisor()
    }

    /// The instant at which a step begins, or `u64::MAX` if that lies beyond time.
    #[must_use]
    pub fn starts_at(&self, step: u64) -> u64 {
        step.saturating_mul(self.period.seconds())
            .saturating_add(self.t0)
    }

    /// The code of an instant (RFC 6238 §4.2).
    #[must_use]
    pub fn generate(&self, key: &Key, now: u64) -> Code {
        key.code(self.step(now), self.digits)
    }

    /// How long the code of this instant is still shown.
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

/// How long a code is still shown.
///
/// ```
/// use loquet_otp::Totp;
///
/// let left = Totp::default().countdown(1_700_000_000);
/// assert_eq!((left.remaining, left.period.seconds(), left.next_at), (10, 30, 1_700_000_010));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// Seconds until the next code, from 1 to the period (more before *T0*).
    pub remaining: u64,
    /// Out of how many seconds.
    pub period: Period,
    /// The instant of the next code, in seconds since the epoch.
    pub next_at: u64,
}
