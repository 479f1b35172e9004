//! Passkeys and security keys for Loquet (WebAuthn Level 3), verified by `webauthn-rs`.
//!
//! ```
//! # use loquet::{Keyring, Mfa, store::MemoryStore};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { loquet::wait(async {
//! use loquet_webauthn::Passkeys;
//!
//! let passkeys = Passkeys::new("example.org", "https://login.example.org")?.named("Shop");
//! let mfa = Mfa::builder(MemoryStore::new())
//!     .keyring(Keyring::single(1, [7; 32]))
//!     .issuer("Shop")
//!     .passkeys(passkeys)
//!     .open()
//!     .await?;
//! # drop(mfa); Ok(()) }) }
//! ```
//!
//! A passkey is the second factor beside the password, so that a security key without a PIN will do: its user is verified
//! where it can be, and always where it was once. Passkeys that a phone or a computer shares among its owner's devices are
//! taken. No attestation is asked for: the maker of a key is its owner's choice. A key need not keep the passkey itself, so
//! that it can have any number of them; a phone may then keep it on that phone alone.
//!
//! Why an answer was not accepted is an event of `tracing`, at level info: a wrong origin, above all, is a wrong
//! configuration.

mod kept;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use loquet::{Challenge, NewPasskey, PasskeyUser, RelyingParty, Signed};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    PublicKeyCredential, RegisterPublicKeyCredential, SecurityKey, SecurityKeyAuthentication,
    SecurityKeyRegistration, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use kept::{all_verify_their_user, kept, restored};

/// How long the id of a credential is, in bytes (§4 "credential ID", §7.1).
const ID_LENGTHS: RangeInclusive<usize> = 16..=1023;

/// The relying party of a service: what registers and verifies its passkeys.
#[derive(Debug, Clone)]
pub struct Passkeys {
    id: String,
    origin: Url,
    name: Option<String>,
    webauthn: Webauthn,
}

/// The error for a configuration with which no browser would use a passkey.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasskeysError {
    /// The origin is no URL.
    #[error("{origin:?} is no origin, such as https://login.example.org: {why}")]
    Origin {
        /// The origin.
        origin: String,
        /// What is wrong with it.
        why: String,
    },
    /// Browsers use passkeys over TLS, or on the machine itself.
    #[error(
        "{0:?} begins with neither https:// nor http://localhost: browsers use no passkeys there"
    )]
    Insecure(String),
    /// The origin has more than a scheme, a domain and a port.
    #[error(
        "an origin is a scheme, a domain and perhaps a port, and {0:?} has more: leave the rest out"
    )]
    NotOnlyOrigin(String),
    /// The id is not the domain of the origin, nor one that it ends with.
    #[error(
        "{id:?} is neither the domain of {origin:?} nor one that it is part of: passkeys belong to a domain, and an address of numbers is none"
    )]
    Id {
        /// The id.
        id: String,
        /// The origin.
        origin: String,
    },
}

impl Passkeys {
    /// Returns the relying party with this `id`, a domain, whose pages are at `origin`: the address that the browser shows,
    /// without a path. The id is the origin's domain or a part of it such as `example.org`, and cannot change: passkeys
    /// that were registered for one work for no other.
    ///
    /// # Errors
    /// [`PasskeysError`] where no browser would use a passkey there.
    pub fn new(id: &str, origin: &str) -> Result<Self, PasskeysError> {
        let url = Url::parse(origin).map_err(|why| PasskeysError::Origin {
            origin: origin.to_owned(),
            why: why.to_string(),
        })?;
        let is_local = url
            .domain()
            .is_some_and(|domain| domain == "localhost" || domain.ends_with(".localhost"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(PasskeysError::Insecure(origin.to_owned()));
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || has_user {
            return Err(PasskeysError::NotOnlyOrigin(origin.to_owned()));
        }
        let wrong_id = |_| PasskeysError::Id {
            id: id.to_owned(),
            origin: origin.to_owned(),
        };
        let webauthn = build(id, &url, None).map_err(wrong_id)?;
        Ok(Self {
            id: id.to_owned(),
            origin: url,
            name: None,
            webauthn,
        })
    }

    /// Sets the service's name as browsers show it. The default is the id.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        if let Ok(webauthn) = build(&self.id, &self.origin, Some(name)) {
            self.webauthn = webauthn;
            self.name = Some(name.to_owned());
        }
        self
    }
}

fn build(id: &str, origin: &Url, name: Option<&str>) -> Result<Webauthn, WebauthnError> {
    if id.is_empty() {
        return Err(WebauthnError::Configuration);
    }
    let builder = WebauthnBuilder::new(id, origin)?;
    builder.rp_name(name.unwrap_or(id)).build()
}

impl RelyingParty for Passkeys {
    fn id(&self) -> &str {
        &self.id
    }

    fn creation_options(&self, user: &PasskeyUser<'_>, challenge: &Challenge) -> Option<String> {
        let known = user.passkeys.iter().filter_map(|it| restored(it));
        let known = known.map(|it| it.cred_id().clone()).collect();
        let handle = Uuid::from_bytes(user.handle);
        let begun = self.webauthn.start_securitykey_registration(
            handle,
            user.name,
            user.name,
            Some(known),
            None,
            None,
        );
        let (mut options, _) = logged("register", begun)?;
        let options = &mut options.public_key;
        options.challenge = challenge.to_vec();
        // A phone's or a computer's own is as good as a security key.
        options.hints = None;
        // Browsers refuse what webauthn-rs asks here unless the user must be verified (WebAuthn Level 3 §10.1, CTAP 2.2
        // §12.1).
        options.extensions = None;
        serde_json::to_string(options).ok()
    }

    fn created(
        &self,
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<NewPasskey> {
        let answer: RegisterPublicKeyCredential = logged("read", serde_json::from_str(answer))?;
        let challenge = challenge_of(&answer.response.client_data_json)?;
        is_expected(&challenge).then_some(())?;
        // The same options for anyone: what belongs to the user is not part of the state.
        let begun =
            self.webauthn
                .start_securitykey_registration(Uuid::nil(), "-", "-", None, None, None);
        let (options, state) = logged("register", begun)?;
        let drawn = options.public_key.challenge.as_slice();
        let state: SecurityKeyRegistration = with_challenge(&state, drawn, &challenge)?;
        let finished = self
            .webauthn
            .finish_securitykey_registration(&answer, &state);
        let key = logged("register", finished)?;
        if !ID_LENGTHS.contains(&key.cred_id().len()) {
            tracing::info!(
                what = "register",
                "the length of a passkey's id is not allowed"
            );
            return None;
        }
        // At most one of each kind.
        let transports = answer.response.transports.filter(|all| all.len() <= 8);
        let facts = kept::facts(&key)?;
        Some(NewPasskey {
            id: key.cred_id().to_vec(),
            passkey: kept(&key, serde_json::to_value(transports).ok()?)?,
            counter: facts.counter,
            backed_up: facts.backup_state,
        })
    }

    fn request_options(&self, passkeys: &[&str], challenge: &Challenge) -> Option<String> {
        let known: Vec<SecurityKey> = passkeys.iter().filter_map(|it| restored(it)).collect();
        let begun = self.webauthn.start_securitykey_authentication(&known);
        let (mut options, _) = logged("sign", begun)?;
        let options = &mut options.public_key;
        options.challenge = challenge.to_vec();
        options.hints = None;
        // An answer without it would be refused: the browser is to say so first.
        if all_verify_their_user(passkeys) {
            // Its type has no name here.
            options.user_verification = serde_json::from_value(json!("required")).ok()?;
        }
        serde_json::to_string(options).ok()
    }

    fn signed(
        &self,
        passkeys: &[&str],
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Signed> {
        let answer: PublicKeyCredential = logged("read", serde_json::from_str(answer))?;
        let challenge = challenge_of(&answer.response.client_data_json)?;
        is_expected(&challenge).then_some(())?;
        let mut places = HashMap::new();
        let mut known = Vec::new();
        for (place, key) in passkeys.iter().enumerate() {
            if let Some(key) = restored(key) {
                places.insert(key.cred_id().to_vec(), place);
                known.push(key);
            }
        }
        let begun = self.webauthn.start_securitykey_authentication(&known);
        let (options, state) = logged("sign", begun)?;
        let drawn = options.public_key.challenge.as_slice();
        let state: SecurityKeyAuthentication = with_challenge(&state, drawn, &challenge)?;
        let finished = self
            .webauthn
            .finish_securitykey_authentication(&answer, &state);
        let signed = logged("sign", finished)?;
        Some(Signed {
            passkey: *places.get(signed.cred_id().as_slice())?,
            counter: signed.counter(),
            backed_up: signed.backup_state(),
        })
    }
}

/// Returns what went well, and says why the rest did not.
fn logged<T>(what: &'static str, done: Result<T, impl std::fmt::Display>) -> Option<T> {
    done.inspect_err(|why| tracing::info!(what, why = &*why.to_string(), "a passkey's answer"))
        .ok()
}

/// The challenge that was signed (§5.8.1), on a page that stands in no frame of another origin: there, who sees the page is
/// not who asks.
fn challenge_of(client_data: &[u8]) -> Option<Vec<u8>> {
    /// What the browser says that it did.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ClientData {
        challenge: String,
        #[serde(default)]
        cross_origin: bool,
        top_origin: Option<Value>,
    }
    let read: Result<ClientData, _> = serde_json::from_slice(client_data);
    let read = logged("read", read)?;
    if read.cross_origin || read.top_origin.is_some() {
        tracing::info!(what = "read", "the page stood in a frame of another origin");
        return None;
    }
    // In base64url without padding, as all bytes in WebAuthn's JSON.
    BASE64URL.decode(read.challenge).ok()
}

/// Returns the state that was begun with another challenge, with this one in its place: it is the only text of the state
/// that is random.
fn with_challenge<S: Serialize + DeserializeOwned>(
    state: &S,
    drawn: &[u8],
    challenge: &[u8],
) -> Option<S> {
    let [drawn, challenge] = [drawn, challenge].map(|it| Value::from(BASE64URL.encode(it)));
    let mut state = serde_json::to_value(state).ok()?;
    replace(&mut state, &drawn, &challenge);
    serde_json::from_value(state).ok()
}

fn replace(within: &mut Value, drawn: &Value, challenge: &Value) {
    match within {
        it if it == drawn => *it = challenge.clone(),
        Value::Array(all) => all.iter_mut().for_each(|it| replace(it, drawn, challenge)),
        Value::Object(all) => all
            .values_mut()
            .for_each(|it| replace(it, drawn, challenge)),
        _ => {}
    }
}
