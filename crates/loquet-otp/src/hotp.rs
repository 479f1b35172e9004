//! Counter-based codes (RFC 4226).

use core::fmt;
use core::ops::RangeInclusive;

use subtle::{Choice, ConditionallySelectable};

use crate::matching::newest_sequence;
use crate::{Algorithm, Code, Digits, Key, Reach, TypedCode};

/// The parameters of counter-based codes: SHA-1 and six digits by default.
///
/// ```
/// use loquet_otp::{Hotp, HotpVerdict, LookAhead, Secret, TypedCode};
///
/// let hotp = Hotp::default();
/// let key = Secret::from(*b"12345678901234567890").key(hotp.algorithm);
/// // The button was pressed twice in a pocket: counters 5 and 6 are lost, 7 is typed.
/// let typed = TypedCode::parse("162583", hotp.digits)?;
/// let verdict = hotp.verify(&key, typed, 5, LookAhead::default());
/// assert_eq!(verdict, HotpVerdict::Accepted { counter: 7, next: 8 });
/// # Ok::<(), loquet_otp::CodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct Hotp {
    /// The hash for [`Secret::key`](crate::Secret::key). RFC 4226 defines SHA-1 only.
    pub algorithm: Algorithm,
    /// The number of digits of a code.
    pub digits: Digits,
}

/// The number of counters tried beyond the expected one: *s* in RFC 4226 §7.4, which wants it small. 10 by default.
///
/// ```
/// use loquet_otp::LookAhead;
///
/// assert_eq!(LookAhead::new(3)?.counters(), 3); // four codes are good at any moment
/// assert!(LookAhead::new(101).is_err());
/// # Ok::<(), loquet_otp::LookAheadError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LookAhead(u8);

impl LookAhead {
    /// The largest look-ahead. Each counter more is one more code that a guess may hit.
    pub const MAX: u8 = 100;

    /// Creates a look-ahead from a number of counters.
    ///
    /// # Errors
    /// [`LookAheadError`] if it is over [`LookAhead::MAX`].
    pub const fn new(counters: u8) -> Result<Self, LookAheadError> {
        if counters > Self::MAX {
            return Err(LookAheadError { counters });
        }
        Ok(Self(counters))
    }

    /// Returns the number of counters.
    #[must_use]
    pub const fn counters(self) -> u8 {
        self.0
    }
}

impl Default for LookAhead {
    fn default() -> Self {
        Self(10)
    }
}

/// The error for a look-ahead over [`LookAhead::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAheadError {
    /// The requested number of counters.
    pub counters: u8,
}

impl fmt::Display for LookAheadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a look-ahead of {} counters: at most {} are allowed",
            self.counters,
            LookAhead::MAX
        )
    }
}

impl core::error::Error for LookAheadError {}

/// The result of checking a typed counter-based code. See the example of [`Hotp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "ignoring the verdict accepts every code"]
pub enum HotpVerdict {
    /// The code is right. Store `next` as the expected counter before you act on it.
    Accepted {
        /// The counter of the code.
        counter: u64,
        /// The next expected counter.
        next: u64,
    },
    /// No counter in the look-ahead has this code. The expected counter does not change (RFC 4226 §7.2).
    Wrong,
}

impl Hotp {
    /// Returns the code of a counter (RFC 4226 §5.3).
    #[must_use]
    pub fn generate(&self, key: &Key, counter: u64) -> Code {
        key.code(counter, self.digits)
    }

    /// Checks a typed code against the expected counter and the look-ahead (RFC 4226 §7.4).
    ///
    /// If several counters match, it accepts the first, which is the most likely one. It never accepts the counter
    /// `u64::MAX`, because there would be no next counter to store.
    ///
    /// # Security
    /// All counters are computed and compared, in a time that depends only on the look-ahead.
    pub fn verify(
        &self,
        key: &Key,
        typed: TypedCode,
        expected: u64,
        look_ahead: LookAhead,
    ) -> HotpVerdict {
        let (mut found, mut first) = (Choice::from(0), 0);
        key.visit(
            within(expected, look_ahead.counters()),
            self.digits,
            |counter, code| {
                let equal = code.matches(typed);
                first.conditional_assign(&counter, equal & !found);
                found |= equal;
            },
        );
        if bool::from(found) {
            HotpVerdict::Accepted {
                counter: first,
                next: first.wrapping_add(1),
            }
        } else {
            HotpVerdict::Wrong
        }
    }

    /// Finds the counter of a token from two or three consecutive codes, up to `reach` ahead of the expected counter
    /// (RFC 4226 §7.4). Returns the next expected counter.
    ///
    /// # Security
    /// It never searches back: a code below the expected counter was used or skipped.
    #[must_use]
    pub fn resynchronize<const N: usize>(
        &self,
        key: &Key,
        codes: &[TypedCode; N],
        expected: u64,
        reach: Reach,
    ) -> Option<u64> {
        let last = newest_sequence(key, self.digits, codes, within(expected, reach.steps()))?;
        Some(last.wrapping_add(1))
    }
}

/// Returns the counters to try. `u64::MAX` is never among them, because there is no next counter to store.
fn within(expected: u64, ahead: u8) -> RangeInclusive<u64> {
    expected
        ..=expected
            .saturating_add(ahead.into())
            .min(u64::MAX.wrapping_sub(1))
}
