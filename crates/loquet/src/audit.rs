//! The audit log: one chain of authenticated records for each account.
//!
//! Every record's MAC covers the MAC before it, so that an altered, removed or reordered record is found with
//! the key. The key is derived from the keyring, outside the database. The head stands in the account's row: accounts of
//! one organization never wait for each other.
//!
//! The rows themselves are authenticated as well: without the keys none can be changed. A writer of the database can cut off
//! the end of a chain and put the earlier row of the account back whole: a [`Checkpoint`] that is kept elsewhere finds
//! that, for all that precedes it, the rows of organizations included. What follows it could be cut off unseen: make
//! checkpoints as often as that matters. Old records may be forgotten as far as a checkpoint vouches for them, and not
//! further.

mod chain;
mod checkpoint;
mod operator;
mod verify;

use std::net::IpAddr;

use loquet_policy::{AccountId, Refusal, UnixTime};
use serde::{Deserialize, Serialize};

use crate::disk::{DiskError, Format};
use crate::hash::mac;
use crate::store::AuditRow;

pub(crate) use chain::{AuditHead, Chain};
pub use checkpoint::{Checkpoint, CheckpointError};
pub(crate) use checkpoint::{HomeState, RowState, Stand};
pub use operator::Verified;

/// One record: who did what to whom, when, from where, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// Its format.
    pub(crate) v: Format,
    /// When, in seconds since the epoch.
    pub at: UnixTime,
    /// Whose session or password.
    pub actor: AccountId,
    /// Whom it concerned, when that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<AccountId>,
    /// The operation.
    pub what: String,
    /// `GRANTED`, or the stable code of the refusal.
    pub verdict: String,
    /// The rules that decided, and what they found: those about people, or the line of the access rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// From where, as far as the host knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The version of the organization's row once this was decided.
    pub policy: u64,
    /// The version of its roster's row, likewise. The marks in it, which void reset codes, are in no other row.
    pub roster: u64,
    /// Of a refusal: further ones that change nothing are not recorded for the rest of the hour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
    /// How many refusals of this account were not recorded since its last record: further codes during a wait, a used code
    /// sent again and again, refusals beyond [`REFUSALS`] in an hour. Each process counts its own, in memory.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unrecorded: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Refusals of one account's commands that change nothing (an account that is no administrator's asks for what administrators
/// do, a log-in from a forbidden place) and are recorded within an hour. The last of them says that it is the last.
///
/// Without a bound, a thief of one password could make the log grow until it is no longer read. What changes anything, a
/// wrong code above all, is always recorded: that has a bound of its own.
pub const REFUSALS: u8 = 10;
/// The hour.
const HOUR: u64 = loquet_policy::limits::HOUR;

/// Refusals that change nothing and say nothing of intent.
const fn says_nothing(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Malformed
            | Refusal::WrongLink
            | Refusal::LogInRefused
            | Refusal::LogInRequired
            | Refusal::StaleLogIn
            | Refusal::LogInExpired
            | Refusal::AlreadyThere
            | Refusal::RetiredKey
            | Refusal::DifferentKey
    )
}

/// Whether a recorded refusal is the last one of its hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Last(pub(crate) bool);

/// How many refusals that changed nothing were recorded, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusals {
    since: UnixTime,
    used: u8,
    /// What the last record began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// Refusals that come in runs, of which the first is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Run {
    /// Codes during a wait.
    Throttled,
    /// A used code, sent again.
    AlreadyUsed,
}

impl Run {
    const fn of(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::Throttled { .. } => Some(Self::Throttled),
            Refusal::AlreadyUsed { .. } => Some(Self::AlreadyUsed),
            _ => None,
        }
    }
}

impl Refusals {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Something is recorded: a run begins or ends.
    pub(crate) fn follow(&mut self, refusal: Option<Refusal>) {
        self.run = refusal.and_then(Run::of);
    }

    /// Whether a refusal that changes nothing is recorded, and as the last one of the hour.
    ///
    /// Of a run only the first is. A refusal that shows no intent is not, nor is an eleventh within an hour: a thief of
    /// the password could provoke them without end.
    pub(crate) fn record(&mut self, refusal: Refusal, now: UnixTime) -> Option<Last> {
        let run = Run::of(refusal);
        if says_nothing(refusal) || run.is_some() && self.run == run {
            return None;
        }
        let left = self.count(now)?;
        self.run = run;
        Some(Last(left == 0))
    }

    /// Counts one at `now`: how many more will be recorded, or `None` when this one is not.
    fn count(&mut self, now: UnixTime) -> Option<u8> {
        if self.since.age(now).is_none_or(|age| age >= HOUR) {
            *self = Self {
                since: now,
                used: 0,
                ..*self
            };
        }
        let used = self.used.saturating_add(1);
        let left = REFUSALS.checked_sub(used)?;
        self.used = used;
        Some(left)
    }
}

impl Record {
    /// What an account did and what became of it, and nothing more yet.
    pub(crate) fn new(at: UnixTime, actor: AccountId, what: &str, verdict: &str) -> Self {
        Self {
            v: Format,
            at,
            actor,
            subject: None,
            what: what.to_owned(),
            verdict: verdict.to_owned(),
            rule: None,
            address: None,
            policy: 0,
            roster: 0,
            last: false,
            unrecorded: 0,
        }
    }

    /// Appends this record to the chain that ends at `head`, which moves.
    pub(crate) fn chain(
        &self,
        head: &mut AuditHead,
        account: AccountId,
        org: loquet_policy::OrgId,
        key: &[u8; 32],
    ) -> Result<AuditRow, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        let seq = head.seq.saturating_add(1);
        let mac = link(key, &head.head, account, seq, &body);
        *head = AuditHead { seq, head: mac };
        Ok(AuditRow {
            account,
            seq,
            org,
            at: self.at,
            body,
            mac,
        })
    }
}

fn link(key: &[u8; 32], before: &[u8; 32], account: AccountId, seq: u64, body: &str) -> [u8; 32] {
    mac(
        key,
        "audit",
        &[
            before,
            &account.to_bytes(),
            &seq.to_be_bytes(),
            body.as_bytes(),
        ],
    )
}

/// Where a chain of records breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// A number is missing, repeated or out of order.
    #[error("record {expected} of the account is missing, the next one found is {found}")]
    Gap {
        /// The number that should have come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// A record is not what was written.
    #[error("record {seq} of the account was altered")]
    Altered {
        /// Its number.
        seq: u64,
    },
    /// The account's row says that there are more, or that the last one was another.
    #[error("the account has {expected} records, the chain ends at {found}")]
    CutOff {
        /// How many the row says there are.
        expected: u64,
        /// Where the chain ends.
        found: u64,
    },
    /// A checkpoint vouches for another record in its place: the chain was cut off there and written on.
    #[error("record {seq} of the account is not the one that the checkpoint signed")]
    Replaced {
        /// Its number.
        seq: u64,
    },
    /// The row is not authentic, or cannot be read.
    #[error(transparent)]
    Row(#[from] DiskError),
    /// The row is an earlier one: the audit log, or the checkpoint, knows of a later one.
    #[error("an earlier row was put back: it says {row}, and {log} is known")]
    PutBack {
        /// What the row says: how many records the account has; of an organization's rows, the version.
        row: u64,
        /// What the audit log says, or the checkpoint.
        log: u64,
    },
    /// A checkpoint vouches for another row at this version: an earlier one was put back and written on.
    #[error("version {version} of the row is not the one that the checkpoint signed")]
    OtherRow {
        /// The version.
        version: u64,
    },
    /// The roster lists other administrators than the accounts are, or says otherwise who of them is enrolled or
    /// suspended.
    #[error("an earlier row was put back: it lists other administrators than there are")]
    OtherAdministrators,
    /// An organization's row or its roster is gone.
    #[error("the row is missing")]
    Missing,
    /// Records are missing, and no signed mark says that they were forgotten.
    #[error("what was forgotten of the account's records was not signed")]
    Unsigned,
}

#[cfg(test)]
mod tests {
    use loquet_policy::OrgId;

    use super::*;

    fn chain(n: u64) -> (Vec<AuditRow>, AuditHead) {
        let account = AccountId::from(7_u64);
        let mut head = AuditHead::start(account);
        let rows = (0..n)
            .map(|at| {
                let record = Record::new(UnixTime(at), account, "log_in", "GRANTED");
                record
                    .chain(&mut head, account, OrgId::from(1_u64), &[3; 32])
                    .unwrap()
            })
            .collect();
        (rows, head)
    }

    fn verify(
        rows: &[AuditRow],
        account: u64,
        head: AuditHead,
        key: &[u8; 32],
    ) -> Result<(), Broken> {
        let account = AccountId::from(account);
        let mut chain = Chain::behind(account, AuditHead::start(account), key);
        rows.iter().try_for_each(|row| chain.verify(row))?;
        chain.end(head)
    }

    fn check(rows: &[AuditRow], head: AuditHead) -> Result<(), Broken> {
        verify(rows, 7, head, &[3; 32])
    }

    #[test]
    fn first_ten_refusals_an_hour_are_recorded() {
        let mut refusals = Refusals::default();
        let left: Vec<_> = (0..12)
            .map(|n| refusals.count(UnixTime(5000 + n)))
            .collect();
        let mut expected: Vec<_> = (0..10).rev().map(Some).collect();
        expected.extend([None, None]);
        assert_eq!(left, expected);
        assert_eq!(refusals.count(UnixTime(8599)), None);
        assert_eq!(refusals.count(UnixTime(8600)), Some(9));
    }

    #[test]
    fn untouched_chain_verifies() {
        for n in [0, 1, 5] {
            let (rows, head) = chain(n);
            assert_eq!(check(&rows, head), Ok(()));
        }
    }

    #[test]
    fn tampered_records_are_found() {
        let (rows, head) = chain(5);
        for at in 0..5 {
            let mut altered = rows.clone();
            altered[at].body = altered[at].body.replace("GRANTED", "REFUSED");
            assert_eq!(
                check(&altered, head),
                Err(Broken::Altered { seq: at as u64 + 1 })
            );
            let mut removed = rows.clone();
            removed.remove(at);
            let (expected, found) = (at as u64 + 1, at as u64 + 2);
            let missing = if at < 4 {
                Broken::Gap { expected, found }
            } else {
                Broken::CutOff {
                    expected,
                    found: expected - 1,
                }
            };
            assert_eq!(check(&removed, head), Err(missing));
        }
        let mut swapped = rows.clone();
        swapped.swap(1, 2);
        assert!(check(&swapped, head).is_err());
        let mut renumbered = rows.clone();
        renumbered.swap(1, 2);
        (renumbered[1].seq, renumbered[2].seq) = (2, 3);
        assert_eq!(check(&renumbered, head), Err(Broken::Altered { seq: 2 }));
        assert_eq!(
            check(&rows[..4], head),
            Err(Broken::CutOff {
                expected: 5,
                found: 4
            })
        );
        assert!(verify(&rows, 8, head, &[3; 32]).is_err());
        assert!(verify(&rows, 7, head, &[4; 32]).is_err());
    }
}
