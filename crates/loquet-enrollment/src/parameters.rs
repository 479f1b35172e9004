//! The parameters of a key URI.

use loquet_otp::{Algorithm, Digits, Hotp, Period, Totp};

/// The moving factor of the codes (RFC 4226 §5.1, RFC 6238 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MovingFactor {
    /// TOTP: a time step of this length, counted from the epoch.
    Time(Period),
    /// HOTP: the counter of the next code.
    Counter(u64),
}

/// The parameters of a key URI. The default is SHA-1, six digits, thirty seconds, which every app supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// The number of digits of a code.
    pub digits: Digits,
    /// The time step or the counter.
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
    /// Returns the TOTP parameters, or `None` for HOTP.
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

    /// Returns the HOTP parameters and the counter of the next code, or `None` for TOTP.
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

/// The error for a *T0* other than 0. A key URI cannot express it; every app counts steps from the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("T0 is {t0}, but apps count steps from the epoch: it must be 0")]
pub struct T0Error {
    /// The requested *T0*, in seconds since the epoch.
    pub t0: u64,
}
