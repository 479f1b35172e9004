//! Metadata rows and the audit log.

use base64::Engine as _;
use loquet_policy::{AccountId, Digest, OrgId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{BASE64, DiskError, Format, decode, parse, write};
use crate::audit::{AuditHead, Record};
use crate::hash;
use crate::keyring::{self, Keyring, KeyringError, Place};
use crate::store::{MetadataId, MetadataRow, Version};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootBody {
    v: Format,
    encrypted: String,
}

/// The root key's place: no account has it.
fn root_place(version: Version) -> Place<'static> {
    Place {
        org: OrgId::from(0_u64),
        account: AccountId::from(0_u64),
        slot: "root",
        version,
    }
}

pub(crate) fn write_root(
    root: &[u8; 32],
    version: Version,
    keys: &Keyring,
    nonce: [u8; 24],
) -> Result<MetadataRow, DiskError> {
    let encrypted = BASE64.encode(keys.encrypt(&root_place(version), root, nonce)?);
    Ok(MetadataRow {
        id: MetadataId::ROOT,
        mark: keys.current().into(),
        body: write(
            "root key",
            &RootBody {
                v: Format,
                encrypted,
            },
        )?,
    })
}

pub(crate) fn read_root(
    row: &MetadataRow,
    version: Version,
    keys: &Keyring,
) -> Result<Zeroizing<[u8; 32]>, DiskError> {
    let body: RootBody = parse("root key", &row.body)?;
    let opened = keys.decrypt(&root_place(version), &decode(&body.encrypted)?)?;
    let root = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| KeyringError::DoesNotOpen)?;
    Ok(Zeroizing::new(root))
}

/// The key that it is encrypted under: what its text says, not its mark, which nothing authenticates.
pub(crate) fn root_key(row: &MetadataRow) -> Result<u32, DiskError> {
    let body: RootBody = parse("root key", &row.body)?;
    Ok(keyring::encrypted_under(&decode(&body.encrypted)?)?)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportedKeyBody {
    v: Format,
    /// None: a hardware token's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    mac: Digest,
}

/// Whose a key is that the host gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyOwner {
    /// It was imported for this account.
    Account(AccountId),
    /// It is a hardware token's.
    Token,
}

impl KeyOwner {
    const fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Token => None,
        }
    }
}

/// Says whose a key is. It hangs on the root key alone, which no rotation changes.
pub(crate) fn write_imported_key(
    id: MetadataId,
    owner: KeyOwner,
    key: &[u8; 32],
) -> Result<MetadataRow, DiskError> {
    let body = ImportedKeyBody {
        v: Format,
        account: owner.account(),
        mac: imported_key_mac(id, owner, key),
    };
    Ok(MetadataRow {
        id,
        mark: 0,
        body: write("imported key", &body)?,
    })
}

pub(crate) fn read_imported_key(row: &MetadataRow, key: &[u8; 32]) -> Result<KeyOwner, DiskError> {
    let body: ImportedKeyBody = parse("imported key", &row.body)?;
    let owner = body.account.map_or(KeyOwner::Token, KeyOwner::Account);
    if body.mac != imported_key_mac(row.id, owner, key) {
        let row = "owner of an imported key".to_owned();
        return Err(DiskError::Altered { row });
    }
    Ok(owner)
}

fn imported_key_mac(id: MetadataId, owner: KeyOwner, key: &[u8; 32]) -> Digest {
    let account = owner.account().map(AccountId::to_bytes);
    let account = account.as_ref().map_or(&[][..], <[u8; 16]>::as_slice);
    let parts = [id.page.as_slice(), account];
    Digest::from_bytes(hash::mac(key, "owner", &parts))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgottenBody {
    v: Format,
    /// The MAC of the last record that was let go.
    head: Digest,
    signature: Digest,
}

/// What is left of the records that were let go.
#[derive(Debug)]
pub(crate) enum Forgotten {
    /// The chain goes on behind this one.
    Until(AuditHead),
    /// It was written without the key.
    Unsigned,
}

fn forgotten_signature(account: AccountId, last: AuditHead, key: &[u8; 32]) -> Digest {
    let parts: &[&[u8]] = &[&account.to_bytes(), &last.seq.to_be_bytes(), &last.head];
    Digest::from_bytes(hash::mac(key, "audit forgotten", parts))
}

pub(crate) fn write_forgotten(
    account: AccountId,
    last: AuditHead,
    key: &[u8; 32],
) -> Result<MetadataRow, DiskError> {
    let body = ForgottenBody {
        v: Format,
        head: Digest::from_bytes(last.head),
        signature: forgotten_signature(account, last, key),
    };
    Ok(MetadataRow {
        id: MetadataId::forgotten(account),
        mark: last.seq.saturating_add(1),
        body: write("metadata", &body)?,
    })
}

pub(crate) fn read_forgotten(
    account: AccountId,
    row: &MetadataRow,
    key: &[u8; 32],
) -> Result<Forgotten, DiskError> {
    let body: ForgottenBody = parse("metadata", &row.body)?;
    let last = AuditHead {
        seq: row.mark.saturating_sub(1),
        head: body.head.to_bytes(),
    };
    Ok(
        if forgotten_signature(account, last, key) == body.signature {
            Forgotten::Until(last)
        } else {
            Forgotten::Unsigned
        },
    )
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CountBody {
    v: Format,
}

/// A page that is only a number.
pub(crate) fn write_count(id: MetadataId, mark: u64) -> Result<MetadataRow, DiskError> {
    Ok(MetadataRow {
        id,
        mark,
        body: write("metadata", &CountBody { v: Format })?,
    })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelyingPartyBody {
    v: Format,
    id: String,
}

/// Says for which relying party passkeys are registered.
pub(crate) fn write_relying_party(party: &str) -> Result<MetadataRow, DiskError> {
    let id = MetadataId::RELYING_PARTY;
    let (v, party) = (Format, party.to_owned());
    let body = write("relying party", &RelyingPartyBody { v, id: party })?;
    Ok(MetadataRow { id, mark: 0, body })
}

pub(crate) fn read_relying_party(row: &MetadataRow) -> Result<String, DiskError> {
    let body: RelyingPartyBody = parse("relying party", &row.body)?;
    Ok(body.id)
}

/// One record of the log.
pub(crate) fn read_record(body: &str) -> Result<Record, DiskError> {
    parse("audit record", body)
}
