//! Key URIs: written strictly here, read widely in `import`.

mod fault;
mod import;
mod piece;

use core::fmt;

use loquet_otp::{Algorithm, Digits, Period, Secret};
use zeroize::Zeroizing;

pub use fault::{ImportError, ImportFault, Warning, WarningKind};
pub use import::Import;

use crate::{App, Label, MovingFactor, Parameters, Report, base32, compatible, percent};

/// The longest key URI, in bytes. [`KeyUri`] stays below it whatever the names; [`Import`](crate::Import) refuses more.
pub const MAX_URI: usize = 2048;

/// A key URI that every app reads alike.
///
/// `otpauth://totp/Issuer:account?secret=…&issuer=Issuer`: lower-case scheme and type, one literal colon, `%20` for
/// blanks, the issuer both as prefix and as parameter (the drafts disagree on which counts), the secret in canonical
/// base32, and default parameters left out, which makes the QR code smaller by two versions.
///
/// ```
/// use loquet_enrollment::{KeyUri, Label};
/// use loquet_otp::Secret;
///
/// let uri = KeyUri::new(&Label::new("Le Bac à sable", "marie@x.ca")?, &Secret::from([0; 20]))?;
/// assert_eq!(
///     uri.expose(),
///     "otpauth://totp/Le%20Bac%20%C3%A0%20sable:marie@x.ca\
///      ?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&issuer=Le%20Bac%20%C3%A0%20sable"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// The text holds the secret. `Debug` shows none of it, there is no `Display`, and it is wiped when dropped. It must
/// not be logged, and no outside service may draw the QR code.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyUri(Zeroizing<String>);

/// Why no key URI is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyUriError {
    /// RFC 4226 R6 wants 128 bits at least of a secret that is bound.
    #[error(
        "a secret of {bytes} bytes is too short to be bound: {} at least",
        Secret::MIN
    )]
    WeakSecret {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Parameters other than the default, and no app named that they must work with.
    #[error("these parameters do not work in every app: name the apps that they must work with")]
    AppsNotNamed,
    /// A named app would refuse the code, or show wrong codes without a word.
    #[error("not every named app works: {0}")]
    Incompatible(Report),
}

impl KeyUri {
    /// A TOTP URI with the parameters that every app honours: SHA-1, six digits, thirty seconds.
    ///
    /// # Errors
    /// [`KeyUriError::WeakSecret`].
    pub fn new(label: &Label, secret: &Secret) -> Result<Self, KeyUriError> {
        Self::for_apps(label, secret, &Parameters::default(), &[])
    }

    /// A URI with other parameters, TOTP or HOTP, for an audience whose apps are known.
    ///
    /// # Errors
    /// [`KeyUriError::AppsNotNamed`] when the parameters are not the default and `apps` is empty,
    /// [`KeyUriError::Incompatible`] when one of `apps` does not show right codes in its current version,
    /// [`KeyUriError::WeakSecret`].
    pub fn for_apps(
        label: &Label,
        secret: &Secret,
        parameters: &Parameters,
        apps: &[App],
    ) -> Result<Self, KeyUriError> {
        if secret.is_weak() {
            return Err(KeyUriError::WeakSecret {
                bytes: secret.expose().len(),
            });
        }
        if apps.is_empty() && *parameters != Parameters::default() {
            return Err(KeyUriError::AppsNotNamed);
        }
        let report = compatible(parameters, apps);
        if !report.works_everywhere() {
            return Err(KeyUriError::Incompatible(report));
        }
        Ok(Self::write(label, secret, parameters))
    }

    fn write(label: &Label, secret: &Secret, parameters: &Parameters) -> Self {
        // Enough for all, so that no growth leaves a copy of the secret behind.
        let capacity = percent::encoded_len(label.issuer())
            .saturating_mul(2)
            .saturating_add(percent::encoded_len(label.account()))
            .saturating_add(base32::encoded_len(secret.expose().len()))
            .saturating_add(96);
        let mut uri = Zeroizing::new(String::with_capacity(capacity));
        uri.push_str(match parameters.moving {
            MovingFactor::Time(_) => "otpauth://totp/",
            MovingFactor::Counter(_) => "otpauth://hotp/",
        });
        percent::encode_into(label.issuer(), &mut uri);
        uri.push(':');
        percent::encode_into(label.account(), &mut uri);
        uri.push_str("?secret=");
        base32::encode_into(secret.expose(), &mut uri);
        uri.push_str("&issuer=");
        percent::encode_into(label.issuer(), &mut uri);
        if parameters.algorithm != Algorithm::default() {
            uri.push_str("&algorithm=");
            uri.push_str(parameters.algorithm.name());
        }
        if parameters.digits != Digits::default() {
            uri.push_str("&digits=");
            number_into(u64::from(parameters.digits.count()), &mut uri);
        }
        match parameters.moving {
            MovingFactor::Time(Period::THIRTY) => {}
            MovingFactor::Time(period) => {
                uri.push_str("&period=");
                number_into(period.seconds(), &mut uri);
            }
            MovingFactor::Counter(counter) => {
                uri.push_str("&counter=");
                number_into(counter, &mut uri);
            }
        }
        debug_assert!(uri.len() <= capacity && uri.len() <= MAX_URI);
        Self(uri)
    }

    /// The text, to be drawn as a QR code or opened as a link on the phone itself.
    ///
    /// # Security
    /// The only way out of the type. Nothing that is logged may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

fn number_into(number: u64, text: &mut String) {
    use fmt::Write;
    // Writing to a String cannot fail.
    _ = write!(text, "{number}");
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyUri([redacted])")
    }
}
