//! What a host keeps in its own session.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use loquet_policy::{ParseSessionError, Refusal, Session};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use subtle::ConstantTimeEq;

use crate::hash::{self, MacKey};

/// A session after [`Mfa::log_in`](crate::Mfa::log_in): 56 bytes for the host's own session record, replaced by each step
/// of the log-in.
///
/// It is authenticated under a key of the ring and under the store's root key: none can be made without both.
/// It says nothing by itself: [`Mfa::authorize`](crate::Mfa::authorize) verifies it and says who is there.
///
/// ```
/// # fn kept(session: loquet::MfaSession) -> Result<(), Box<dyn std::error::Error>> {
/// let bytes = session.to_bytes();
/// assert_eq!(loquet::MfaSession::from_bytes(&bytes)?, session);
/// # Ok(()) }
/// ```
///
/// # Security
/// The bytes carry a MAC under a key derived from the store's root key. They are a bearer credential: keep them on the
/// server, or in a cookie that is `HttpOnly` and `Secure`. A session cannot be made up:
///
/// ```compile_fail,E0451
/// # fn forged(session: loquet_policy::Session) -> loquet::MfaSession {
/// loquet::MfaSession { session, mac: [0; 16] } // its fields are private
/// # }
/// ```
/// ```compile_fail,E0624
/// # fn forged(session: loquet_policy::Session) -> loquet::MfaSession {
/// loquet::MfaSession::new(session, [0; 16]) // private to the crate
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MfaSession {
    session: Session,
    mac: [u8; MAC],
}

const MAC: usize = 16;

impl MfaSession {
    /// Its length in bytes.
    pub const LEN: usize = Session::LEN + MAC;

    const fn new(session: Session, mac: [u8; MAC]) -> Self {
        Self { session, mac }
    }

    /// Returns the bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let parts = self.session.to_bytes().into_iter().chain(self.mac);
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = from;
        }
        bytes
    }

    /// Returns the text for a cookie, unpadded URL-safe base64: the whole session of a host that keeps none of its own.
    ///
    /// # Security
    /// For a cookie that is `HttpOnly`, `Secure` and `SameSite`, and nothing else.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_bytes())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. It only parses: `authorize` verifies.
    ///
    /// # Errors
    /// [`SessionError`] says what is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionError> {
        let wrong = || SessionError::Length(bytes.len());
        let whole: &[u8; Self::LEN] = bytes.try_into().map_err(|_| wrong())?;
        let (session, mac) = whole.split_first_chunk().ok_or_else(wrong)?;
        Ok(Self {
            session: Session::from_bytes(session)?,
            mac: mac.try_into().map_err(|_| wrong())?,
        })
    }
}

/// What signs and verifies the sessions of one kind of clients; those of another kind do not verify.
#[derive(Debug)]
pub(crate) struct SessionSigner<'a> {
    /// The first signs.
    pub(crate) keys: Arc<[MacKey]>,
    pub(crate) kind: &'a str,
}

impl SessionSigner<'_> {
    pub(crate) fn sign(&self, session: Session) -> Result<MfaSession, Refusal> {
        let key = self.keys.first().ok_or(Refusal::PolicyUnavailable)?;
        Ok(MfaSession::new(session, self.mac(&session, key)))
    }

    /// Returns the session if one of the keys signed it.
    pub(crate) fn verify(&self, signed: &MfaSession) -> Result<Session, Refusal> {
        let is_right = |key| bool::from(self.mac(&signed.session, key).ct_eq(&signed.mac));
        let genuine = self.keys.iter().any(is_right);
        genuine.then_some(signed.session).ok_or(Refusal::StaleLogIn)
    }

    fn mac(&self, session: &Session, key: &MacKey) -> [u8; MAC] {
        let mut mac = key.begin("session");
        mac.part(self.kind.as_bytes());
        mac.part(&session.to_bytes());
        *hash::half(mac.finish())
    }
}

/// The error for bytes that are not a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The length is wrong.
    #[error("a session has 56 bytes, this has {0}")]
    Length(usize),
    /// A field is wrong.
    #[error(transparent)]
    Field(#[from] ParseSessionError),
    /// The text is not unpadded URL-safe base64.
    #[error("a session's text is unpadded URL-safe base64")]
    Text,
}

impl FromStr for MfaSession {
    type Err = SessionError;

    /// Reads what [`expose`](Self::expose) returned. It only parses: `authorize` verifies.
    ///
    /// # Errors
    /// [`SessionError`] says what is wrong with the text.
    fn from_str(text: &str) -> Result<Self, SessionError> {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        Self::from_bytes(&bytes.map_err(|_| SessionError::Text)?)
    }
}

impl Serialize for MfaSession {
    /// As unpadded URL-safe base64.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}

impl<'de> Deserialize<'de> for MfaSession {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl fmt::Debug for MfaSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaSession(..)")
    }
}

#[cfg(test)]
mod tests {
    use loquet_policy::{Level, SessionId, UnixTime};

    use super::*;

    fn signer(keys: &[u8], kind: &'static str) -> SessionSigner<'static> {
        SessionSigner {
            keys: keys.iter().map(|key| MacKey::new(&[*key; 32])).collect(),
            kind,
        }
    }

    fn session() -> MfaSession {
        let session = Session {
            passkey: false,
            account: 7_u64.into(),
            id: SessionId(0xFEED_FACE),
            epoch: 0,
            level: Level::HalfLogin,
            at: UnixTime(5),
        };
        signer(&[3], "").sign(session).unwrap()
    }

    #[test]
    fn session_reads_back_as_bytes_and_as_text() {
        let session = session();
        assert_eq!(MfaSession::from_bytes(&session.to_bytes()), Ok(session));
        let text = serde_json::to_string(&session).unwrap();
        assert_eq!(serde_json::from_str::<MfaSession>(&text).unwrap(), session);
        assert_eq!(session.expose().parse(), Ok(session));
        assert_eq!("AA".parse::<MfaSession>(), Err(SessionError::Length(1)));
        assert!(serde_json::from_str::<MfaSession>("\"AA\"").is_err());
        assert!(serde_json::from_str::<MfaSession>("\"=\"").is_err());
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let session = session();
        assert!(signer(&[4, 3], "").verify(&session).is_ok());
        let stale = Err(Refusal::StaleLogIn);
        assert_eq!(signer(&[4], "").verify(&session), stale);
        assert_eq!(signer(&[3], "app").verify(&session), stale);
        assert_eq!(signer(&[], "").verify(&session), stale);
        for at in 0..MfaSession::LEN {
            let mut bytes = session.to_bytes();
            bytes[at] ^= 1;
            let forged = MfaSession::from_bytes(&bytes);
            assert!(
                forged.is_err() || forged.is_ok_and(|it| signer(&[3], "").verify(&it).is_err()),
                "{at}"
            );
        }
    }

    #[test]
    fn debug_shows_no_session_id() {
        assert_eq!(format!("{:?}", session()), "MfaSession(..)");
    }
}
