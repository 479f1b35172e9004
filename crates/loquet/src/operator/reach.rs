//! Whom a notice reaches, and how.

use loquet_policy::{Event, Organization, RoleId, UnixTime, covers};

use crate::account::addresses::Address;
use crate::account::notice_addresses::GIVE_UP;
use crate::disk::NoticeBody;
use crate::records::PersonRecord;
use crate::store::NoticeRow;

/// Whether a mandate's notice is for this account. A deactivated account is told of no mandate.
pub(super) fn is_reader(person: &PersonRecord, organization: &Organization, role: RoleId) -> bool {
    person.facts.is_active() && covers(organization, &person.facts.roles, role)
}

/// Whether the time is over in which a notice is tried again.
pub(super) const fn is_late(row: &NoticeRow, now: UnixTime) -> bool {
    now.0 >= row.at.plus(GIVE_UP).0
}

/// The addresses that a notice goes to which receive notices at `at`, the oldest first. The one that waits for its code is
/// last, and hears of nothing but that.
pub(super) fn targets(person: &PersonRecord, body: &NoticeBody, at: UnixTime) -> Vec<Address> {
    let mut targets = person.addresses.recipients(at);
    if body.notice.event == Event::AddressChangeBegun
        && let Some(pending) = person.addresses.pending()
    {
        targets.retain(|address| address != pending);
        targets.push(pending.clone());
    }
    match &body.address {
        None => targets,
        // Of one that was erased, or replaced before its code came, nothing is left to tell.
        Some(one) => targets.into_iter().filter(|it| it == one).collect(),
    }
}
