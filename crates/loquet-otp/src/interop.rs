//! Conversions from and to `totp-rs`.

use core::fmt;

use crate::{
    Algorithm, Digits, DigitsError, Period, PeriodError, Secret, SecretError, Totp, Window,
};

/// The contents of a `totp_rs::Totp` in the types of this crate (feature `totp-rs`).
///
/// `TryFrom` converts in both directions. Key URI labels are not converted.
///
/// ```
/// use loquet_otp::TotpRsConfig;
///
/// let theirs = totp_rs::Builder::new().with_secret(*b"twenty random bytes!").build()?;
/// let TotpRsConfig { secret, totp, window } = TotpRsConfig::try_from(&theirs)?;
///
/// let key = secret.key(totp.algorithm);
/// assert_eq!(totp.generate(&key, 59).to_string(), theirs.generate(59).to_string());
/// assert_eq!((window.past(), window.future()), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpRsConfig {
    /// The shared secret.
    pub secret: Secret,
    /// The parameters of the codes.
    pub totp: Totp,
    /// The window: `skew` steps on both sides.
    pub window: Window,
}

impl TryFrom<&totp_rs::Totp> for TotpRsConfig {
    type Error = ConversionError;

    fn try_from(theirs: &totp_rs::Totp) -> Result<Self, ConversionError> {
        let algorithm = match theirs.algorithm() {
            totp_rs::Algorithm::SHA1 => Algorithm::Sha1,
            totp_rs::Algorithm::SHA256 => Algorithm::Sha256,
            totp_rs::Algorithm::SHA512 => Algorithm::Sha512,
            _ => return Err(ConversionError::Algorithm),
        };
        let skew = theirs.skew();
        let steps = u8::try_from(skew).map_err(|_| ConversionError::Skew { skew })?;
        Ok(Self {
            secret: Secret::new(theirs.secret().as_bytes()).map_err(ConversionError::Secret)?,
            totp: Totp {
                algorithm,
                digits: Digits::new(theirs.digits()).map_err(ConversionError::Digits)?,
                period: Period::new(theirs.step()).map_err(ConversionError::Period)?,
                t0: 0,
            },
            window: Window::new(steps, steps).map_err(|_| ConversionError::Skew { skew })?,
        })
    }
}

impl TryFrom<&TotpRsConfig> for totp_rs::Totp {
    type Error = ConversionError;

    fn try_from(config: &TotpRsConfig) -> Result<Self, ConversionError> {
        let TotpRsConfig {
            secret,
            totp,
            window,
        } = config;
        if totp.t0 != 0 {
            return Err(ConversionError::T0);
        }
        if window.past() != window.future() {
            return Err(ConversionError::Asymmetric);
        }
        let algorithm = match totp.algorithm {
            Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
            Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
            Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
        };
        let theirs = totp_rs::Builder::new()
            .with_algorithm(algorithm)
            .with_digits(totp.digits.count())
            .with_step_duration(totp.period.seconds())
            .with_skew(window.past().into())
            .with_secret(secret.expose());
        theirs.build().map_err(ConversionError::TotpRs)
    }
}

/// The reason why a value cannot be converted between the two crates.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConversionError {
    /// The algorithm is not one of RFC 6238, such as Steam's.
    Algorithm,
    /// This crate does not support the number of digits.
    Digits(DigitsError),
    /// This crate does not support the period.
    Period(PeriodError),
    /// The skew is more than [`Window::MAX`].
    Skew {
        /// The skew in steps.
        skew: u16,
    },
    /// This crate does not support the secret.
    Secret(SecretError),
    /// *T0* is not 0; `totp-rs` counts from the epoch.
    T0,
    /// The window is asymmetric; `totp-rs` has the same number of steps on both sides.
    Asymmetric,
    /// `totp-rs` refuses the value.
    TotpRs(totp_rs::TotpError),
}

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm => f.write_str("not an algorithm of RFC 6238"),
            Self::Digits(error) => error.fmt(f),
            Self::Period(error) => error.fmt(f),
            Self::Skew { skew } => {
                write!(
                    f,
                    "a skew of {skew} steps: at most {} are allowed",
                    Window::MAX
                )
            }
            Self::Secret(error) => error.fmt(f),
            Self::T0 => f.write_str("totp-rs supports only T0 = 0"),
            Self::Asymmetric => f.write_str("totp-rs supports only symmetric windows"),
            Self::TotpRs(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConversionError {}
