//! The disk format: versioned JSON bodies around the policy's facts, with every secret encrypted.
//!
//! A body says its version first. An unknown version is refused, never guessed at: a newer Loquet wrote it. Every body but a
//! metadata row's stands in what authenticates its row (`authentic`), and nothing is read from a row that does not verify.
//! `tests/data` holds a golden sample of each body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use loquet_policy::{AccountId, Notice, Refusal, UnixTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::addresses::Address;
use crate::keyring::KeyringError;
use crate::store::{AttemptId, AttemptRow, NoticeRow, Version};
use authentic::Verified;

mod account;
mod authentic;
mod metadata;
mod organization;
mod token;

pub(crate) use account::{
    Decrypt, read_account, read_account_with, read_audited, read_person, write_account,
};
pub(crate) use authentic::{RowKeys, claimed_key};
pub(crate) use metadata::{
    Forgotten, KeyOwner, read_forgotten, read_imported_key, read_record, read_relying_party,
    read_root, root_key, write_count, write_forgotten, write_imported_key, write_relying_party,
    write_root,
};
pub(crate) use organization::{read_organization, read_roster, write_organization, write_roster};
pub(crate) use token::{read_token, write_token};

/// The version of a body: the only one that there is. Another is no body of this Loquet's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub(crate) struct Format;

impl Format {
    const NUMBER: u64 = 1;
}

impl From<Format> for u64 {
    fn from(_: Format) -> Self {
        Format::NUMBER
    }
}

impl TryFrom<u64> for Format {
    type Error = &'static str;

    fn try_from(version: u64) -> Result<Self, Self::Error> {
        (version == Self::NUMBER)
            .then_some(Self)
            .ok_or("not this format")
    }
}

/// A row that cannot be read. Nothing is decided on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// Not what this service wrote in its place: changed, moved there, or made up by someone without the keys.
    #[error("the {row} is not authentic: put it back from a backup, and find out who wrote it")]
    Altered {
        /// Which row.
        row: String,
    },
    /// Authenticated under a key that is not on the ring.
    #[error("the {row} is authenticated under key {key}, which is not on the keyring")]
    KeyMissing {
        /// Which row.
        row: String,
        /// The key's id.
        key: u32,
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
    Decrypt(#[from] KeyringError),
}

fn write<T: Serialize>(what: &'static str, body: &T) -> Result<String, DiskError> {
    serde_json::to_string(body).map_err(|error| DiskError::Damaged {
        what,
        why: error.to_string(),
    })
}

/// Reads the JSON of a row that verified.
fn read<T: DeserializeOwned>(what: &'static str, row: Verified<'_>) -> Result<T, DiskError> {
    parse(what, row.json())
}

/// Reads what is authenticated in another way, or not at all.
fn parse<T: DeserializeOwned>(what: &'static str, body: &str) -> Result<T, DiskError> {
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
        Ok(Version { v }) if v > Format::NUMBER => DiskError::Newer { what, version: v },
        _ => damaged(&error),
    })
}

fn decode(encrypted: &str) -> Result<Vec<u8>, KeyringError> {
    BASE64
        .decode(encrypted)
        .map_err(|_| KeyringError::DoesNotOpen)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptBody {
    v: Format,
    /// Tells which decision wrote the row: no other's is equal.
    mark: String,
    /// What it answered.
    outcome: FirstOutcome,
}

/// How an attempt ended, for when it is repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FirstOutcome {
    Granted,
    Refused(Refusal),
}

/// An attempt's row is written once.
const ONCE: Version = Version(1);

/// Writes how an attempt of `account` ended; `mark` tells which decision wrote it.
pub(crate) fn write_attempt(
    (id, account): (AttemptId, AccountId),
    at: UnixTime,
    mark: [u8; 16],
    outcome: FirstOutcome,
    keys: &RowKeys,
) -> Result<AttemptRow, DiskError> {
    let body = AttemptBody {
        v: Format,
        mark: BASE64.encode(mark),
        outcome,
    };
    let row = AttemptRow {
        id,
        account,
        at,
        body: write("attempt", &body)?,
    };
    keys.sign(row, ONCE)
}

pub(crate) fn read_attempt(row: &AttemptRow, keys: &RowKeys) -> Result<FirstOutcome, DiskError> {
    read::<AttemptBody>("attempt", keys.open(row, ONCE)?).map(|body| body.outcome)
}

/// What waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeBody {
    pub(crate) v: Format,
    pub(crate) notice: Notice,
    /// The account that it is about; none where the event is the whole organization's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<AccountId>,
    /// Of an enrollment's notice to its owner: the epoch that it began, from which its link is derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) epoch: Option<u32>,
    /// Of a notice to all whom a mandate covers: its row is for one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) expanded: bool,
    /// Of a notice to one of several addresses: that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<Address>,
}

impl NoticeBody {
    pub(crate) const fn new(notice: Notice) -> Self {
        Self {
            v: Format,
            notice,
            about: None,
            epoch: None,
            expanded: false,
            address: None,
        }
    }
}

/// A notice has no version: its number is the store's.
const UNNUMBERED: Version = Version::ABSENT;

/// Fills the row of a notice.
pub(crate) fn write_notice(
    row: NoticeRow,
    body: &NoticeBody,
    keys: &RowKeys,
) -> Result<NoticeRow, DiskError> {
    let body = write("notice", body)?;
    keys.sign(NoticeRow { body, ..row }, UNNUMBERED)
}

pub(crate) fn read_notice(row: &NoticeRow, keys: &RowKeys) -> Result<NoticeBody, DiskError> {
    read("notice", keys.open(row, UNNUMBERED)?)
}

#[cfg(test)]
mod tests;
