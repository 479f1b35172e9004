//! Permissions for the caller's own pages and settings, which no command covers.

use crate::{
    Access, Account, FactorState, Level, Organization, Refusal, SecondFactor, Session, Snapshot,
    Status, UnixTime, limits, rights,
};

/// Returns whether the snapshot's session may see the administration pages. [`decide`](crate::decide()) decides
/// on changes.
///
/// # Errors
/// The [`Refusal`] that says what is missing; [`Refusal::StepUp`] where an authenticator is bound and no code
/// was submitted.
pub fn may_see_administration(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let level = rights(snapshot, now)?;
    let bound = snapshot.actor.second_factor != SecondFactor::None;
    let enabled = snapshot.organization.is_none_or(Organization::is_enabled);
    if !snapshot.actor.is_administrator() {
        Err(Refusal::NotAdmin)
    } else if level == Level::Level1 && bound && enabled {
        // Without an authenticator there is nothing more to show, and what was imported rests until enabling.
        Err(Refusal::StepUp)
    } else {
        Ok(())
    }
}

/// Returns whether the snapshot's session may see the break-glass code that the host proposes: it may see the
/// administration pages, or it enrolls an administrator after break-glass, who types the new code back.
///
/// # Errors
/// The [`Refusal`] that says what is missing.
pub fn may_see_break_glass_code(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let actor = snapshot.actor;
    match may_see_administration(snapshot, now) {
        Err(Refusal::EnrollOnly(_)) if actor.is_administrator() && actor.holds_break_glass(now) => {
            Ok(())
        }
        other => other,
    }
}

/// Returns whether the host may act in the name of an account for its organization, which only an
/// administrator's allows.
///
/// # Errors
/// [`Refusal::NotAdmin`].
pub fn may_lend_name(account: &Account) -> Result<(), Refusal> {
    if account.is_administrator() {
        Ok(())
    } else {
        Err(Refusal::NotAdmin)
    }
}

/// Returns whether the host may create this account: once multi-factor log-in is enabled only an administrator
/// makes administrators.
#[must_use]
pub fn may_create(organization: &Organization, account: &Account) -> bool {
    !(account.is_administrator() && organization.is_enabled())
}

/// Returns whether the host may give an account another name.
///
/// # Errors
/// [`Refusal::IsDeactivated`].
pub const fn may_rename(account: &Account) -> Result<(), Refusal> {
    match account.status {
        Status::Active => Ok(()),
        Status::Deactivated { since } => Err(Refusal::IsDeactivated { since }),
    }
}

/// Returns whether the host may erase what is personal of an account.
///
/// # Errors
/// [`Refusal::NotDeactivated`] where the account is active.
pub fn may_erase(account: &Account) -> Result<(), Refusal> {
    if account.is_active() {
        Err(Refusal::NotDeactivated)
    } else {
        Ok(())
    }
}

/// Returns whether the snapshot's session may change a setting that the rules do not cover: it belongs to an
/// administrator, multi-factor log-in is enabled, and its code is at most [`limits::RECENT`] seconds old.
///
/// # Errors
/// The [`Refusal`] that says what is missing.
pub fn may_administer(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let level = rights(snapshot, now)?;
    let enabled = snapshot.organization.is_some_and(|it| it.is_enabled());
    if !snapshot.actor.is_administrator() {
        Err(Refusal::NotAdmin)
    } else if !enabled {
        Err(Refusal::NotEnabled)
    } else {
        let session = snapshot.session.ok_or(Refusal::LogInRequired)?;
        require_code_within(session, level, limits::RECENT, now)?;
        require_settled(snapshot.actor, session, now)
    }
}

/// Refuses a session that an authenticator may have proved which has still to settle ([`limits::SETTLING`]).
///
/// # Errors
/// [`Refusal::NotSettled`].
pub fn require_settled(account: &Account, session: &Session, now: UnixTime) -> Result<(), Refusal> {
    let proved = account.unsettled_proof.filter(|at| session.at <= *at);
    let active = account.second_factor.active();
    match active.filter_map(|it| it.settles(now)).max() {
        Some(until) if proved.is_some() => Err(Refusal::NotSettled { until }),
        _ => Ok(()),
    }
}

/// Returns whether the snapshot's session may forget the devices of its account, or end other sessions in which a code was
/// given: it gave a code itself, where the account has an authenticator to give codes with. The password alone takes
/// nothing away that a code gave.
///
/// # Errors
/// The [`Refusal`] that says what is missing; [`Refusal::StepUp`] where it is a code, [`Refusal::Suspended`] where codes are
/// not accepted since a report of loss.
pub fn may_end_sessions(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let level = rights(snapshot, now)?;
    require_code_given(snapshot.organization, snapshot.actor, level, now)
}

pub(crate) fn require_code_given(
    organization: Option<&Organization>,
    account: &Account,
    level: Level,
    now: UnixTime,
) -> Result<(), Refusal> {
    // What was imported rests until enabling.
    let enabled = organization.is_none_or(Organization::is_enabled);
    match account.factor_at(now) {
        _ if level != Level::Level1 || !enabled => Ok(()),
        FactorState::Active => Err(Refusal::StepUp),
        // A report of loss takes the password alone, and must not open what a code protects.
        FactorState::Suspended { since } => Err(Refusal::Suspended { since }),
        _ => Ok(()),
    }
}

/// Returns whether an account may enter from where it is: the access rules allow it, or it enters by
/// break-glass, because the rules may be what locked the administrators out.
///
/// # Errors
/// [`Refusal::AccessDenied`] or [`Refusal::AccessUnknown`].
pub fn may_enter(account: &Account, access: Access, now: UnixTime) -> Result<(), Refusal> {
    match access {
        Access::Allowed => Ok(()),
        _ if account.holds_break_glass(now) => Ok(()),
        Access::Denied => Err(Refusal::AccessDenied),
        Access::Unknown => Err(Refusal::AccessUnknown),
    }
}

/// Returns whether a session, which is at `level` now, gave its last code within `seconds`. A code that was given ahead of
/// `now` was not.
///
/// # Errors
/// [`Refusal::NotFresh`].
pub fn require_code_within(
    session: &Session,
    level: Level,
    seconds: u64,
    now: UnixTime,
) -> Result<(), Refusal> {
    let age = session.at.age(now);
    if level == Level::Level2 && age.is_some_and(|age| age <= seconds) {
        Ok(())
    } else {
        Err(Refusal::NotFresh)
    }
}
