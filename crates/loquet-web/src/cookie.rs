//! Cookies, and the random name of a browser's session.

use std::fmt;

use axum::http::HeaderValue;
use loquet::AccountId;
use loquet::device::{DeviceId, RETENTION};
use sha2::{Digest, Sha256};

/// The value of the cookie `name` in one `Cookie` line.
pub(crate) fn find<'a>(line: &'a HeaderValue, name: &str) -> Option<&'a str> {
    line.to_str().ok()?.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// The hash of a session cookie: what a host looks sessions up by, and all that it stores of it. Whoever reads the host's
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
    /// The prefix makes the browser itself refuse a cookie that is not `Secure`, has a domain, or comes from a sub-path
    /// (RFC 6265bis §4.1.3.2): a neighbour on a sibling domain can not plant one.
    pub(crate) const fn session_name(self) -> &'static str {
        if self.secure {
            "__Host-loquet"
        } else {
            "loquet"
        }
    }

    pub(crate) fn session(self, token: &SessionToken) -> Option<HeaderValue> {
        self.line(&format!(
            "{}={}; HttpOnly; SameSite=Lax; Path=/",
            self.session_name(),
            token.value()
        ))
    }

    pub(crate) fn forget_session(self) -> Option<HeaderValue> {
        self.line(&format!(
            "{}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
            self.session_name()
        ))
    }

    /// One name for each account: on a tablet that several people use, each has a cookie of their own. It tells nobody who
    /// they are.
    pub(crate) fn device_name(self, account: AccountId) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        let hash = Sha256::new()
            .chain_update("loquet device cookie\0")
            .chain_update(account.to_bytes())
            .finalize();
        let short = hash
            .iter()
            .take(4)
            .fold(0_u32, |short, byte| (short << 8) | u32::from(*byte));
        format!("{prefix}loquet-device-{short:08x}")
    }

    pub(crate) fn device(self, account: AccountId, id: DeviceId) -> Option<HeaderValue> {
        self.line(&format!(
            "{}={}; HttpOnly; SameSite=Lax; Path=/; Max-Age={RETENTION}",
            self.device_name(account),
            id.expose()
        ))
    }

    pub(crate) fn forget_device(self, account: AccountId) -> Option<HeaderValue> {
        self.line(&format!(
            "{}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
            self.device_name(account)
        ))
    }

    pub(crate) fn language(self, code: &str) -> Option<HeaderValue> {
        let name = crate::language::COOKIE;
        self.line(&format!(
            "{name}={code}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000"
        ))
    }

    fn line(self, cookie: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{cookie}{secure}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let line = HeaderValue::from_static("xloquet=1; loquet=2;loquetx=3; empty=");
        assert_eq!(find(&line, "loquet"), Some("2"));
        assert_eq!(find(&line, "empty"), Some(""));
        assert_eq!(find(&line, "absent"), None);
    }

    #[test]
    fn only_our_own_values_have_a_key() {
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
    fn over_https_the_cookie_is_pinned_to_the_host() {
        let line = Marking { secure: true }
            .session(&SessionToken([7; 16]))
            .unwrap();
        let line = line.to_str().unwrap();
        assert!(line.starts_with("__Host-loquet=0707"), "{line}");
        assert!(
            line.ends_with("; HttpOnly; SameSite=Lax; Path=/; Secure"),
            "{line}"
        );
        let plain = Marking { secure: false }
            .session(&SessionToken([7; 16]))
            .unwrap();
        assert!(!plain.to_str().unwrap().contains("Secure"));
        let id = "07".repeat(16).parse().unwrap();
        let account = AccountId::from(1_u64);
        let line = Marking { secure: true }.device(account, id).unwrap();
        let line = line.to_str().unwrap();
        assert!(line.starts_with("__Host-loquet-device-"), "{line}");
        assert!(
            line.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=7776000; Secure"),
            "{line}"
        );
        let other = Marking { secure: true }.device_name(AccountId::from(2_u64));
        assert!(!line.starts_with(&other));
    }
}
