//! All that an enrollment page shows, in one value.

use core::fmt;

use loquet_otp::{Secret, Totp};
use zeroize::Zeroizing;

use crate::{
    App, KeyUri, KeyUriError, Label, ManualKey, Parameters, Qr, QrError, Report, T0Error,
    compatible,
};

/// What a page needs to enroll a person: no glue, no further calls.
///
/// ```
/// use loquet_enrollment::{App, Label, Offer};
/// use loquet_otp::{Secret, Totp};
///
/// let label = Label::new("Le Bac à sable", "marie@x.ca")?;
/// let offer = Offer::new(&label, &Secret::from(*b"twenty random bytes!"), Totp::default(), &[], 1_700_000_600)?;
/// assert!(offer.svg("QR code for your app")?.starts_with("<svg "));
/// assert_eq!(*offer.key_grouped, *"OR3W K3TU PEQH EYLO MRXW 2IDC PF2G K4ZB");
/// assert_eq!(offer.advice.fits[0].app, App::MicrosoftAuthenticator);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// Three of the fields are the secret. `Debug` shows names and expiry only; everything is wiped when dropped. Send the
/// page with `Cache-Control: no-store`.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// Who gives the secret.
    pub issuer: String,
    /// For whom.
    pub account: String,
    /// The link that opens an app on the same phone, where nobody can scan.
    pub uri: KeyUri,
    /// The manual key in groups of four, for reading and typing.
    pub key_grouped: Zeroizing<String>,
    /// The manual key without blanks, for the clipboard.
    pub key_ungrouped: Zeroizing<String>,
    /// When the enrollment expires, in seconds since the epoch.
    pub expires: u64,
    /// How the apps fit, the asked ones or else all of the table, most advised first.
    pub advice: Report,
}

/// Why nothing can be offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// No key URI for this secret and these parameters.
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
    /// [`OfferError`], usually because parameters and apps do not fit.
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
