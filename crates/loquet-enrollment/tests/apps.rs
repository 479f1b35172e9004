//! Each app's published rule, run over what we emit: the app must read exactly what the person was to see.
//!
//! Open apps are followed by their source, closed ones by their documentation; `Profile::source` names both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

mod common;

use common::{Random, label, secret};
use loquet_enrollment::{App, Cause, KeyUri, Label, MovingFactor, Parameters, Support, compatible};
use loquet_otp::{Algorithm, Digits, Hotp, Period, Secret};

/// What an app would show and compute.
#[derive(Debug, PartialEq)]
struct Token {
    issuer: String,
    account: String,
    secret: Vec<u8>,
    algorithm: String,
    digits: u32,
    /// Seconds, or the counter behind a minus sign: the two never meet in one test.
    moving: i128,
}

/// How an app reads a URI.
type Rule = fn(&str) -> Option<Token>;

/// The parts that every URI library finds: scheme, host, decoded path, query pairs in order.
struct Parts {
    scheme: String,
    host: String,
    path: String,
    query: Vec<(String, String)>,
}

/// Decodes escapes; `plus` says whether a plus sign is a blank, as in `android.net.Uri.getQueryParameter`.
fn decode(text: &str, plus: bool) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' if plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(out).unwrap()
}

impl Parts {
    fn of(uri: &str, plus: bool) -> Self {
        let (scheme, rest) = uri.split_once("://").unwrap();
        let rest = rest.split('#').next().unwrap();
        let (hierarchy, query) = rest.split_once('?').unwrap();
        let (host, path) = hierarchy.split_once('/').unwrap();
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap();
            (decode(key, plus), decode(value, plus))
        };
        Self {
            scheme: scheme.into(),
            host: host.into(),
            path: decode(path, false),
            query: query.split('&').map(pair).collect(),
        }
    }

    fn parameter(&self, key: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, key: &str) -> Option<i128> {
        self.parameter(key).map(|value| value.parse().unwrap())
    }
}

/// Base32 by the letter of the RFC: no case, no blanks, no padding, no leftover bits.
fn strict_base32(text: &str) -> Option<Vec<u8>> {
    let mut bits = String::new();
    for symbol in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|&known| known == symbol)?;
        bits.push_str(&format!("{value:05b}"));
    }
    let whole = bits.len() / 8 * 8;
    if bits.len() - whole >= 5 || bits.get(whole..)?.contains('1') {
        return None;
    }
    Some(
        (0..whole)
            .step_by(8)
            .map(|at| u8::from_str_radix(bits.get(at..at + 8).unwrap(), 2).unwrap())
            .collect(),
    )
}

fn split_at_colon(label: &str) -> (String, String) {
    label
        .split_once(':')
        .map_or((String::new(), label.to_owned()), |(i, a)| {
            (i.trim().to_owned(), a.trim().to_owned())
        })
}

/// Microsoft Authenticator and Authy: the type must be totp; algorithm, digits and period are not looked at.
fn only_the_default(uri: &str) -> Option<Token> {
    let parts = Parts::of(uri, false);
    if parts.scheme != "otpauth" || parts.host != "totp" {
        return None;
    }
    let (_, account) = split_at_colon(&parts.path);
    Some(Token {
        issuer: parts.parameter("issuer")?.into(),
        account,
        secret: strict_base32(parts.parameter("secret")?)?,
        algorithm: "SHA1".into(),
        digits: 6,
        moving: 30,
    })
}

/// `AuthenticatorActivity.parseSecret`: host in exact case, name and secret never empty, period not looked at. The
/// published source does not look at algorithm and digits either; versions since 2024 do.
fn google_android(uri: &str) -> Option<Token> {
    let parts = Parts::of(uri, true);
    let moving = match parts.host.as_str() {
        "totp" => 30,
        "hotp" => -parts.number("counter").unwrap_or(0),
        _ => return None,
    };
    let name = parts.path.trim();
    if !parts.scheme.eq_ignore_ascii_case("otpauth") || name.is_empty() {
        return None;
    }
    // The list shows the issuer, and strips it from the name when the name begins with it.
    let issuer = parts.parameter("issuer")?.to_owned();
    let account = name
        .strip_prefix(&format!("{issuer}:"))
        .unwrap_or(name)
        .to_owned();
    let algorithm = parts.parameter("algorithm").unwrap_or("SHA1").into();
    let digits = parts.number("digits").unwrap_or(6);
    let secret = strict_base32(parts.parameter("secret")?)?;
    Some(Token {
        issuer,
        account,
        secret,
        algorithm,
        digits: digits.try_into().unwrap(),
        moving,
    })
}

/// `OTPAuthURL authURLWithURL:` and `OTPGenerator init`: `NSURL` refuses raw blanks and other stray characters, scheme
/// and host in exact case, algorithm by exact name, digits 6 to 8, `GTMStringEncoding` refuses padding and leftovers.
fn google_ios(uri: &str) -> Option<Token> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    if !uri.chars().all(allowed) {
        return None;
    }
    let parts = Parts::of(uri, true);
    if parts.scheme != "otpauth" || parts.path.is_empty() {
        return None;
    }
    let moving = match parts.host.as_str() {
        "totp" => parts.number("period").unwrap_or(30),
        "hotp" => -parts.number("counter")?,
        _ => return None,
    };
    let algorithm = parts.parameter("algorithm").unwrap_or("SHA1").to_owned();
    let digits = parts.number("digits").unwrap_or(6);
    if !["SHA1", "SHA256", "SHA512"].contains(&algorithm.as_str()) || !(6..=8).contains(&digits) {
        return None;
    }
    let secret = strict_base32(parts.parameter("secret")?)?;
    // The whole label is shown as it stands: what is before the colon is the issuer for the eye.
    let (issuer, account) = split_at_colon(&parts.path);
    Some(Token {
        issuer,
        account,
        secret,
        algorithm,
        digits: digits.try_into().unwrap(),
        moving,
    })
}

/// Apple's documentation: host totp, path "service:account", Base32 secret "at least 160 bits", issuer a query item.
fn apple(uri: &str) -> Option<Token> {
    let parts = Parts::of(uri, false);
    if parts.scheme != "otpauth" || parts.host != "totp" {
        return None;
    }
    let (issuer, account) = parts.path.split_once(':')?;
    let secret = strict_base32(parts.parameter("secret")?)?;
    assert!(secret.len() >= 20, "advised: 160 bits");
    Some(Token {
        issuer: issuer.into(),
        account: account.into(),
        secret,
        algorithm: parts.parameter("algorithm").unwrap_or("SHA1").into(),
        digits: parts.number("digits").unwrap_or(6).try_into().unwrap(),
        moving: parts.number("period").unwrap_or(30),
    })
}

/// 1Password: reads the standard URI; the prefix of the label is the issuer unless the parameter says more.
fn one_password(uri: &str) -> Option<Token> {
    let token = apple(uri)?;
    let parts = Parts::of(uri, false);
    Some(Token {
        issuer: parts.parameter("issuer")?.into(),
        ..token
    })
}

/// `GoogleAuthInfo.parseUri`: exactly one colon, or the whole label becomes the account; the label's issuer wins.
fn aegis(uri: &str) -> Option<Token> {
    let parts = Parts::of(uri, true);
    if parts.scheme != "otpauth" {
        return None;
    }
    let moving = match parts.host.as_str() {
        "totp" => parts.number("period").unwrap_or(30),
        "hotp" => -parts.number("counter")?,
        _ => return None,
    };
    let (issuer, account) = match parts.path.split(':').collect::<Vec<_>>().as_slice() {
        [account] => (parts.parameter("issuer").unwrap_or_default(), *account),
        [issuer, account] => (*issuer, *account),
        _ => ("", parts.path.as_str()),
    };
    Some(Token {
        issuer: issuer.into(),
        account: account.into(),
        secret: strict_base32(parts.parameter("secret")?)?,
        algorithm: parts.parameter("algorithm").unwrap_or("SHA1").into(),
        digits: parts.number("digits").unwrap_or(6).try_into().unwrap(),
        moving,
    })
}

/// `Token(Uri)`: the path matches `^/(?:([^:]+):)?([^:]+)$`, period at least 5, and `parse` wants 16 bytes of secret.
fn free_otp(uri: &str) -> Option<Token> {
    let parts = Parts::of(uri, true);
    let (issuer, account) = match parts.path.split(':').collect::<Vec<_>>().as_slice() {
        [account] if !account.is_empty() => ("", *account),
        [issuer, account] if !issuer.is_empty() && !account.is_empty() => (*issuer, *account),
        _ => return None,
    };
    let secret = strict_base32(parts.parameter("secret")?)?;
    let period = parts.number("period").unwrap_or(30);
    if parts.scheme != "otpauth" || secret.len() < 16 || period < 5 {
        return None;
    }
    let moving = match parts.host.to_ascii_uppercase().as_str() {
        "TOTP" => period,
        "HOTP" => -parts.number("counter").unwrap_or(0),
        _ => return None,
    };
    let algorithm = parts.parameter("algorithm").unwrap_or("SHA1").into();
    let digits = parts.number("digits").unwrap_or(6).try_into().unwrap();
    Some(Token {
        issuer: issuer.into(),
        account: account.into(),
        secret,
        algorithm,
        digits,
        moving,
    })
}

/// `Totp::from_str`: everything in lower case first, the issuer parameter wins, the type is not looked at, symbols that
/// are not base32 are skipped.
fn bitwarden(uri: &str) -> Option<Token> {
    let parts = Parts::of(&uri.to_lowercase(), true);
    if parts.scheme != "otpauth" {
        return None;
    }
    let (label_issuer, account) = split_at_colon(&parts.path);
    let algorithm = match parts.parameter("algorithm") {
        Some("sha256") => "SHA256",
        Some("sha512") => "SHA512",
        _ => "SHA1",
    };
    Some(Token {
        issuer: parts
            .parameter("issuer")
            .map_or(label_issuer, str::to_owned),
        account,
        secret: strict_base32(&parts.parameter("secret")?.to_uppercase())?,
        algorithm: algorithm.into(),
        digits: parts
            .number("digits")
            .unwrap_or(6)
            .clamp(0, 10)
            .try_into()
            .unwrap(),
        moving: parts.number("period").unwrap_or(30).max(1),
    })
}

/// Android's `OtpLinkParser` decodes the whole link *before* it looks for the parts and turns `#` into a dash; the
/// iPhone's `CodeParser` allows one question mark alone and turns a plus in the issuer into a blank.
fn two_fas(uri: &str) -> Option<Token> {
    if uri.matches('?').count() != 1 {
        return None;
    }
    let decoded = decode(uri, false).replace('#', "-");
    let parts = Parts::of(&decoded, false);
    let moving = match parts.host.to_lowercase().as_str() {
        "totp" => parts.number("period").unwrap_or(30),
        "hotp" => -parts.number("counter").unwrap_or(0),
        _ => return None,
    };
    let path = parts.path.trim_matches('/');
    let issuer = parts.parameter("issuer")?.replace('+', " ");
    let account = path
        .strip_prefix(&format!("{issuer}:"))
        .unwrap_or(path)
        .to_owned();
    Some(Token {
        issuer,
        account,
        secret: strict_base32(parts.parameter("secret")?)?,
        algorithm: parts.parameter("algorithm").unwrap_or("SHA1").into(),
        digits: parts.number("digits").unwrap_or(6).try_into().unwrap(),
        moving,
    })
}

/// What the person is to see in the app.
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

/// All parameters worth asking about.
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

/// Runs the rule over a thousand people with default parameters, and over every other parameter that the app's profile
/// says it honours.
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
            // It shows names in lower case, whoever emits them.
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

/// Where the profile says that the app ignores a parameter, its rule must indeed compute something else: otherwise the
/// profile refuses without need.
fn ignores_what_the_profile_says(app: App, rule: Rule) {
    let (label, secret) = (
        Label::new("Loquet", "marie").unwrap(),
        Secret::from([1; 20]),
    );
    let mut ignored = 0;
    for parameters in every_parameter() {
        if app.profile().fit(&parameters).support != Support::Ignored {
            continue;
        }
        // Aegis honours everything, so that a URI exists at all.
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

#[test]
fn microsoft_authenticator_shows_what_was_meant() {
    shows_what_was_meant(App::MicrosoftAuthenticator, only_the_default);
    ignores_what_the_profile_says(App::MicrosoftAuthenticator, only_the_default);
}

#[test]
fn google_authenticator_for_android_shows_what_was_meant() {
    shows_what_was_meant(App::GoogleAndroid, google_android);
    ignores_what_the_profile_says(App::GoogleAndroid, google_android);
}

#[test]
fn google_authenticator_for_iphones_shows_what_was_meant() {
    shows_what_was_meant(App::GoogleIos, google_ios);
}

#[test]
fn apple_passwords_shows_what_was_meant() {
    shows_what_was_meant(App::ApplePasswords, apple);
}

#[test]
fn one_password_shows_what_was_meant() {
    shows_what_was_meant(App::OnePassword, one_password);
}

#[test]
fn authy_shows_what_was_meant() {
    shows_what_was_meant(App::Authy, only_the_default);
    ignores_what_the_profile_says(App::Authy, only_the_default);
}

#[test]
fn aegis_shows_what_was_meant() {
    shows_what_was_meant(App::Aegis, aegis);
}

#[test]
fn free_otp_shows_what_was_meant_and_refuses_periods_under_five_seconds() {
    shows_what_was_meant(App::FreeOtp, free_otp);
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
    assert_eq!(App::FreeOtp.profile().fit(&short).support, Support::Refused);
}

#[test]
fn bitwarden_shows_what_was_meant() {
    shows_what_was_meant(App::Bitwarden, bitwarden);
    ignores_what_the_profile_says(App::Bitwarden, bitwarden);
}

#[test]
fn two_fas_shows_what_was_meant() {
    shows_what_was_meant(App::TwoFas, two_fas);
}

#[test]
fn the_rules_would_notice_a_careless_uri() {
    // Each of these is out in the world, and each is misread or refused by one app at least.
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
fn every_app_has_a_row_with_source_and_date_and_the_default_works_in_all() {
    for app in App::ALL {
        let profile = app.profile();
        assert_eq!(profile.app, app);
        assert!(!profile.name.is_empty() && profile.source.len() > 10);
        assert!(profile.read.len() == 7 && profile.read.starts_with("20"));
        assert_eq!(profile.fit(&Parameters::default()).cause, None, "{app:?}");
    }
}

#[test]
fn a_report_gives_the_worst_reason_of_each_app_in_the_order_asked() {
    let parameters = Parameters {
        algorithm: Algorithm::Sha512,
        digits: Digits::Eight,
        moving: MovingFactor::Time(Period::new(15).unwrap()),
    };
    let report = compatible(
        &parameters,
        &[App::TwoFas, App::Authy, App::GoogleAndroid, App::Aegis],
    );
    let fits: Vec<_> = report
        .fits
        .iter()
        .map(|fit| (fit.app, fit.support, fit.cause))
        .collect();
    assert_eq!(
        fits,
        [
            (App::TwoFas, Support::Unproven, Some(Cause::Period(15))),
            (
                App::Authy,
                Support::Ignored,
                Some(Cause::Algorithm(Algorithm::Sha512))
            ),
            (
                App::GoogleAndroid,
                Support::Ignored,
                Some(Cause::Period(15))
            ),
            (App::Aegis, Support::Honoured, None),
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
