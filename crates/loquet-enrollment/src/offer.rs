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
/// assert!(offer.svg.starts_with("<svg "));
/// assert_eq!(*offer.key_grouped, *"OR3W K3TU PEQH EYLO MRXW 2IDC PF2G K4ZB");
/// assert_eq!(offer.advice.apps[0].app, App::MicrosoftAuthenticator);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// Four of the fields contain the secret. `Debug` shows names and expiry only; everything is wiped when dropped. Send
/// the page with `Cache-Control: no-store`.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The service that issues the secret.
    pub issuer: String,
    /// The account of the user.
    pub account: String,
    /// The QR code as an SVG element. A screen reader reads issuer and account. For a sentence in the user's language,
    /// call [`Qr::svg`] on `qr`.
    pub svg: Zeroizing<String>,
    /// The QR code, for other formats.
    pub qr: Qr,
    /// The link that opens an app on the same phone, where the QR code cannot be scanned.
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
    /// No QR code can hold the URI.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// *T0* is not 0; apps count steps from the epoch.
    #[error(transparent)]
    T0(#[from] T0Error),
}

impl Offer {
    /// Creates an offer. Name the `apps` if `totp` is not the default. `expires` is in seconds since the epoch.
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
        let qr = Qr::encode(uri.expose())?;
        let key = ManualKey::new(secret);
        Ok(Self {
            issuer: label.issuer().to_owned(),
            account: label.account().to_owned(),
            svg: Zeroizing::new(qr.svg(&format!("QR: {} ({})", label.issuer(), label.account()))),
            qr,
            uri,
            key_grouped: key.grouped(),
            key_ungrouped: key.ungrouped(),
            expires,
            advice: compatible(&parameters, if apps.is_empty() { &App::ALL } else { apps }),
        })
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
