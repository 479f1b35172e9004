//! How a store was restored, and what came of it.

use loquet_policy::{OrgId, UnixTime};

use crate::audit::{Checkpoint, Verified};
use crate::enrollment::codes::BreakGlassCode;
use crate::operator::Operator;

/// How a store was restored.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestoreOptions<'a> {
    pub(super) kept: Option<&'a Checkpoint>,
    pub(super) replaced: Option<&'a Operator>,
    pub(super) was_enabled: &'a [OrgId],
}

impl<'a> RestoreOptions<'a> {
    /// Adds a checkpoint of the audit log from after the backup, kept outside the database: the accounts that lack records
    /// which it vouches for are listed in [`Restored::lost`].
    #[must_use]
    pub const fn checkpoint(mut self, kept: &'a Checkpoint) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Adds the store that the backup replaces, opened with the same keyring. What only rises is carried over from it:
    /// "enabled", mandates in force, the break-glass code, epochs, "ever bound", and the authenticators with their last
    /// steps; so are the accounts and organizations that the backup does not have yet. Of each setting the stricter value
    /// stays, and the access rules are those of the replaced store if it had any. It must go on from the backup: one that is
    /// older, or was restored from an earlier backup, is refused ([`Config::NotLater`](crate::Config::NotLater)).
    #[must_use]
    pub const fn replaced(mut self, replaced: &'a Operator) -> Self {
        self.replaced = Some(replaced);
        self
    }

    /// Says which organizations were enabled in the replaced store, where it cannot be read. Each gets a new break-glass
    /// code ([`Restored::break_glass`]), and every account of it must enroll with a reset code, which the host issues
    /// ([`Operator::issue_reset_code`]).
    #[must_use]
    pub const fn was_enabled(mut self, organizations: &'a [OrgId]) -> Self {
        self.was_enabled = organizations;
        self
    }
}

/// What a restore did, and what it cannot know.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Restored {
    /// When the backup was taken; `None` if [`mark_backup`](Operator::mark_backup) was not called before it.
    pub taken: Option<UnixTime>,
    /// When the restore was made: what happened between `taken` and this time may be lost.
    pub now: UnixTime,
    /// How many accounts there are. All their sessions are over.
    pub accounts: u64,
    /// The external ids of those whose reset code is void now: they need another reset.
    pub reset_codes: Vec<String>,
    /// The external ids of those whose recovery codes are void now.
    pub recovery: Vec<String>,
    /// Accounts whose audit chain is broken, or lacks records that the checkpoint vouches for, and rows of organizations that
    /// are earlier than it says.
    pub lost: Vec<Verified>,
    /// The external ids of accounts that only the replaced store had, and that were carried over.
    pub carried: Vec<String>,
    /// The external ids of those among them which another account of the backup has, each with the one that the account was
    /// carried over under: "restored", and its id. Give it another name with
    /// [`rename`](crate::Provision::rename).
    pub renamed: Vec<(String, String)>,
    /// The new break-glass code of each organization that [`RestoreOptions::was_enabled`] names. Show it, and keep it in an
    /// envelope, before the service runs again: it is stored nowhere.
    pub break_glass: Vec<(OrgId, BreakGlassCode)>,
}
