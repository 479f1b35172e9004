//! What each authenticator app supports, as data with its source.

mod profiles;

use loquet_otp::{Algorithm, Digits};

use crate::{MovingFactor, Parameters};
use profiles::PROFILES;

/// An authenticator app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum App {
    /// Microsoft Authenticator, Android and iOS.
    MicrosoftAuthenticator,
    /// Google Authenticator on Android.
    GoogleAndroid,
    /// Google Authenticator on iOS.
    GoogleIos,
    /// Apple Passwords ("Trousseau d'accès" before iOS 18).
    ApplePasswords,
    /// 1Password.
    OnePassword,
    /// Twilio Authy.
    Authy,
    /// Aegis Authenticator.
    Aegis,
    /// FreeOTP.
    FreeOtp,
    /// Bitwarden and Bitwarden Authenticator.
    Bitwarden,
    /// 2FAS Auth.
    TwoFas,
}

/// How an app treats a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// Every version in use shows right codes.
    Honored,
    /// Current versions show right codes. Versions before this year ignore the parameter and show wrong codes.
    Since(u16),
    /// No source says whether the app supports it.
    Unknown,
    /// The app refuses the QR code, so the user notices at once.
    Refused,
    /// The app accepts the URI and shows wrong codes.
    Ignored,
}

/// The time steps that an app supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Periods {
    /// 30 s is supported; the field says how the app treats others.
    Thirty(Support),
    /// Any period from this number of seconds is supported; shorter ones are refused.
    From(u64),
    /// The listed periods are supported; the second field says how the app treats others.
    Listed(&'static [u64], Support),
}

/// What an app supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppProfile {
    /// The app.
    pub app: App,
    /// The app's name in app stores.
    pub name: &'static str,
    /// Support of SHA-1, SHA-256 and SHA-512.
    pub algorithms: [Support; 3],
    /// Support of six, seven and eight digits.
    pub digits: [Support; 3],
    /// Support of time steps.
    pub periods: Periods,
    /// Support of HOTP.
    pub counter: Support,
    /// The source of this data.
    pub source: &'static str,
    /// The year and month in which the source was read.
    pub read: &'static str,
}

/// A parameter that an app may not support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// The hash.
    Algorithm(Algorithm),
    /// The number of digits.
    Digits(Digits),
    /// The time step in seconds.
    Period(u64),
    /// HOTP instead of TOTP.
    Counter,
}

/// How an app treats a set of parameters: as badly as the worst supported of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppCompatibility {
    /// The app.
    pub app: App,
    /// The worst support among the parameters.
    pub support: Support,
    /// The parameter with that support, or `None` if all are supported.
    pub parameter: Option<Parameter>,
}

impl AppCompatibility {
    /// Returns whether current versions of the app show right codes.
    #[must_use]
    pub const fn works(&self) -> bool {
        matches!(self.support, Support::Honored | Support::Since(_))
    }
}

impl core::fmt::Display for AppCompatibility {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = self.app.profile().name;
        match self.parameter {
            None => return write!(f, "{name} shows right codes"),
            Some(Parameter::Algorithm(algorithm)) => write!(f, "{name}, {algorithm}: ")?,
            Some(Parameter::Digits(digits)) => write!(f, "{name}, {} digits: ", digits.count())?,
            Some(Parameter::Period(seconds)) => write!(f, "{name}, {seconds} s: ")?,
            Some(Parameter::Counter) => write!(f, "{name}, HOTP: ")?,
        }
        match self.support {
            Support::Honored => f.write_str("right codes"),
            Support::Since(year) => write!(f, "right codes since {year}, wrong ones before"),
            Support::Unknown => f.write_str("not known to work"),
            Support::Refused => f.write_str("refused"),
            Support::Ignored => f.write_str("silently wrong codes"),
        }
    }
}

/// How each requested app treats a set of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompatibilityReport {
    /// One entry for each app, in the order requested.
    pub apps: Vec<AppCompatibility>,
}

impl CompatibilityReport {
    /// Returns whether every app shows right codes in its current version.
    #[must_use]
    pub fn works_everywhere(&self) -> bool {
        self.apps.iter().all(AppCompatibility::works)
    }

    /// Returns the apps that do not show right codes.
    pub fn failures(&self) -> impl Iterator<Item = &AppCompatibility> {
        self.apps.iter().filter(|fit| !fit.works())
    }
}

impl core::fmt::Display for CompatibilityReport {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (index, fit) in self.apps.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fit}")?;
        }
        Ok(())
    }
}

/// Reports which of `apps` show right codes with `parameters`, and why others do not.
///
/// ```
/// use loquet_enrollment::{App, Parameters, compatible};
/// use loquet_otp::Digits;
///
/// assert!(compatible(&Parameters::default(), &App::ALL).works_everywhere());
///
/// let eight = Parameters { digits: Digits::Eight, ..Parameters::default() };
/// let report = compatible(&eight, &[App::Aegis, App::MicrosoftAuthenticator]);
/// assert_eq!(report.to_string(), "Aegis shows right codes; Microsoft Authenticator, 8 digits: silently wrong codes");
/// ```
#[must_use]
pub fn compatible(parameters: &Parameters, apps: &[App]) -> CompatibilityReport {
    CompatibilityReport {
        apps: apps
            .iter()
            .map(|app| app.profile().compatibility(parameters))
            .collect(),
    }
}

impl AppProfile {
    /// Returns how the app treats the parameters.
    #[must_use]
    pub fn compatibility(&self, parameters: &Parameters) -> AppCompatibility {
        let moving = match parameters.moving {
            MovingFactor::Time(period) => (
                self.period(period.seconds()),
                Parameter::Period(period.seconds()),
            ),
            MovingFactor::Counter(_) => (self.counter, Parameter::Counter),
        };
        let [sha1, sha256, sha512] = self.algorithms;
        let algorithm = match parameters.algorithm {
            Algorithm::Sha1 => sha1,
            Algorithm::Sha256 => sha256,
            Algorithm::Sha512 => sha512,
        };
        let [six, seven, eight] = self.digits;
        let digits = match parameters.digits {
            Digits::Six => six,
            Digits::Seven => seven,
            Digits::Eight => eight,
        };
        let mut worst = AppCompatibility {
            app: self.app,
            support: Support::Honored,
            parameter: None,
        };
        for (support, parameter) in [
            (algorithm, Parameter::Algorithm(parameters.algorithm)),
            (digits, Parameter::Digits(parameters.digits)),
            moving,
        ] {
            if support > worst.support {
                worst = AppCompatibility {
                    support,
                    parameter: Some(parameter),
                    ..worst
                };
            }
        }
        worst
    }

    fn period(&self, seconds: u64) -> Support {
        match self.periods {
            Periods::Thirty(_) if seconds == 30 => Support::Honored,
            Periods::From(least) if seconds >= least => Support::Honored,
            Periods::From(_) => Support::Refused,
            Periods::Listed(periods, _) if periods.contains(&seconds) => Support::Honored,
            Periods::Thirty(other) | Periods::Listed(_, other) => other,
        }
    }
}

impl App {
    /// Every app, the most recommended first.
    pub const ALL: [Self; 10] = [
        Self::MicrosoftAuthenticator,
        Self::GoogleAndroid,
        Self::GoogleIos,
        Self::ApplePasswords,
        Self::OnePassword,
        Self::Authy,
        Self::Aegis,
        Self::FreeOtp,
        Self::Bitwarden,
        Self::TwoFas,
    ];

    /// Returns what the app supports.
    #[must_use]
    pub const fn profile(self) -> &'static AppProfile {
        let [
            microsoft,
            android,
            ios,
            apple,
            one,
            authy,
            aegis,
            free,
            bitwarden,
            two,
        ] = &PROFILES;
        match self {
            Self::MicrosoftAuthenticator => microsoft,
            Self::GoogleAndroid => android,
            Self::GoogleIos => ios,
            Self::ApplePasswords => apple,
            Self::OnePassword => one,
            Self::Authy => authy,
            Self::Aegis => aegis,
            Self::FreeOtp => free,
            Self::Bitwarden => bitwarden,
            Self::TwoFas => two,
        }
    }
}
