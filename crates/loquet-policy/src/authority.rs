//! Permissions for the caller's own pages and settings, which no command covers.

use crate::{Authenticator, Level, Refusal, Snapshot, UnixTime, limits, rights};

/// Returns whether the snapshot's session may see the administration pages. [`decide`](crate::decide) decides
/// on changes.
///
/// # Errors
/// The [`Refusal`] that says what is missing; [`Refusal::StepUp`] where an authenticator is bound and no code
/// was submitted.
pub fn may_see_administration(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<(), Refusal> {
    let level = rights(snapshot, now)?;
    let bound = !matches!(snapshot.actor.authenticator, Authenticator::None);
    if !snapshot.actor.is_administrator() {
        Err(Refusal::NotAdmin)
    } else if level == Level::Level1 && bound {
        // Without an authenticator there is nothing more to show.
        Err(Refusal::StepUp)
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
