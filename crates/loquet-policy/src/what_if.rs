//! What a change of the rules would do to people, before anybody makes it.

use crate::requirement::required;
use crate::standing::entry;
use crate::{
    Account, AccountId, Latch, Level, Mandate, MandateState, Organization, Refusal, Requirement,
    RoleId, Setting, UnixTime,
};

/// A change of an organization's rules that somebody thinks about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyChange {
    /// Multi-factor log-in is enabled.
    Enable,
    /// A mandate for a role, from a date on: announced, or moved if it is announced already.
    Mandate {
        /// Whose.
        role: RoleId,
        /// From when on; a moment that has passed means "since then".
        date: UnixTime,
    },
    /// No mandate for a role.
    NoMandate {
        /// Whose.
        role: RoleId,
    },
    /// Another choice, as if its wait were over.
    Setting(Setting),
}

/// Who would make which change, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What would change.
    pub change: PolicyChange,
    /// Who would change it.
    pub by: AccountId,
    /// When.
    pub now: UnixTime,
}

/// What a log-in with the correct password gives, and why.
pub type Entrance = Result<(Level, Requirement), Refusal>;

/// An account whose next log-in a change makes another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Which account.
    pub account: AccountId,
    /// Its log-in as the rules are.
    pub before: Entrance,
    /// Its log-in as they would be.
    pub after: Entrance,
}

/// What the next log-in of `account` at `now` would give, from a place that the access rules
/// allow.
///
/// # Errors
/// The [`Refusal`] that the log-in would meet.
pub fn entrance(organization: &Organization, account: &Account, now: UnixTime) -> Entrance {
    if account.org != organization.id {
        return Err(Refusal::UnknownAccount);
    }
    if !account.is_active() {
        return Err(Refusal::LogInRefused);
    }
    let level = entry(Some(organization), account, now)?;
    Ok((level, required(Some(organization), account, now)))
}

/// Exactly the accounts whose log-in at `at` would be another if `plan` were carried out,
/// and how.
///
/// The change itself is not judged: whether its author may make it is
/// [`decide`](crate::decide)'s to say. Nothing is allocated for an account.
///
/// ```
/// use loquet_policy::*;
/// let mut organization = Organization::new(OrgId::from(1u64));
/// organization.latch = Latch::Enabled { since: UnixTime(0), by: AccountId::from(1u64) };
/// let employee = RoleSet::of(RoleId::EMPLOYEE);
/// let bruno = Account::new(AccountId::from(2u64), organization.id, employee, UnixTime(0));
/// let change = PolicyChange::Mandate { role: RoleId::EMPLOYEE, date: UnixTime(50) };
/// let plan = Plan { change, by: bruno.id, now: UnixTime(40) };
/// let changes: Vec<_> =
///     what_if(&organization, plan, [&bruno], UnixTime(60)).collect();
/// assert!(matches!(changes[0].before, Ok((Level::Level1, _))));
/// assert!(matches!(changes[0].after, Ok((Level::EnrollOnly, _))));
/// ```
pub fn what_if<'a, I>(
    organization: &Organization,
    plan: Plan,
    accounts: I,
    at: UnixTime,
) -> impl Iterator<Item = Difference> + use<'a, I>
where
    I: IntoIterator<Item = &'a Account>,
{
    let changed = settled(plan.carried_out(organization.clone()), at);
    let organization = settled(organization.clone(), at);
    accounts.into_iter().filter_map(move |account| {
        let (before, after) = (
            entrance(&organization, account, at),
            entrance(&changed, account, at),
        );
        (before != after).then_some(Difference {
            account: account.id,
            before,
            after,
        })
    })
}

/// What waits already and is due by then holds by then, whatever anybody changes now.
fn settled(mut organization: Organization, at: UnixTime) -> Organization {
    for change in core::mem::take(&mut organization.scheduled) {
        if at >= change.due {
            change.setting.apply(&mut organization);
        }
    }
    organization
}

impl Plan {
    fn carried_out(self, mut organization: Organization) -> Organization {
        let Self { change, by, now } = self;
        match change {
            PolicyChange::Enable if organization.is_enabled() => {}
            PolicyChange::Enable => organization.latch = Latch::Enabled { since: now, by },
            PolicyChange::Mandate { role, date } => {
                // What is announced already is moved, and stays its author's.
                let (by, since, postponements) = match organization.mandate(role) {
                    Some(Mandate {
                        by,
                        state:
                            MandateState::Announced {
                                since,
                                date: before,
                                postponements,
                            },
                        ..
                    }) => {
                        let later = u8::from(date > *before);
                        (*by, *since, postponements.saturating_add(later))
                    }
                    _ => (by, now, 0),
                };
                // A date that has passed is in force since then.
                let state = MandateState::Announced {
                    since,
                    date,
                    postponements,
                };
                organization.mandates.retain(|mandate| mandate.role != role);
                organization.mandates.push(Mandate { role, by, state });
            }
            PolicyChange::NoMandate { role } => {
                organization.mandates.retain(|mandate| mandate.role != role)
            }
            PolicyChange::Setting(setting) => {
                // It replaces what waited of its kind.
                organization
                    .scheduled
                    .retain(|change| change.setting.kind() != setting.kind());
                setting.apply(&mut organization);
            }
        }
        organization
    }
}
