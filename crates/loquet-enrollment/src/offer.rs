//! Everything that an enrollment page shows, in one value.

use core::fmt;

use loquet_otp::{Secret, Totp};
use zeroize::Zeroizing;

use crate::{
    App, CompatibilityReport, KeyUri, KeyUriError, Label, ManualKey, Parameters, Qr, QrError,
    T0Error, compatible,
};

/// Everything that a page shows to enroll a user.
///
/// ```
/// use loquet_enrollment::{App, Label, Offer};
/// use loquet_otp::{Secret, Totp};
///
/// let label = Label::new("Le Bac à sable", "marie@x.ca")?;
/// let offer = Offer::new(&label, &Secret::from(*b"twenty random bytes!"), Totp::default(), &[], 1_700_000_600)?;
/// assert!(offer.svg("QR code for your app")?.starts_with("<svg "));
/// assert_eq!(*offer.key_grouped, *"OR3W K3TU PEQH EYLO MRXW 2IDC PF2G K4ZB");
/// assert_eq!(offer.advice.apps[0].app, App::MicrosoftAuthenticator);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// Three of the fields are the secret. `Debug` shows names and expiry only; everything is wiped when dropped. Send the
/// page with `Cache-Control: no-store`.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The service that issues the secret.
    pub issuer: String,
    /// The account of the user.
    pub account: String,
    /// The link that opens an app on the same phone, where the code cannot be scanned.
    pub uri: KeyUri,
    /// The manual key in groups of four, for typing.
    pub key_grouped: Zeroizing<String>,
    /// The manual key without spaces, for the clipboard.
    pub key_ungrouped: Zeroizing<String>,
    /// The time at which the enrollment expires, in seconds since the epoch.
    pub expires: u64,
    /// The compatibility of the requested apps, or of all known apps, the most recommended first.
    pub advice: CompatibilityReport,
}

/// The reason why no offer was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// No key URI can be written for this secret and these parameters.
    #[error(transparent)]
    KeyUri(#[from] KeyUriError),
    /// Apps count steps from the epoch alone.
    #[error(transparent)]
    T0(#[from] T0Error),
}

impl Offer {
    /// Computes the URI and the key. `apps` must be named when `totp` is not the default; `expires` is in seconds since the epoch.
    ///
    /// # Errors
    /// [`OfferError`], usually because an app does not support the parameters.
    pub fn new(
        label: &Label,
        secret: &Secret,
        totp: Totp,
        apps: &[App],
        expires: u64,
    ) -> Result<Self, OfferError> {
        let parameters = Parameters::try_from(totp)?;
        let uri = KeyUri::for_apps(label, secret, &parameters, apps)?;
        let key = ManualKey::new(secret);
        Ok(Self {
            issuer: label.issuer().to_owned(),
            account: label.account().to_owned(),
            uri,
            key_grouped: key.grouped(),
            key_ungrouped: key.ungrouped(),
            expires,
            advice: compatible(&parameters, if apps.is_empty() { &App::ALL } else { apps }),
        })
    }

    /// Encodes the QR code. It is the costly part, so that only a page that shows it should ask for it, once.
    ///
    /// # Errors
    /// [`QrError`] when the URI is longer than a QR code holds.
    pub fn qr(&self) -> Result<Qr, QrError> {
        Qr::encode(self.uri.expose())
    }

    /// Returns the QR code as an SVG element. `alt` is what a screen reader reads, in the reader's language.
    ///
    /// # Errors
    /// As [`qr`](Self::qr).
    pub fn svg(&self, alt: &str) -> Result<Zeroizing<String>, QrError> {
        Ok(Zeroizing::new(self.qr()?.svg(alt)))
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("issuer", &self.issuer)
            .field("account", &self.account)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
