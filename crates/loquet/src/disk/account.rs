//! An account's row: the policy's facts, with every secret sealed.

use std::collections::BTreeSet;

use base64::Engine as _;
use loquet_otp::Secret;
use loquet_policy::{Account, Authenticator, Digest, SessionId};
use serde::{Deserialize, Serialize};

use super::{BASE64, DiskError, Format, decode, read, write};
use crate::audit::{AuditHead, Refusals};
use crate::book::Book;
use crate::device::Devices;
use crate::records::{AccountRecord, PendingSecret, PersonRecord, Secrets};
use crate::seal::{self, Keyring, Place, SealError};
use crate::store::{AccountRow, Version};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    v: Format,
    label: String,
    facts: Account,
    #[serde(default, skip_serializing_if = "Book::is_empty")]
    addresses: Book,
    #[serde(default, skip_serializing_if = "Refusals::is_none")]
    refusals: Refusals,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pendings: Vec<SealedPending>,
    audit_head: Digest,
    #[serde(default, skip_serializing_if = "Devices::is_untouched")]
    devices: Devices,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedPending {
    session: SessionId,
    sealed: String,
}

fn account_body(row: &AccountRow) -> Result<AccountBody, DiskError> {
    let body: AccountBody = read("account", &row.body)?;
    if body.facts.id != row.id || body.facts.org != row.org {
        return Err(DiskError::Damaged {
            what: "account",
            why: "it stands in another's row".into(),
        });
    }
    Ok(body)
}

/// Reads an account and leaves its secrets sealed.
pub(crate) fn read_person(row: &AccountRow) -> Result<PersonRecord, DiskError> {
    let body = account_body(row)?;
    Ok(PersonRecord {
        facts: body.facts,
        external_id: row.external_id.clone(),
        label: body.label,
        book: body.addresses,
        devices: body.devices,
    })
}

/// Reads an account and opens its secrets.
pub(crate) fn read_account(
    row: &AccountRow,
    version: Version,
    keys: &Keyring,
) -> Result<AccountRecord, DiskError> {
    let body = account_body(row)?;
    let open = |slot: &str, sealed: &str| -> Result<Secret, DiskError> {
        let place = Place {
            org: row.org,
            account: row.id,
            slot,
            version,
        };
        let bytes = keys.open(&place, &decode(sealed)?)?;
        Secret::new(&bytes).map_err(|_| SealError::DoesNotOpen.into())
    };
    let active = body
        .active
        .map(|sealed| open("active", &sealed))
        .transpose()?;
    let pendings = body
        .pendings
        .into_iter()
        .map(|pending| {
            let secret = open(&pending_slot(pending.session), &pending.sealed)?;
            Ok(PendingSecret {
                session: pending.session,
                secret,
            })
        })
        .collect::<Result<_, DiskError>>()?;
    Ok(AccountRecord {
        facts: body.facts,
        external_id: row.external_id.clone(),
        label: body.label,
        book: body.addresses,
        refusals: body.refusals,
        secrets: Secrets { active, pendings },
        audit: AuditHead {
            seq: row.audited,
            head: body.audit_head.to_bytes(),
        },
        devices: body.devices,
    })
}

/// Where an account's audit chain stands, by its row.
pub(crate) fn audit_head(row: &AccountRow) -> Result<AuditHead, DiskError> {
    let body = account_body(row)?;
    Ok(AuditHead {
        seq: row.audited,
        head: body.audit_head.to_bytes(),
    })
}

/// The keys that an account's secrets are sealed under. Opens nothing.
pub(crate) fn sealed_under(row: &AccountRow) -> Result<BTreeSet<u32>, DiskError> {
    let body = account_body(row)?;
    let pendings = body.pendings.iter().map(|pending| &pending.sealed);
    body.active
        .iter()
        .chain(pendings)
        .map(|sealed| Ok(seal::sealed_under(&decode(sealed)?)?))
        .collect()
}

/// Writes an account at `version`, sealing its secrets anew; `nonce` gives a fresh random one at each call.
pub(crate) fn write_account<E>(
    record: &AccountRecord,
    version: Version,
    keys: &Keyring,
    mut nonce: impl FnMut() -> Result<[u8; 24], E>,
) -> Result<AccountRow, E>
where
    E: From<DiskError>,
{
    let (account, org) = (record.facts.id, record.facts.org);
    let mut seal = |slot: &str, secret: &Secret| -> Result<String, E> {
        let place = Place {
            org,
            account,
            slot,
            version,
        };
        let sealed = keys.seal(&place, secret.expose(), nonce()?);
        Ok(BASE64.encode(sealed.map_err(DiskError::from)?))
    };
    let active = record
        .secrets
        .active
        .as_ref()
        .map(|secret| seal("active", secret))
        .transpose()?;
    let pendings = record
        .secrets
        .pendings
        .iter()
        .map(|pending| {
            let sealed = seal(&pending_slot(pending.session), &pending.secret)?;
            Ok(SealedPending {
                session: pending.session,
                sealed,
            })
        })
        .collect::<Result<_, E>>()?;
    Ok(row(record, active, pendings)?)
}

/// The row of an account, its secrets sealed.
fn row(
    record: &AccountRecord,
    active: Option<String>,
    pendings: Vec<SealedPending>,
) -> Result<AccountRow, DiskError> {
    let body = AccountBody {
        v: Format,
        label: record.label.clone(),
        facts: record.facts.clone(),
        addresses: record.book.clone(),
        refusals: record.refusals,
        active,
        pendings,
        audit_head: Digest::from_bytes(record.audit.head),
        devices: record.devices.clone(),
    };
    Ok(AccountRow {
        id: record.facts.id,
        org: record.facts.org,
        external_id: record.external_id.clone(),
        ever: record.facts.ever,
        epoch: record.facts.epoch,
        used_step: match record.facts.authenticator {
            Authenticator::Active { step, .. } => Some(step),
            _ => None,
        },
        audited: record.audit.seq,
        body: write("account", &body)?,
    })
}

fn pending_slot(session: SessionId) -> String {
    format!("pending {:016x}", session.0)
}
