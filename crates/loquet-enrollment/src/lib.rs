//! Enrollment of TOTP secrets in authenticator apps: key URI, QR code, manual key.
//!
//! The crate *emits strictly*, so that every app of [`App`] reads the result alike, and *accepts widely*, with typed
//! warnings and positions. It reads no clock and makes no random bytes: time is seconds since the epoch, entropy is bytes.
//!
//! ```
//! use loquet_enrollment::{KeyUri, Label, ManualKey, Qr};
//! use loquet_otp::Secret;
//!
//! let secret = Secret::from([7; 20]); // twenty bytes from your random generator
//! let label = Label::new("Mairie de Saint-Éloi", "marie@x.ca")?;
//! let qr = Qr::encode(KeyUri::new(&label, &secret)?.expose())?;
//!
//! let page = format!("{}<code>{}</code>", qr.svg("QR code for your app"), *ManualKey::new(&secret).grouped());
//! # assert!(page.len() > 1000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | topic | types |
//! |---|---|
//! | key URI | [`Label`], [`Parameters`] and [`KeyUri`] to write, [`Import`] to read |
//! | QR code | [`Qr`]: SVG, terminal, data URL; PNG with the feature `qr-png` |
//! | typed key | [`ManualKey`], [`base32`] |
//! | apps | [`App`], [`AppProfile`], [`compatible`] |
//! | enrollment page | [`Offer`], which holds everything that the page shows |
//! | printed codes | [`PrintedCode`] |
//! | migration | `Migration` reads Google Authenticator's exports, with the feature `import-migration` |

mod apps;
pub mod base32;
mod label;
mod manual;
#[cfg(feature = "import-migration")]
mod migration;
mod offer;
mod paper;
mod parameters;
mod percent;
mod qr;
mod uri;

pub use apps::{
    App, AppCompatibility, AppProfile, CompatibilityReport, Parameter, Periods, Support, compatible,
};
pub use label::{Label, LabelError, LabelPart, MAX_ACCOUNT, MAX_ISSUER};
pub use manual::{ManualKey, ManualKeyError};
#[cfg(feature = "import-migration")]
pub use migration::{
    AccountError, BatchError, MAX_MIGRATION_URI, Migration, MigrationError, MigrationFault,
    MigrationPart,
};
pub use offer::{Offer, OfferError};
pub use paper::{PrintedCode, PrintedCodeError};
pub use parameters::{MovingFactor, Parameters, T0Error};
pub use qr::{QUIET_ZONE, Qr, QrError, Scale, ScaleError, Theme};
pub use uri::{
    Import, ImportError, ImportFault, KeyUri, KeyUriError, MAX_URI, Warning, WarningKind,
};
