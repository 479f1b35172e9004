//! Reminders of a date that comes: seven days before it, and one day.

use loquet_policy::limits::DAY;
use loquet_policy::{Audience, Event, MandateState, Notice, UnixTime};

use crate::records::{OrganisationRecord, Reminded};

/// How many days before a mandate's date people are reminded of it.
const DAYS: [u8; 2] = [7, 1];

/// What is due to be said at `now`, and was not said yet.
fn due(organisation: &OrganisationRecord, now: UnixTime) -> Vec<Reminded> {
    let mandates = organisation.facts.mandates.iter();
    let announced = mandates.filter_map(|mandate| match mandate.state {
        MandateState::Announced { since, date, .. } => Some((mandate.role, since, date)),
        _ => None,
    });
    let mut due = Vec::new();
    for (role, since, date) in announced {
        for days in DAYS {
            let moment = UnixTime(date.0.saturating_sub(DAY.saturating_mul(days.into())));
            let reminded = Reminded { role, date, days };
            // Whoever was told of the date the day before is not reminded of it yet.
            if now >= moment
                && since.plus(DAY) <= moment
                && !organisation.reminded.contains(&reminded)
            {
                due.push(reminded);
            }
        }
    }
    due
}

/// Whether time has brought something that is neither written down nor said.
pub(crate) fn is_due(organisation: &OrganisationRecord, now: UnixTime) -> bool {
    loquet_policy::is_due(&organisation.facts, now) || !due(organisation, now).is_empty()
}

/// Marks what is due as said. Of one date that is said late, people hear once.
pub(super) fn remind(organisation: &mut OrganisationRecord, now: UnixTime) -> Vec<Notice> {
    let due = due(organisation, now);
    let mut notices = Vec::new();
    for Reminded { role, date, .. } in &due {
        let (role, event) = (
            *role,
            Event::MandateReminder {
                role: *role,
                date: *date,
            },
        );
        for to in [Audience::Covered { role }, Audience::Administrators] {
            let notice = Notice { to, event };
            if !notices.contains(&notice) {
                notices.push(notice);
            }
        }
    }
    organisation.reminded.extend(due);
    let facts = &organisation.facts;
    organisation.reminded.retain(|said| {
        facts.mandate(said.role).is_some_and(|mandate| {
            matches!(mandate.state, MandateState::Announced { date, .. } if date == said.date)
        })
    });
    notices
}
