//! The disk format: versioned JSON bodies around the policy's facts, with every secret sealed.
//!
//! A body says its version first. An unknown version is refused, never guessed at: a newer Loquet wrote it. Golden samples
//! in `tests/data` hold every version that was ever released.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use loquet_otp::Secret;
use loquet_policy::{
    Account, Authenticator, Digest, Notice, Organisation, Refusal, Roster, SessionId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::audit::Refusals;
use crate::book::Book;
use crate::device::Devices;
use crate::records::{
    AccountRecord, AuditHead, OrganisationRecord, PastRules, PendingSecret, PersonRecord, Reminded,
    Rules, Secrets,
};
use crate::seal::{self, KeyRing, Place, SealError};
use crate::store::{AccountRow, OrganisationRow, RosterRow, Version};

/// The version that is written.
pub(crate) const VERSION: u16 = 1;

/// A row that cannot be read. Nothing is decided on it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// Written by a newer Loquet.
    #[error("the {what} was written in format {version}, by a newer Loquet than this one")]
    Newer {
        /// Which kind of row.
        what: &'static str,
        /// Its format.
        version: u64,
    },
    /// Not what was written.
    #[error("the {what} is damaged: {why}")]
    Damaged {
        /// Which kind of row.
        what: &'static str,
        /// What the parser said; never content.
        why: String,
    },
    /// A secret does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    v: u16,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationBody {
    v: u16,
    name: String,
    facts: Organisation,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rules>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<PastRules>,
    #[serde(default, skip_serializing_if = "is_off")]
    devices: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reminded: Vec<Reminded>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
const fn is_off(switch: &bool) -> bool {
    !*switch
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterBody {
    v: u16,
    facts: Roster,
}

pub(crate) fn write<T: Serialize>(what: &'static str, body: &T) -> Result<String, DiskError> {
    serde_json::to_string(body).map_err(|error| DiskError::Damaged {
        what,
        why: error.to_string(),
    })
}

pub(crate) fn read<T: DeserializeOwned>(what: &'static str, body: &str) -> Result<T, DiskError> {
    #[derive(Deserialize)]
    struct Version {
        v: u64,
    }
    // The error of serde_json can repeat the text at fault; its position cannot.
    let damaged = |error: &serde_json::Error| DiskError::Damaged {
        what,
        why: format!(
            "{:?} error at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ),
    };
    serde_json::from_str(body).map_err(|error| match serde_json::from_str::<Version>(body) {
        Ok(Version { v }) if v > u64::from(VERSION) => DiskError::Newer { what, version: v },
        _ => damaged(&error),
    })
}

pub(crate) fn read_organisation(row: &OrganisationRow) -> Result<OrganisationRecord, DiskError> {
    let body: OrganisationBody = read("organisation", &row.body)?;
    Ok(OrganisationRecord {
        facts: body.facts,
        name: body.name,
        rules: body.rules,
        past: body.past,
        devices: body.devices,
        reminded: body.reminded,
    })
}

pub(crate) fn write_organisation(
    record: &OrganisationRecord,
) -> Result<OrganisationRow, DiskError> {
    let body = OrganisationBody {
        v: VERSION,
        name: record.name.clone(),
        facts: record.facts.clone(),
        rules: record.rules.clone(),
        past: record.past.clone(),
        devices: record.devices,
        reminded: record.reminded.clone(),
    };
    Ok(OrganisationRow {
        id: record.facts.id,
        enabled: record.facts.is_enabled(),
        body: write("organisation", &body)?,
    })
}

pub(crate) fn read_roster(row: &RosterRow) -> Result<Roster, DiskError> {
    read::<RosterBody>("roster", &row.body).map(|body| body.facts)
}

pub(crate) fn write_roster(facts: &Roster) -> Result<RosterRow, DiskError> {
    let body = RosterBody {
        v: VERSION,
        facts: facts.clone(),
    };
    Ok(RosterRow {
        org: facts.org,
        body: write("roster", &body)?,
    })
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
    keys: &KeyRing,
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

fn decode(sealed: &str) -> Result<Vec<u8>, SealError> {
    BASE64.decode(sealed).map_err(|_| SealError::DoesNotOpen)
}

/// What an account's secrets are sealed under, without opening them.
#[derive(Debug, Default)]
pub(crate) struct Seals {
    /// The keys.
    pub(crate) keys: BTreeSet<u32>,
    /// One of them would be sealed otherwise today.
    pub(crate) outdated: bool,
}

/// See [`Seals`]; `current` is the key that seals today.
pub(crate) fn seals(row: &AccountRow, current: u32) -> Result<Seals, DiskError> {
    let body: AccountBody = read("account", &row.body)?;
    let pendings = body.pendings.iter().map(|pending| &pending.sealed);
    let mut seals = Seals::default();
    for sealed in body.active.iter().chain(pendings) {
        let (key, outdated) = seal::sealed_under(&decode(sealed)?, current)?;
        seals.keys.insert(key);
        seals.outdated |= outdated;
    }
    Ok(seals)
}

/// Writes an account at `version`, sealing its secrets anew; `nonce` gives a fresh random one at each call.
pub(crate) fn write_account<E>(
    record: &AccountRecord,
    version: Version,
    keys: &KeyRing,
    mut nonce: impl FnMut() -> Result<[u8; 24], E>,
) -> Result<AccountRow, E>
where
    E: From<DiskError>,
{
    let (id, org) = (record.facts.id, record.facts.org);
    let mut seal = |slot: &str, secret: &Secret| -> Result<String, E> {
        let nonce = nonce()?;
        let sealed = keys
            .seal(
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
        Ok(BASE64.encode(sealed))
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
    let body = AccountBody {
        v: VERSION,
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
        id,
        org,
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptBody {
    v: u16,
    /// Tells which decision wrote the row.
    mark: String,
    /// What it answered.
    outcome: FirstOutcome,
}

/// What an attempt came to, for whoever repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FirstOutcome {
    Granted,
    Refused(Refusal),
}

pub(crate) fn write_attempt(mark: [u8; 16], outcome: FirstOutcome) -> Result<String, DiskError> {
    write(
        "attempt",
        &AttemptBody {
            v: VERSION,
            mark: BASE64.encode(mark),
            outcome,
        },
    )
}

pub(crate) fn read_attempt(body: &str) -> Result<FirstOutcome, DiskError> {
    read::<AttemptBody>("attempt", body).map(|body| body.outcome)
}

/// Which decision wrote an attempt's row.
pub(crate) fn attempt_mark(body: &str) -> Option<[u8; 16]> {
    let body: AttemptBody = read("attempt", body).ok()?;
    BASE64.decode(body.mark).ok()?.try_into().ok()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeBody {
    v: u16,
    notice: Notice,
    /// Of an enrollment's notice to its owner: the epoch that it began, from which its link is derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
}

pub(crate) fn write_notice(notice: &Notice, epoch: Option<u32>) -> Result<String, DiskError> {
    write(
        "notice",
        &NoticeBody {
            v: VERSION,
            notice: *notice,
            epoch,
        },
    )
}

pub(crate) fn read_notice(body: &str) -> Result<(Notice, Option<u32>), DiskError> {
    read::<NoticeBody>("notice", body).map(|body| (body.notice, body.epoch))
}

mod books;
pub(crate) use books::{
    Forgotten, audit_head, read_forgotten, read_record, read_root, root_key, write_count,
    write_forgotten, write_root,
};

#[cfg(test)]
mod tests;
