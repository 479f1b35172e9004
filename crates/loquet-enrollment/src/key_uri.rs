//! Key URIs for authenticator apps.

use core::fmt;

use loquet_otp::{Algorithm, Digits, Period, Secret};
use zeroize::Zeroizing;

use crate::encoding::percent;
use crate::{App, CompatibilityReport, Label, MovingFactor, Parameters, base32, compatible};

/// The longest key URI, in bytes. [`KeyUri`] never exceeds it; [`Import`](crate::Import) refuses longer text.
pub const MAX_URI: usize = 2048;

/// A key URI that every app reads alike.
///
/// The form is `otpauth://totp/Issuer:account?secret=…&issuer=Issuer`: scheme and type in lower case, one literal colon,
/// `%20` for spaces, the issuer both as prefix and as parameter (the drafts disagree on which is used), and the secret in
/// canonical base32. Default parameters are omitted, which makes the QR code two versions smaller.
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
/// The text contains the secret. `Debug` hides it, there is no `Display`, and it is wiped when dropped. Do not log it,
/// and let no external service draw the QR code.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyUri(Zeroizing<String>);

/// The reason why no key URI is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyUriError {
    /// The secret is too short to be bound: RFC 4226 R6 requires 128 bits.
    #[error(
        "a secret of {bytes} bytes is too short to be bound: {} at least",
        Secret::MIN
    )]
    WeakSecret {
        /// The length in bytes.
        bytes: usize,
    },
    /// The parameters are not the default, and no apps were named.
    #[error("these parameters do not work in every app: name the apps that they must work with")]
    AppsNotNamed,
    /// A named app would refuse the code or show wrong codes.
    #[error("not every named app works: {0}")]
    Incompatible(CompatibilityReport),
}

impl KeyUri {
    /// Creates a TOTP URI with SHA-1, six digits and thirty seconds, which every app supports.
    ///
    /// # Errors
    /// [`KeyUriError::WeakSecret`].
    pub fn new(label: &Label, secret: &Secret) -> Result<Self, KeyUriError> {
        Self::for_apps(label, secret, &Parameters::default(), &[])
    }

    /// Creates a URI with other parameters, TOTP or HOTP, for named apps.
    ///
    /// # Errors
    /// [`KeyUriError::AppsNotNamed`] if the parameters are not the default and `apps` is empty,
    /// [`KeyUriError::Incompatible`] if one of `apps` does not show right codes in its current version, or
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
        // Large enough, because a string that grows leaves a copy of the secret.
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

    /// Returns the text, for a QR code or as a link on the phone itself.
    ///
    /// # Security
    /// Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

fn number_into(number: u64, text: &mut String) {
    use fmt::Write;
    // Writing to a `String` cannot fail.
    _ = write!(text, "{number}");
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyUri([redacted])")
    }
}
