//! Clocks that are wrong, and how they are found out (RFC 6238 §6).

use core::fmt;

use crate::newest::{Newest, newest_run};
use crate::{Key, Totp, TypedCode};

/// How far a phone's clock is from the verifier's, in steps: negative if the phone is behind.
///
/// The verifier stores it beside the secret and passes it to [`Totp::verify`]. It comes from
/// [`Totp::resynchronize`] alone, never from ordinary log-ins: slow typing would teach it that the clock is behind,
/// and an attacker who relays codes late would widen the window for himself.
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
    /// A clock that is right.
    pub const NONE: Self = Self(0);

    /// The most steps in either direction: one hour at thirty seconds, which a clock set by hand on the wrong side of
    /// a summer-time change is off by.
    pub const MAX: u8 = 120;

    /// Takes a stored drift, in steps.
    ///
    /// # Errors
    /// [`DriftError`] if it is more than [`Drift::MAX`] in either direction.
    pub const fn new(steps: i64) -> Result<Self, DriftError> {
        if steps.unsigned_abs() > Self::MAX as u64 {
            return Err(DriftError { steps });
        }
        Ok(Self(steps))
    }

    /// The drift in steps, negative if the phone is behind.
    #[must_use]
    pub const fn steps(self) -> i64 {
        self.0
    }
}

/// A drift beyond [`Drift::MAX`].
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

/// How many steps a search may go from the present: 1 to [`Drift::MAX`] (RFC 6238 §6 wants a limit).
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

    /// Takes a number of steps.
    ///
    /// # Errors
    /// [`ReachError`] if it is 0 or over [`Drift::MAX`].
    pub const fn new(steps: u8) -> Result<Self, ReachError> {
        if steps == 0 || steps > Drift::MAX {
            return Err(ReachError { steps });
        }
        Ok(Self(steps))
    }

    /// The number of steps.
    #[must_use]
    pub const fn steps(self) -> u8 {
        self.0
    }
}

/// A reach outside 1 to [`Drift::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReachError {
    /// The steps that were asked for.
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

/// Which steps are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// How many steps from the present.
    pub reach: Reach,
    /// The last accepted step of this authenticator: it and all before it are left out.
    pub after: Option<u64>,
}

/// A clock that was found (RFC 6238 §6). See the example of [`Totp::resynchronize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resync {
    /// The step of the last code: store it as the new `after`, for all these codes are used now.
    pub step: u64,
    /// The drift to store.
    pub drift: Drift,
}

impl Totp {
    /// Finds a phone's clock from two or three *consecutive* codes, the last one typed at `now` (RFC 6238 §6).
    ///
    /// Searches [`Search::reach`] steps back and ahead, and only above [`Search::after`]: a recorded code is no proof of
    /// anything (CVE-2019-12887). If several places match, the newest wins. Other numbers of codes than two and three do not
    /// compile.
    ///
    /// ```
    /// use loquet_otp::{Reach, Search, Secret, Totp, TypedCode};
    ///
    /// let totp = Totp::default();
    /// let key = Secret::from(*b"twenty random bytes!").key(totp.algorithm);
    /// let on_token = |now: u64| TypedCode::from(totp.generate(&key, now + 90)); // a minute and a half ahead
    /// let now = 1_700_000_000;
    ///
    /// let codes = [on_token(now - 30), on_token(now)];
    /// let everywhere = Search { reach: Reach::MAX, after: None };
    /// let found = totp.resynchronize(&key, &codes, now, everywhere).ok_or("not found")?;
    /// assert_eq!(found.drift.steps(), 3);
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Security
    /// Every step is computed and compared. One guess hits one of `2 × reach + 1` places in 10¹² (two codes of six
    /// digits), which is less likely than one code in an ordinary window; it must count as an attempt all the same.
    #[must_use]
    pub fn resynchronize<const N: usize>(
        &self,
        key: &Key,
        codes: &[TypedCode; N],
        now: u64,
        search: Search,
    ) -> Option<Resync> {
        let present = self.step(now);
        let reach = u64::from(search.reach.steps());
        // The reach is that of the last code; those before it lie further back.
        let back = reach.saturating_add(N as u64).saturating_sub(1);
        let first = present.saturating_sub(back).max(lowest(search.after)?);
        let last = present.saturating_add(reach);
        let step = newest_run(key, self.digits, codes, first..=last)?;
        let drift = Drift::new(step.wrapping_sub(present).cast_signed()).ok()?;
        Some(Resync { step, drift })
    }

    /// How many steps a phone's clock seems to be *behind*, from one code that [`Totp::verify`] found wrong.
    ///
    /// For a message such as "your phone's clock is four minutes behind"; it never lets anybody in. It looks at the
    /// steps before the present, above [`Search::after`], and returns the smallest lag.
    ///
    /// # Security
    /// It never looks ahead: to say that a code will be right in four minutes would be an oracle for codes to come.
    /// For the past it tells no more than that the code was right once.
    #[must_use]
    pub fn steps_behind(
        &self,
        key: &Key,
        typed: TypedCode,
        now: u64,
        search: Search,
    ) -> Option<u64> {
        let present = self.step(now);
        let first = present
            .saturating_sub(search.reach.steps().into())
            .max(lowest(search.after)?);
        let mut newest = Newest::none();
        key.visit(
            first..=present.checked_sub(1)?,
            self.digits,
            |step, code| newest.offer(code.matches(typed), step),
        );
        newest.step().map(|step| present.saturating_sub(step))
    }
}

/// The first step that is not used yet. Above the last step of all there is none.
fn lowest(after: Option<u64>) -> Option<u64> {
    after.map_or(Some(0), |bound| bound.checked_add(1))
}

/// ```compile_fail
/// use loquet_otp::{Reach, Search, Secret, Totp, TypedCode};
/// let key = Secret::from([7; 20]).key(Default::default());
/// let code: TypedCode = Totp::default().generate(&key, 0).into();
/// let found = Totp::default().resynchronize(&key, &[code], 0, Search { reach: Reach::MAX, after: None });
/// ```
/// ```compile_fail
/// use loquet_otp::{Hotp, Reach, Secret, TypedCode};
/// let key = Secret::from([7; 20]).key(Default::default());
/// let code: TypedCode = Hotp::default().generate(&key, 0).into();
/// let found = Hotp::default().resynchronize(&key, &[code; 4], 0, Reach::MAX);
/// ```
/// ```
/// use loquet_otp::{Hotp, Reach, Secret, TypedCode};
/// let key = Secret::from([7; 20]).key(Default::default());
/// let code: TypedCode = Hotp::default().generate(&key, 0).into();
/// let found = Hotp::default().resynchronize(&key, &[code; 3], 0, Reach::MAX);
/// ```
#[cfg(doctest)]
mod one_code_finds_nothing {}
