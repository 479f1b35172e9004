//! The parameters that app and verifier share.

use core::fmt;
use core::num::NonZeroU16;
use core::str::FromStr;

/// The hash used by HMAC (RFC 6238 §1.2).
///
/// SHA-1 is the default because several apps ignore any other algorithm and show wrong codes. The collisions found in
/// SHA-1 do not weaken HMAC-SHA-1 (RFC 6194 §3.3).
///
/// ```
/// use loquet_otp::Algorithm;
///
/// assert_eq!("sha256".parse(), Ok(Algorithm::Sha256));
/// assert_eq!(Algorithm::Sha256.to_string(), "SHA256");
/// assert_eq!(Algorithm::default(), Algorithm::Sha1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Algorithm {
    /// HMAC-SHA-1, the algorithm of RFC 4226.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "SHA1"))]
    Sha1,
    /// HMAC-SHA-256.
    #[cfg_attr(feature = "serde", serde(rename = "SHA256"))]
    Sha256,
    /// HMAC-SHA-512.
    #[cfg_attr(feature = "serde", serde(rename = "SHA512"))]
    Sha512,
}

impl Algorithm {
    /// All algorithms of RFC 6238 §1.2.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// Returns the name in key URIs: `SHA1`, `SHA256` or `SHA512`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(name))
            .ok_or(UnknownAlgorithm)
    }
}

/// The error for a name other than `SHA1`, `SHA256` and `SHA512`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAlgorithm;

impl fmt::Display for UnknownAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown algorithm: it must be SHA1, SHA256 or SHA512")
    }
}

impl core::error::Error for UnknownAlgorithm {}

/// The number of digits of a code: at least six (RFC 4226 §5.3), at most eight.
///
/// Nine and ten are refused: a truncated HMAC has 31 bits, so that the first of ten digits could only be 0, 1 or 2.
///
/// ```
/// use loquet_otp::Digits;
///
/// assert_eq!(Digits::new(8), Ok(Digits::Eight));
/// assert_eq!(Digits::new(9).unwrap_err().to_string(), "9 digits asked for: a code has 6, 7 or 8");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Digits {
    /// Six digits, which every app supports.
    #[default]
    Six = 6,
    /// Seven digits.
    Seven = 7,
    /// Eight digits.
    Eight = 8,
}

impl Digits {
    /// All supported numbers of digits.
    pub const ALL: [Self; 3] = [Self::Six, Self::Seven, Self::Eight];

    /// Creates a number of digits.
    ///
    /// # Errors
    /// [`DigitsError`] unless `count` is 6, 7 or 8.
    pub const fn new(count: u8) -> Result<Self, DigitsError> {
        match count {
            6 => Ok(Self::Six),
            7 => Ok(Self::Seven),
            8 => Ok(Self::Eight),
            count => Err(DigitsError { count }),
        }
    }

    /// Returns the number of digits: 6, 7 or 8.
    #[must_use]
    pub const fn count(self) -> u8 {
        self as u8
    }
}

/// The error for a number of digits outside 6 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitsError {
    /// The requested number of digits.
    pub count: u8,
}

impl fmt::Display for DigitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} digits asked for: a code has 6, 7 or 8", self.count)
    }
}

impl core::error::Error for DigitsError {}

/// The time step *X* of RFC 6238 §4.1: how long a code is shown, 1 to 3600 seconds.
///
/// NIST SP 800-63B-4 §3.1.4.1 allows a verifier at most 120 seconds. Longer periods exist in hardware tokens.
///
/// ```
/// use loquet_otp::Period;
///
/// assert_eq!(Period::new(60)?.seconds(), 60);
/// assert_eq!(Period::default(), Period::THIRTY);
/// assert!(Period::new(0).is_err());
/// # Ok::<(), loquet_otp::PeriodError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period(NonZeroU16);

impl Period {
    /// Thirty seconds: the default of RFC 6238 §4.1, and the only period that every app supports.
    pub const THIRTY: Self = match NonZeroU16::new(30) {
        Some(seconds) => Self(seconds),
        None => Self(NonZeroU16::MIN),
    };

    /// The longest period, in seconds: an hour.
    pub const MAX: u64 = 3600;

    /// Creates a period from seconds.
    ///
    /// # Errors
    /// [`PeriodError`] unless `seconds` is in 1 to [`Period::MAX`].
    pub const fn new(seconds: u64) -> Result<Self, PeriodError> {
        if seconds > Self::MAX {
            return Err(PeriodError { seconds });
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 3600, checked above"
        )]
        match NonZeroU16::new(seconds as u16) {
            Some(seconds) => Ok(Self(seconds)),
            None => Err(PeriodError { seconds }),
        }
    }

    /// Returns the period in seconds, never 0.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0.get() as u64
    }

    /// Returns the period as a divisor that cannot be zero.
    pub(crate) fn divisor(self) -> core::num::NonZeroU64 {
        self.0.into()
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::THIRTY
    }
}

/// The error for a period outside 1 to 3600 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodError {
    /// The requested period in seconds.
    pub seconds: u64,
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a period of {} s asked for: it must be 1 to {} s",
            self.seconds,
            Period::MAX
        )
    }
}

impl core::error::Error for PeriodError {}
