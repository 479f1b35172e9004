//! Counter-based codes (RFC 4226).

use core::fmt;
use core::ops::RangeInclusive;

use subtle::{Choice, ConditionallySelectable};

use crate::newest::newest_run;
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
    /// The hash to make keys with ([`Secret::key`](crate::Secret::key)). A key knows its own. RFC 4226 knows SHA-1 only.
    pub algorithm: Algorithm,
    /// How many digits a code has.
    pub digits: Digits,
}

/// How many counters beyond the expected one are tried: RFC 4226 §7.4 calls it *s* and wants it small. 10 by default.
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
    /// The most counters: each one is another code that a guess may hit.
    pub const MAX: u8 = 100;

    /// Takes a number of counters.
    ///
    /// # Errors
    /// [`LookAheadError`] if it is over [`LookAhead::MAX`].
    pub const fn new(counters: u8) -> Result<Self, LookAheadError> {
        if counters > Self::MAX {
            return Err(LookAheadError { counters });
        }
        Ok(Self(counters))
    }

    /// The number of counters.
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

/// A look-ahead over [`LookAhead::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAheadError {
    /// The counters that were asked for.
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

/// What became of a typed counter-based code. See the example of [`Hotp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "whoever ignores the verdict lets everybody in"]
pub enum HotpVerdict {
    /// The code is right. It is accepted only once `next` is stored as the expected counter.
    Accepted {
        /// The counter of the code.
        counter: u64,
        /// The counter to expect from now on.
        next: u64,
    },
    /// No counter in reach has this code. The expected counter stays as it is (RFC 4226 §7.2).
    Wrong,
}

impl Hotp {
    /// The code of a counter (RFC 4226 §5.3).
    #[must_use]
    pub fn generate(&self, key: &Key, counter: u64) -> Code {
        key.code(counter, self.digits)
    }

    /// Checks a typed code against the expected counter and those in look-ahead (RFC 4226 §7.4).
    ///
    /// If several counters match, the first wins: it is the likeliest. The last counter of all, `u64::MAX`, is never
    /// accepted, because there is no next one to store.
    ///
    /// # Security
    /// All counters are computed and compared, in a time that depends on the look-ahead alone.
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

    /// Finds the counter of a token from two or three consecutive codes, up to `reach` ahead of the expected one
    /// (RFC 4226 §7.4). Returns the counter to expect from now on.
    ///
    /// # Security
    /// It never looks back: a code below the expected counter was used or skipped.
    #[must_use]
    pub fn resynchronize<const N: usize>(
        &self,
        key: &Key,
        codes: &[TypedCode; N],
        expected: u64,
        reach: Reach,
    ) -> Option<u64> {
        let last = newest_run(key, self.digits, codes, within(expected, reach.steps()))?;
        Some(last.wrapping_add(1))
    }
}

/// The counters to try: never the last of all, because there is no next one to store.
fn within(expected: u64, ahead: u8) -> RangeInclusive<u64> {
    expected
        ..=expected
            .saturating_add(ahead.into())
            .min(u64::MAX.wrapping_sub(1))
}
