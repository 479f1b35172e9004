//! What an operation is, what it is decided from, and what it may add.

use std::fmt;
use std::hash::Hash;

use loquet_ipfilter::Geo;
use loquet_policy::{
    AccountId, Audience, Command, Event, Grant, Notice, Refusal, Roster, Session, SessionId,
    SessionLimits, Snapshot, UnixTime,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::decide::evidence::AccessCheck;
use crate::disk::{FirstOutcome, KeyOwner};
use crate::edge::Entropy;
use crate::passkey::RelyingParty;
use crate::records::{AccountRecord, OrganizationRecord, Rules, TokenRecord};
use crate::session::attempt::Attempt;
use crate::session::mfa_session::SessionSigner;
use crate::store::{AttemptId, MetadataId, RowKey, Version};

/// One operation: what it is called in the audit log, what it asks of the rules, what it grants. Its fields are hashed into
/// the id of its attempt.
pub(crate) trait Operation: Hash + Send + Sync {
    /// What is returned when it is granted.
    type Grant: Send;
    /// Its name in the audit log.
    const NAME: &'static str;
    /// Whether a code of the authenticator completes it, so that the device may be remembered and a session that owes a
    /// code again may ask.
    const GIVES_CODE: bool = false;
    /// Whether a session whose last code is too old may still do it.
    const WHILE_OWING: bool = false;
    /// Whether it ends the session, so that one which is over for its age may still do it: a session that a wrong clock
    /// began would be young when its time comes.
    const ENDS_SESSION: bool = false;
    /// Whether one that is sent again finds its first outcome. Not what needs no session and uses up nothing: under a key
    /// that the host gives twice, a second loss or another new password would be taken for the first.
    const REPEATABLE: bool = true;

    fn actor(&self) -> AccountId;

    fn session(&self) -> Option<&Session> {
        None
    }

    /// The session in whose place a granted one is: by default the one that asks.
    fn replaces(&self) -> Option<SessionId> {
        self.session().map(|session| session.id)
    }

    fn subject(&self) -> Option<AccountId> {
        None
    }

    /// The row that names the owner of the key that is imported. It is read, and written once the import is granted.
    fn imported_key(&self) -> Option<MetadataId> {
        None
    }

    /// The row of the hardware token that is assigned or taken back. It is read, and written once that is granted.
    fn token(&self) -> Option<MetadataId> {
        None
    }

    /// What to ask of the rules, with the evidence.
    fn command(&self, case: &Case<'_>) -> Result<Command, Refusal>;

    /// Changes what the rules do not know, once they have granted the operation.
    fn effects(&self, _: &Case<'_>, _: &mut Effects<'_>) {}

    /// Texts of access rules that the command names by hash.
    fn rules(&self) -> Option<&Rules> {
        None
    }

    /// What to return.
    fn grant(
        &self,
        granted: &Grant,
        case: &Case<'_>,
        after: &After<'_>,
    ) -> Result<Self::Grant, Refusal>;
}

/// Everything that one decision reads, opened.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) organization: Option<OrganizationRecord>,
    pub(crate) roster: Option<Roster>,
    pub(crate) actor: Option<AccountRecord>,
    pub(crate) subject: Option<AccountRecord>,
    pub(crate) access: AccessCheck,
    pub(crate) repeated: Option<FirstOutcome>,
    /// The owner of the key that is imported.
    pub(crate) key_owner: Option<KeyOwner>,
    /// The hardware token that is assigned or taken back.
    pub(crate) token: Option<TokenRecord>,
    /// What the host's databases say of addresses.
    pub(crate) geo: Geo,
    /// Every row that was looked for, at the version found.
    pub(crate) read: Vec<(RowKey, Version)>,
}

impl Facts {
    /// What the rules read to say what a session of `actor` may do.
    pub(crate) fn snapshot<'a>(
        &'a self,
        actor: &'a AccountRecord,
        session: &'a Session,
    ) -> Snapshot<'a> {
        Snapshot {
            organization: self.organization.as_ref().map(|record| &record.facts),
            roster: self.roster.as_ref(),
            actor: &actor.facts,
            session: Some(session),
            subject: None,
        }
    }
}

/// What came in, and what a decision is made with: the same again decides the same way.
pub(crate) struct Input<'a> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) id: AttemptId,
    pub(crate) limits: &'a SessionLimits,
    pub(crate) now: UnixTime,
    pub(crate) entropy: &'a Entropy,
    pub(crate) keys: &'a Keys,
    /// Signs the sessions that are granted.
    pub(crate) signer: SessionSigner<'a>,
    /// Refusals of the actor that were not recorded since the last record.
    pub(crate) unrecorded: u32,
    /// What verifies passkeys, where the host takes any.
    pub(crate) passkeys: Option<&'a dyn RelyingParty>,
}

/// What an operation computes its evidence from.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) id: AttemptId,
    pub(crate) now: UnixTime,
    pub(crate) entropy: &'a Entropy,
    pub(crate) keys: &'a Keys,
    pub(crate) signer: &'a SessionSigner<'a>,
    pub(crate) actor: &'a AccountRecord,
    pub(crate) organization: Option<&'a OrganizationRecord>,
    pub(crate) session: Option<&'a Session>,
    pub(crate) access: &'a AccessCheck,
    pub(crate) geo: &'a Geo,
    pub(crate) key_owner: Option<KeyOwner>,
    pub(crate) token: Option<&'a TokenRecord>,
    pub(crate) unrecorded: u32,
    pub(crate) passkeys: Option<&'a dyn RelyingParty>,
}

/// What a granted operation may change that the rules know nothing of.
#[derive(Debug)]
pub(crate) struct Effects<'a> {
    pub(crate) actor: &'a mut AccountRecord,
    pub(crate) organization: &'a mut Option<OrganizationRecord>,
    pub(crate) token: Option<&'a mut TokenRecord>,
    pub(crate) notices: &'a mut Vec<Notice>,
}

impl Effects<'_> {
    /// The organization as the rules leave it, to be written too.
    pub(crate) fn organization(&mut self, case: &Case<'_>) -> Option<&mut OrganizationRecord> {
        if self.organization.is_none() {
            *self.organization = case.organization.cloned();
        }
        self.organization.as_mut()
    }

    pub(crate) fn tell(&mut self, to: Audience, event: Event) {
        self.notices.push(Notice { to, event });
    }
}

/// What became of the actor, for a grant that shows something of it.
#[derive(Debug)]
pub(crate) struct After<'a> {
    pub(crate) actor: &'a AccountRecord,
    pub(crate) organization: Option<&'a OrganizationRecord>,
}

/// Keys of flow's own, derived from the root key; none opens a secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keys {
    pub(crate) break_glass: [u8; 32],
    pub(crate) link: [u8; 32],
    pub(crate) place: [u8; 32],
    pub(crate) recovery: [u8; 32],
    /// Fingerprints imported keys, and authenticates whose they are.
    pub(crate) imported: [u8; 32],
    /// Turns idempotency keys into attempts' ids.
    pub(crate) attempt: [u8; 32],
    /// Makes the challenges and user handles of passkeys.
    pub(crate) passkey: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}
