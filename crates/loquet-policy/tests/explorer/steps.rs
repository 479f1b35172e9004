//! What each step must keep: the promises that look at a world before and after.

use crate::actions::*;
use crate::promises::{Promise, promise};
use crate::world::*;
use loquet_policy::*;

pub fn of_step(before: &World, action: Action, outcome: &Outcome) -> Promise {
    let after = outcome.world.as_ref().unwrap_or(before);
    let granted = matches!(outcome.answer, Some(Ok(_)));
    of_latches(before, after)?;
    if granted {
        of_taking(before, after, action)?;
        // What is shown again was allowed before, and is not confirmed by that.
        let again = matches!(
            outcome.answer,
            Some(Ok(Grant::Pending { resumed: true, .. }))
        );
        if !again {
            of_strangers(before, action)?;
        }
        of_administration(before, action)?;
        of_break_glass(before, after, action)?;
    }
    for k in 0..before.people.len() {
        of_account(before, after, k)?;
        of_reset(before, after, k, granted.then_some(action))?;
    }
    Ok(())
}

/// S3: what was enabled or imposed stays.
fn of_latches(before: &World, after: &World) -> Promise {
    promise(
        !before.organization.is_enabled() || after.organization.is_enabled(),
        "S3 multi-factor log-in was disabled",
        0,
    )?;
    let in_force = |mandate: &Mandate| matches!(mandate.state, MandateState::InForce { .. });
    for mandate in &before.organization.mandates {
        let kept = after.organization.mandate(mandate.role);
        promise(
            !in_force(mandate) || kept.is_some_and(in_force),
            "S3 a mandate in force went back",
            0,
        )?;
    }
    Ok(())
}

/// S2 and S6: nobody acts on oneself, and no administrator goes who is needed.
fn of_taking(before: &World, after: &World, action: Action) -> Promise {
    if let Action::Reset(k, _, j)
    | Action::Promote(k, _, j)
    | Action::Demote(k, _, j)
    | Action::Deactivate(k, _, j)
    | Action::Reactivate(k, _, j)
    | Action::Employ(k, _, j) = action
    {
        promise(k != j, "S2 somebody acted on oneself", k)?;
    }
    let (Action::Demote(..) | Action::Deactivate(..) | Action::HostDeactivate(_)) = action else {
        return Ok(());
    };
    let (had, has) = (
        before.enrolled_administrators(),
        after.enrolled_administrators(),
    );
    promise(
        had == 0 || has > 0,
        "S6 the last enrolled administrator was taken",
        0,
    )?;
    let left = after.roster.administrators.len();
    let enabled = before.organization.is_enabled();
    promise(
        !enabled || left > 0,
        "S6 the last administrator was taken",
        0,
    )
}

fn fits(pending: &Pending, account: &Account) -> bool {
    match pending.purpose {
        Purpose::First => account.authenticator == Authenticator::None,
        Purpose::Replace => matches!(account.authenticator, Authenticator::Active { .. }),
        Purpose::Reset => matches!(account.authenticator, Authenticator::ResetDue { .. }),
    }
}

/// S3, S8 and S9 of one account, the strict latch, and the list of administrators.
fn of_account(before: &World, after: &World, k: usize) -> Promise {
    let (was, is) = (&before.people[k].account, &after.people[k].account);
    promise(!was.ever || is.ever, "S3 `ever enrolled` went back", k)?;
    promise(
        is.pendings.iter().flatten().all(|it| fits(it, is)),
        "S9 a pending of another state",
        k,
    )?;
    promise(
        !(before.space.strict && was.toggle) || is.toggle,
        "(A) the switch went off under the strict latch",
        k,
    )?;
    let listed = after.roster.administrator(is.id);
    let administrator = is.is_active() && is.roles.contains(RoleId::ADMINISTRATOR);
    promise(
        listed.is_some() == administrator,
        "the list of administrators is wrong",
        k,
    )?;
    let active = matches!(is.authenticator, Authenticator::Active { .. });
    promise(
        listed.is_none_or(|it| it.enrolled == active),
        "the list says enrolled wrongly",
        k,
    )?;
    // S10 is the case of a reset.
    promise(
        !(before.must(k) && after.covered(k, false)) || after.must(k),
        "S8 a requirement was lowered under a mandate",
        k,
    )
}

/// S10, and "never Active → None by its owner": only a leaver's authenticator is erased.
fn of_reset(before: &World, after: &World, k: usize, granted: Option<Action>) -> Promise {
    let (was, is) = (&before.people[k].account, &after.people[k].account);
    if let Some(Action::Reset(_, _, j) | Action::Reactivate(_, _, j)) = granted
        && j == k
    {
        promise(is.toggle == was.toggle, "S10 a reset moved the toggle", k)?;
        promise(
            matches!(is.authenticator, Authenticator::ResetDue { .. }),
            "S10 a reset lets in without a reset code",
            k,
        )?;
    }
    let erased =
        was.authenticator != Authenticator::None && is.authenticator == Authenticator::None;
    promise(
        !erased || !is.is_active(),
        "(A) an authenticator was removed",
        k,
    )
}

/// Once multi-factor log-in is enabled, an administrator's password alone moves nothing.
fn of_administration(before: &World, action: Action) -> Promise {
    let (Action::ScheduleMandate(k, s)
    | Action::AnnounceNow(k, s)
    | Action::Cancel(k, s)
    | Action::RenewBreakGlassCode(k, s)
    | Action::Reset(k, s, _)
    | Action::Employ(k, s, _)
    | Action::Promote(k, s, _)
    | Action::Demote(k, s, _)
    | Action::Deactivate(k, s, _)
    | Action::Reactivate(k, s, _)) = action
    else {
        return Ok(());
    };
    let thief = before.holder(k, s) == Who::Thief && before.people[k].phone != Who::Thief;
    promise(
        !(thief && before.organization.is_enabled()),
        "a thief without the phone administered",
        k,
    )
}

/// The envelope is for an administrator, opens after a day, and lets in whom it was opened for.
fn of_break_glass(before: &World, after: &World, action: Action) -> Promise {
    if let Action::VerifyCode(k, _) | Action::Confirm(k, _) = action
        && after.people[k]
            .account
            .roles
            .contains(RoleId::ADMINISTRATOR)
    {
        let opening = matches!(after.organization.break_glass, BreakGlass::Opening { .. });
        promise(
            !opening,
            "break-glass went on although an administrator logged in",
            k,
        )?;
    }
    let (Action::BreakGlass(k) | Action::CollectResetCode(k)) = action else {
        return Ok(());
    };
    let account = &before.people[k].account;
    promise(
        account.is_active() && account.roles.contains(RoleId::ADMINISTRATOR),
        "break-glass was opened for nobody's administrator",
        k,
    )?;
    if let (Action::CollectResetCode(_), BreakGlass::Opening { account, ready, .. }) =
        (action, before.organization.break_glass)
    {
        promise(ready <= NOW, "break-glass opened before its day", k)?;
        promise(account == id(k), "break-glass let in another", k)?;
    }
    Ok(())
}

/// What the password alone must never do.
fn of_strangers(before: &World, action: Action) -> Promise {
    let (k, s) = match action {
        Action::Confirm(k, s) | Action::Begin(k, s, _) => (k, s),
        Action::Enroll(k) => (k, 0),
        _ => return Ok(()),
    };
    let person = &before.people[k];
    let thief = before.holder(k, s) == Who::Thief;
    match person.account.authenticator {
        Authenticator::None => {
            let closed = before.organization.mandates.iter().any(|mandate| {
                matches!(mandate.state, MandateState::InForce { since } if NOW >= since.plus(limits::ENROLLMENT_WINDOW))
            });
            let dormant = closed && before.must(k) && !matches!(action, Action::Confirm(..));
            promise(!dormant, "a password enrolled a dormant account", k)
        }
        Authenticator::ResetDue {
            reset_code:
                Some(ResetCode {
                    origin: Origin::Recovery { .. },
                    ..
                }),
        } => promise(
            !thief || person.paper == Who::Thief,
            "a thief enrolled without a recovery code",
            k,
        ),
        Authenticator::ResetDue {
            reset_code: Some(reset_code),
        } => {
            promise(
                !thief || person.reset_code == Who::Thief,
                "a thief enrolled after a reset",
                k,
            )?;
            let stands = match reset_code.origin {
                Origin::Administrator { by, mark, .. } => before
                    .roster
                    .administrator(by)
                    .is_some_and(|author| author.mark == mark),
                _ => true,
            };
            promise(stands, "a reset code outlived its author", k)
        }
        Authenticator::ResetDue { reset_code: None } => {
            promise(false, "a void reset code enrolled", k)
        }
        Authenticator::Active { .. } => promise(
            !thief || person.phone == Who::Thief,
            "a thief replaced the authenticator",
            k,
        ),
        Authenticator::Disabled { .. } => {
            promise(false, "a disabled authenticator was replaced", k)
        }
    }
}
