//! Passkeys (WebAuthn Level 3): what the host's relying party does, and the challenges that it is given.

use std::cell::Cell;
use std::fmt;

use loquet_policy::{Authenticator, AuthenticatorId, CodeCheck, Session, Submitted, UnixTime};
use subtle::ConstantTimeEq as _;

use crate::decide::{Case, Keys, Typed};
use crate::disk;
use crate::error::{Config, Error};
use crate::hash;
use crate::mfa::Mfa;
use crate::mfa::vault::Vault;
use crate::records::AccountRecord;
use crate::store::MetadataId;

/// The longest answer of a passkey that is read, in bytes.
pub const MAX_PASSKEY_ANSWER: usize = 8 * 1024;

/// What a passkey signs: new for each page that asks, good for one session, for
/// [`CHALLENGE`](loquet_policy::limits::CHALLENGE) seconds, and once.
pub type Challenge = [u8; 32];

/// Registers passkeys and verifies what they sign, for one domain: the relying party of WebAuthn Level 3. The crate
/// `loquet-webauthn` has one over `webauthn-rs`; give it to [`MfaBuilder::passkeys`](crate::MfaBuilder::passkeys).
///
/// It keeps nothing. What it returns of a passkey as text is kept with the account, and given back to it.
pub trait RelyingParty: fmt::Debug + Send + Sync + 'static {
    /// Returns the relying party's id: a domain. A passkey works for the one that it was registered for, and no other.
    fn id(&self) -> &str;

    /// Returns the options for `navigator.credentials.create()`, as JSON (§5.4). `None` where the user's name cannot be
    /// shown.
    fn creation_options(&self, user: &PasskeyUser<'_>, challenge: &Challenge) -> Option<String>;

    /// Verifies the answer to them (§7.1). `None` where it does not verify, or where its challenge is not one that
    /// `is_expected` knows; ask that first.
    fn created(
        &self,
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<NewPasskey>;

    /// Returns the options for `navigator.credentials.get()` with one of these passkeys, as JSON (§5.5).
    fn request_options(&self, passkeys: &[&str], challenge: &Challenge) -> Option<String>;

    /// Verifies the answer to them (§7.2), but for the counter, which the rules compare.
    fn signed(
        &self,
        passkeys: &[&str],
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Signed>;
}

/// For whom a passkey is registered.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PasskeyUser<'a> {
    /// The user handle (§5.4.3), which tells a stranger nothing.
    pub handle: [u8; 16],
    /// The account's name, as authenticator apps show it.
    pub name: &'a str,
    /// The passkeys that the account has already: the same key is not registered twice.
    pub passkeys: &'a [&'a str],
}

impl<'a> PasskeyUser<'a> {
    /// Returns the user with this handle and name, who has these passkeys.
    #[must_use]
    pub const fn new(handle: [u8; 16], name: &'a str, passkeys: &'a [&'a str]) -> Self {
        Self {
            handle,
            name,
            passkeys,
        }
    }
}

/// A passkey that was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// Its credential id: no two accounts have the same.
    pub id: Vec<u8>,
    /// All that verifying takes, as text of a few hundred bytes, or up to two thousand with the longest credential id. There is
    /// nothing secret in it.
    pub passkey: String,
    /// How many signatures it has counted.
    pub counter: u32,
    /// Whether copies of it are kept elsewhere.
    pub backed_up: bool,
}

/// What a passkey signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Which of those it was asked for, by its place among them.
    pub passkey: usize,
    /// How many signatures it has counted.
    pub counter: u32,
    /// Whether copies of it are kept elsewhere.
    pub backed_up: bool,
}

/// The answer of a passkey, as JSON: what the browser's `PublicKeyCredential.toJSON()` returns. It is taken wherever a code
/// is.
///
/// ```
/// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client, posted: String) -> Result<(), Error> {
/// let login = mfa.verify_code(&session, PasskeyAnswer::new(posted), client).await?; // keep `login.session`
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PasskeyAnswer(String);

impl PasskeyAnswer {
    /// Returns the answer that this JSON is. It is read when it is verified.
    #[must_use]
    pub fn new(json: impl Into<String>) -> Self {
        Self(json.into())
    }
}

impl From<PasskeyAnswer> for Typed {
    fn from(PasskeyAnswer(json): PasskeyAnswer) -> Self {
        Self::of_passkey(json)
    }
}

/// What a challenge is for: the answer to one is none to the other.
#[derive(Debug, Clone, Copy)]
enum For {
    Creation,
    Request,
}

/// A challenge of a session. It is kept nowhere: the time at which it was issued stands in it, authenticated.
fn challenge(keys: &Keys, session: &Session, what: For, issued: UnixTime) -> Challenge {
    let purpose = match what {
        For::Creation => "create",
        For::Request => "get",
    };
    let issued = issued.0.to_be_bytes();
    let account = session.account.to_bytes();
    let parts: [&[u8]; 3] = [&account, &session.id.0.to_be_bytes(), &issued];
    let mut challenge = hash::mac(&keys.passkey, purpose, &parts);
    for (slot, byte) in challenge.iter_mut().zip(issued) {
        *slot = byte;
    }
    challenge
}

/// When the challenge was issued, if it is one of this session.
fn issued(keys: &Keys, session: &Session, what: For, given: &[u8]) -> Option<UnixTime> {
    let issued = UnixTime(u64::from_be_bytes(*given.first_chunk()?));
    let genuine = challenge(keys, session, what, issued);
    bool::from(genuine.as_slice().ct_eq(given)).then_some(issued)
}

/// What one answer amounts to. `verify` is told which challenges are expected, and asked for the rest.
fn check<T>(
    answer: &str,
    find: impl Fn(&[u8]) -> Option<UnixTime>,
    verify: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> Option<T>,
) -> Result<(T, UnixTime), CodeCheck> {
    if answer.len() > MAX_PASSKEY_ANSWER {
        return Err(CodeCheck::NotSigned);
    }
    let (is_over, at) = (Cell::new(false), Cell::new(UnixTime::default()));
    let verified = verify(&mut |challenge| {
        let found = find(challenge);
        is_over.set(found.is_none());
        at.set(found.unwrap_or_default());
        found.is_some()
    });
    match verified {
        _ if is_over.get() => Err(CodeCheck::ChallengeOver),
        Some(verified) => Ok((verified, at.get())),
        None => Err(CodeCheck::NotSigned),
    }
}

impl Case<'_> {
    /// What the answer of one of these passkeys amounts to.
    pub(crate) fn answered(&self, answer: &str, these: fn(&Authenticator) -> bool) -> Submitted {
        let passkeys: Vec<(AuthenticatorId, &str)> = passkeys(self.actor)
            .filter(|(it, _)| these(it))
            .map(|(it, passkey)| (it.id, passkey))
            .collect();
        let known: Vec<&str> = passkeys.iter().map(|(_, passkey)| *passkey).collect();
        let find = |given: &[u8]| issued(self.keys, self.session?, For::Request, given);
        let checked = check(answer, find, |is_expected| {
            self.passkeys?.signed(&known, answer, is_expected)
        });
        let (check, by) = match checked {
            Ok((signed, issued)) => {
                let signs = CodeCheck::Signed {
                    issued,
                    counter: signed.counter,
                    backed_up: signed.backed_up,
                };
                match passkeys.get(signed.passkey) {
                    Some((id, _)) => (signs, *id),
                    None => (CodeCheck::NotSigned, AuthenticatorId::default()),
                }
            }
            Err(check) => (check, AuthenticatorId::default()),
        };
        let source = self.source();
        Submitted { check, by, source }
    }
}

/// The passkeys of an account.
fn passkeys(account: &AccountRecord) -> impl Iterator<Item = (&Authenticator, &str)> {
    let kept = account.secrets.details();
    kept.filter_map(|details| {
        let passkey = details.passkey.as_deref()?;
        Some((account.facts.second_factor.get(details.id)?, passkey))
    })
}

/// A passkey that a session registers, and what its answer amounts to.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) check: CodeCheck,
    /// The row that names its owner, and the passkey.
    pub(crate) new: Option<(MetadataId, String)>,
}

impl Mfa {
    /// Returns whether it takes passkeys; see [`MfaBuilder::passkeys`](crate::MfaBuilder::passkeys).
    #[must_use]
    pub fn takes_passkeys(&self) -> bool {
        self.inner.passkeys.is_some()
    }

    /// Refuses another relying party than the one for which passkeys are registered.
    pub(crate) async fn check_relying_party(&self) -> Result<(), Error> {
        let Some(party) = &self.inner.passkeys else {
            return Ok(());
        };
        let (given, id) = (party.id(), MetadataId::RELYING_PARTY);
        if let Some((row, _)) = self.metadata(id).await? {
            let stored = disk::read_relying_party(&row)?;
            if stored == given {
                return Ok(());
            }
            if self.has_passkeys().await? {
                let given = given.to_owned();
                return Err(Config::RelyingParty { stored, given }.into());
            }
        }
        self.put_metadata(id, |_| disk::write_relying_party(given))
            .await
    }

    /// Whether any account has a passkey. It reads them all.
    async fn has_passkeys(&self) -> Result<bool, Error> {
        let mut has = false;
        for org in self.organization_ids().await? {
            self.each_person(org, |person| {
                has |= person.authenticators.iter().any(|it| it.passkey.is_some());
            })
            .await?;
        }
        Ok(has)
    }
}

/// What a page needs to ask for a passkey.
impl Vault {
    /// The options to sign with one of these passkeys of the account, if it has any.
    pub(crate) fn request_options(
        &self,
        party: &dyn RelyingParty,
        account: &AccountRecord,
        (session, now): (&Session, UnixTime),
        these: fn(&Authenticator) -> bool,
    ) -> Option<String> {
        let known: Vec<&str> = passkeys(account)
            .filter(|(it, _)| these(it))
            .map(|(_, passkey)| passkey)
            .collect();
        let challenge = challenge(&self.keys, session, For::Request, now);
        (!known.is_empty()).then(|| party.request_options(&known, &challenge))?
    }

    /// The options to register a passkey.
    pub(crate) fn creation_options(
        &self,
        party: &dyn RelyingParty,
        account: &AccountRecord,
        session: &Session,
        now: UnixTime,
    ) -> Option<String> {
        let known: Vec<&str> = passkeys(account).map(|(_, passkey)| passkey).collect();
        let handle = hash::mac(&self.keys.passkey, "user", &[&session.account.to_bytes()]);
        let user = PasskeyUser::new(*hash::half(handle), &account.label, &known);
        party.creation_options(&user, &challenge(&self.keys, session, For::Creation, now))
    }

    /// What the answer of a new passkey amounts to, if one was given.
    pub(crate) fn registered(
        &self,
        party: Option<&dyn RelyingParty>,
        session: &Session,
        typed: &Typed,
    ) -> Option<Registered> {
        let answer = typed.answer()?;
        let find = |given: &[u8]| issued(&self.keys, session, For::Creation, given);
        let checked = check(answer, find, |is_expected| {
            party?.created(answer, is_expected)
        });
        let (check, new) = match checked {
            Ok((new, issued)) => {
                let check = CodeCheck::Signed {
                    issued,
                    counter: new.counter,
                    backed_up: new.backed_up,
                };
                let id = hash::mac(&self.keys.imported, "passkey", &[&new.id]);
                let id = MetadataId::imported_key(*hash::half(id));
                (check, Some((id, new.passkey)))
            }
            Err(check) => (check, None),
        };
        Some(Registered { check, new })
    }
}
