//! The verifier of time-based codes (RFC 6238 §5.2).

use core::fmt;
use core::ops::RangeInclusive;

use crate::newest::Newest;
use crate::{Code, Drift, Key, Totp, TypedCode};

/// How many steps around the present are accepted: one back and one ahead by default.
///
/// RFC 6238 §5.2 recommends at most one step back for delays on the way and in typing. The step ahead serves phones
/// whose clock runs a few seconds fast at the change of the code.
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
    /// The most steps on either side. Each step more is one more code that a guess may hit.
    pub const MAX: u8 = 10;

    /// The present step alone: a code lives exactly one period, with the default period the thirty seconds that OWASP
    /// ASVS 6.5.5 allows. Slow typists suffer.
    pub const STRICT: Self = Self { past: 0, future: 0 };

    /// Takes the steps back and the steps ahead.
    ///
    /// # Errors
    /// [`WindowError`] if either is over [`Window::MAX`].
    pub const fn new(past: u8, future: u8) -> Result<Self, WindowError> {
        if past > Self::MAX || future > Self::MAX {
            return Err(WindowError { past, future });
        }
        Ok(Self { past, future })
    }

    /// How many steps back are accepted.
    #[must_use]
    pub const fn past(self) -> u8 {
        self.past
    }

    /// How many steps ahead are accepted.
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

/// A window with too many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowError {
    /// The steps back that were asked for.
    pub past: u8,
    /// The steps ahead that were asked for.
    pub future: u8,
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a window of {} steps back and {} ahead: {} are allowed on each side",
            self.past,
            self.future,
            Window::MAX
        )
    }
}

impl core::error::Error for WindowError {}

/// Which steps are accepted: those of a window around the phone's clock, above the last accepted one.
///
/// The default is the usual window, a clock that is right, and no code accepted before.
///
/// ```
/// use loquet_otp::{Acceptance, Window};
///
/// let (last, usual) = (56_666_666, Acceptance::default());
/// let strict = Acceptance { window: Window::STRICT, after: Some(last), ..usual };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// How many steps around the present.
    pub window: Window,
    /// Where the phone's clock was last found to be.
    pub drift: Drift,
    /// The last accepted step of this authenticator: it and all before it are refused.
    pub after: Option<u64>,
}

/// The step at which a code matched (RFC 6238 §4.2). See the example of [`Totp::verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The step: store it, and hand it back as `after` next time.
    pub step: u64,
    /// How far that is from the step of the verifier's clock: negative if the phone is behind.
    pub offset: i64,
}

/// What became of a typed code. See the example of [`Totp::verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "whoever ignores the verdict lets everybody in"]
pub enum Verdict {
    /// The code is right and newer than the last one. It is accepted only once `step` is stored as the new bound.
    Accepted(Match),
    /// The code is right, but its step is at or below the bound: this code or a newer one was used before.
    AlreadyUsed {
        /// The step of the code.
        step: u64,
        /// The instant from which the phone shows a code above the bound, in seconds since the epoch.
        fresh_at: u64,
    },
    /// No step of the window has this code.
    Wrong,
}

impl Totp {
    /// Checks a typed code against every step of the window.
    ///
    /// Of several matching steps the newest above [`Acceptance::after`] wins, so that nothing older can be used behind
    /// it. The present step is always looked at, whatever the drift.
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
    /// All steps are computed and compared, in a time that depends on the window alone. One code is accepted once
    /// (RFC 6238 §5.2) if the caller stores [`Match::step`] before acting on the verdict, and fails if another
    /// attempt has stored one meanwhile.
    pub fn verify(&self, key: &Key, typed: TypedCode, now: u64, accept: Acceptance) -> Verdict {
        let Acceptance {
            window,
            drift,
            after,
        } = accept;
        let present = self.step(now);
        let past = drift.steps().saturating_sub(window.past.into());
        let future = drift.steps().saturating_add(window.future.into());

        let mut fresh = Newest::none();
        let mut stale = Newest::none();
        let mut compare = |step, code: Code| {
            // The bound is no secret: an attacker learns nothing from which of the two is written.
            let kept = if after.is_none_or(|bound| step > bound) {
                &mut fresh
            } else {
                &mut stale
            };
            kept.offer(code.matches(typed), step);
        };
        // INVARIANT: the present step is always inside, so that a phone whose clock was set right is not locked out;
        // and the steps come in ascending order, so that the newest match wins.
        if past.is_positive() {
            key.visit(present..=present, self.digits, &mut compare);
        }
        key.visit(around(present, past, future), self.digits, &mut compare);
        if future.is_negative() {
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

/// The steps from `past` to `future`, as far as they exist: none lies below zero or above 64 bits.
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
mod a_verdict_is_looked_at_and_is_no_bool {}
