//! One-time passwords: HOTP ([RFC 4226]) and TOTP ([RFC 6238]).
//!
//! ```
//! use loquet_otp::{Drift, Secret, Totp, TypedCode, Verdict, Window};
//!
//! let totp = Totp::default(); // SHA-1, six digits, thirty seconds: what every app understands
//! let secret = Secret::from(*b"twenty random bytes!");
//! let key = secret.key(totp.algorithm);
//!
//! let now = 1_700_000_000; // seconds since the epoch, from your own clock
//! let shown = totp.generate(&key, now).to_string();
//! let typed = TypedCode::parse(&shown, totp.digits)?;
//!
//! match totp.verify(&key, typed, now, Window::default(), Drift::NONE, None) {
//!     Verdict::Accepted(found) => assert_eq!(found.step, now / 30), // store it: it is the next `after`
//!     Verdict::AlreadyUsed { .. } | Verdict::Wrong => unreachable!(),
//! }
//! # Ok::<(), loquet_otp::CodeError>(())
//! ```
//!
//! [RFC 4226]: https://www.rfc-editor.org/rfc/rfc4226
//! [RFC 6238]: https://www.rfc-editor.org/rfc/rfc6238
#![no_std]

mod code;
mod drift;
mod hash;
mod hotp;
mod key;
#[cfg(feature = "totp-rs")]
mod moved;
mod params;
mod secret;
#[cfg(feature = "serde")]
mod serde;
mod totp;
mod verify;

pub use code::{Code, CodeError, TypedCode};
pub use drift::{Drift, DriftError, Reach, ReachError, Resync};
pub use hotp::{Hotp, HotpVerdict, LookAhead, LookAheadError};
pub use key::Key;
#[cfg(feature = "totp-rs")]
pub use moved::{MoveError, Moved};
pub use params::{Algorithm, Digits, DigitsError, Period, PeriodError, UnknownAlgorithm};
pub use secret::{Secret, SecretError};
pub use totp::{Countdown, Readout, Totp};
pub use verify::{Match, Verdict, Window, WindowError};
