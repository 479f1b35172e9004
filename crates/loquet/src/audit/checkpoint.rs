//! Checkpoints: where all chains stand, signed, to be kept where the database's operator cannot reach.
//!
//! What follows the last checkpoint that is kept elsewhere can be cut off unseen, together with the accounts' rows; what
//! precedes it cannot. The text is one JSON object a line: first the count, the root of all heads and the signature, then
//! a head for each account, sorted. The first line alone is the anchor: print it, mail it, put it into a log of others.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use loquet_policy::{AccountId, Digest, UnixTime};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::AuditHead;
use crate::hash::mac;

const FORMAT: u16 = 1;

/// Where every account's audit chain stood at one time, under the key that is outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    at: UnixTime,
    heads: BTreeMap<AccountId, AuditHead>,
    signature: Digest,
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
    /// Accounts are missing, repeated or altered: the root is not the root of these heads.
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
    accounts: u64,
    records: u64,
    root: Digest,
    signature: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    account: AccountId,
    records: u64,
    head: Digest,
}

impl Checkpoint {
    pub(crate) fn sign(
        at: UnixTime,
        heads: BTreeMap<AccountId, AuditHead>,
        key: &[u8; 32],
    ) -> Self {
        let signature = Digest::from_bytes(signature(key, at, &heads));
        Self {
            at,
            heads,
            signature,
        }
    }

    pub(crate) fn check(&self, key: &[u8; 32]) -> Result<(), CheckpointError> {
        let right = signature(key, self.at, &self.heads);
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
        self.heads.get(&account).copied()
    }

    /// The accounts that it names.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.heads.keys().copied()
    }

    /// When it was made.
    #[must_use]
    pub const fn at(&self) -> UnixTime {
        self.at
    }

    /// How many records it vouches for.
    #[must_use]
    pub fn records(&self) -> u64 {
        records(&self.heads)
    }

    /// The first line of its text: what to keep where no writer of the database can write.
    #[must_use]
    pub fn anchor(&self) -> String {
        let first = First {
            checkpoint: FORMAT,
            at: self.at,
            accounts: u64::try_from(self.heads.len()).unwrap_or(u64::MAX),
            records: self.records(),
            root: Digest::from_bytes(root(&self.heads)),
            signature: self.signature,
        };
        json(&first)
    }
}

fn json(line: &impl Serialize) -> String {
    // Numbers and hexadecimal digits: nothing that JSON cannot say.
    serde_json::to_string(line).unwrap_or_default()
}

fn records(heads: &BTreeMap<AccountId, AuditHead>) -> u64 {
    heads
        .values()
        .fold(0, |sum: u64, head| sum.saturating_add(head.seq))
}

/// The hash of all heads in the order of their accounts.
fn root(heads: &BTreeMap<AccountId, AuditHead>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update("loquet checkpoint v1\0");
    for (account, head) in heads {
        hash.update(account.to_bytes());
        hash.update(head.seq.to_be_bytes());
        hash.update(head.head);
    }
    hash.finalize().into()
}

fn signature(key: &[u8; 32], at: UnixTime, heads: &BTreeMap<AccountId, AuditHead>) -> [u8; 32] {
    let accounts = u64::try_from(heads.len()).unwrap_or(u64::MAX);
    mac(
        key,
        "checkpoint",
        &[
            &at.0.to_be_bytes(),
            &accounts.to_be_bytes(),
            &records(heads).to_be_bytes(),
            &root(heads),
        ],
    )
}

impl fmt::Display for Checkpoint {
    /// The whole text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.anchor())?;
        self.heads.iter().try_for_each(|(account, head)| {
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
        let mut heads = BTreeMap::new();
        for (number, text) in lines {
            let read: Line = line(number, text)?;
            let head = AuditHead {
                seq: read.records,
                head: read.head.to_bytes(),
            };
            heads.insert(read.account, head);
        }
        let read = Self {
            at: first.at,
            heads,
            signature: first.signature,
        };
        let (accounts, records) = (u64::try_from(read.heads.len()), read.records());
        if accounts != Ok(first.accounts)
            || records != first.records
            || root(&read.heads) != first.root.to_bytes()
        {
            return Err(CheckpointError::Altered);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Checkpoint {
        let head = |seq| AuditHead { seq, head: [7; 32] };
        let heads = [(3_u64, 12), (1, 0), (2, 5)];
        let heads = heads.map(|(id, seq)| (AccountId::from(id), head(seq)));
        Checkpoint::sign(UnixTime(1_790_000_000), heads.into(), &[1; 32])
    }

    #[test]
    fn checkpoint_reads_back_and_verifies_by_key() {
        let text = sample().to_string();
        assert_eq!(text, include_str!("../../tests/data/checkpoint.v1.jsonl"));
        let read: Checkpoint = text.parse().unwrap();
        assert_eq!(read, sample());
        assert_eq!(read.records(), 17);
        assert_eq!(read.at(), UnixTime(1_790_000_000));
        assert_eq!(read.check(&[1; 32]), Ok(()));
        assert_eq!(read.check(&[2; 32]), Err(CheckpointError::Forged));
    }

    #[test]
    fn whatever_is_altered_is_found() {
        let text = sample().to_string();
        let lines: Vec<&str> = text.lines().collect();
        let (_, root) = text.split_once("\"root\":\"").unwrap();
        let root = root.split('"').next().unwrap().to_owned();
        let forged = text.replace("1790000000", "1790000001");
        let read: Checkpoint = forged.parse().unwrap();
        assert_eq!(read.check(&[1; 32]), Err(CheckpointError::Forged));
        for (broken, found) in [
            (lines[..3].join("\n"), CheckpointError::Altered),
            // Each of the three in the first line tells by itself.
            (
                text.replacen("\"accounts\":3", "\"accounts\":2", 1),
                CheckpointError::Altered,
            ),
            (
                text.replacen("\"records\":17", "\"records\":16", 1),
                CheckpointError::Altered,
            ),
            (
                text.replace(&root, &"0".repeat(root.len())),
                CheckpointError::Altered,
            ),
            (
                text.replace("\"records\":12", "\"records\":11"),
                CheckpointError::Altered,
            ),
            (
                text.replace("\"checkpoint\":1", "\"checkpoint\":2"),
                CheckpointError::Newer(2),
            ),
        ] {
            assert_eq!(broken.parse::<Checkpoint>(), Err(found), "{broken}");
        }
        for (broken, at) in [
            ("", 1),
            (&*format!("{text}x"), 5),
            (&*text.replacen("{\"acc", "[", 1), 2),
        ] {
            let error = broken.parse::<Checkpoint>().unwrap_err();
            assert!(
                matches!(error, CheckpointError::BadLine { line, .. } if line == at),
                "{error}"
            );
        }
    }
}
