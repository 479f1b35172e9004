//! What each authenticator app makes of a key URI, as data with its source.

use loquet_otp::{Algorithm, Digits};

use crate::{MovingFactor, Parameters};

/// An authenticator app that people bring along.
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

/// What an app does with one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// Right codes in every version in use.
    Honoured,
    /// Right codes in current versions; versions before the year ignore the parameter.
    Since(u16),
    /// No source says so.
    Unproven,
    /// The app takes the code for damaged: the person sees it at once.
    Refused,
    /// The app takes the URI and shows wrong codes.
    Ignored,
}

/// What an app does with a time step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Periods {
    /// 30 s is honoured; the field says what becomes of any other.
    Thirty(Support),
    /// Any period from so many seconds on; shorter ones are refused.
    From(u64),
    /// These are honoured by every version; for others see the second field.
    Listed(&'static [u64], Support),
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Which app.
    pub app: App,
    /// The name under which the app is found in a shop.
    pub name: &'static str,
    /// SHA-1, SHA-256, SHA-512.
    pub algorithms: [Support; 3],
    /// Six, seven, eight digits.
    pub digits: [Support; 3],
    /// Time steps.
    pub periods: Periods,
    /// HOTP.
    pub counter: Support,
    /// Where this is written.
    pub source: &'static str,
    /// Year and month when it was read there.
    pub read: &'static str,
}

/// A parameter that an app may not honour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The hash.
    Algorithm(Algorithm),
    /// The length of the code.
    Digits(Digits),
    /// The time step, in seconds.
    Period(u64),
    /// HOTP instead of TOTP.
    Counter,
}

/// How one app fits: the worst of its parameters, and which one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Which app.
    pub app: App,
    /// The worst support among the parameters.
    pub support: Support,
    /// The parameter with that support; `None` when all are honoured.
    pub cause: Option<Cause>,
}

impl Fit {
    /// Whether current versions of the app show right codes.
    #[must_use]
    pub const fn works(&self) -> bool {
        matches!(self.support, Support::Honoured | Support::Since(_))
    }
}

impl core::fmt::Display for Fit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = self.app.profile().name;
        match self.cause {
            None => return write!(f, "{name} shows right codes"),
            Some(Cause::Algorithm(algorithm)) => write!(f, "{name}, {algorithm}: ")?,
            Some(Cause::Digits(digits)) => write!(f, "{name}, {} digits: ", digits.count())?,
            Some(Cause::Period(seconds)) => write!(f, "{name}, {seconds} s: ")?,
            Some(Cause::Counter) => write!(f, "{name}, HOTP: ")?,
        }
        match self.support {
            Support::Honoured => f.write_str("right codes"),
            Support::Since(year) => write!(f, "right codes since {year}, wrong ones before"),
            Support::Unproven => f.write_str("not known to work"),
            Support::Refused => f.write_str("refused"),
            Support::Ignored => f.write_str("silently wrong codes"),
        }
    }
}

/// How every asked app fits, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One entry for each app.
    pub fits: Vec<Fit>,
}

impl Report {
    /// Whether every app shows right codes in its current version.
    #[must_use]
    pub fn works_everywhere(&self) -> bool {
        self.fits.iter().all(Fit::works)
    }

    /// The apps that do not.
    pub fn failures(&self) -> impl Iterator<Item = &Fit> {
        self.fits.iter().filter(|fit| !fit.works())
    }
}

impl core::fmt::Display for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (index, fit) in self.fits.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fit}")?;
        }
        Ok(())
    }
}

/// Asks which of `apps` show right codes with `parameters`, and if not, why.
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
pub fn compatible(parameters: &Parameters, apps: &[App]) -> Report {
    Report {
        fits: apps
            .iter()
            .map(|app| app.profile().fit(parameters))
            .collect(),
    }
}

impl Profile {
    /// How the app fits.
    #[must_use]
    pub fn fit(&self, parameters: &Parameters) -> Fit {
        let moving = match parameters.moving {
            MovingFactor::Time(period) => (
                self.period(period.seconds()),
                Cause::Period(period.seconds()),
            ),
            MovingFactor::Counter(_) => (self.counter, Cause::Counter),
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
        let mut worst = Fit {
            app: self.app,
            support: Support::Honoured,
            cause: None,
        };
        for (support, cause) in [
            (algorithm, Cause::Algorithm(parameters.algorithm)),
            (digits, Cause::Digits(parameters.digits)),
            moving,
        ] {
            if support > worst.support {
                worst = Fit {
                    support,
                    cause: Some(cause),
                    ..worst
                };
            }
        }
        worst
    }

    fn period(&self, seconds: u64) -> Support {
        match self.periods {
            Periods::Thirty(_) if seconds == 30 => Support::Honoured,
            Periods::From(least) if seconds >= least => Support::Honoured,
            Periods::From(_) => Support::Refused,
            Periods::Listed(periods, _) if periods.contains(&seconds) => Support::Honoured,
            Periods::Thirty(other) | Periods::Listed(_, other) => other,
        }
    }
}

use Support::{Honoured, Ignored, Refused, Since, Unproven};

/// The table, in the order of [`App::ALL`].
const PROFILES: [Profile; 10] = [
    Profile {
        app: App::MicrosoftAuthenticator,
        name: "Microsoft Authenticator",
        algorithms: [Honoured, Ignored, Ignored],
        digits: [Honoured, Ignored, Ignored],
        periods: Periods::Thirty(Ignored),
        counter: Refused,
        source: "Microsoft Entra documentation on OATH tokens; behaviour of the app",
        read: "2026-11",
    },
    Profile {
        app: App::GoogleAndroid,
        name: "Google Authenticator (Android)",
        algorithms: [Honoured, Since(2024), Since(2024)],
        digits: [Honoured, Unproven, Honoured],
        periods: Periods::Thirty(Ignored),
        counter: Honoured,
        source: "google/google-authenticator wiki, Key Uri Format; google-authenticator-android, AuthenticatorActivity.java",
        read: "2026-11",
    },
    Profile {
        app: App::GoogleIos,
        name: "Google Authenticator (iPhone)",
        algorithms: [Honoured, Honoured, Honoured],
        digits: [Honoured, Unproven, Honoured],
        periods: Periods::From(1),
        counter: Honoured,
        source: "google/google-authenticator, mobile/ios, OTPAuthURL.m and OTPGenerator.m",
        read: "2026-11",
    },
    Profile {
        app: App::ApplePasswords,
        name: "Apple Passwords",
        algorithms: [Honoured, Honoured, Honoured],
        digits: [Honoured, Honoured, Honoured],
        periods: Periods::Thirty(Unproven),
        counter: Refused,
        source: "Apple developer documentation, Securing logins with iCloud Keychain verification codes",
        read: "2026-11",
    },
    Profile {
        app: App::OnePassword,
        name: "1Password",
        algorithms: [Honoured, Honoured, Unproven],
        digits: [Honoured, Unproven, Unproven],
        periods: Periods::Thirty(Unproven),
        counter: Refused,
        source: "1Password support, Use 1Password as an authenticator",
        read: "2026-11",
    },
    Profile {
        app: App::Authy,
        name: "Authy",
        algorithms: [Honoured, Ignored, Ignored],
        digits: [Honoured, Ignored, Ignored],
        periods: Periods::Thirty(Ignored),
        counter: Refused,
        source: "Twilio support articles; behaviour of the app",
        read: "2026-11",
    },
    Profile {
        app: App::Aegis,
        name: "Aegis",
        algorithms: [Honoured, Honoured, Honoured],
        digits: [Honoured, Honoured, Honoured],
        periods: Periods::From(1),
        counter: Honoured,
        source: "beemdevelopment/Aegis, GoogleAuthInfo.java, OtpInfo.java, TotpInfo.java",
        read: "2026-11",
    },
    Profile {
        app: App::FreeOtp,
        name: "FreeOTP",
        algorithms: [Honoured, Honoured, Honoured],
        digits: [Honoured, Honoured, Honoured],
        periods: Periods::From(5),
        counter: Honoured,
        source: "freeotp/freeotp-android, Token.java",
        read: "2026-11",
    },
    Profile {
        app: App::Bitwarden,
        name: "Bitwarden",
        algorithms: [Honoured, Honoured, Honoured],
        digits: [Honoured, Honoured, Honoured],
        periods: Periods::From(1),
        // The type is not looked at: a counter would be taken for a time step.
        counter: Ignored,
        source: "bitwarden/sdk-internal, bitwarden-vault/src/totp.rs",
        read: "2026-11",
    },
    Profile {
        app: App::TwoFas,
        name: "2FAS",
        algorithms: [Honoured, Honoured, Honoured],
        digits: [Honoured, Honoured, Honoured],
        periods: Periods::Listed(&[10, 30, 60, 90], Unproven),
        counter: Honoured,
        source: "twofas/2fas-ios, CodeParser.swift; twofas/2fas-android, OtpLinkParser.kt",
        read: "2026-11",
    },
];

impl App {
    /// Every app of the table, the most advised first.
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

    /// What is known of the app.
    #[must_use]
    pub const fn profile(self) -> &'static Profile {
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
