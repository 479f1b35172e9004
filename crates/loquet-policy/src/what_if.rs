//! What a change of the rules would do to people, before anybody makes it.

use crate::requirement::required;
use crate::standing::entry;
use crate::{
    Account, AccountId, Latch, Level, Mandate, MandateState, Organisation, Refusal, Requirement,
    RoleId, Setting, UnixTime,
};

/// A change of an organisation's rules that somebody thinks about.
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

/// What a log-in with the correct pass phrase gives, and why.
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
pub fn entrance(organisation: &Organisation, account: &Account, now: UnixTime) -> Entrance {
    if account.org != organisation.id {
        return Err(Refusal::UnknownAccount);
    }
    if !account.is_active() {
        return Err(Refusal::LogInRefused);
    }
    let level = entry(Some(organisation), account, now)?;
    Ok((level, required(Some(organisation), account, now)))
}

/// Exactly the accounts whose log-in at `at` would be another if `plan` were carried out,
/// and how.
///
/// The change itself is not judged: whether its author may make it is
/// [`decide`](crate::decide)'s to say. Nothing is allocated for an account.
///
/// ```
/// use loquet_policy::*;
/// let mut organisation = Organisation::new(OrgId::from(1u64));
/// organisation.latch = Latch::Enabled { since: UnixTime(0), by: AccountId::from(1u64) };
/// let employee = RoleSet::of(RoleId::EMPLOYEE);
/// let bruno = Account::new(AccountId::from(2u64), organisation.id, employee, UnixTime(0));
/// let change = PolicyChange::Mandate { role: RoleId::EMPLOYEE, date: UnixTime(50) };
/// let plan = Plan { change, by: bruno.id, now: UnixTime(40) };
/// let changes: Vec<_> =
///     what_if(&organisation, plan, [&bruno], UnixTime(60)).collect();
/// assert!(matches!(changes[0].before, Ok((Level::Level1, _))));
/// assert!(matches!(changes[0].after, Ok((Level::EnrolOnly, _))));
/// ```
pub fn what_if<'a, I>(
    organisation: &Organisation,
    plan: Plan,
    accounts: I,
    at: UnixTime,
) -> impl Iterator<Item = Difference> + use<'a, I>
where
    I: IntoIterator<Item = &'a Account>,
{
    let changed = settled(plan.carried_out(organisation.clone()), at);
    let organisation = settled(organisation.clone(), at);
    accounts.into_iter().filter_map(move |account| {
        let (before, after) = (
            entrance(&organisation, account, at),
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
fn settled(mut organisation: Organisation, at: UnixTime) -> Organisation {
    for change in core::mem::take(&mut organisation.scheduled) {
        if at >= change.due {
            change.setting.apply(&mut organisation);
        }
    }
    organisation
}

impl Plan {
    fn carried_out(self, mut organisation: Organisation) -> Organisation {
        let Self { change, by, now } = self;
        match change {
            PolicyChange::Enable if organisation.is_enabled() => {}
            PolicyChange::Enable => organisation.latch = Latch::Enabled { since: now, by },
            PolicyChange::Mandate { role, date } => {
                // What is announced already is moved, and stays its author's.
                let (by, since, postponements) = match organisation.mandate(role) {
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
                organisation.mandates.retain(|mandate| mandate.role != role);
                organisation.mandates.push(Mandate { role, by, state });
            }
            PolicyChange::NoMandate { role } => {
                organisation.mandates.retain(|mandate| mandate.role != role)
            }
            PolicyChange::Setting(setting) => {
                // It replaces what waited of its kind.
                organisation
                    .scheduled
                    .retain(|change| change.setting.kind() != setting.kind());
                setting.apply(&mut organisation);
            }
        }
        organisation
    }
}
