//! Who must, and why: questions that change nothing.

use crate::{
    Account, Cause, Latch, Mandate, MandateState, Organization, Preset, Refusal, RoleId, RoleSet,
    UnixTime,
};

/// Whether an account must use multi-factor log-in, and everything that says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Requirement {
    /// The mandate in force that covers the account, the earliest if there are several.
    pub mandate: Option<Mandate>,
    /// A role that nobody defined, which counts as mandated.
    pub unknown_role: Option<RoleId>,
    /// The owner's switch is on.
    pub toggle: bool,
    /// The rules cannot be read, so that the strictest is assumed.
    pub unreadable: bool,
    /// The mandate that will cover the account, the earliest if there are several. It requires
    /// nothing yet.
    pub announced: Option<Mandate>,
}

impl Requirement {
    /// Whether anything requires a second factor now.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.mandate.is_some() || self.unknown_role.is_some() || self.toggle || self.unreadable
    }

    /// What requires it now, for a refusal: the mandate before the unknown role. The owner's own switch is nobody's doing.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match (&self.mandate, self.unknown_role) {
            (Some(mandate), _) => mandate.into(),
            (None, role) => Cause {
                role,
                ..Cause::default()
            },
        }
    }
}

/// Whether `account` must use multi-factor log-in at `now`, and why.
#[must_use]
pub fn required(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> Requirement {
    let mut requirement = Requirement {
        toggle: account.toggle,
        ..Requirement::default()
    };
    let Some(organization) = organization.filter(|organization| organization.id == account.org)
    else {
        requirement.unreadable = true;
        return requirement;
    };
    if !organization.is_enabled() {
        return requirement;
    }
    for role in account.roles.iter() {
        if organization.role(role).is_none() {
            requirement.unknown_role = requirement.unknown_role.or(Some(role));
        }
        for mandate in covering(organization, role) {
            match mandate_since(mandate, now) {
                Ok(since) => {
                    let earlier = requirement
                        .mandate
                        .is_none_or(|known| since < known.start());
                    if earlier {
                        let state = MandateState::InForce { since };
                        requirement.mandate = Some(Mandate { state, ..*mandate });
                    }
                }
                Err(date) => {
                    if requirement
                        .announced
                        .is_none_or(|known| date < known.start())
                    {
                        requirement.announced = Some(*mandate);
                    }
                }
            }
        }
    }
    requirement
}

/// Whether a mandate for `role` covers, or would cover, whoever has `roles`.
#[must_use]
pub fn covers(organization: &Organization, roles: &RoleSet, role: RoleId) -> bool {
    roles
        .iter()
        .any(|own| implied(organization, own).any(|implied| implied == role))
}

/// The mandates that cover a role: its own and those of the roles that it implies.
fn covering(organization: &Organization, role: RoleId) -> impl Iterator<Item = &Mandate> {
    implied(organization, role).filter_map(|role| organization.mandate(role))
}

/// A role and those that it implies.
fn implied(organization: &Organization, role: RoleId) -> impl Iterator<Item = RoleId> + '_ {
    // A chain of implications ends; a circle that an embedder wrote by mistake is cut.
    let depth = organization.roles.len().saturating_add(1);
    core::iter::successors(Some(role), |role| organization.role(*role)?.implies).take(depth)
}

/// Since when a mandate is in force at `now`, or the date on which it will be.
const fn mandate_since(mandate: &Mandate, now: UnixTime) -> Result<UnixTime, UnixTime> {
    match mandate.state {
        MandateState::InForce { since } => Ok(since),
        MandateState::Announced { date, .. } if now.0 >= date.0 => Ok(date),
        MandateState::Announced { date, .. } => Err(date),
    }
}

/// Whether an account that never enrolled may still do so with the password alone: while
/// nothing requires it, and then for the organization's window, from the making of the account or
/// from the later of enabling and the mandate.
pub(crate) fn enrollment_open(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> bool {
    let Some(organization) = organization else {
        return false;
    };
    let requirement = required(Some(organization), account, now);
    if !requirement.is_required() {
        return true;
    }
    enrollment_deadline(organization, account, &requirement).is_some_and(|deadline| now < deadline)
}

fn enrollment_deadline(
    organization: &Organization,
    account: &Account,
    why: &Requirement,
) -> Option<UnixTime> {
    let Latch::Enabled { since: enabled, .. } = organization.latch else {
        return None;
    };
    let mandated = why.mandate.as_ref().map_or(enabled, Mandate::start);
    let start = account.created.max(enabled).max(mandated);
    Some(start.plus(organization.options.enrollment_window))
}

/// Whether the owner may switch off the question at log-in (a fresh code aside).
pub(crate) fn may_switch_off(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> Result<(), Refusal> {
    let organization = organization
        .filter(|organization| organization.id == account.org)
        .ok_or(Refusal::PolicyUnavailable)?;
    if !organization.is_enabled() {
        return Err(Refusal::NotEnabled);
    }
    if organization.preset == Preset::StrictLatch {
        return Err(Refusal::Latched(organization.hardened_by()));
    }
    let requirement = required(Some(organization), account, now);
    if let Some(mandate) = requirement.mandate.or(requirement.announced) {
        return Err(Refusal::Mandated(Cause::from(&mandate)));
    }
    if requirement.unknown_role.is_some() {
        return Err(Refusal::Mandated(requirement.cause()));
    }
    if !account.toggle {
        return Err(Refusal::Unchanged);
    }
    account.authenticator_at(now).counts()
}

/// Whether the owner can turn the second factor on or off at all, for a page that shows the switch. Whether this time, the
/// command decides.
///
/// # Errors
/// The [`Refusal`] that says why not.
pub fn may_turn(
    organization: &Organization,
    account: &Account,
    now: UnixTime,
) -> Result<(), Refusal> {
    if !organization.is_enabled() {
        return Err(Refusal::NotEnabled);
    }
    let requirement = required(Some(organization), account, now);
    if requirement.mandate.is_some() || requirement.unknown_role.is_some() {
        return Err(Refusal::Mandated(requirement.cause()));
    }
    if let Some(mandate) = requirement.announced.filter(|_| requirement.toggle) {
        return Err(Refusal::Mandated(Cause::from(&mandate)));
    }
    if let Err(broken @ (Refusal::RecoverFirst { .. } | Refusal::ResetCodeRequired(_))) =
        account.authenticator_at(now).counts()
    {
        return Err(broken);
    }
    if requirement.toggle && organization.preset == Preset::StrictLatch {
        return Err(Refusal::Latched(organization.hardened_by()));
    }
    Ok(())
}
