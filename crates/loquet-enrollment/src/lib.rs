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
mod encoding;
mod import;
mod key_uri;
mod label;
mod manual_key;
mod offer;
mod parameters;
mod printed_code;
mod qr;

/// Editors and exports of some systems put it before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub use apps::{
    App, AppCompatibility, AppProfile, CompatibilityReport, Parameter, Periods, Support, compatible,
};
pub use encoding::base32;
#[cfg(feature = "import-migration")]
pub use import::{
    AccountError, BatchError, MAX_MIGRATION_URI, Migration, MigrationError, MigrationFault,
    MigrationPart,
};
pub use import::{Import, ImportError, ImportFault, Warning, WarningKind};
pub use key_uri::{KeyUri, KeyUriError, MAX_URI};
pub use label::{Label, LabelError, LabelPart, MAX_ACCOUNT, MAX_ISSUER};
pub use manual_key::{ManualKey, ManualKeyError};
pub use offer::{Offer, OfferError};
pub use parameters::{MovingFactor, Parameters, T0Error};
pub use printed_code::{PrintedCode, PrintedCodeError};
pub use qr::{QUIET_ZONE, Qr, QrError, Scale, ScaleError, Theme};
