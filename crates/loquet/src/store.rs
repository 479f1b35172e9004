//! The port: what a store must do, and nothing about log-ins.
//!
//! A store keeps versioned rows. It knows no secrets (bodies arrive sealed) and no verdicts (a row says
//! what became of somebody, never whether a door opens). Three calls suffice:
//!
//! * [`Store::load`] reads rows by key, all in one consistent view;
//! * [`Store::commit`] checks versions and writes rows, audit records and notices, all or nothing;
//! * [`Store::scan`] pages through many rows, for roll-calls, audit and notices.
//!
//! Two more tidy up: [`Store::forget_attempts`] and [`Store::forget_audit`]; [`Store::delivered`] takes a notice out of the
//! outbox.
//!
//! # Writing one, in an afternoon
//! 1. Make tables: rows by [`RowKey`] with a version, audit records by account and number, notices by a rising number.
//!    Keep the facts of a [`Row`] in columns, the bodies as texts that nobody looks into.
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

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use loquet_policy::{AccountId, OrgId, ParseIdError, UnixTime};
use sha2::Digest as _;

use crate::seal;

pub(crate) mod erased;
mod memory;
mod shared;

pub use memory::MemoryStore;

/// Any error of a store, for the operator's log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

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
        let whole = seal::digest_of("attempt", |hash| {
            hash.update(self.0);
            for part in content {
                hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(part);
            }
        });
        Self(*seal::half(whole.to_bytes()))
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

    /// How many were turned away at an organisation's door before anybody knew who they were; the mark counts them.
    pub(crate) const fn denied(org: OrgId) -> Self {
        Self {
            kind: 3,
            page: org.to_bytes(),
        }
    }

    /// How many asked in the name of an account that nobody has, whose organisation nobody can tell; the mark counts them.
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

/// Names a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// The rules an organisation has set.
    Organisation(OrgId),
    /// What is true of several of its accounts at once: who administers.
    Roster(OrgId),
    /// One person's account.
    Account(AccountId),
    /// The outcome of an attempt.
    Attempt(AttemptId),
    /// A page of the house's own books.
    Ledger(LedgerId),
}

/// A row: a few facts in the open, which the store keeps in columns so that it can search and guard them, and an
/// opaque body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An organisation.
    Organisation(OrganisationRow),
    /// Its roster.
    Roster(RosterRow),
    /// An account.
    Account(AccountRow),
    /// An attempt.
    Attempt(AttemptRow),
    /// A page of the house's own books.
    Ledger(LedgerRow),
}

impl Row {
    /// The name of this row.
    #[must_use]
    pub const fn key(&self) -> RowKey {
        match self {
            Self::Organisation(row) => RowKey::Organisation(row.id),
            Self::Roster(row) => RowKey::Roster(row.org),
            Self::Account(row) => RowKey::Account(row.id),
            Self::Attempt(row) => RowKey::Attempt(row.id),
            Self::Ledger(row) => RowKey::Ledger(row.id),
        }
    }
}

/// An organisation's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Its id.
    pub id: OrgId,
    /// Multi-factor log-in is enabled. A store should refuse to let it go back.
    pub enabled: bool,
    /// Everything else, as versioned JSON.
    pub body: String,
}

/// A roster's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRow {
    /// Whose roster.
    pub org: OrgId,
    /// Its administrators, as versioned JSON.
    pub body: String,
}

/// An account's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id, the same in every table of the host.
    pub id: AccountId,
    /// The organisation it belongs to.
    pub org: OrgId,
    /// The host's own name for it, unique in the organisation; at most 256 bytes.
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
    /// Everything else, as versioned JSON, secrets sealed.
    pub body: String,
}

/// An attempt's row: written once, never changed, to be forgotten after a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// From the form.
    pub id: AttemptId,
    /// Whose lane it went through.
    pub account: AccountId,
    /// When.
    pub at: UnixTime,
    /// What became of it, as versioned JSON.
    pub body: String,
}

/// A page of the house's own books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Which.
    pub id: LedgerId,
    /// A number in the open: how far, how many, which. A store should refuse to let it go back.
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
    /// The organisation.
    pub org: OrgId,
    /// When.
    pub at: UnixTime,
    /// The record, as JSON.
    pub body: String,
    /// Authenticates this record and all before it in the chain.
    pub mac: [u8; 32],
}

/// A message that somebody must get; stays in the outbox until delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Who must be told.
    pub to: AccountId,
    /// The organisation.
    pub org: OrgId,
    /// Since when it waits.
    pub at: UnixTime,
    /// The message, as JSON.
    pub body: String,
}

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
    /// The connection broke, or a sync failed: written or not, nobody knows. Loading the attempt settles it.
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
    /// All organisations, by id.
    Organisations,
    /// All accounts of one organisation, by id.
    Accounts(OrgId),
    /// The account that the host calls so; one row or none.
    ExternalId(OrgId, String),
    /// One account's audit records, oldest first.
    Audit(AccountId),
    /// Undelivered notices, oldest first.
    Outbox,
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
    /// An organisation or account.
    Row(Versioned),
    /// An audit record.
    Audit(AuditRow),
    /// A notice, with the number that [`Store::delivered`] takes.
    Notice(u64, NoticeRow),
}

/// The most rows in a [`Page`].
pub const PAGE: usize = 256;

/// What third parties implement. Futures may be dropped at any time: a dropped commit is [`Fault::Unknown`].
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
    /// mark of its page [`LedgerId::forgotten`], and none without such a page. Nothing else ever deletes a record.
    fn forget_audit(
        &self,
        account: AccountId,
        limit: u32,
    ) -> impl Future<Output = Result<u32, Fault>> + Send;
}
