//! The port: what a store must do, and nothing about log-ins.
//!
//! A store keeps versioned rows. It knows no secrets (bodies arrive encrypted) and no verdicts (a row says
//! what is true of an account, never whether it may log in). Three calls suffice:
//!
//! * [`Store::load`] reads rows by key, all in one consistent view;
//! * [`Store::commit`] checks versions and writes rows, audit records and notices, all or nothing;
//! * [`Store::scan`] pages through many rows, for user lists, audit and notices.
//!
//! A text with a NUL character, which Loquet never writes, may be refused.
//!
//! Two more tidy up: [`Store::forget_attempts`] and [`Store::forget_audit`]; [`Store::delivered`] takes a notice out of the
//! outbox.
//!
//! # Writing one, in an afternoon
//! 1. Make tables: rows by [`RowKey`] with a version, audit records by account and number, notices by a rising number.
//!    Keep the facts of a [`Row`] in columns, the bodies as opaque texts.
//! 2. `commit`: begin a transaction that writes; compare every version of [`Writes::expect`] ([`Version::ABSENT`] for no
//!    row) and answer [`Commit::Stale`] if one differs; write the rest at [`Version::next`]; commit. The database's own
//!    keys refuse a second outcome of an attempt, an external id that is taken, a record written twice.
//! 3. `load` all keys in one read transaction; `scan` by key in pages of [`PAGE`].
//! 4. Errors: before the commit [`Fault::NotCommitted`], a lock that is not let go of [`Fault::Busy`], an error *of* the
//!    commit [`Fault::Unknown`]. `Done` only once a loss of power cannot take it back.
//! 5. Run the suite of `loquet::contract` over it (feature `contract`): a store that lies compiles, and only that suite
//!    tells.
//!
//! `examples/own-store` is one over `sqlx`, on one table for all rows, tested by that suite. Where the host has a database
//! transaction to share, implement [`HostTx`](crate::HostTx) too.

use std::future::Future;

use loquet_policy::{AccountId, OrgId, UnixTime};

mod copy;
pub(crate) mod erased;
mod ids;
mod memory;
mod rows;
mod shared;

pub use copy::{Receive, copy};
pub use ids::{AttemptId, MetadataId, Version};
pub use memory::MemoryStore;
pub use rows::{
    AccountRow, AttemptRow, AuditRow, MetadataRow, NoticeRow, OrganizationRow, RosterRow, Row,
    RowKey, Versioned,
};

/// Any error of a store, for the operator's log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// All that one decision changes, to be written whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Writes {
    /// Every row that the decision read, at the version it read. One that differs makes the whole [`Commit::Stale`].
    pub expect: Vec<(RowKey, Version)>,
    /// Rows to write, at [`Version::next`] of what is expected of them; each is named in `expect`.
    pub put: Vec<Row>,
    /// Records to append.
    pub audit: Vec<AuditRow>,
    /// Messages to send.
    pub outbox: Vec<NoticeRow>,
}

/// How a commit ended when the store knows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Commit {
    /// All is written and survives a loss of power.
    Done,
    /// Nothing is written: a row was no longer at its expected version.
    Stale,
}

/// A store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing was written, and asking again may help.
    #[error("the store refused: {0}")]
    NotCommitted(#[source] BoxError),
    /// The connection broke, or a sync failed: it may be written or not. Loading the attempt tells.
    #[error("the store's answer was lost: {0}")]
    Unknown(#[source] BoxError),
    /// Too much at once; nothing was written.
    #[error("the store is busy")]
    Busy,
}

/// What to page through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Query {
    /// All organizations, by id.
    Organizations,
    /// All accounts of one organization, by id.
    Accounts(OrgId),
    /// All accounts of all organizations, by id.
    AllAccounts,
    /// The account that the host calls so; one row or none.
    ExternalId(OrgId, String),
    /// One account's audit records, oldest first.
    Audit(AccountId),
    /// Undelivered notices, oldest first.
    Outbox,
    /// All metadata of one kind ([`MetadataId::kind`]), by page.
    Metadata(u16),
}

/// Where a page starts: after the row that this names. The default is the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(pub Option<Vec<u8>>);

/// Some of the rows that a [`Query`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows, in order; at most [`PAGE`].
    pub items: Vec<Item>,
    /// Where the next page starts; `None` when this is the last.
    pub next: Option<Cursor>,
}

/// A row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item {
    /// An organization, an account or metadata.
    Row(Versioned),
    /// An audit record.
    Audit(AuditRow),
    /// A notice, with the number that [`Store::delivered`] takes.
    Notice(u64, NoticeRow),
}

impl Item {
    pub(crate) fn account(self) -> Option<(AccountRow, Version)> {
        match self {
            Self::Row(Versioned {
                row: Row::Account(row),
                version,
            }) => Some((row, version)),
            _ => None,
        }
    }

    pub(crate) fn organization(self) -> Option<(OrganizationRow, Version)> {
        match self {
            Self::Row(Versioned {
                row: Row::Organization(row),
                version,
            }) => Some((row, version)),
            _ => None,
        }
    }

    pub(crate) fn metadata(self) -> Option<(MetadataRow, Version)> {
        match self {
            Self::Row(Versioned {
                row: Row::Metadata(row),
                version,
            }) => Some((row, version)),
            _ => None,
        }
    }

    pub(crate) fn roster(self) -> Option<(RosterRow, Version)> {
        match self {
            Self::Row(Versioned {
                row: Row::Roster(row),
                version,
            }) => Some((row, version)),
            _ => None,
        }
    }
}

/// The most rows in a [`Page`].
pub const PAGE: usize = 256;

/// A database for Loquet's rows. Futures may be dropped at any time: a dropped commit is [`Fault::Unknown`].
pub trait Store: Send + Sync + 'static {
    /// Reads rows, all from one consistent view. Absent ones are left out of the answer.
    fn load(&self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Versioned>, Fault>> + Send;

    /// Writes all of `writes` if every expected version still holds, and nothing otherwise. Answers `Done` only when
    /// what is written survives a loss of power.
    fn commit(&self, writes: Writes) -> impl Future<Output = Result<Commit, Fault>> + Send;

    /// Reads one page.
    fn scan(&self, query: &Query, at: &Cursor) -> impl Future<Output = Result<Page, Fault>> + Send;

    /// Takes a delivered notice out of the outbox. Unknown numbers are ignored: a notice may be delivered twice.
    fn delivered(&self, notice: u64) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Forgets attempts older than `before`, at most `limit` of them, and says how many. Their forms have long expired.
    fn forget_attempts(
        &self,
        before: UnixTime,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send;

    /// Forgets an account's oldest audit records, at most `limit` of them, and says how many: those numbered below the
    /// mark of its page [`MetadataId::forgotten`], and none without such a page. Nothing else ever deletes a record.
    fn forget_audit(
        &self,
        account: AccountId,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send;

    /// Returns the time by the database's own clock, as of the last load and never ahead of it; `None` if it has none, or has
    /// not been read. Several nodes on one database decide by it, so that none of them consumes time steps of the future.
    fn now(&self) -> Option<UnixTime> {
        None
    }
}
