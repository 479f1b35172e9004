//! Clock drift, and how far a search for it goes (RFC 6238 §6).

use core::fmt;

/// The difference between a phone's clock and the verifier's, in steps: negative if the phone is behind.
///
/// The verifier stores it beside the secret and passes it to [`Totp::verify`](crate::Totp::verify). Only [`Totp::resynchronize`](crate::Totp::resynchronize) measures it.
/// Ordinary log-ins must not: slow typing would look like a slow clock, and an attacker who relays codes late would
/// widen the window.
///
/// ```
/// use loquet_otp::Drift;
///
/// let four_minutes_behind = Drift::new(-8)?; // at thirty seconds a step
/// assert_eq!(four_minutes_behind.steps(), -8);
/// assert!(Drift::new(121).is_err());
/// # Ok::<(), loquet_otp::DriftError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Drift(i64);

impl Drift {
    /// No drift: the clock is right.
    pub const NONE: Self = Self(0);

    /// The largest drift in either direction, in steps: one hour at thirty seconds, the error of a clock that was set by
    /// hand on the wrong side of a daylight saving change.
    pub const MAX: u8 = 120;

    /// Creates a drift from a stored number of steps.
    ///
    /// # Errors
    /// [`DriftError`] if it is more than [`Drift::MAX`] in either direction.
    pub const fn new(steps: i64) -> Result<Self, DriftError> {
        if steps.unsigned_abs() > Self::MAX as u64 {
            return Err(DriftError { steps });
        }
        Ok(Self(steps))
    }

    /// Returns the drift in steps, negative if the phone is behind.
    #[must_use]
    pub const fn steps(self) -> i64 {
        self.0
    }
}

/// The error for a drift beyond [`Drift::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftError {
    /// The drift in steps.
    pub steps: i64,
}

impl fmt::Display for DriftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a drift of {} steps: at most {} are allowed in either direction",
            self.steps,
            Drift::MAX
        )
    }
}

impl core::error::Error for DriftError {}

/// The number of steps that a search covers on each side of the present: 1 to [`Drift::MAX`] (RFC 6238 §6 wants a limit).
///
/// ```
/// use loquet_otp::Reach;
///
/// assert_eq!(Reach::new(120), Ok(Reach::MAX)); // an hour at thirty seconds a step
/// assert!(Reach::new(0).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reach(u8);

impl Reach {
    /// The widest search.
    pub const MAX: Self = Self(Drift::MAX);

    /// Creates a reach from a number of steps.
    ///
    /// # Errors
    /// [`ReachError`] if it is 0 or over [`Drift::MAX`].
    pub const fn new(steps: u8) -> Result<Self, ReachError> {
        if steps == 0 || steps > Drift::MAX {
            return Err(ReachError { steps });
        }
        Ok(Self(steps))
    }

    /// Returns the number of steps.
    #[must_use]
    pub const fn steps(self) -> u8 {
        self.0
    }
}

/// The error for a reach outside 1 to [`Drift::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReachError {
    /// The requested number of steps.
    pub steps: u8,
}

impl fmt::Display for ReachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a search of {} steps: it must be 1 to {}",
            self.steps,
            Drift::MAX
        )
    }
}

impl core::error::Error for ReachError {}
