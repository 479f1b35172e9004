//! Verification of time-based codes (RFC 6238 §5.2).

use core::fmt;
use core::ops::RangeInclusive;

use super::Totp;
use crate::matching::Newest;
use crate::{Code, Drift, Key, TypedCode};

/// The number of steps accepted before and after the present: one each by default.
///
/// RFC 6238 §5.2 recommends at most one step back, for delays in transit and typing. The step ahead serves phones whose
/// clock is a few seconds fast when the code changes.
///
/// ```
/// use loquet_otp::Window;
///
/// assert_eq!(Window::new(1, 1)?, Window::default()); // three codes are good at any moment
/// assert_eq!(Window::new(0, 0)?, Window::STRICT); // one code
/// assert!(Window::new(11, 0).is_err());
/// # Ok::<(), loquet_otp::WindowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    past: u8,
    future: u8,
}

impl Window {
    /// The largest number of steps on either side. Each step more is one more code that a guess may hit.
    pub const MAX: u8 = 10;

    /// The present step alone: a code is valid for exactly one period. With the default period these are the thirty
    /// seconds of OWASP ASVS 6.5.5. Slow typists are refused more often.
    pub const STRICT: Self = Self { past: 0, future: 0 };

    /// Creates a window from the steps back and the steps ahead.
    ///
    /// # Errors
    /// [`WindowError`] if either is over [`Window::MAX`].
    pub const fn new(past: u8, future: u8) -> Result<Self, WindowError> {
        if past > Self::MAX || future > Self::MAX {
            return Err(WindowError { past, future });
        }
        Ok(Self { past, future })
    }

    /// Returns the number of steps back.
    #[must_use]
    pub const fn past(self) -> u8 {
        self.past
    }

    /// Returns the number of steps ahead.
    #[must_use]
    pub const fn future(self) -> u8 {
        self.future
    }
}

impl Default for Window {
    fn default() -> Self {
        Self { past: 1, future: 1 }
    }
}

/// The error for a window with too many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowError {
    /// The requested steps back.
    pub past: u8,
    /// The requested steps ahead.
    pub future: u8,
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a window of {} steps back and {} ahead: at most {} are allowed on each side",
            self.past,
            self.future,
            Window::MAX
        )
    }
}

impl core::error::Error for WindowError {}

/// The steps to accept: a window around the phone's clock, above the last accepted step.
///
/// The default is the default window, no drift, and no code accepted before.
///
/// ```
/// use loquet_otp::{Acceptance, Window};
///
/// let (last, usual) = (56_666_666, Acceptance::default());
/// let strict = Acceptance { window: Window::STRICT, after: Some(last), ..usual };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// The number of steps around the present.
    pub window: Window,
    /// The measured drift of the phone's clock.
    pub drift: Drift,
    /// The last accepted step of this authenticator. It and all earlier steps are refused.
    pub after: Option<u64>,
    /// Whether only the steps around the drift are accepted, and not the present one besides: for a hardware token, whose
    /// clock cannot be set. A fast token showed the code of the present step long ago.
    pub only_drifted: bool,
}

/// The step of an accepted code (RFC 6238 §4.2). See the example of [`Totp::verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The step. Store it, and pass it as [`Acceptance::after`] next time.
    pub step: u64,
    /// The difference from the step of the verifier's clock, negative if the phone is behind.
    pub offset: i64,
}

/// The result of checking a typed code. See the example of [`Totp::verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "ignoring the verdict accepts every code"]
pub enum Verdict {
    /// The code is right and newer than the last one. Store its step before you act on it.
    Accepted(Match),
    /// The code is right, but its step is not above [`Acceptance::after`]: it or a newer code was used before.
    AlreadyUsed {
        /// The step of the code.
        step: u64,
        /// The time from which the phone shows an unused code, in seconds since the epoch.
        fresh_at: u64,
    },
    /// No step of the window has this code.
    Wrong,
}

impl Totp {
    /// Checks a typed code against every step of the window.
    ///
    /// If several steps match, it accepts the newest one above [`Acceptance::after`], so that the same digits are not
    /// accepted again for an older step. The present step is accepted even with a drift, unless
    /// [`Acceptance::only_drifted`] is set.
    ///
    /// ```
    /// use loquet_otp::{Acceptance, Secret, Totp, TypedCode, Verdict};
    ///
    /// let totp = Totp::default();
    /// let key = Secret::from(*b"twenty random bytes!").key(totp.algorithm);
    /// let now = 1_700_000_010; // a step begins
    /// let typed = TypedCode::from(totp.generate(&key, now));
    /// let verify = |after| totp.verify(&key, typed, now, Acceptance { after, ..Acceptance::default() });
    ///
    /// let Verdict::Accepted(found) = verify(None) else { panic!("it was typed at once") };
    /// assert_eq!((found.step, found.offset), (now / 30, 0));
    /// // The same digits again: refused, with the instant of the next code.
    /// assert_eq!(verify(Some(found.step)), Verdict::AlreadyUsed { step: found.step, fresh_at: now + 30 });
    /// ```
    ///
    /// # Security
    /// All steps are computed and compared, in a time that depends only on the window. A code is accepted once
    /// (RFC 6238 §5.2) if the caller stores [`Match::step`] before acting on the verdict, and refuses the code if another
    /// attempt has stored a step meanwhile.
    pub fn verify(&self, key: &Key, typed: TypedCode, now: u64, accept: Acceptance) -> Verdict {
        let Acceptance {
            window,
            drift,
            after,
            only_drifted,
        } = accept;
        let present = self.step(now);
        let past = drift.steps().saturating_sub(window.past.into());
        let future = drift.steps().saturating_add(window.future.into());

        let mut fresh = Newest::new();
        let mut stale = Newest::new();
        let mut compare = |step, code: Code| {
            // `after` is not secret, so branching on it tells an attacker nothing.
            let kept = if after.is_none_or(|bound| step > bound) {
                &mut fresh
            } else {
                &mut stale
            };
            kept.update(code.matches(typed), step);
        };
        // INVARIANT: the present step of a phone is included, so that correcting its clock locks no user out; and steps are
        // visited in ascending order, so that the newest match wins.
        if past.is_positive() && !only_drifted {
            key.visit(present..=present, self.digits, &mut compare);
        }
        key.visit(around(present, past, future), self.digits, &mut compare);
        if future.is_negative() && !only_drifted {
            key.visit(present..=present, self.digits, &mut compare);
        }

        match (fresh.step(), stale.step()) {
            (Some(step), _) => Verdict::Accepted(Match {
                step,
                offset: step.wrapping_sub(present).cast_signed(),
            }),
            (None, Some(step)) => {
                let shown = after
                    .unwrap_or(step)
                    .saturating_add(1)
                    .saturating_add_signed(drift.steps().saturating_neg());
                Verdict::AlreadyUsed {
                    step,
                    fresh_at: self.starts_at(shown),
                }
            }
            (None, None) => Verdict::Wrong,
        }
    }
}

/// Returns the steps from `past` to `future`, clamped to the range of `u64`.
fn around(present: u64, past: i64, future: i64) -> RangeInclusive<u64> {
    match (
        present.checked_add_signed(past),
        present.checked_add_signed(future),
    ) {
        (Some(first), Some(last)) => first..=last,
        (None, Some(last)) => 0..=last,
        (Some(first), None) => first..=u64::MAX,
        (None, None) => RangeInclusive::new(1, 0),
    }
}

/// ```compile_fail
/// #![deny(unused_must_use)]
/// use loquet_otp::{Acceptance, Secret, Totp, TypedCode};
/// let (totp, key) = (Totp::default(), Secret::from([7; 20]).key(Default::default()));
/// let typed: TypedCode = totp.generate(&key, 0).into();
/// totp.verify(&key, typed, 0, Acceptance::default()); // CVE-2026-0723
/// ```
/// ```compile_fail
/// use loquet_otp::{Acceptance, Secret, Totp, TypedCode};
/// let (totp, key) = (Totp::default(), Secret::from([7; 20]).key(Default::default()));
/// let typed: TypedCode = totp.generate(&key, 0).into();
/// if totp.verify(&key, typed, 0, Acceptance::default()) {}
/// ```
/// ```
/// #![deny(unused_must_use)]
/// use loquet_otp::{Acceptance, Secret, Totp, TypedCode, Verdict};
/// let (totp, key) = (Totp::default(), Secret::from([7; 20]).key(Default::default()));
/// let typed: TypedCode = totp.generate(&key, 0).into();
/// let verdict = totp.verify(&key, typed, 0, Acceptance::default());
/// assert!(matches!(verdict, Verdict::Accepted(_)));
/// ```
#[cfg(doctest)]
mod verdict_is_must_use_and_not_a_bool {}
