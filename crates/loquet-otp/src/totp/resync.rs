//! Resynchronization and diagnosis of a wrong clock (RFC 6238 §6).

use super::Totp;
use crate::matching::{Newest, newest_sequence};
use crate::{Drift, Key, Reach, TypedCode};

/// The steps to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The number of steps on each side of the present.
    pub reach: Reach,
    /// The last accepted step of this authenticator. The search skips it and all earlier steps.
    pub after: Option<u64>,
}

/// The result of a resynchronization (RFC 6238 §6). See the example of [`Totp::resynchronize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resync {
    /// The step of the last code. Store it as the new `after`, because all these codes are now used.
    pub step: u64,
    /// The drift to store.
    pub drift: Drift,
}

impl Totp {
    /// Measures a phone's drift from two or three *consecutive* codes, the last one typed at `now` (RFC 6238 §6).
    ///
    /// Searches [`Search::reach`] steps back and ahead, and only above [`Search::after`], so that recorded codes prove
    /// nothing (CVE-2019-12887). If several runs of steps match, it returns the newest. Calls with any other number of
    /// codes do not compile.
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
    /// Every step is computed and compared. A guess of two six-digit codes hits one of `2 × reach + 1` pairs out of 10¹²,
    /// which is less likely than guessing one code in an ordinary window. Count it as an attempt nevertheless.
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
        // The reach limits the last code; the codes before it may lie further back.
        let back = reach.saturating_add(N as u64).saturating_sub(1);
        let first = present.saturating_sub(back).max(lowest(search.after)?);
        let last = present.saturating_add(reach);
        let step = newest_sequence(key, self.digits, codes, first..=last)?;
        let drift = Drift::new(step.wrapping_sub(present).cast_signed()).ok()?;
        Some(Resync { step, drift })
    }

    /// Returns how many steps a phone's clock seems to be *behind*, given a code that [`Totp::verify`] found wrong.
    ///
    /// Use it for a message such as "your phone's clock is four minutes behind", never to accept a code. It searches the
    /// steps before the present and above [`Search::after`], and returns the smallest lag.
    ///
    /// # Security
    /// It never searches ahead: telling that a code will be valid in four minutes would confirm guesses of future codes.
    /// For past steps it only tells that the code was valid once.
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
        let mut newest = Newest::new();
        key.visit(
            first..=present.checked_sub(1)?,
            self.digits,
            |step, code| newest.update(code.matches(typed), step),
        );
        newest.step().map(|step| present.saturating_sub(step))
    }
}

/// Returns the first unused step, or `None` after the last possible step.
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
mod resynchronization_takes_two_or_three_codes {}
