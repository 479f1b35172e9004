//! Checkpoints: where all chains stand, and the rows of organizations, signed, to be kept where the database's operator
//! cannot reach.
//!
//! What follows the last checkpoint that is kept elsewhere can be cut off unseen, together with the accounts' rows; what
//! precedes it cannot. The text is one JSON object a line: first the counts, the root of all that follows and the
//! signature, then each organization's rows, then a head for each account, sorted. The first line alone is the anchor: print
//! it, mail it, put it into a log of others.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use loquet_policy::{AccountId, Digest, OrgId, UnixTime};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{AuditHead, Broken};
use crate::hash::{self, mac};
use crate::store::Version;

const FORMAT: u16 = 1;

/// Where every account's audit chain stood at one time, and at which versions the organizations' rows, under the key that is
/// outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    at: UnixTime,
    stand: Stand,
    signature: Digest,
}

/// What a checkpoint signs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) heads: BTreeMap<AccountId, AuditHead>,
    pub(crate) homes: BTreeMap<OrgId, HomeState>,
}

/// An organization's row, and its roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HomeState {
    pub(crate) organization: RowState,
    pub(crate) roster: RowState,
}

/// A row as it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowState {
    version: u64,
    digest: Digest,
}

impl RowState {
    /// Of a row that verified: its body authenticates all of it.
    pub(crate) fn new(Version(version): Version, body: &str) -> Self {
        let digest = hash::digest("checkpoint row", body.as_bytes());
        Self { version, digest }
    }

    /// What is wrong with a row that stands so, where the log knows of version `log`, and a checkpoint of `kept`.
    pub(crate) fn broken(self, log: u64, kept: Option<Self>) -> Option<Broken> {
        let row = self.version;
        let log = log.max(kept.map_or(0, |kept| kept.version));
        if row < log {
            return Some(Broken::PutBack { row, log });
        }
        let other = kept.filter(|kept| kept.version == row && kept.digest != self.digest);
        other.map(|_| Broken::OtherRow { version: row })
    }
}

/// A text is no checkpoint, or not this store's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Something that no checkpoint has there.
    #[error("line {line} of the checkpoint cannot be read: {why}")]
    BadLine {
        /// Counted from 1.
        line: usize,
        /// What the parser said.
        why: String,
    },
    /// Written by a newer Loquet.
    #[error("the checkpoint was written in format {0}, by a newer Loquet than this one")]
    Newer(u16),
    /// Accounts or organizations are missing, repeated or altered: the root is not the root of these lines.
    #[error("the checkpoint's lines are not those that its first line counts")]
    Altered,
    /// Signed under another key, hence of another store, or altered.
    #[error("the checkpoint was not signed by this store")]
    Forged,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    checkpoint: u16,
    at: UnixTime,
    organizations: u64,
    accounts: u64,
    records: u64,
    root: Digest,
    signature: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Home {
    organization: OrgId,
    row: RowState,
    roster: RowState,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    account: AccountId,
    records: u64,
    head: Digest,
}

impl Stand {
    fn records(&self) -> u64 {
        let heads = self.heads.values();
        heads.fold(0, |sum: u64, head| sum.saturating_add(head.seq))
    }

    /// How many organizations, accounts and records.
    fn counts(&self) -> [u64; 3] {
        let count = |length| u64::try_from(length).unwrap_or(u64::MAX);
        [
            count(self.homes.len()),
            count(self.heads.len()),
            self.records(),
        ]
    }

    /// The hash of all organizations and of all heads, in the order of their ids.
    fn root(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update("loquet checkpoint v1\0");
        for (org, home) in &self.homes {
            hash.update(org.to_bytes());
            for row in [home.organization, home.roster] {
                hash.update(row.version.to_be_bytes());
                hash.update(row.digest.to_bytes());
            }
        }
        for (account, head) in &self.heads {
            hash.update(account.to_bytes());
            hash.update(head.seq.to_be_bytes());
            hash.update(head.head);
        }
        hash.finalize().into()
    }

    fn signature(&self, at: UnixTime, key: &[u8; 32]) -> [u8; 32] {
        let [organizations, accounts, records] = self.counts().map(u64::to_be_bytes);
        mac(
            key,
            "checkpoint",
            &[
                &at.0.to_be_bytes(),
                &organizations,
                &accounts,
                &records,
                &self.root(),
            ],
        )
    }
}

impl Checkpoint {
    pub(crate) fn sign(at: UnixTime, stand: Stand, key: &[u8; 32]) -> Self {
        let signature = Digest::from_bytes(stand.signature(at, key));
        Self {
            at,
            stand,
            signature,
        }
    }

    pub(crate) fn check(&self, key: &[u8; 32]) -> Result<(), CheckpointError> {
        let right = self.stand.signature(self.at, key);
        if bool::from(subtle::ConstantTimeEq::ct_eq(
            right.as_slice(),
            self.signature.to_bytes().as_slice(),
        )) {
            Ok(())
        } else {
            Err(CheckpointError::Forged)
        }
    }

    pub(crate) fn head(&self, account: AccountId) -> Option<AuditHead> {
        self.stand.heads.get(&account).copied()
    }

    pub(crate) const fn homes(&self) -> &BTreeMap<OrgId, HomeState> {
        &self.stand.homes
    }

    /// The accounts that it names.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.stand.heads.keys().copied()
    }

    /// When it was made.
    #[must_use]
    pub const fn at(&self) -> UnixTime {
        self.at
    }

    /// How many records it vouches for.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.stand.records()
    }

    /// The first line of its text: what to keep where no writer of the database can write.
    #[must_use]
    pub fn anchor(&self) -> String {
        let [organizations, accounts, records] = self.stand.counts();
        let first = First {
            checkpoint: FORMAT,
            at: self.at,
            organizations,
            accounts,
            records,
            root: Digest::from_bytes(self.stand.root()),
            signature: self.signature,
        };
        json(&first)
    }
}

fn json(line: &impl Serialize) -> String {
    // Numbers and hexadecimal digits: nothing that JSON cannot say.
    serde_json::to_string(line).unwrap_or_default()
}

impl fmt::Display for Checkpoint {
    /// The whole text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.anchor())?;
        for (org, home) in &self.stand.homes {
            let line = Home {
                organization: *org,
                row: home.organization,
                roster: home.roster,
            };
            writeln!(f, "{}", json(&line))?;
        }
        self.stand.heads.iter().try_for_each(|(account, head)| {
            let line = Line {
                account: *account,
                records: head.seq,
                head: Digest::from_bytes(head.head),
            };
            writeln!(f, "{}", json(&line))
        })
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads a text back. Whether this store signed it is found when it is used.
    ///
    /// # Errors
    /// [`CheckpointError`], which names the line.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        fn line<'t, T: Deserialize<'t>>(line: usize, text: &'t str) -> Result<T, CheckpointError> {
            serde_json::from_str(text).map_err(|error| CheckpointError::BadLine {
                line,
                why: error.to_string(),
            })
        }
        let mut lines = (1..).zip(text.lines());
        let (_, first) = lines.next().unwrap_or((1, ""));
        let first: First = line(1, first)?;
        if first.checkpoint != FORMAT {
            return Err(CheckpointError::Newer(first.checkpoint));
        }
        let mut stand = Stand::default();
        let organizations = usize::try_from(first.organizations).unwrap_or(usize::MAX);
        for (number, text) in lines.by_ref().take(organizations) {
            let read: Home = line(number, text)?;
            let home = HomeState {
                organization: read.row,
                roster: read.roster,
            };
            stand.homes.insert(read.organization, home);
        }
        for (number, text) in lines {
            let read: Line = line(number, text)?;
            let head = AuditHead {
                seq: read.records,
                head: read.head.to_bytes(),
            };
            stand.heads.insert(read.account, head);
        }
        if stand.counts() != [first.organizations, first.accounts, first.records]
            || stand.root() != first.root.to_bytes()
        {
            return Err(CheckpointError::Altered);
        }
        Ok(Self {
            at: first.at,
            stand,
            signature: first.signature,
        })
    }
}

#[cfg(test)]
mod tests;
