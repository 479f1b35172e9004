//! What a key URI says besides names and secret.

use loquet_otp::{Algorithm, Digits, Hotp, Period, Totp};

/// What moves from code to code (RFC 4226 §5.1, RFC 6238 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MovingFactor {
    /// TOTP: the step of this length, counted from the epoch.
    Time(Period),
    /// HOTP: the counter of the next code.
    Counter(u64),
}

/// The parameters of a key URI. The default is SHA-1, six digits, thirty seconds: the only ones that every app honours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// The length of a code.
    pub digits: Digits,
    /// Time step or counter.
    pub moving: MovingFactor,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Sha1,
            digits: Digits::Six,
            moving: MovingFactor::Time(Period::THIRTY),
        }
    }
}

impl Parameters {
    /// The engine's parameters, for TOTP.
    #[must_use]
    pub const fn totp(&self) -> Option<Totp> {
        match self.moving {
            MovingFactor::Time(period) => Some(Totp {
                algorithm: self.algorithm,
                digits: self.digits,
                period,
                t0: 0,
            }),
            MovingFactor::Counter(_) => None,
        }
    }

    /// The engine's parameters and the counter of the next code, for HOTP.
    #[must_use]
    pub const fn hotp(&self) -> Option<(Hotp, u64)> {
        match self.moving {
            MovingFactor::Counter(counter) => Some((
                Hotp {
                    algorithm: self.algorithm,
                    digits: self.digits,
                },
                counter,
            )),
            MovingFactor::Time(_) => None,
        }
    }
}

impl From<(Hotp, u64)> for Parameters {
    fn from((hotp, counter): (Hotp, u64)) -> Self {
        Self {
            algorithm: hotp.algorithm,
            digits: hotp.digits,
            moving: MovingFactor::Counter(counter),
        }
    }
}

impl TryFrom<Totp> for Parameters {
    type Error = T0Error;

    fn try_from(totp: Totp) -> Result<Self, T0Error> {
        if totp.t0 != 0 {
            return Err(T0Error { t0: totp.t0 });
        }
        Ok(Self {
            algorithm: totp.algorithm,
            digits: totp.digits,
            moving: MovingFactor::Time(totp.period),
        })
    }
}

/// A key URI cannot say from when steps are counted; every app counts from the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("steps counted from {t0} cannot be told to an app: T0 must be 0")]
pub struct T0Error {
    /// The instant that was asked for, in seconds since the epoch.
    pub t0: u64,
}
