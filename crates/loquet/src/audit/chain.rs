//! Where an account's chain stands, and following it from its beginning or from what was forgotten of it.

use loquet_policy::AccountId;

use super::{Broken, link};
use crate::hash;
use crate::store::AuditRow;

/// Where an account's audit chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditHead {
    pub(crate) seq: u64,
    pub(crate) head: [u8; 32],
}

impl AuditHead {
    /// Where a chain begins: bound to its account, so that one account's chain cannot stand in for another's.
    pub(crate) fn start(account: AccountId) -> Self {
        Self {
            seq: 0,
            head: hash::digest("audit chain", &account.to_bytes()).to_bytes(),
        }
    }
}

/// A chain as far as it was followed.
#[derive(Debug)]
pub(crate) struct Chain<'k> {
    account: AccountId,
    key: &'k [u8; 32],
    head: AuditHead,
}

impl<'k> Chain<'k> {
    /// Begins behind `from`: at the very beginning, or where older records were forgotten.
    pub(crate) const fn behind(account: AccountId, from: AuditHead, key: &'k [u8; 32]) -> Self {
        Self {
            account,
            key,
            head: from,
        }
    }

    /// Where it stands.
    pub(crate) const fn head(&self) -> AuditHead {
        self.head
    }

    /// The next record.
    pub(crate) fn verify(&mut self, record: &AuditRow) -> Result<(), Broken> {
        let expected = self.head.seq.saturating_add(1);
        if record.seq != expected {
            return Err(Broken::Gap {
                expected,
                found: record.seq,
            });
        }
        let mac = link(
            self.key,
            &self.head.head,
            self.account,
            expected,
            &record.body,
        );
        if mac != record.mac {
            return Err(Broken::Altered { seq: record.seq });
        }
        self.head = AuditHead {
            seq: expected,
            head: mac,
        };
        Ok(())
    }

    /// Compares where it ends with what the account's row says.
    pub(crate) fn end(self, row: AuditHead) -> Result<(), Broken> {
        if self.head == row {
            Ok(())
        } else {
            Err(Broken::CutOff {
                expected: row.seq,
                found: self.head.seq,
            })
        }
    }
}
