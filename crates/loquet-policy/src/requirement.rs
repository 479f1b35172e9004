//! Which accounts need a second factor, and why. Nothing here changes state.

use crate::{
    Account, Cause, Latch, Mandate, MandateKind, MandateState, Organization, Preset, Refusal,
    RoleId, RoleSet, UnixTime,
};

/// Whether an account must use a second factor, with all reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Requirement {
    /// The earliest mandate in force that covers the account, of either kind.
    pub mandate: Option<Mandate>,
    /// The earliest mandate in force that demands a passkey of the account.
    pub passkey: Option<Mandate>,
    /// An undefined role of the account, which counts as mandated.
    pub unknown_role: Option<RoleId>,
    /// Whether the owner's toggle is on.
    pub toggle: bool,
    /// Whether the rules cannot be read, in which case a second factor is required.
    pub unreadable: bool,
    /// The earliest announced mandate that will cover the account. It requires nothing yet.
    pub announced: Option<Mandate>,
}

impl Requirement {
    /// Returns whether a second factor is required now.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.mandate.is_some() || self.unknown_role.is_some() || self.toggle || self.unreadable
    }

    /// Returns the cause for a refusal: the mandate, or else the undefined role. The owner's toggle gives no
    /// cause.
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

/// Returns whether `account` must use a second factor at `now`, with all reasons.
#[must_use]
pub fn required(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> Requirement {
    let mut requirement = Requirement::default();
    let Some(organization) = organization.filter(|organization| organization.id == account.org)
    else {
        requirement.toggle = account.toggle;
        requirement.unreadable = true;
        return requirement;
    };
    // Before enabling no code is asked for, also where an authenticator was imported.
    if !organization.is_enabled() {
        return requirement;
    }
    requirement.toggle = account.toggle;
    for role in account.roles.iter() {
        if organization.role(role).is_none() {
            requirement.unknown_role = requirement.unknown_role.or(Some(role));
        }
        for mandate in mandates_for(organization, role) {
            match mandate_since(mandate, now) {
                Ok(since) => {
                    let state = MandateState::InForce { since };
                    let mandate = Mandate { state, ..*mandate };
                    keep_earlier(&mut requirement.mandate, mandate);
                    if mandate.kind == MandateKind::Passkey {
                        keep_earlier(&mut requirement.passkey, mandate);
                    }
                }
                Err(_) => keep_earlier(&mut requirement.announced, *mandate),
            }
        }
    }
    requirement
}

fn keep_earlier(known: &mut Option<Mandate>, other: Mandate) {
    if known.is_none_or(|known| other.start() < known.start()) {
        *known = Some(other);
    }
}

/// Returns whether a mandate for `role` covers, or would cover, an account with `roles`.
#[must_use]
pub fn covers(organization: &Organization, roles: &RoleSet, role: RoleId) -> bool {
    roles
        .iter()
        .any(|own| implied(organization, own).any(|implied| implied == role))
}

/// Returns what log-in demands of every administrator at `now`. A mandate for another role, which one of them may hold
/// besides, does not count.
pub(crate) fn demands_of_administrators(organization: &Organization, now: UnixTime) -> MandateKind {
    let mut mandates = mandates_for(organization, RoleId::ADMINISTRATOR);
    match mandates.any(|it| it.kind == MandateKind::Passkey && mandate_since(it, now).is_ok()) {
        true => MandateKind::Passkey,
        false => MandateKind::SecondFactor,
    }
}

/// Returns the mandates that cover a role: its own and those of the roles that it implies.
fn mandates_for(organization: &Organization, role: RoleId) -> impl Iterator<Item = &Mandate> {
    implied(organization, role).flat_map(|role| {
        let mandates = organization.mandates.iter();
        mandates.filter(move |mandate| mandate.role == role)
    })
}

/// Returns a role and the roles that it implies.
fn implied(organization: &Organization, role: RoleId) -> impl Iterator<Item = RoleId> + '_ {
    // Roles that imply each other in a circle must not loop forever.
    let depth = organization.roles.len().saturating_add(1);
    core::iter::successors(Some(role), |role| organization.role(*role)?.implies).take(depth)
}

/// Returns the start of a mandate in force at `now`, or the future date as the error.
const fn mandate_since(mandate: &Mandate, now: UnixTime) -> Result<UnixTime, UnixTime> {
    match mandate.state {
        MandateState::InForce { since } => Ok(since),
        MandateState::Announced { date, .. } if now.0 >= date.0 => Ok(date),
        MandateState::Announced { date, .. } => Err(date),
    }
}

/// Returns whether an account may enroll with the password alone. An account that ever had an authenticator may not,
/// nor one whose own is about to be imported, unless a hardware token is assigned instead, or else a thief of the password could bind another one. Any other account may while nothing requires a second factor,
/// and then for the organization's enrollment window, counted from the latest of the account's creation, enabling and
/// the mandate.
pub(crate) fn enrollment_open(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> bool {
    let Some(organization) = organization.filter(|_| !account.ever) else {
        return false;
    };
    // With a token that is assigned, the password alone binds nothing.
    if account.awaits_import && !account.awaits_token {
        return false;
    }
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

/// Returns whether the owner may turn the second factor off, apart from the fresh code.
pub(crate) fn may_turn_off(
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
    account.factor_at(now).counts()
}

/// Returns whether the owner may turn the second factor on or off, for a page that shows the toggle. The
/// command decides again.
///
/// # Errors
/// The [`Refusal`] that says why not.
pub fn may_turn_on_or_off(
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
    if let Err(
        broken @ (Refusal::Suspended { .. }
        | Refusal::RecoverFirst { .. }
        | Refusal::ResetCodeRequired(_)),
    ) = account.factor_at(now).counts()
    {
        return Err(broken);
    }
    if requirement.toggle && organization.preset == Preset::StrictLatch {
        return Err(Refusal::Latched(organization.hardened_by()));
    }
    Ok(())
}
