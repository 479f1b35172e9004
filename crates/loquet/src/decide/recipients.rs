//! The recipients of notices.

use loquet_policy::{AccountId, Audience, Event, Notice, RoleId, RoleSet, Roster, covers};

use crate::records::OrganizationRecord;

/// Every notice with its recipients.
pub(crate) fn addressed(
    notices: Vec<Notice>,
    organization: Option<&OrganizationRecord>,
    roster: Option<&Roster>,
) -> Vec<(AccountId, Notice)> {
    once_each(notices, organization)
        .into_iter()
        .flat_map(|notice| {
            recipients(&notice, roster)
                .into_iter()
                .map(move |to| (to, notice))
        })
        .collect()
}

/// Administrators whom a mandate covers receive it once, not a second time as administrators.
pub(crate) fn once_each(
    notices: Vec<Notice>,
    organization: Option<&OrganizationRecord>,
) -> Vec<Notice> {
    let administrator = RoleSet::of(RoleId::ADMINISTRATOR);
    let heard = |event: &Event| {
        notices.iter().any(|other| match other.to {
            Audience::Covered { role } if other.event == *event => {
                organization.is_some_and(|record| covers(&record.facts, &administrator, role))
            }
            _ => false,
        })
    };
    let kept = notices
        .iter()
        .filter(|notice| notice.to != Audience::Administrators || !heard(&notice.event));
    kept.copied().collect()
}

/// The recipients of a notice. The accounts that a mandate covers are looked up at delivery; the zero account stands for
/// them.
fn recipients(notice: &Notice, roster: Option<&Roster>) -> Vec<AccountId> {
    match notice.to {
        Audience::Owner { account } => vec![account],
        Audience::Administrators => roster
            .map(|roster| {
                roster
                    .administrators
                    .iter()
                    .map(|entry| entry.account)
                    .collect()
            })
            .unwrap_or_default(),
        Audience::Covered { .. } => vec![AccountId::from(0_u64)],
    }
}
