//! The one error of every operation.

use loquet_enrollment::{LabelError, QrError};
use loquet_ipfilter::{CompileError, RulesError};
use loquet_policy::{NextStep, Refusal, TooManyRoles};

use crate::audit::{Broken, CheckpointError};
use crate::disk::DiskError;
use crate::edge::NoEntropy;
use crate::enrollment::operations::NoOffer;
use crate::keyring::KeyringError;
use crate::store::{BoxError, Fault};

/// Longest external id, in bytes.
pub(crate) const MAX_EXTERNAL_ID: usize = 256;

/// Why an operation gave no answer.
///
/// [`refusal`](Self::refusal) gives the reasons of a refusal as data; its [`code`](Refusal::code) is stable.
///
/// ```
/// # fn page(error: loquet::Error) -> (u16, String) {
/// match error {
///     loquet::Error::Refused(refusal) => (403, refusal.code().to_owned()),
///     loquet::Error::Busy => (503, "try again".to_owned()),
///     other => (500, other.to_string()),
/// }
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rules refuse it. Nothing is wrong with the service.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Too many changes to one account at once, or another process was faster sixteen times. Nothing was decided.
    #[error("too many changes to one account at once: try again")]
    Busy,
    /// The store or the operating system did not answer. The same [`Attempt`](crate::Attempt) may be sent again: it finds
    /// its first outcome.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The caller or the configuration must change before it can succeed.
    #[error(transparent)]
    Config(#[from] Config),
}

impl Error {
    /// Returns the refusal, if the rules refused.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Returns what must be done first, if that is why it was refused: the page to lead to.
    #[must_use]
    pub const fn next_step(&self) -> Option<NextStep> {
        match self {
            Self::Refused(
                Refusal::LogInRequired
                | Refusal::StaleLogIn
                | Refusal::LogInExpired
                | Refusal::PasswordRequired,
            ) => Some(NextStep::LogIn),
            Self::Refused(refusal) => refusal.next_step(),
            _ => None,
        }
    }
}

/// The store or the operating system did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// A row cannot be read or decrypted.
    #[error(transparent)]
    Damaged(#[from] DiskError),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// A letter could not be delivered; it waits for the next round.
    #[error("a notice could not be delivered: {0}")]
    Delivery(#[source] BoxError),
    /// The audit log was tampered with.
    #[error(transparent)]
    Audit(#[from] Broken),
}

/// The caller or the configuration must change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Config {
    /// The keyring belongs to another store, or lacks a key.
    #[error("these are not the keys of this store: {0}")]
    Keys(#[source] KeyringError),
    /// An organization, an account or the root key is missing.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// An authenticator app could not show the name.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// The name of an authenticator has at most [`MAX_AUTHENTICATOR_NAME`](crate::MAX_AUTHENTICATOR_NAME) characters, and no
    /// control character or another invisible one.
    #[error(
        "the name of an authenticator has at most {} characters, and no invisible one",
        crate::MAX_AUTHENTICATOR_NAME
    )]
    AuthenticatorName,
    /// An account has too many roles.
    #[error(transparent)]
    TooManyRoles(#[from] TooManyRoles),
    /// The host's name for an account is empty or too long.
    #[error("an external id has 1 to {MAX_EXTERNAL_ID} bytes, this one has {0}")]
    ExternalId(usize),
    /// The host's name for an account holds a control character, at this byte.
    #[error("an external id has no control characters, this one has one at byte {0}: leave it out")]
    ControlCharacter(usize),
    /// The host's name for an account begins as those that Loquet gives.
    #[error(
        "an external id does not begin with \"erased \" or \"restored \", as those that Loquet gives: choose another one"
    )]
    ExternalIdReserved,
    /// Another organization has an account with this id.
    #[error("another organization has an account with this id: ids are unique over all of them")]
    IdTaken,
    /// Passkeys of the store were registered for another relying party: they would not work for this one.
    #[error(
        "passkeys were registered for {stored:?} and would not work for {given:?}: use the same id, a domain that the service's addresses end with"
    )]
    RelyingParty {
        /// The id that the store has.
        stored: String,
        /// The id that the service has now.
        given: String,
    },
    /// The backup has no such organization.
    #[error("the backup has no organization {0}")]
    NoOrganization(loquet_policy::OrgId),
    /// The store that a backup is to replace does not go on from the backup: it is older than the backup, or was itself
    /// restored from an earlier one. The account is one whose audit log shows it.
    #[error(
        "the store to be replaced does not go on from this backup, as the audit log of {0:?} shows: it is older, or was restored from an earlier backup, and what it says of authenticators and accounts would come back. Restore without it, and say where multi-factor log-in was enabled"
    )]
    NotLater(String),
    /// Rows of the store to be replaced, of these accounts and organizations, are not what its audit log says: they were altered
    /// or put back.
    #[error(
        "rows of {0:?} in the store to be replaced are not what its audit log says: they were altered or put back, and a restore would believe them. Restore without that store, and say where multi-factor log-in was enabled: its users enroll with reset codes"
    )]
    ReplacedAltered(Vec<String>),
    /// There is no account with this id, and the audit log has records of one: its row was lost or deleted, and made afresh
    /// it would enroll by password alone.
    #[error(
        "the audit log has records of this account, whose row is gone: restore it, or take another id"
    )]
    HasRecords,
    /// The period of an imported authenticator or of a hardware token is out of bounds.
    #[error(
        "the period of an imported authenticator or a hardware token is 15 to 300 seconds, this one's is {0}"
    )]
    ImportedPeriod(u64),
    /// The steps of an imported authenticator or of a hardware token are not counted from the Unix epoch.
    #[error(
        "an imported authenticator or a hardware token counts its steps from the Unix epoch (T0 is 0), this one from {0}"
    )]
    ImportedT0(u64),
    /// The last step of an imported authenticator lies ahead, and its codes until then would be refused.
    #[error(
        "the last accepted step, {step}, lies ahead: it is at most {latest} now (the time in seconds, divided by the period)"
    )]
    ImportedStep {
        /// What was given.
        step: u64,
        /// The newest possible one.
        latest: u64,
    },
    /// The serial number of a hardware token is empty, too long, or has a control character.
    #[error("a serial number has 1 to 64 bytes and no control characters")]
    TokenSerial,
    /// The key of a hardware token is too short (RFC 4226 §4).
    #[error("the key of a hardware token has at least 128 bits")]
    WeakToken,
    /// The pool has a hardware token with this serial number and another key, or an assigned one with other parameters.
    #[error(
        "the pool has a token with this serial number and another key or other parameters: compare the vendor's file with \
         the one that was imported before"
    )]
    OtherToken,
    /// The organization's pool has no hardware token with this serial number.
    #[error(
        "the pool has no hardware token {0:?}: add it with `loquet import`, or look at the spelling"
    )]
    NoToken(String),
    /// Another account of the organization has the external id.
    #[error("another account has this external id already")]
    ExternalIdTaken,
    /// The account with this id has another external id, this one.
    #[error(
        "this id is the account of {0:?}: call `provision().rename` if its user is called so no more; a new user needs a new id"
    )]
    OtherExternalId(String),
    /// The host made an administrator where multi-factor log-in is enabled already.
    #[error(
        "multi-factor log-in is enabled, so only an administrator makes administrators: add the account without that role, then have an administrator promote it with `admin().add_role`"
    )]
    AdministratorAfterEnabling,
    /// The enrollment cannot be shown.
    #[error(transparent)]
    Offer(#[from] NoOffer),
    /// The key URI is longer than a QR code holds.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// The access rules cannot be read; the error says where.
    #[error(transparent)]
    AccessRules(#[from] RulesError),
    /// The access rules contradict each other, or exceed [`MfaBuilder::rules_cost`](crate::MfaBuilder::rules_cost).
    #[error(transparent)]
    Conflict(#[from] CompileError),
    /// The access rules are too long.
    #[error("the rules have {bytes} bytes; at most {limit} are allowed")]
    RulesTooLong {
        /// Their length.
        bytes: usize,
        /// The most that is allowed; see [`MfaBuilder::rules_limit`](crate::MfaBuilder::rules_limit).
        limit: usize,
    },
    /// This store did not sign the checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The builder lacks something; the text says what to call.
    #[error("{0}")]
    Builder(&'static str),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Busy => Self::Busy,
            other => Self::Unavailable(other.into()),
        }
    }
}

macro_rules! through {
    ($($through:ident from $($cause:ty),+;)+) => {
        $($(impl From<$cause> for Error {
            fn from(cause: $cause) -> Self {
                Self::$through(cause.into())
            }
        })+)+
    };
}

through! {
    Unavailable from DiskError, NoEntropy, Broken;
    Config from LabelError, TooManyRoles, NoOffer, QrError, RulesError, CompileError, CheckpointError;
}

impl From<KeyringError> for Error {
    fn from(error: KeyringError) -> Self {
        DiskError::from(error).into()
    }
}
