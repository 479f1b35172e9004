//! A hardware token's row, its secret encrypted while no account has it.

use base64::Engine as _;
use loquet_otp::{Secret, Totp};
use loquet_policy::{AccountId, OrgId};
use serde::{Deserialize, Serialize};

use super::{BASE64, DiskError, Format, RowKeys, decode, read, write};
use crate::keyring::{KeyringError, Place};
use crate::records::TokenRecord;
use crate::store::{MetadataId, MetadataRow, Version};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    v: Format,
    org: OrgId,
    serial: String,
    totp: Totp,
    /// The fingerprint of its key.
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encrypted: Option<String>,
}

/// The slot of a token's secret in no account.
fn place<'s>(org: OrgId, slot: &'s str, version: Version) -> Place<'s> {
    Place {
        org,
        account: AccountId::from(0_u64),
        slot,
        version,
    }
}

fn slot(id: MetadataId) -> String {
    format!("token {:032x}", u128::from_be_bytes(id.page))
}

/// Writes a token at `version`, its secret encrypted anew with a fresh random `nonce`.
pub(crate) fn write_token(
    (id, token): (MetadataId, &TokenRecord),
    version: Version,
    keys: &RowKeys,
    nonce: [u8; 24],
) -> Result<MetadataRow, DiskError> {
    let encrypt = |secret: &Secret| {
        let slot = slot(id);
        let place = place(token.org, &slot, version);
        let encrypted = keys.encrypt(&place, secret.expose(), nonce)?;
        Ok::<_, DiskError>(BASE64.encode(encrypted))
    };
    let body = TokenBody {
        v: Format,
        org: token.org,
        serial: token.serial.clone(),
        totp: token.totp,
        key: BASE64.encode(token.key.page),
        owner: token.owner,
        encrypted: token.secret.as_ref().map(encrypt).transpose()?,
    };
    let row = MetadataRow {
        id,
        mark: 0,
        body: write("token", &body)?,
    };
    keys.sign(row, version)
}

pub(crate) fn read_token(
    row: &MetadataRow,
    version: Version,
    keys: &RowKeys,
) -> Result<TokenRecord, DiskError> {
    let body: TokenBody = read("token", keys.open(row, version)?)?;
    let open = |encrypted: String| {
        let slot = slot(row.id);
        let bytes = keys.decrypt(&place(body.org, &slot, version), &decode(&encrypted)?)?;
        Secret::weak(&bytes).map_err(|_| DiskError::from(KeyringError::DoesNotOpen))
    };
    let key = decode(&body.key)?;
    let key = key.try_into().map_err(|_| KeyringError::DoesNotOpen)?;
    Ok(TokenRecord {
        org: body.org,
        serial: body.serial,
        totp: body.totp,
        key: MetadataId::imported_key(key),
        owner: body.owner,
        secret: body.encrypted.map(open).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::disk::metadata::{KeyOwner, read_imported_key, write_imported_key};
    use crate::keyring::Keyring;

    const TOKEN: &str = include_str!("../../tests/data/token.v1.json");
    const ASSIGNED: &str = include_str!("../../tests/data/token-assigned.v1.json");
    const OWNER: &str = include_str!("../../tests/data/imported-key.v1.json");
    const TOKEN_KEY: &str = include_str!("../../tests/data/token-key.v1.json");

    fn keys() -> RowKeys {
        RowKeys::new(Arc::new(Keyring::single(1, [7; 32])), &[8; 32])
    }

    fn token() -> TokenRecord {
        TokenRecord {
            org: OrgId::from(9_u64),
            serial: "1000133508267".into(),
            totp: Totp::default(),
            key: MetadataId::imported_key([6; 16]),
            owner: None,
            secret: Some(Secret::from([4; 20])),
        }
    }

    fn assigned() -> TokenRecord {
        let owner = Some(AccountId::from(3_u64));
        TokenRecord {
            owner,
            secret: None,
            ..token()
        }
    }

    #[test]
    fn samples_of_tokens_are_written_and_read() {
        let (id, at) = (MetadataId::token([5; 16]), Version(12));
        for (token, golden) in [(token(), TOKEN), (assigned(), ASSIGNED)] {
            let row = write_token((id, &token), at, &keys(), [9; 24]).unwrap();
            assert_eq!(row.body, golden.trim_end());
            let read = read_token(&row, at, &keys()).unwrap();
            assert_eq!(format!("{read:?}"), format!("{token:?}"));
            assert_eq!(read.secret, token.secret);
            assert!(read_token(&row, at.next(), &keys()).is_err());
            let id = MetadataId::token([6; 16]);
            assert!(read_token(&MetadataRow { id, ..row }, at, &keys()).is_err());
        }
    }

    #[test]
    fn samples_of_key_owners_are_written_and_read() {
        let id = MetadataId::imported_key([5; 16]);
        let owners = [KeyOwner::Account(AccountId::from(3_u64)), KeyOwner::Token];
        for (owner, golden) in owners.into_iter().zip([OWNER, TOKEN_KEY]) {
            let row = write_imported_key(id, owner, &[7; 32]).unwrap();
            assert_eq!(row.body, golden.trim_end());
            assert_eq!(read_imported_key(&row, &[7; 32]), Ok(owner));
            assert!(read_imported_key(&row, &[8; 32]).is_err());
        }
    }
}
