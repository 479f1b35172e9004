//! Cookies, and the random name of a browser's session.

use std::borrow::Cow;
use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use loquet::devices::{DeviceId, RETENTION};
use sha2::{Digest, Sha256};

use crate::Language;
use crate::guard::Scheme;

/// The cookie that keeps the choice of language. It names no person.
pub(crate) const LANGUAGE: &str = "loquet-language";

/// The values of all cookies of this name that a browser sent.
pub(crate) fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(move |cookie| cookie.name() == name)
        .filter_map(|cookie| cookie.value_raw())
}

/// Adds a `Set-Cookie` line.
pub(crate) fn set(response: &mut Response, cookie: &Cookie<'_>) {
    // Names and values are all ours, and plain ASCII.
    if let Ok(line) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}

/// The hash of a session cookie: what a host looks sessions up by, and all that it stores of it. A thief who reads the host's
/// table can not make a cookie from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// The bytes, for a column.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

/// 128 random bits that the browser holds in a cookie. They mean nothing by themselves: what the session is worth stays on
/// the server.
pub(crate) struct SessionToken([u8; 16]);

impl SessionToken {
    /// A new one, from the operating system.
    pub(crate) fn random() -> Result<Self, loquet::NoEntropy> {
        loquet::random().map(Self)
    }

    /// The key of the cookie's value; `None` when that is not 32 lower-case hexadecimal digits.
    pub(crate) fn key_of(value: &str) -> Option<SessionKey> {
        let is_ours = value.len() == 32
            && value
                .bytes()
                .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        is_ours.then(|| SessionKey(Sha256::digest(value).into()))
    }

    pub(crate) fn key(&self) -> SessionKey {
        SessionKey(Sha256::digest(self.value()).into())
    }

    pub(crate) fn value(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken([redacted])")
    }
}

/// How cookies are marked: fit for https, or plain for a demonstration on the loopback address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Marking {
    pub(crate) secure: bool,
}

impl Marking {
    pub(crate) const fn scheme(self) -> Scheme {
        if self.secure {
            Scheme::Https
        } else {
            Scheme::Http
        }
    }

    /// The prefix makes the browser itself refuse a cookie that is not `Secure`, has a domain, or comes from a sub-path
    /// (RFC 6265bis §4.1.3.2): a neighbour on a sibling domain can not plant one.
    pub(crate) const fn session_name(self) -> &'static str {
        if self.secure {
            "__Host-loquet"
        } else {
            "loquet"
        }
    }

    pub(crate) fn session(self, value: String) -> Cookie<'static> {
        self.cookie(self.session_name(), value)
    }

    pub(crate) fn forget_session(self) -> Cookie<'static> {
        let mut cookie = self.cookie(self.session_name(), String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie
    }

    /// One name for each account: on a tablet that several people use, each has a cookie of their own. `tag` is
    /// [`Mfa::device_cookie_tag`](loquet::Mfa::device_cookie_tag).
    pub(crate) fn device_name(self, tag: u32) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}loquet-device-{tag:08x}")
    }

    pub(crate) fn device(self, tag: u32, id: DeviceId) -> Cookie<'static> {
        let mut cookie = self.cookie(self.device_name(tag), id.expose().to_string());
        cookie.set_max_age(Duration::seconds(RETENTION.cast_signed()));
        cookie
    }

    pub(crate) fn forget_device(self, tag: u32) -> Cookie<'static> {
        let mut cookie = self.cookie(self.device_name(tag), String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie
    }

    pub(crate) fn language(self, language: Language) -> Cookie<'static> {
        let mut cookie = self.cookie(LANGUAGE, language.code());
        cookie.set_same_site(SameSite::Strict);
        cookie.set_max_age(Duration::days(365));
        cookie
    }

    fn cookie<N, V>(self, name: N, value: V) -> Cookie<'static>
    where
        N: Into<Cow<'static, str>>,
        V: Into<Cow<'static, str>>,
    {
        Cookie::build((name, value))
            .http_only(true)
            .same_site(SameSite::Lax)
            .path("/")
            .secure(self.secure)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_whole_name() {
        let mut headers = HeaderMap::new();
        for line in ["xloquet=1; loquet=2;loquetx=3; empty=", "loquet=4"] {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        let found = |name| values(&headers, name).collect::<Vec<_>>();
        assert_eq!(found("loquet"), ["2", "4"]);
        assert_eq!(found("empty"), [""]);
        assert_eq!(found("absent"), [""; 0]);
    }

    #[test]
    fn only_own_cookie_values_have_a_key() {
        let token = SessionToken([7; 16]);
        assert_eq!(SessionToken::key_of(&token.value()), Some(token.key()));
        for bad in [
            "",
            "07",
            &"0".repeat(31),
            &"0".repeat(33),
            &"A".repeat(32),
            &"é".repeat(16),
        ] {
            assert_eq!(SessionToken::key_of(bad), None, "{bad}");
        }
        assert!(!format!("{token:?}").contains("07"));
    }

    #[test]
    fn https_cookie_has_the_host_prefix() {
        let (secure, plain) = (Marking { secure: true }, Marking { secure: false });
        let session = secure.session(SessionToken([7; 16]).value()).to_string();
        let rest = session.strip_prefix("__Host-loquet=").unwrap();
        assert_eq!(
            rest.replace("07", ""),
            "; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
        let session = plain.session(SessionToken([7; 16]).value()).to_string();
        assert!(!session.contains("Secure"));
        let id = "07".repeat(16).parse().unwrap();
        let device = secure.device(0x00c0_ffee, id).to_string();
        assert!(
            device.starts_with("__Host-loquet-device-00c0ffee="),
            "{device}"
        );
        assert!(
            device.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=7776000"),
            "{device}"
        );
    }
}
