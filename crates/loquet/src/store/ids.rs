//! What rows are known by: attempts, versions, pages of the books.

use std::fmt;
use std::str::FromStr;

use loquet_policy::{AccountId, OrgId, ParseIdError};
use sha2::Digest as _;

use crate::hash;

/// The identity of one attempt: drawn at random for a form, submitted with it, unique in the store.
///
/// It makes a repeated submission (a double click, a retry after a lost connection) find its own first outcome instead of
/// burning a second code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub [u8; 16]);

impl fmt::Display for AttemptId {
    /// 32 hexadecimal digits, as a form carries it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl AttemptId {
    /// This attempt with just this content: what a form's attempt becomes when it is sent with these fields.
    ///
    /// The same form sent again (a double click, a retry) is the same attempt and finds its first outcome. A form that is
    /// filled in anew (the browser's "back", then another code) is another attempt, and is looked at.
    ///
    /// ```
    /// use loquet::store::AttemptId;
    /// let form = AttemptId([7; 16]);
    /// assert_eq!(form.with(["code", "123456"]), form.with(["code", "123456"]));
    /// assert_ne!(form.with(["code", "123456"]), form.with(["code", "123457"]));
    /// assert_ne!(form.with(["ab", "c"]), form.with(["a", "bc"]));
    /// ```
    #[must_use]
    pub fn with<'a>(&self, content: impl IntoIterator<Item = &'a str>) -> Self {
        let whole = hash::digest_of("attempt", |hash| {
            hash.update(self.0);
            for part in content {
                hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(part);
            }
        });
        Self(*hash::half(whole.to_bytes()))
    }
}

impl FromStr for AttemptId {
    type Err = ParseIdError;

    /// Reads exactly 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`ParseIdError`] says at which byte the text stops being an id.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse::<AccountId>().map(|id| Self(id.to_bytes()))
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

/// Names a page of the house's own books, which belong to nobody: its keys, what may be forgotten, what was counted.
///
/// The kinds are Loquet's; a store keeps the number and asks no further, but for [`FORGOTTEN`](Self::FORGOTTEN).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId {
    /// What kind of book.
    pub kind: u16,
    /// Which of its pages.
    pub page: [u8; 16],
}

impl LedgerId {
    /// The kind of the pages that say which audit records of an account may be forgotten: the page is the account's id,
    /// and those numbered below its mark may go.
    pub const FORGOTTEN: u16 = 1;

    /// The root key, sealed; its mark is the key that it is sealed under.
    pub(crate) const ROOT: Self = Self {
        kind: 2,
        page: [0; 16],
    };

    /// When a backup was last taken; the mark is that time.
    pub(crate) const BACKUP: Self = Self {
        kind: 4,
        page: [0; 16],
    };

    /// How many were turned away at an organization's door before anybody knew who they were; the mark counts them.
    pub(crate) const fn denied(org: OrgId) -> Self {
        Self {
            kind: 3,
            page: org.to_bytes(),
        }
    }

    /// How many asked in the name of an account that nobody has, whose organization nobody can tell; the mark counts them.
    pub(crate) const NOBODY: Self = Self {
        kind: 5,
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
