//! What a store keeps.

use std::fmt;

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::{AttemptId, MetadataId, Version};

/// Names a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// The rules an organization has set.
    Organization(OrgId),
    /// The organization's administrators.
    Roster(OrgId),
    /// One person's account.
    Account(AccountId),
    /// The outcome of an attempt.
    Attempt(AttemptId),
    /// Loquet's own metadata.
    Metadata(MetadataId),
}

impl fmt::Display for RowKey {
    /// What kind of row it is, and whose: for messages to an operator.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization(id) => write!(f, "row of organization {id}"),
            Self::Roster(org) => write!(f, "roster of organization {org}"),
            Self::Account(id) => write!(f, "row of account {id}"),
            Self::Attempt(id) => write!(f, "attempt {id}"),
            Self::Metadata(id) if id.kind == MetadataId::TOKEN => {
                f.write_str("row of a hardware token")
            }
            Self::Metadata(id) if id.kind == MetadataId::IMPORTED_KEY => {
                f.write_str("row of a key that was imported")
            }
            Self::Metadata(id) => write!(f, "metadata of kind {}", id.kind),
        }
    }
}

/// A row: a few facts in the open, which the store keeps in columns so that it can search and guard them, and an
/// opaque body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An organization.
    Organization(OrganizationRow),
    /// Its roster.
    Roster(RosterRow),
    /// An account.
    Account(AccountRow),
    /// An attempt.
    Attempt(AttemptRow),
    /// Loquet's own metadata.
    Metadata(MetadataRow),
}

impl Row {
    /// The name of this row.
    #[must_use]
    pub const fn key(&self) -> RowKey {
        match self {
            Self::Organization(row) => RowKey::Organization(row.id),
            Self::Roster(row) => RowKey::Roster(row.org),
            Self::Account(row) => RowKey::Account(row.id),
            Self::Attempt(row) => RowKey::Attempt(row.id),
            Self::Metadata(row) => RowKey::Metadata(row.id),
        }
    }
}

/// An organization's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRow {
    /// Its id.
    pub id: OrgId,
    /// Multi-factor log-in is enabled. A store should refuse to let it go back.
    pub enabled: bool,
    /// Everything else, as JSON that authenticates the row.
    pub body: String,
}

/// A roster's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRow {
    /// Whose roster.
    pub org: OrgId,
    /// Its administrators, as JSON that authenticates the row.
    pub body: String,
}

/// An account's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id, the same in every table of the host.
    pub id: AccountId,
    /// The organization it belongs to.
    pub org: OrgId,
    /// The host's own name for it, unique in the organization; at most 256 bytes.
    pub external_id: String,
    /// Whether an authenticator has ever been bound. A store should refuse to let it go back.
    pub ever: bool,
    /// Raised whenever all sessions must end. A store should refuse to let it go back.
    pub epoch: u32,
    /// The newest time step used with the present authenticator. A store should refuse to let it go back while `epoch`
    /// stays the same.
    pub used_step: Option<u64>,
    /// How many audit records this account has.
    pub audited: u64,
    /// Everything else, as JSON that authenticates the row, secrets encrypted.
    pub body: String,
}

/// An attempt's row: written once, never changed, to be forgotten after a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// From the form.
    pub id: AttemptId,
    /// The account that made it.
    pub account: AccountId,
    /// When.
    pub at: UnixTime,
    /// What became of it, as JSON that authenticates the row.
    pub body: String,
}

/// Loquet's own metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataRow {
    /// Which.
    pub id: MetadataId,
    /// An unencrypted number that only grows; a store should refuse a smaller one.
    pub mark: u64,
    /// Everything else, as versioned JSON.
    pub body: String,
}

/// A row with the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Its version, at least 1.
    pub version: Version,
    /// The row.
    pub row: Row,
}

/// A record of the audit log; appended, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Whose chain it belongs to.
    pub account: AccountId,
    /// Where in the chain, from 1, without gaps.
    pub seq: u64,
    /// The organization.
    pub org: OrgId,
    /// When, as the record itself says: a copy to search by. The record's own time counts.
    pub at: UnixTime,
    /// The record, as JSON.
    pub body: String,
    /// Authenticates this record and all before it in the chain.
    pub mac: [u8; 32],
}

/// A message to an account; it stays in the outbox until delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Who must be told.
    pub to: AccountId,
    /// The organization.
    pub org: OrgId,
    /// Since when it waits.
    pub at: UnixTime,
    /// The message, as JSON that authenticates the row.
    pub body: String,
}
