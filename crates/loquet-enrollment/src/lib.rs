//! Hands a TOTP secret to a person, whatever app the person has: key URI, QR code, manual key.
//!
//! The crate *emits strictly* (every app of [`App`] agrees on the result) and *accepts widely* (with typed warnings
//! and positions). It owns no clock and no generator: time is seconds since the epoch, entropy is bytes.
//!
//! ```
//! use loquet_enrollment::{KeyUri, Label, ManualKey, Qr, generate_secret};
//!
//! # let entropy = [7; 20];
//! let secret = generate_secret(entropy); // twenty bytes from your random generator
//! let label = Label::new("Mairie de Saint-Éloi", "marie@x.ca")?;
//! let qr = Qr::encode(KeyUri::new(&label, &secret)?.expose())?;
//!
//! let page = format!("{}<code>{}</code>", qr.svg("QR code for your app"), *ManualKey::new(&secret).grouped());
//! # assert!(page.len() > 1000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module of the problem | types |
//! |---|---|
//! | key URI | [`Label`], [`Parameters`], [`KeyUri`] to emit, [`Import`] to read |
//! | picture | [`Qr`]: SVG, terminal, data URL; PNG with the feature `qr-png` |
//! | typing | [`ManualKey`], [`base32`] |
//! | apps | [`App`], [`Profile`], [`compatible`] |
//! | page | [`Offer`], which holds all that a page shows |
//! | proof | [`Pending`], confirmed by a first code, once |
//! | paper | [`PaperCode`]; [`RecoveryCode`] and [`RecoverySheet`] |
//! | moving over | `Migration` reads Google Authenticator's exports, with the feature `import-migration` |

mod apps;
pub mod base32;
mod label;
mod manual;
#[cfg(feature = "import-migration")]
mod migration;
mod offer;
mod paper;
mod parameters;
mod pending;
mod percent;
mod qr;
mod recovery;
mod uri;

pub use apps::{App, Cause, Fit, Periods, Profile, Report, Support, compatible};
pub use label::{Label, LabelError, MAX_ACCOUNT, MAX_ISSUER, Name};
pub use manual::{ManualKey, ManualKeyError};
#[cfg(feature = "import-migration")]
pub use migration::{
    AccountError, BatchError, MAX_MIGRATION_URI, Migration, MigrationError, MigrationFault,
    MigrationPart,
};
pub use offer::{Offer, OfferError};
pub use paper::{PaperCode, PaperError};
pub use parameters::{MovingFactor, Parameters, T0Error};
pub use pending::{
    Confirmation, Confirmed, Erased, Obstacle, PENDING_LIFETIME, PENDING_WRONG_CODES, Pending,
    PendingError,
};
pub use qr::{QUIET_ZONE, Qr, QrError, Scale, ScaleError, Theme};
pub use recovery::{RecoveryCode, RecoveryDigest, RecoverySheet, Redeemed, SheetError};
pub use uri::import::{Import, ImportError, ImportFault, Warning, WarningKind};
pub use uri::{KeyUri, KeyUriError, MAX_URI};

use loquet_otp::Secret;

/// A shared secret of 160 bits, the length that RFC 4226 R6 recommends and every app takes.
///
/// # Security
/// `entropy` must come from a cryptographic generator (NIST SP 800-63B-4 §3.1.4.2), fresh for each authenticator.
#[must_use]
pub fn generate_secret(entropy: [u8; 20]) -> Secret {
    Secret::from(entropy)
}
