//! Pages of the house's own books.

use base64::Engine as _;
use loquet_policy::{AccountId, OrgId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{BASE64, DiskError, VERSION, decode, read, write};
use crate::seal::{KeyRing, Place, SealError};
use crate::store::{LedgerId, LedgerRow, Version};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootBody {
    v: u16,
    sealed: String,
}

/// The root key is nobody's: no account has this place.
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
    keys: &KeyRing,
    nonce: [u8; 24],
) -> Result<LedgerRow, DiskError> {
    let sealed = BASE64.encode(keys.seal(&root_place(version), root, nonce)?);
    Ok(LedgerRow {
        id: LedgerId::ROOT,
        mark: keys.current().into(),
        body: write("root key", &RootBody { v: VERSION, sealed })?,
    })
}

pub(crate) fn read_root(
    row: &LedgerRow,
    version: Version,
    keys: &KeyRing,
) -> Result<Zeroizing<[u8; 32]>, DiskError> {
    let body: RootBody = read("root key", &row.body)?;
    let opened = keys.open(&root_place(version), &decode(&body.sealed)?)?;
    let root = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| SealError::DoesNotOpen)?;
    Ok(Zeroizing::new(root))
}

/// The key that it is sealed under.
pub(crate) fn root_key(row: &LedgerRow) -> u32 {
    u32::try_from(row.mark).unwrap_or(u32::MAX)
}
