//! The level that a session has now.

use crate::requirement::{enrollment_open, required};
use crate::{
    Account, Authenticator, FactorState, Level, MandateKind, Organization, Refusal, Session,
    Snapshot, UnixTime, limits,
};

/// Returns the level of the snapshot's session at `now`. It is computed anew for each request and never
/// exceeds the level at which the session was granted.
///
/// # Errors
/// A [`Refusal`] when the session is over.
///
/// # Security
/// Only [`Level::Level1`] and [`Level::Level2`] give rights.
pub fn current_level(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
    level_of(snapshot.organization, snapshot.actor, snapshot.session, now)
}

/// Returns the level of the snapshot's session at `now`, if it gives rights: [`Level::Level1`] or
/// [`Level::Level2`].
///
/// # Errors
/// The [`Refusal`] that says what must be done first, and why.
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
    match level_of(organization, account, session, now)? {
        Level::HalfLogin => Err(Refusal::CodeRequired(why())),
        Level::EnrollOnly => Err(Refusal::EnrollOnly(why())),
        // The authenticator is disabled, or the session would have another level.
        Level::RecoveryOnly => {
            let disabled = account.factor_at(now).counts();
            // Or codes were enough for a while, and are not any more.
            let since = account.codes_until.ok_or(Refusal::StaleLogIn);
            disabled.and(since.and_then(|since| Err(Refusal::RecoverFirst { since })))
        }
        level @ (Level::Level1 | Level::Level2) => Ok(level),
    }
}

pub(crate) fn level_of(
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
    let bound = account.factor_at(now);
    match (session.level, bound) {
        (Level::HalfLogin | Level::RecoveryOnly, _)
            if session
                .at
                .age(now)
                .is_none_or(|age| age >= limits::HALF_LOGIN) =>
        {
            Err(Refusal::LogInExpired)
        }
        (Level::HalfLogin | Level::RecoveryOnly, FactorState::Active) => {
            Ok(half_level(organization, account, now))
        }
        // INVARIANT: Level2 implies an active authenticator, whether or not one is required: a thief who
        // exhausted the failures must not keep a Level2 session.
        (Level::Level2, FactorState::Active) if session.passkey && account.has_active_passkey() => {
            Ok(Level::Level2)
        }
        (Level::Level2, FactorState::Active) => Ok(level_by_code(organization, account, now)),
        (
            Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly | Level::Level2,
            FactorState::Suspended { .. } | FactorState::Disabled { .. },
        ) => Ok(Level::RecoveryOnly),
        (Level::EnrollOnly, FactorState::None | FactorState::ResetDue { .. }) => {
            if organization.is_some() {
                Ok(Level::EnrollOnly)
            } else {
                Err(Refusal::PolicyUnavailable)
            }
        }
        // Such a session belongs to an earlier epoch, so that this is unreachable.
        (Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly, _) => Err(Refusal::StaleLogIn),
        (Level::Level1 | Level::Level2, _) => level_after_password(organization, account, now),
    }
}

/// Returns the level that a code gives. Where a mandate demands a passkey, an account without one so far can only enroll one.
/// Once one is bound, a suspended one too, a code gives nothing: it could have been phished. After a reset or a recovery it is
/// enough until [`Account::codes_until`]. Rules that cannot be read may demand a passkey.
pub(crate) fn level_by_code(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> Level {
    let is_demanded = organization.is_none_or(|organization| {
        let mut mandates = organization.mandates.iter();
        mandates.any(|mandate| mandate.kind == MandateKind::Passkey)
            && required(Some(organization), account, now).passkey.is_some()
    });
    let has_passkey = || account.second_factor.iter().any(Authenticator::is_passkey);
    match account.codes_until {
        _ if !is_demanded => Level::Level2,
        Some(until) if now < until => Level::Level2,
        Some(_) => Level::RecoveryOnly,
        None if has_passkey() => Level::HalfLogin,
        None if organization.is_none() => Level::Level2,
        None => Level::EnrollOnly,
    }
}

/// Returns whether a six-digit code counts for anything, for a page that asks for it. It does not where a mandate demands a
/// passkey and the account has one, or has come back with an app longer than [`limits::CODES_AFTER_RESET`] seconds ago.
#[must_use]
pub fn accepts_codes(organization: &Organization, account: &Account, now: UnixTime) -> bool {
    let level = level_by_code(Some(organization), account, now);
    account.second_factor.with_codes().next().is_some()
        && matches!(level, Level::Level2 | Level::EnrollOnly)
}

/// Returns the level of a session that owes what proves the account: it can only recover where nothing that is bound does.
fn half_level(organization: Option<&Organization>, account: &Account, now: UnixTime) -> Level {
    match level_by_code(organization, account, now) {
        Level::RecoveryOnly => Level::RecoveryOnly,
        _ => Level::HalfLogin,
    }
}

/// Returns the level that the correct password gives. An old Level1 session falls to it when a mandate
/// begins.
pub(crate) fn level_after_password(
    organization: Option<&Organization>,
    account: &Account,
    now: UnixTime,
) -> Result<Level, Refusal> {
    let requirement = required(organization, account, now);
    if !requirement.is_required() {
        return Ok(Level::Level1);
    }
    match account.factor_at(now) {
        FactorState::Active => Ok(half_level(organization, account, now)),
        FactorState::Suspended { .. } | FactorState::Disabled { .. } => Ok(Level::RecoveryOnly),
        FactorState::None | FactorState::ResetDue { .. } if requirement.unreadable => {
            Err(Refusal::PolicyUnavailable)
        }
        FactorState::ResetDue { .. } => Ok(Level::EnrollOnly),
        FactorState::None if enrollment_open(organization, account, now) => Ok(Level::EnrollOnly),
        FactorState::None => Err(Refusal::ResetCodeRequired(requirement.cause())),
    }
}
