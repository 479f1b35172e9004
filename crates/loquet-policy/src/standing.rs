//! What a session is worth now.

use crate::requirement::{enrollment_open, required};
use crate::{
    Account, Authenticator, Level, Organization, Refusal, Session, Snapshot, UnixTime, limits,
};

/// What the session of a snapshot is worth at `now`: recomputed at every request, never more
/// than it was granted at.
///
/// # Errors
/// A [`Refusal`] when the session is over, with the reason.
///
/// # Security
/// Only [`Level::Level1`] and [`Level::Level2`] carry rights.
pub fn standing(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
    standing_of(snapshot.organization, snapshot.actor, snapshot.session, now)
}

/// The same, if it carries rights: [`Level::Level1`] or [`Level::Level2`].
///
/// # Errors
/// The [`Refusal`] that says what is to be done first, and because of what.
pub fn rights(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
    rights_of(snapshot.organization, snapshot.actor, snapshot.session, now)
}

pub(crate) fn rights_of(
    organization: Option<&Organization>,
    account: &Account,
    session: Option<&Session>,
    now: UnixTime,
) -> Result<Level, Refusal> {
    let why = || required(organization, account, now).cause();
    match standing_of(organization, account, session, now)? {
        Level::HalfLogin => Err(Refusal::CodeRequired(why())),
        Level::EnrollOnly => Err(Refusal::EnrollOnly(why())),
        // It is disabled, or the session would be of another level.
        Level::RecoveryOnly => {
            let disabled = account.authenticator_at(now).counts();
            disabled.and(Err(Refusal::StaleLogIn))
        }
        level @ (Level::Level1 | Level::Level2) => Ok(level),
    }
}

pub(crate) fn standing_of(
    organization: Option<&Organization>,
    account: &Account,
    session: Option<&Session>,
    now: UnixTime,
) -> Result<Level, Refusal> {
    let session = session.ok_or(Refusal::LogInRequired)?;
    if session.account != account.id {
        return Err(Refusal::UnknownAccount);
    }
    if !account.is_active() {
        return Err(Refusal::LogInRefused);
    }
    if session.epoch != account.epoch {
        return Err(Refusal::StaleLogIn);
    }
    let bound = account.authenticator_at(now);
    match (session.level, bound) {
        (Level::HalfLogin | Level::RecoveryOnly, _)
            if now >= session.at.plus(limits::HALF_LOGIN) =>
        {
            Err(Refusal::LogInExpired)
        }
        (Level::HalfLogin, Authenticator::Active { .. }) => Ok(Level::HalfLogin),
        // INVARIANT: Level2 implies an active authenticator. Nothing asks whether it is required:
        // a session whose codes were burnt under it is no better than the burner.
        (Level::Level2, Authenticator::Active { .. }) => Ok(Level::Level2),
        (
            Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly | Level::Level2,
            Authenticator::Disabled { .. },
        ) => Ok(Level::RecoveryOnly),
        (Level::EnrollOnly, Authenticator::None | Authenticator::ResetDue { .. }) => {
            if organization.is_some() {
                Ok(Level::EnrollOnly)
            } else {
                Err(Refusal::PolicyUnavailable)
            }
        }
        // These pairs are of different epochs, so that nobody meets them.
        (Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly, _) => Err(Refusal::StaleLogIn),
        (Level::Level1 | Level::Level2, _) => entry(organization, account, now),
    }
}

/// What the password alone is worth: the heart of a log-in, and what an old Level1 session
/// falls to when a mandate begins.
pub(crate) fn entry(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> Result<Level, Refusal> {
    let requirement = required(organization, account, now);
    if !requirement.is_required() {
        return Ok(Level::Level1);
    }
    match account.authenticator_at(now) {
        Authenticator::Active { .. } => Ok(Level::HalfLogin),
        Authenticator::Disabled { .. } => Ok(Level::RecoveryOnly),
        Authenticator::None | Authenticator::ResetDue { .. } if requirement.unreadable => {
            Err(Refusal::PolicyUnavailable)
        }
        Authenticator::ResetDue { .. } => Ok(Level::EnrollOnly),
        Authenticator::None if enrollment_open(organization, account, now) => Ok(Level::EnrollOnly),
        Authenticator::None => Err(Refusal::ResetCodeRequired(requirement.cause())),
    }
}
