//! Forecasts: what a change of the rules would do, before it is made.

use crate::level::level_after_password;
use crate::requirement::required;
use crate::{
    Account, AccountId, Latch, Level, Mandate, MandateKind, MandateState, Organization, Refusal,
    Requirement, RoleId, Setting, UnixTime,
};

/// A hypothetical change of an organization's rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyChange {
    /// Multi-factor log-in is enabled.
    Enable,
    /// A mandate begins on a date. If one is announced already, it is moved.
    Mandate {
        /// The role that it covers.
        role: RoleId,
        /// What it demands.
        kind: MandateKind,
        /// When it begins. A past time means that it is in force since then.
        date: UnixTime,
    },
    /// The mandate of a role is removed.
    NoMandate {
        /// The role.
        role: RoleId,
        /// What it demands.
        kind: MandateKind,
    },
    /// A setting has a new value, as if its wait were over.
    Setting(Setting),
}

/// A hypothetical change, with its author and time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The change.
    pub change: PolicyChange,
    /// The account that would make it.
    pub by: AccountId,
    /// When it would be made.
    pub now: UnixTime,
}

/// The result of a log-in with the correct password, with its reasons.
pub type NextLogIn = Result<(Level, Requirement), Refusal>;

/// An account for which a change alters the next log-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The account.
    pub account: AccountId,
    /// Its next log-in under the present rules.
    pub before: NextLogIn,
    /// Its next log-in under the changed rules.
    pub after: NextLogIn,
}

/// Returns the result of the next log-in of `account` at `now`, from an address that the access rules allow.
///
/// # Errors
/// The [`Refusal`] that the log-in would get.
pub fn next_log_in(organization: &Organization, account: &Account, now: UnixTime) -> NextLogIn {
    if account.org != organization.id {
        return Err(Refusal::UnknownAccount);
    }
    if !account.is_active() {
        return Err(Refusal::LogInRefused);
    }
    let level = level_after_password(Some(organization), account, now)?;
    Ok((level, required(Some(organization), account, now)))
}

/// Returns exactly the accounts whose log-in at `at` would differ if `plan` were carried out.
///
/// Whether the author may make the change is not checked; [`decide`](crate::decide()) does that. Nothing is
/// allocated for each account.
///
/// ```
/// use loquet_policy::*;
/// let mut organization = Organization::new(OrgId::from(1u64));
/// organization.latch = Latch::Enabled { since: UnixTime(0), by: AccountId::from(1u64) };
/// let employee = RoleSet::of(RoleId::STAFF);
/// let bruno = Account::new(AccountId::from(2u64), organization.id, employee, UnixTime(0));
/// let change = PolicyChange::Mandate { role: RoleId::STAFF, kind: MandateKind::SecondFactor, date: UnixTime(50) };
/// let plan = Plan { change, by: bruno.id, now: UnixTime(40) };
/// let changes: Vec<_> = what_if(&organization, plan, [&bruno], UnixTime(60)).collect();
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
    let changed = with_due_settings(plan.apply_to(organization.clone()), at);
    let organization = with_due_settings(organization.clone(), at);
    accounts.into_iter().filter_map(move |account| {
        let (before, after) = (
            next_log_in(&organization, account, at),
            next_log_in(&changed, account, at),
        );
        (before != after).then_some(Difference {
            account: account.id,
            before,
            after,
        })
    })
}

/// Returns the organization with the scheduled settings that are due at `at`.
fn with_due_settings(mut organization: Organization, at: UnixTime) -> Organization {
    for change in core::mem::take(&mut organization.scheduled) {
        if at >= change.due {
            change.setting.apply(&mut organization);
        }
    }
    organization
}

impl Plan {
    fn apply_to(self, mut organization: Organization) -> Organization {
        let Self { change, by, now } = self;
        match change {
            PolicyChange::Enable if organization.is_enabled() => {}
            PolicyChange::Enable => organization.latch = Latch::Enabled { since: now, by },
            PolicyChange::Mandate { role, kind, date } => {
                // An announced mandate is moved and keeps its author.
                let (by, since, postponements) = match organization.mandate(role, kind) {
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
                // A past date is in force since then.
                let state = MandateState::Announced {
                    since,
                    date,
                    postponements,
                };
                organization.put_mandate(Mandate {
                    role,
                    kind,
                    by,
                    state,
                });
            }
            PolicyChange::NoMandate { role, kind } => {
                let mandates = &mut organization.mandates;
                mandates.retain(|mandate| !mandate.is_of(role, kind));
            }
            PolicyChange::Setting(setting) => {
                // A change replaces the scheduled one of its kind.
                organization
                    .scheduled
                    .retain(|change| change.setting.kind() != setting.kind());
                setting.apply(&mut organization);
            }
        }
        organization
    }
}
