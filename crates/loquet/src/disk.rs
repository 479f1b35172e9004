//! The disk format: versioned JSON bodies around the policy's facts, with every secret encrypted.
//!
//! A body says its version first. An unknown version is refused, never guessed at: a newer Loquet wrote it. `tests/data`
//! holds a golden sample of each body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use loquet_policy::{AccountId, Notice, Refusal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::account::addresses::Address;
use crate::keyring::KeyringError;

mod account;
mod metadata;
mod organization;

pub(crate) use account::{
    Decrypt, audit_head, encrypted_under, read_account, read_account_with, read_person,
    write_account,
};
pub(crate) use metadata::{
    Forgotten, read_forgotten, read_record, read_root, root_key, write_count, write_forgotten,
    write_root,
};
pub(crate) use organization::{read_organization, read_roster, write_organization, write_roster};

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
    Decrypt(#[from] KeyringError),
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
    /// Tells which decision wrote the row.
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

pub(crate) fn write_attempt(mark: [u8; 16], outcome: FirstOutcome) -> Result<String, DiskError> {
    write(
        "attempt",
        &AttemptBody {
            v: Format,
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

pub(crate) fn write_notice(body: &NoticeBody) -> Result<String, DiskError> {
    write("notice", body)
}

pub(crate) fn read_notice(body: &str) -> Result<NoticeBody, DiskError> {
    read("notice", body)
}

#[cfg(test)]
mod tests;
