//! What a decision writes.

use loquet_policy::{AccountId, Audience, Event, Notice, Roster};

use crate::audit::Record;
use crate::disk::FirstOutcome;
use crate::records::{AccountRecord, OrganizationRecord};
use crate::store::{AttemptId, RowKey, Version};

/// All that one decision writes, still opened.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) attempt: AttemptId,
    pub(crate) mark: [u8; 16],
    pub(crate) outcome: FirstOutcome,
    pub(crate) read: Vec<(RowKey, Version)>,
    pub(crate) organization: Option<OrganizationRecord>,
    pub(crate) roster: Option<Roster>,
    pub(crate) actor: AccountRecord,
    pub(crate) subject: Option<AccountRecord>,
    pub(crate) record: Record,
    pub(crate) notices: Vec<(AccountId, Notice)>,
}

impl Change {
    /// The epoch from which the link in this notice is derived: an enrollment's letter to its owner has one.
    pub(crate) fn epoch_of_link(&self, notice: &Notice) -> Option<u32> {
        let owner = matches!(notice.to, Audience::Owner { .. });
        (owner && matches!(notice.event, Event::Bound { .. })).then_some(self.actor.facts.epoch)
    }
}
