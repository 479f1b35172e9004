//! One-time passwords: HOTP ([RFC 4226]) and TOTP ([RFC 6238]).
//!
//! ```
//! use loquet_otp::{Acceptance, Secret, Totp, TypedCode, Verdict};
//!
//! let totp = Totp::default(); // SHA-1, six digits, thirty seconds: supported by every app
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
//! [`choosing_parameters`] explains each default and limit. [`measured`] compares the speed with other crates and shows
//! that the time does not depend on secrets.
//!
//! # Types
//! - [`Secret`] is shared with the user's app. [`Key`] is the HMAC state made from it, used while codes are checked.
//! - [`Totp`] and [`Hotp`] hold the parameters. Their methods generate, verify, count down and resynchronize.
//! - [`TypedCode`] is a code that a user typed, [`Code`] a computed one.
//! - [`Window`], [`Drift`], [`Reach`] and [`LookAhead`] limit which steps or counters are tried. [`Acceptance`] and
//!   [`Search`] combine them with the last accepted step.
//! - [`Verdict`] and [`HotpVerdict`] are the results of a check. Neither is a `bool`, and ignoring one is a warning.
//!
//! Constructors check all limits. Functions that take the checked values cannot fail or panic, for any of the 2⁶⁴ times
//! and counters.
//!
//! # Security
//! - All steps of a window are computed and compared. No branch and no index depends on a secret, an HMAC or a typed
//!   code; `tests/timing.rs` measures this.
//! - Secrets and keys are wiped when dropped, and neither `Debug` nor `Display` shows them.
//! - The crate reads no clock, makes no random bytes and has no `unsafe`. It allocates nothing, unless the feature `alloc` keeps secrets on the heap.
//! - The caller throttles attempts and stores the last accepted step; `loquet` does both.
//!
//! # Features
//! None is enabled by default.
//! - `serde`: serializes parameters, but not [`Secret`], [`Key`], [`Code`] or [`TypedCode`].
//! - `totp-rs`: converts from and to the types of `totp-rs` 6.
//!
//! [RFC 4226]: https://www.rfc-editor.org/rfc/rfc4226
//! [RFC 6238]: https://www.rfc-editor.org/rfc/rfc6238
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

mod code;
mod drift;
mod hmac;
mod hotp;
#[cfg(feature = "totp-rs")]
mod interop;
mod matching;
mod parameters;
mod secret;
#[cfg(feature = "serde")]
mod serde;
mod totp;

pub use code::{Code, CodeError, TypedCode, is_separator};
pub use drift::{Drift, DriftError, Reach, ReachError};
pub use hmac::Key;
pub use hotp::{Hotp, HotpVerdict, LookAhead, LookAheadError};
#[cfg(feature = "totp-rs")]
pub use interop::{ConversionError, TotpRsConfig};
pub use parameters::{Algorithm, Digits, DigitsError, Period, PeriodError, UnknownAlgorithm};
pub use secret::{Secret, SecretError};
pub use totp::{Acceptance, Countdown, Match, Resync, Search, Totp, Verdict, Window, WindowError};

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
