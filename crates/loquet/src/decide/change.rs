//! What a decision writes.

use loquet_policy::{AccountId, Audience, Event, Notice, Roster};

use crate::audit::Record;
use crate::disk::{FirstOutcome, NoticeBody};
use crate::records::{AccountRecord, OrganizationRecord, TokenRecord};
use crate::store::{AttemptId, MetadataId, RowKey, Version};

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
    pub(crate) imported_key: Option<MetadataId>,
    pub(crate) token: Option<(MetadataId, TokenRecord)>,
    pub(crate) record: Record,
    pub(crate) notices: Vec<(AccountId, Notice)>,
}

impl Change {
    /// What the outbox keeps of a notice.
    pub(crate) fn body(&self, notice: &Notice) -> NoticeBody {
        NoticeBody {
            about: self.about(notice),
            epoch: self.epoch_of_link(notice),
            ..NoticeBody::new(*notice)
        }
    }

    /// The account that a notice is about: the one that its event names, or its owner, or the one that was decided on.
    /// None where the event is the whole organization's.
    pub(crate) fn about(&self, notice: &Notice) -> Option<AccountId> {
        match notice.event {
            Event::BreakGlassOpening { account, .. }
            | Event::BreakGlassOpen { account }
            | Event::Reset { account, .. }
            | Event::ResetByHost { account }
            | Event::AppointedByHost { account }
            | Event::Promoted { account, .. }
            | Event::Demoted { account }
            | Event::Deactivated { account } => Some(account),
            Event::CodeReused
            | Event::WrongCodes
            | Event::ReplaceAdvised
            | Event::ClockCorrected
            | Event::DisabledByFailures
            | Event::ReportedLost
            | Event::ReportUndone
            | Event::Imported
            | Event::Bound { .. }
            | Event::AuthenticatorRemoved
            | Event::PasskeyCloned
            | Event::ReportedUnrecognized
            | Event::AddressChangeBegun
            | Event::AddressChanged
            | Event::RecoveryCodeUsed { .. }
            | Event::RecoveryCodesRenewed
            | Event::Resynchronized
            | Event::Toggled { .. }
            | Event::ResetCodeVoid
            | Event::NewDevice
            | Event::NewPlace
            | Event::DeviceRemembered
            | Event::DevicesForgotten { .. } => Some(match notice.to {
                Audience::Owner { account } => account,
                _ => self.subject.as_ref().unwrap_or(&self.actor).facts.id,
            }),
            Event::Enabled { .. }
            | Event::PresetChanged { .. }
            | Event::MandateAnnounced { .. }
            | Event::MandateCancelled { .. }
            | Event::MandateReminder { .. }
            | Event::MandateInForce { .. }
            | Event::NoAdministratorEnrolled { .. }
            | Event::BreakGlassCodeRenewed
            | Event::BreakGlassCodeVoid
            | Event::BreakGlassCancelled { .. }
            | Event::ChangeScheduled { .. }
            | Event::ChangeInForce { .. }
            | Event::ChangeCancelled { .. }
            | Event::DevicesSwitched { .. }
            | Event::AccessRulesSuspended
            | Event::AccessRulesRolledBack => None,
        }
    }

    /// The epoch from which the link in this notice is derived: the owner's letters about an enrollment and about a
    /// reported loss have one. Both begin an epoch, so that no two links are the same.
    pub(crate) fn epoch_of_link(&self, notice: &Notice) -> Option<u32> {
        let owner = matches!(notice.to, Audience::Owner { .. });
        let linked = matches!(notice.event, Event::Bound { .. } | Event::ReportedLost);
        (owner && linked).then_some(self.actor.facts.epoch)
    }
}
