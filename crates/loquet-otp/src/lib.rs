//! One-time passwords: HOTP ([RFC 4226]) and TOTP ([RFC 6238]).
//!
//! ```
//! use loquet_otp::{Acceptance, Secret, Totp, TypedCode, Verdict};
//!
//! let totp = Totp::default(); // SHA-1, six digits, thirty seconds: what every app understands
//! let secret = Secret::from(*b"twenty random bytes!");
//! let key = secret.key(totp.algorithm);
//!
//! let now = 1_700_000_000; // seconds since the epoch, from your own clock
//! let shown = totp.generate(&key, now).to_string();
//! let typed = TypedCode::parse(&shown, totp.digits)?;
//!
//! match totp.verify(&key, typed, now, Acceptance::default()) {
//!     Verdict::Accepted(found) => assert_eq!(found.step, now / 30), // store it: it is the next `after`
//!     Verdict::AlreadyUsed { .. } | Verdict::Wrong => unreachable!(),
//! }
//! # Ok::<(), loquet_otp::CodeError>(())
//! ```
//!
//! The reason for each default, and for each limit, is in [`choosing_parameters`]; how fast it is beside others, and that
//! its time tells nothing, in [`measured`].
//!
//! # What it is made of
//! - [`Secret`] is shared with a person's app; [`Key`] is the HMAC state made of it, for as long as codes are checked.
//! - [`Totp`] and [`Hotp`] are parameters, with everything that can be done with a key: generate, verify, count down,
//!   find a clock or a counter again.
//! - [`TypedCode`] is what somebody typed, [`Code`] what was computed.
//! - [`Window`], [`Drift`], [`Reach`] and [`LookAhead`] say where to look; each has a limit. [`Acceptance`] and [`Search`]
//!   hold them together with the last accepted step.
//! - [`Verdict`] and [`HotpVerdict`] are what became of a code. Neither is a `bool` and both must be looked at.
//!
//! A value that exists is valid: limits are checked by constructors, and no function that takes such values can fail or
//! panic, for any of the 2⁶⁴ times and counters.
//!
//! # Security
//! - All steps of a window are computed and compared. No branch and no index depends on a secret, an HMAC or a typed
//!   code; `tests/timing.rs` measures it.
//! - Secrets and key states are wiped when dropped, and neither `Debug` nor `Display` shows them.
//! - No clock, no randomness, no allocation, no `unsafe`: time and secrets are parameters.
//! - Throttling and storing the last step are the caller's; `loquet` does both.
//!
//! # Features
//! None is on by default.
//! - `serde`: parameters as data. [`Secret`], [`Key`], [`Code`] and [`TypedCode`] stay out of it.
//! - `totp-rs`: conversions from and to the types of `totp-rs` 6.
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
mod newest;
mod params;
mod secret;
#[cfg(feature = "serde")]
mod serde;
mod totp;
mod verify;

pub use code::{Code, CodeError, TypedCode};
pub use drift::{Drift, DriftError, Reach, ReachError, Resync, Search};
pub use hotp::{Hotp, HotpVerdict, LookAhead, LookAheadError};
pub use key::Key;
#[cfg(feature = "totp-rs")]
pub use moved::{MoveError, Moved};
pub use params::{Algorithm, Digits, DigitsError, Period, PeriodError, UnknownAlgorithm};
pub use secret::{Secret, SecretError};
pub use totp::{Countdown, Totp};
pub use verify::{Acceptance, Match, Verdict, Window, WindowError};

#[cfg(doc)]
#[doc = include_str!("../docs/choosing-parameters.md")]
pub mod choosing_parameters {}

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}

/// ```
/// fn writable<T: serde::Serialize>() {}
/// writable::<loquet_otp::Totp>();
/// ```
/// ```compile_fail
/// fn writable<T: serde::Serialize>() {}
/// writable::<loquet_otp::Secret>();
/// ```
/// ```compile_fail
/// fn writable<T: serde::Serialize>() {}
/// writable::<loquet_otp::Key>();
/// ```
/// ```compile_fail
/// fn writable<T: serde::Serialize>() {}
/// writable::<loquet_otp::Code>();
/// ```
/// ```compile_fail
/// fn writable<T: serde::Serialize>() {}
/// writable::<loquet_otp::TypedCode>();
/// ```
#[cfg(all(doctest, feature = "serde"))]
mod secrets_are_not_serialized {}
