//! Hardware tokens.

use loquet_otp::{Secret, Totp};
use loquet_policy::{AccountId, OrgId};

use crate::store::MetadataId;

/// A hardware token of the host's pool.
#[derive(Debug, Clone)]
pub(crate) struct TokenRecord {
    pub(crate) org: OrgId,
    pub(crate) serial: String,
    pub(crate) totp: Totp,
    /// The fingerprint of its key.
    pub(crate) key: MetadataId,
    /// The account that it was assigned to. Once its owner has confirmed it, it is never another's.
    pub(crate) owner: Option<AccountId>,
    /// Its secret, while no account has it.
    pub(crate) secret: Option<Secret>,
}

/// A hardware token that an account's owner has still to confirm.
#[derive(Debug, Clone)]
pub(crate) struct AssignedToken {
    pub(crate) serial: String,
    pub(crate) totp: Totp,
    /// Its secret; `None` where it was left encrypted.
    pub(crate) secret: Option<Secret>,
}
