//! An account's row: the policy's facts, with every secret encrypted.

use base64::Engine as _;
use loquet_otp::{Secret, Totp};
use loquet_policy::{Account, AuthenticatorId, Digest, SessionId};
use serde::{Deserialize, Serialize};

use super::{BASE64, DiskError, Format, RowKeys, decode, read, write};
use crate::account::notice_addresses::Addresses;
use crate::audit::{AuditHead, Refusals};
use crate::devices::Devices;
use crate::keyring::{KeyringError, Place};
use crate::records::{
    AccountRecord, AssignedToken, AuthenticatorDetails, BoundSecret, PendingSecret, PersonRecord,
    Secrets,
};
use crate::session::live::Sessions;
use crate::store::{AccountRow, Version};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    v: Format,
    label: String,
    facts: Account,
    #[serde(default, skip_serializing_if = "Addresses::is_empty")]
    addresses: Addresses,
    #[serde(default, skip_serializing_if = "Refusals::is_none")]
    refusals: Refusals,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authenticators: Vec<EncryptedAuthenticator>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<EncryptedToken>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pendings: Vec<EncryptedPending>,
    audit_head: Digest,
    #[serde(default, skip_serializing_if = "Devices::is_untouched")]
    devices: Devices,
    #[serde(default, skip_serializing_if = "Sessions::is_empty")]
    sessions: Sessions,
}

#[derive(Serialize, Deserialize)]
struct EncryptedAuthenticator {
    #[serde(flatten)]
    details: AuthenticatorDetails,
    /// Empty for a passkey, which has no secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    encrypted: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptedPending {
    session: SessionId,
    encrypted: String,
}

/// A hardware token that waits to be confirmed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptedToken {
    serial: String,
    totp: Totp,
    encrypted: String,
}

/// The slot of a token's secret.
const TOKEN: &str = "token";

fn account_body(
    row: &AccountRow,
    version: Version,
    keys: &RowKeys,
) -> Result<AccountBody, DiskError> {
    read("account", keys.open(row, version)?)
}

/// Reads an account and leaves its secrets encrypted.
pub(crate) fn read_person(
    row: &AccountRow,
    version: Version,
    keys: &RowKeys,
) -> Result<PersonRecord, DiskError> {
    Ok(read_audited(row, version, keys)?.0)
}

/// The same, with where the account's audit chain stands.
pub(crate) fn read_audited(
    row: &AccountRow,
    version: Version,
    keys: &RowKeys,
) -> Result<(PersonRecord, AuditHead), DiskError> {
    let body = account_body(row, version, keys)?;
    let head = AuditHead {
        seq: row.audited,
        head: body.audit_head.to_bytes(),
    };
    let person = PersonRecord {
        facts: body.facts,
        external_id: row.external_id.clone(),
        label: body.label,
        addresses: body.addresses,
        devices: body.devices,
        authenticators: body
            .authenticators
            .into_iter()
            .map(|it| it.details)
            .collect(),
        assigned_token: body.token.map(|token| token.serial),
        sessions: body.sessions,
    };
    Ok((person, head))
}

/// Which of an account's secrets are decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decrypt {
    /// None.
    Nothing,
    /// The one that this session enrolls, if it enrolls any.
    Pending(SessionId),
    /// All.
    All,
}

impl Decrypt {
    fn has_bound(self) -> bool {
        self == Self::All
    }

    fn has_pending(self, session: SessionId) -> bool {
        self == Self::All || self == Self::Pending(session)
    }
}

/// Reads an account and decrypts all of its secrets.
pub(crate) fn read_account(
    row: &AccountRow,
    version: Version,
    keys: &RowKeys,
) -> Result<AccountRecord, DiskError> {
    read_account_with(row, version, keys, Decrypt::All)
}

/// Reads an account. A record that lacks some of its secrets must not be written.
pub(crate) fn read_account_with(
    row: &AccountRow,
    version: Version,
    keys: &RowKeys,
    decrypt: Decrypt,
) -> Result<AccountRecord, DiskError> {
    let mut body = account_body(row, version, keys)?;
    let open = |slot: &str, encrypted: &str| -> Result<Secret, DiskError> {
        let place = Place {
            org: row.org,
            account: row.id,
            slot,
            version,
        };
        let bytes = keys.decrypt(&place, &decode(encrypted)?)?;
        Secret::weak(&bytes).map_err(|_| KeyringError::DoesNotOpen.into())
    };
    let bound = |EncryptedAuthenticator { details, encrypted }| {
        let has_secret = details.passkey.is_none() && decrypt.has_bound();
        let secret = has_secret.then(|| open(&authenticator_slot(details.id), &encrypted));
        Ok::<_, DiskError>(BoundSecret {
            details,
            secret: secret.transpose()?,
        })
    };
    let all = std::mem::take(&mut body.authenticators).into_iter();
    let bound = all.map(bound).collect::<Result<_, _>>()?;
    let pendings = body
        .pendings
        .iter()
        .filter(|pending| decrypt.has_pending(pending.session))
        .map(|pending| {
            let secret = open(&pending_slot(pending.session), &pending.encrypted)?;
            Ok(PendingSecret {
                session: pending.session,
                secret,
            })
        })
        .collect::<Result<_, DiskError>>()?;
    let token = |token: &EncryptedToken| {
        let secret = decrypt.has_bound().then(|| open(TOKEN, &token.encrypted));
        Ok::<_, DiskError>(AssignedToken {
            serial: token.serial.clone(),
            totp: token.totp,
            secret: secret.transpose()?,
        })
    };
    let secrets = Secrets {
        bound,
        token: body.token.as_ref().map(token).transpose()?,
        pendings,
    };
    Ok(record(row, body, secrets))
}

fn record(row: &AccountRow, body: AccountBody, secrets: Secrets) -> AccountRecord {
    AccountRecord {
        facts: body.facts,
        external_id: row.external_id.clone(),
        label: body.label,
        addresses: body.addresses,
        refusals: body.refusals,
        secrets,
        audit: AuditHead {
            seq: row.audited,
            head: body.audit_head.to_bytes(),
        },
        devices: body.devices,
        sessions: body.sessions,
        used: row.used_step.map(|step| (row.epoch, step)),
    }
}

/// An account's secrets as its row has them.
struct EncryptedSecrets {
    authenticators: Vec<EncryptedAuthenticator>,
    token: Option<EncryptedToken>,
    pendings: Vec<EncryptedPending>,
}

impl EncryptedSecrets {
    fn of<E: From<DiskError>>(
        secrets: &Secrets,
        mut encrypt: impl FnMut(&str, &Secret) -> Result<String, E>,
    ) -> Result<Self, E> {
        // A record that lacks a secret is not written.
        let lacking = || DiskError::from(KeyringError::DoesNotOpen);
        let bound = secrets.bound.iter().map(|it| {
            let encrypted = match &it.secret {
                Some(secret) => encrypt(&authenticator_slot(it.details.id), secret)?,
                None if it.details.passkey.is_some() => String::new(),
                None => return Err(lacking().into()),
            };
            Ok(EncryptedAuthenticator {
                details: it.details.clone(),
                encrypted,
            })
        });
        let authenticators = bound.collect::<Result<_, E>>()?;
        let token = match &secrets.token {
            Some(token) => Some(EncryptedToken {
                serial: token.serial.clone(),
                totp: token.totp,
                encrypted: encrypt(TOKEN, token.secret.as_ref().ok_or_else(lacking)?)?,
            }),
            None => None,
        };
        let pendings = secrets.pendings.iter().map(|pending| {
            Ok(EncryptedPending {
                session: pending.session,
                encrypted: encrypt(&pending_slot(pending.session), &pending.secret)?,
            })
        });
        Ok(Self {
            authenticators,
            token,
            pendings: pendings.collect::<Result<_, E>>()?,
        })
    }
}

/// Writes an account at `version`, its secrets encrypted anew; `nonce` gives a fresh random one at each call.
pub(crate) fn write_account<E>(
    record: &AccountRecord,
    version: Version,
    keys: &RowKeys,
    mut nonce: impl FnMut() -> Result<[u8; 24], E>,
) -> Result<AccountRow, E>
where
    E: From<DiskError>,
{
    let (id, org) = (record.facts.id, record.facts.org);
    let mut encrypt = |slot: &str, secret: &Secret| -> Result<String, E> {
        let nonce = nonce()?;
        let encrypted = keys
            .encrypt(
                &Place {
                    org,
                    account: id,
                    slot,
                    version,
                },
                secret.expose(),
                nonce,
            )
            .map_err(DiskError::from)?;
        Ok(BASE64.encode(encrypted))
    };
    let EncryptedSecrets {
        authenticators,
        token,
        pendings,
    } = EncryptedSecrets::of(&record.secrets, &mut encrypt)?;
    let body = AccountBody {
        v: Format,
        label: record.label.clone(),
        facts: record.facts.clone(),
        addresses: record.addresses.clone(),
        refusals: record.refusals,
        authenticators,
        token,
        pendings,
        audit_head: Digest::from_bytes(record.audit.head),
        devices: record.devices.clone(),
        sessions: record.sessions.clone(),
    };
    let row = AccountRow {
        id,
        org,
        external_id: record.external_id.clone(),
        ever: record.facts.ever,
        epoch: record.facts.epoch,
        used_step: record.used_step(),
        audited: record.audit.seq,
        body: write("account", &body)?,
    };
    Ok(keys.sign(row, version)?)
}

fn authenticator_slot(AuthenticatorId(number): AuthenticatorId) -> String {
    format!("authenticator {number}")
}

fn pending_slot(session: SessionId) -> String {
    format!("pending {:016x}", session.0)
}
