//! Each app's published parsing rule, applied to emitted URIs: the app must read exactly what the user should see.
//!
//! Rules of open-source apps follow their source, others their documentation; `source` of the profile names it.

use loquet_enrollment::{
    App, KeyUri, Label, MovingFactor, Parameter, Parameters, Support, compatible,
};
use loquet_otp::{Algorithm, Digits, Hotp, Period, Secret};

use crate::app_rules::*;
use crate::users::{Random, label, secret};

/// Returns what the user should see in the app.
fn expected(label: &Label, secret: &Secret, parameters: &Parameters) -> Token {
    Token {
        issuer: label.issuer().into(),
        account: label.account().into(),
        secret: secret.expose().into(),
        algorithm: parameters.algorithm.name().into(),
        digits: parameters.digits.count().into(),
        moving: match parameters.moving {
            MovingFactor::Time(period) => period.seconds().into(),
            MovingFactor::Counter(counter) => -i128::from(counter),
        },
    }
}

/// Returns all relevant parameters.
fn every_parameter() -> Vec<Parameters> {
    let mut all = Vec::new();
    for algorithm in Algorithm::ALL {
        for digits in Digits::ALL {
            for seconds in [1, 5, 10, 15, 30, 60, 90, 3600] {
                let moving = MovingFactor::Time(Period::new(seconds).unwrap());
                all.push(Parameters {
                    algorithm,
                    digits,
                    moving,
                });
            }
            all.push(Parameters::from((Hotp { algorithm, digits }, 7)));
        }
    }
    all
}

/// Applies the rule to a thousand users with default parameters, and to all other parameters that the profile supports.
fn shows_what_was_meant(app: App, rule: Rule) {
    let mut random = Random(app as u64);
    let mut checked = 0;
    let mut check = |parameters: &Parameters| {
        let (label, secret) = (label(&mut random), secret(&mut random));
        let Ok(uri) = KeyUri::for_apps(&label, &secret, parameters, &[app]) else {
            return;
        };
        let mut token =
            rule(uri.expose()).unwrap_or_else(|| panic!("{app:?} refuses {}", uri.expose()));
        let mut expected = expected(&label, &secret, parameters);
        if app == App::Bitwarden {
            // Bitwarden shows all names in lower case.
            for name in [
                &mut token.issuer,
                &mut token.account,
                &mut expected.issuer,
                &mut expected.account,
            ] {
                *name = name.to_lowercase();
            }
        }
        assert_eq!(token, expected, "{app:?} misreads {}", uri.expose());
        checked += 1;
    };
    for _ in 0..1000 {
        check(&Parameters::default());
    }
    every_parameter().iter().for_each(&mut check);
    assert!(checked > 1000);
}

/// Checks that the rule reads something else where the profile says that the app ignores a parameter. Otherwise the
/// profile would refuse it without need.
fn ignores_what_the_profile_says(app: App, rule: Rule) {
    let (label, secret) = (
        Label::new("Loquet", "marie").unwrap(),
        Secret::from([1; 20]),
    );
    let mut ignored = 0;
    for parameters in every_parameter() {
        if app.profile().compatibility(&parameters).support != Support::Ignored {
            continue;
        }
        // Aegis supports all parameters, so a URI can be made.
        let uri = KeyUri::for_apps(&label, &secret, &parameters, &[App::Aegis]).unwrap();
        assert_ne!(
            rule(uri.expose()),
            Some(expected(&label, &secret, &parameters)),
            "{app:?}: {parameters:?}"
        );
        ignored += 1;
    }
    assert!(ignored > 0, "{app:?}");
}

/// The published rule of each app.
const RULES: [(App, Rule); 10] = [
    (App::MicrosoftAuthenticator, only_the_default),
    (App::GoogleAndroid, google_android),
    (App::GoogleIos, google_ios),
    (App::ApplePasswords, apple),
    (App::OnePassword, one_password),
    (App::Authy, only_the_default),
    (App::Aegis, aegis),
    (App::FreeOtp, free_otp),
    (App::Bitwarden, bitwarden),
    (App::TwoFas, two_fas),
];

#[test]
fn every_app_reads_uri_as_intended() {
    for (app, rule) in RULES {
        shows_what_was_meant(app, rule);
    }
}

#[test]
fn apps_ignoring_a_parameter_show_wrong_codes() {
    for (app, rule) in RULES {
        if matches!(
            app,
            App::MicrosoftAuthenticator | App::GoogleAndroid | App::Authy | App::Bitwarden
        ) {
            ignores_what_the_profile_says(app, rule);
        }
    }
}

#[test]
fn free_otp_refuses_periods_under_five_seconds() {
    let short = Parameters {
        moving: MovingFactor::Time(Period::new(4).unwrap()),
        ..Parameters::default()
    };
    let (label, secret) = (
        Label::new("Loquet", "marie").unwrap(),
        Secret::from([1; 20]),
    );
    let uri = KeyUri::for_apps(&label, &secret, &short, &[App::Aegis]).unwrap();
    assert_eq!(free_otp(uri.expose()), None);
    assert_eq!(
        App::FreeOtp.profile().compatibility(&short).support,
        Support::Refused
    );
}

#[test]
fn app_rules_reject_malformed_uris() {
    // Each of these exists in practice, and at least one app misreads or refuses it.
    let careless = [
        (
            "otpauth://TOTP/L:m?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=L",
            App::GoogleAndroid,
        ),
        (
            "otpauth://totp/L: m?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=L",
            App::GoogleIos,
        ),
        (
            "otpauth://totp/L:m?secret=GEZDGNBVGY3TQOI=&issuer=L",
            App::GoogleIos,
        ),
        (
            "otpauth://totp/L:m:n?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=L",
            App::FreeOtp,
        ),
        (
            "otpauth://totp/L%3Fx:m?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=L%26x=1",
            App::TwoFas,
        ),
    ];
    let rules: [(App, Rule); 4] = [
        (App::GoogleAndroid, google_android),
        (App::GoogleIos, google_ios),
        (App::FreeOtp, free_otp),
        (App::TwoFas, |uri| {
            two_fas(uri).filter(|token| token.issuer == "L&x=1")
        }),
    ];
    for (uri, app) in careless {
        let (_, rule) = rules.iter().find(|(known, _)| *known == app).unwrap();
        let read = std::panic::catch_unwind(|| rule(uri)).ok().flatten();
        assert_eq!(read, None, "{uri}");
    }
}

#[test]
fn every_app_has_profile_and_supports_defaults() {
    for app in App::ALL {
        let profile = app.profile();
        assert_eq!(profile.app, app);
        assert!(!profile.name.is_empty() && profile.source.len() > 10);
        assert!(profile.read.len() == 7 && profile.read.starts_with("20"));
        assert_eq!(
            profile.compatibility(&Parameters::default()).parameter,
            None,
            "{app:?}"
        );
    }
}

#[test]
fn report_lists_worst_parameter_of_each_app() {
    let parameters = Parameters {
        algorithm: Algorithm::Sha512,
        digits: Digits::Eight,
        moving: MovingFactor::Time(Period::new(15).unwrap()),
    };
    let report = compatible(
        &parameters,
        &[App::TwoFas, App::Authy, App::GoogleAndroid, App::Aegis],
    );
    let apps: Vec<_> = report
        .apps
        .iter()
        .map(|fit| (fit.app, fit.support, fit.parameter))
        .collect();
    assert_eq!(
        apps,
        [
            (App::TwoFas, Support::Unknown, Some(Parameter::Period(15))),
            (
                App::Authy,
                Support::Ignored,
                Some(Parameter::Algorithm(Algorithm::Sha512))
            ),
            (
                App::GoogleAndroid,
                Support::Ignored,
                Some(Parameter::Period(15))
            ),
            (App::Aegis, Support::Honored, None),
        ]
    );
    assert!(!report.works_everywhere());
    assert_eq!(report.failures().count(), 3);
    assert_eq!(report.to_string().split("; ").count(), 4);
    let since = compatible(
        &Parameters {
            algorithm: Algorithm::Sha256,
            ..Parameters::default()
        },
        &[App::GoogleAndroid],
    );
    assert!(since.works_everywhere());
    assert_eq!(
        since.to_string(),
        "Google Authenticator (Android), SHA256: right codes since 2024, wrong ones before"
    );
}
