//! Who may see and do what the commands do not decide: what callers ask for pages and settings of their own.

use crate::{Authenticator, Level, Refusal, Snapshot, UnixTime, limits, rights};

/// Whether the session of a snapshot may see what administrators see. What they change, [`decide`](crate::decide) decides.
///
/// # Errors
/// The [`Refusal`] that says what is missing; [`Refusal::StepUp`] where an authenticator is bound and no code was given.
pub fn may_see_administration(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let level = rights(snapshot, now)?;
    let bound = !matches!(snapshot.actor.authenticator, Authenticator::None);
    if !snapshot.actor.is_administrator() {
        Err(Refusal::NotAdmin)
    } else if level == Level::Level1 && bound {
        // Before an authenticator is bound there is nothing more to show.
        Err(Refusal::StepUp)
    } else {
        Ok(())
    }
}

/// Whether the session of a snapshot may change a setting that the rules know nothing of: an administrator's, where
/// multi-factor log-in is enabled, with a code given within [`limits::RECENT`] seconds.
///
/// # Errors
/// The [`Refusal`] that says what is missing.
pub fn may_administer(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let level = rights(snapshot, now)?;
    let enabled = snapshot.organization.is_some_and(|it| it.is_enabled());
    let since = snapshot.session.map_or(u64::MAX, |it| now.since(it.at));
    if !snapshot.actor.is_administrator() {
        Err(Refusal::NotAdmin)
    } else if !enabled {
        Err(Refusal::NotEnabled)
    } else if level != Level::Level2 || since > limits::RECENT {
        Err(Refusal::NotFresh)
    } else {
        Ok(())
    }
}
