//! Who hears of what was decided.

use loquet_policy::{AccountId, Audience, Event, Notice, RoleId, RoleSet, Roster, covers};

use crate::records::OrganizationRecord;

/// Every notice with everybody who hears of it.
pub(super) fn addressed(
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

/// Administrators whom a mandate covers hear of it as everybody does, and not once more as administrators.
pub(super) fn once_each(
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

/// Who hears of a notice. Everybody whom a mandate covers is looked up at delivery; the zero account stands for them.
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
