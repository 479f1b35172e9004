//! The ids of rows: attempts, versions, metadata.

use std::fmt;

use loquet_policy::{AccountId, OrgId};

/// The identity of one attempt, unique in the store: random, or a keyed hash of the host's idempotency key and all that was
/// asked. It makes a repeated submission find its own first outcome instead of using up a second code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub [u8; 16]);

impl fmt::Display for AttemptId {
    /// 32 hexadecimal digits, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// How often a row has been written. 0 is "there is no such row".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub u64);

impl Version {
    /// The version of a row that does not exist.
    pub const ABSENT: Self = Self(0);

    /// The version that a write gives to a row read at this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Names a row of Loquet's own metadata: the root key, what may be forgotten, what was counted.
///
/// The kinds are Loquet's; a store keeps the number and asks no further, but for [`FORGOTTEN`](Self::FORGOTTEN).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataId {
    /// What kind of metadata.
    pub kind: u16,
    /// Which of its pages.
    pub page: [u8; 16],
}

impl MetadataId {
    /// The kind of the pages that say which audit records of an account may be forgotten: the page is the account's id,
    /// and those numbered below its mark may go.
    pub const FORGOTTEN: u16 = 1;

    /// All kinds that there are.
    pub(crate) const KINDS: [u16; 9] = [1, 2, 3, 4, 5, 6, Self::IMPORTED_KEY, Self::TOKEN, 9];

    /// The root key, encrypted; its mark is the key that it is encrypted under.
    pub(crate) const ROOT: Self = Self {
        kind: 2,
        page: [0; 16],
    };

    /// When a backup was last taken; the mark is that time.
    pub(crate) const BACKUP: Self = Self {
        kind: 4,
        page: [0; 16],
    };

    /// Requests rejected in an organization before their user was known; the mark counts them.
    pub(crate) const fn rejections(org: OrgId) -> Self {
        Self {
            kind: 3,
            page: org.to_bytes(),
        }
    }

    /// Operations that named an account that does not exist; the mark counts them.
    pub(crate) const UNKNOWN_ACCOUNTS: Self = Self {
        kind: 5,
        page: [0; 16],
    };

    /// Links of letters that no letter had; the mark counts them.
    pub(crate) const INVENTED_LINKS: Self = Self {
        kind: 6,
        page: [0; 16],
    };

    /// The kind of the rows that name the owners of imported keys and of tokens' keys.
    pub(crate) const IMPORTED_KEY: u16 = 7;

    /// The row that names the owner of an imported key, by the keyed hash of the key. The mark is 0.
    pub(crate) const fn imported_key(fingerprint: [u8; 16]) -> Self {
        Self {
            kind: Self::IMPORTED_KEY,
            page: fingerprint,
        }
    }

    /// The kind of the rows of hardware tokens.
    pub(crate) const TOKEN: u16 = 8;

    /// The row of a hardware token, by the keyed hash of its organization and serial number. The mark is 0.
    pub(crate) const fn token(serial: [u8; 16]) -> Self {
        Self {
            kind: Self::TOKEN,
            page: serial,
        }
    }

    /// The relying party that passkeys are registered for. The mark is 0.
    pub(crate) const RELYING_PARTY: Self = Self {
        kind: 9,
        page: [0; 16],
    };

    /// The page that lets audit records of an account go.
    #[must_use]
    pub const fn forgotten(account: AccountId) -> Self {
        Self {
            kind: Self::FORGOTTEN,
            page: account.to_bytes(),
        }
    }
}
