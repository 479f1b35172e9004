//! How each app reads a URI, after its source or documentation.

/// What an app shows and computes.
#[derive(Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) issuer: String,
    pub(crate) account: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) algorithm: String,
    pub(crate) digits: u32,
    /// The period in seconds, or the negated counter. No test compares one with the other.
    pub(crate) moving: i128,
}

/// The parsing rule of an app.
pub(crate) type Rule = fn(&str) -> Option<Token>;

/// The parts that every URI library returns: scheme, host, decoded path and query pairs.
pub(crate) struct Parts {
    scheme: String,
    host: String,
    path: String,
    query: Vec<(String, String)>,
}

/// Decodes escapes. With `plus`, a plus sign is a space, as in `android.net.Uri.getQueryParameter`.
pub(crate) fn decode(text: &str, plus: bool) -> String {
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

/// Decodes base32 strictly: upper case, without spaces, padding or leftover bits.
pub(crate) fn strict_base32(text: &str) -> Option<Vec<u8>> {
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

pub(crate) fn split_at_colon(label: &str) -> (String, String) {
    label
        .split_once(':')
        .map_or((String::new(), label.to_owned()), |(i, a)| {
            (i.trim().to_owned(), a.trim().to_owned())
        })
}

/// Microsoft Authenticator and Authy: the type must be totp; algorithm, digits and period are ignored.
pub(crate) fn only_the_default(uri: &str) -> Option<Token> {
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

/// `AuthenticatorActivity.parseSecret`: host in exact case, name and secret not empty, period ignored. The published
/// source also ignores algorithm and digits; versions since 2024 do not.
pub(crate) fn google_android(uri: &str) -> Option<Token> {
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
    // The list shows the issuer and removes it from the beginning of the name.
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

/// `OTPAuthURL authURLWithURL:` and `OTPGenerator init`: `NSURL` refuses spaces and other invalid characters; scheme and
/// host in exact case, algorithm by exact name, digits 6 to 8; `GTMStringEncoding` refuses padding and leftover bits.
pub(crate) fn google_ios(uri: &str) -> Option<Token> {
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
    // The app shows the whole label, so the user reads the text before the colon as the issuer.
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
pub(crate) fn apple(uri: &str) -> Option<Token> {
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

/// 1Password: reads the standard URI. The issuer parameter replaces the label's prefix.
pub(crate) fn one_password(uri: &str) -> Option<Token> {
    let token = apple(uri)?;
    let parts = Parts::of(uri, false);
    Some(Token {
        issuer: parts.parameter("issuer")?.into(),
        ..token
    })
}

/// `GoogleAuthInfo.parseUri`: exactly one colon, or the whole label is the account; the label's issuer wins.
pub(crate) fn aegis(uri: &str) -> Option<Token> {
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

/// `Token(Uri)`: the path matches `^/(?:([^:]+):)?([^:]+)$`, the period is at least 5, and the secret at least 16 bytes.
pub(crate) fn free_otp(uri: &str) -> Option<Token> {
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

/// `Totp::from_str`: converts everything to lower case, prefers the issuer parameter, ignores the type, and skips symbols
/// that are not base32.
pub(crate) fn bitwarden(uri: &str) -> Option<Token> {
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

/// Android's `OtpLinkParser` decodes the whole link *before* splitting it and turns `#` into a dash. The iPhone's
/// `CodeParser` allows only one question mark and turns a plus in the issuer into a space.
pub(crate) fn two_fas(uri: &str) -> Option<Token> {
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
