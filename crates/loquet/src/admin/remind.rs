//! Reminders of a date that comes: seven days before it, and one day.

use loquet_policy::limits::DAY;
use loquet_policy::{Audience, Event, MandateState, Notice, UnixTime};

use crate::records::{OrganizationRecord, Reminded};

/// How many days before a mandate's date people are reminded of it.
const DAYS: [u8; 2] = [7, 1];

/// What is due to be said at `now`, and was not said yet.
fn due(organization: &OrganizationRecord, now: UnixTime) -> Vec<Reminded> {
    let mandates = organization.facts.mandates.iter();
    let announced = mandates.filter_map(|mandate| match mandate.state {
        MandateState::Announced { since, date, .. } => Some((mandate, since, date)),
        _ => None,
    });
    let mut due = Vec::new();
    for (mandate, since, date) in announced {
        for days in DAYS {
            let moment = UnixTime(date.0.saturating_sub(DAY.saturating_mul(days.into())));
            let reminded = Reminded {
                role: mandate.role,
                kind: mandate.kind,
                date,
                days,
            };
            // A date announced less than a day before is not repeated yet.
            if now >= moment
                && since.plus(DAY) <= moment
                && !organization.reminded.contains(&reminded)
            {
                due.push(reminded);
            }
        }
    }
    due
}

/// Whether time has brought something that is neither written down nor said.
pub(crate) fn is_due(organization: &OrganizationRecord, now: UnixTime) -> bool {
    loquet_policy::is_due(&organization.facts, now) || !due(organization, now).is_empty()
}

/// Marks what is due as said. Of one date that is said late, users are told once.
pub(crate) fn remind(organization: &mut OrganizationRecord, now: UnixTime) -> Vec<Notice> {
    let due = due(organization, now);
    let mut notices = Vec::new();
    for &Reminded {
        role, kind, date, ..
    } in &due
    {
        let event = Event::MandateReminder { role, kind, date };
        for to in [Audience::Covered { role }, Audience::Administrators] {
            let notice = Notice { to, event };
            if !notices.contains(&notice) {
                notices.push(notice);
            }
        }
    }
    organization.reminded.extend(due);
    let facts = &organization.facts;
    organization.reminded.retain(|said| {
        facts.mandate(said.role, said.kind).is_some_and(|mandate| {
            matches!(mandate.state, MandateState::Announced { date, .. } if date == said.date)
        })
    });
    notices
}

#[cfg(test)]
mod tests {
    use loquet_policy::{Mandate, MandateKind, OrgId, Organization, RoleId};

    use super::*;

    const NOW: UnixTime = UnixTime(1_790_000_000);

    fn announced(since: UnixTime, date: UnixTime) -> OrganizationRecord {
        let facts = Organization::new(OrgId::from(9_u64));
        let mut organization = OrganizationRecord::new(facts, "À petits pas");
        organization.facts.mandates.push(Mandate {
            kind: MandateKind::SecondFactor,
            role: RoleId::STAFF,
            by: 1_u64.into(),
            state: MandateState::Announced {
                since,
                date,
                postponements: 0,
            },
        });
        organization
    }

    #[test]
    fn reminder_needs_a_days_notice() {
        let date = NOW.plus(7 * DAY);
        for (since, reminded) in [(NOW.0 - DAY, true), (NOW.0 - DAY + 1, false)] {
            let organization = announced(UnixTime(since), date);
            assert_eq!(is_due(&organization, NOW), reminded);
        }
    }

    #[test]
    fn two_due_reminders_become_one_letter() {
        let date = NOW.plus(DAY);
        let mut organization = announced(UnixTime(0), date);
        let said = remind(&mut organization, NOW);
        assert_eq!(said.len(), 2, "those covered, and the administrators");
        assert_eq!(organization.reminded.len(), 2, "seven days and one");
        assert!(!is_due(&organization, NOW));
    }

    #[test]
    fn reminders_of_a_moved_date_are_forgotten() {
        let date = NOW.plus(DAY);
        let mut organization = announced(UnixTime(0), date);
        let said = |role: RoleId, date| Reminded {
            kind: MandateKind::SecondFactor,
            role,
            date,
            days: 7,
        };
        let stands = said(RoleId::STAFF, date);
        organization.reminded = vec![
            stands.clone(),
            said(RoleId::STAFF, NOW),
            said(RoleId::MEMBER, date),
        ];
        remind(&mut organization, NOW);
        let kept: Vec<u8> = organization.reminded.iter().map(|it| it.days).collect();
        assert_eq!(kept, [7, 1]);
        assert!(organization.reminded.contains(&stands));
    }
}
