//! The promises about a step: they compare the world before and after it.

use crate::actions::*;
use crate::demanded;
use crate::imports;
use crate::passkeys;
use crate::promises::{Promise, ensure};
use crate::several;
use crate::strangers::of_strangers;
use crate::tokens;
use crate::world::*;
use loquet_policy::*;

pub fn check_step(before: &World, action: Action, outcome: &Outcome) -> Promise {
    let after = outcome.world.as_ref().unwrap_or(before);
    let granted = matches!(outcome.answer, Some(Ok(_)));
    of_permanence(before, after)?;
    passkeys::check_step(before, outcome, action)?;
    demanded::check_step(before, outcome, action)?;
    if granted {
        of_removals(before, after, action)?;
        // Showing an enrollment again is not a new one.
        let again = matches!(
            outcome.answer,
            Some(Ok(Grant::Pending { resumed: true, .. }))
        );
        if !again {
            of_strangers(before, action)?;
            of_quota(before, action)?;
        }
        of_reports(before, action)?;
        of_log_outs(before, action)?;
        imports::check_step(before, action)?;
        tokens::check_step(before, after, action)?;
        of_administration(before, action)?;
        if !again {
            several::check_step(before, after, action)?;
        }
        // Where a passkey is demanded, a code may open no more than an enrollment.
        let is_in = match outcome.answer {
            Some(Ok(Grant::Session { level, .. } | Grant::Bound { level, .. })) => {
                level == Level::Level2
            }
            _ => true,
        };
        of_break_glass(before, after, action, is_in)?;
    }
    of_password(before, after, action)?;
    for k in 0..before.people.len() {
        of_account(before, after, k)?;
        of_reset(before, after, k, granted.then_some(action))?;
    }
    Ok(())
}

/// S3: "enabled" and "mandate in force" are never undone.
fn of_permanence(before: &World, after: &World) -> Promise {
    ensure(
        !before.organization.is_enabled() || after.organization.is_enabled(),
        "S3 multi-factor log-in was disabled",
        0,
    )?;
    let in_force = |mandate: &Mandate| matches!(mandate.state, MandateState::InForce { .. });
    for mandate in &before.organization.mandates {
        let kept = after.organization.mandate(mandate.role, mandate.kind);
        ensure(
            !in_force(mandate) || kept.is_some_and(in_force),
            "S3 a mandate in force went back",
            0,
        )?;
    }
    Ok(())
}

/// S2: an administrator cannot act on their own account. S6: the last enrolled administrator is not removed.
fn of_removals(before: &World, after: &World, action: Action) -> Promise {
    if let Action::Reset(k, _, j)
    | Action::Promote(k, _, j)
    | Action::Demote(k, _, j)
    | Action::Deactivate(k, _, j)
    | Action::Reactivate(k, _, j)
    | Action::UndoReportOf(k, _, j)
    | Action::Employ(k, _, j) = action
    {
        ensure(k != j, "S2 an administrator acted on their own account", k)?;
    }
    let (Action::Demote(..) | Action::Deactivate(..) | Action::HostDeactivate(_)) = action else {
        return Ok(());
    };
    let (had, has) = (
        before.enrolled_administrators(),
        after.enrolled_administrators(),
    );
    let promise = "S6 the last enrolled administrator was removed";
    ensure(had == 0 || has > 0, promise, 0)?;
    let left = after.roster.administrators.len();
    let enabled = before.organization.is_enabled();
    ensure(
        !enabled || left > 0,
        "S6 the last administrator was removed",
        0,
    )
}

fn fits(pending: &Pending, account: &Account) -> bool {
    match pending.purpose {
        Purpose::First => account.second_factor == SecondFactor::None,
        Purpose::Replace | Purpose::Add => {
            matches!(account.second_factor.state(), FactorState::Active)
        }
        Purpose::Reset => matches!(account.second_factor, SecondFactor::ResetDue { .. }),
    }
}

/// Checks S3, S8, S9, the strict preset and the roster for one account.
fn of_account(before: &World, after: &World, k: usize) -> Promise {
    let (was, is) = (&before.people[k].account, &after.people[k].account);
    ensure(!was.ever || is.ever, "S3 `ever` was reset", k)?;
    ensure(
        is.pendings.iter().flatten().all(|it| fits(it, is)),
        "S9 a pending enrollment of another state",
        k,
    )?;
    let mut sessions: Vec<_> = is.pendings.iter().flatten().map(|it| it.session).collect();
    let begun = sessions.len();
    sessions.dedup();
    ensure(
        sessions.len() == begun,
        "S9 a session has two enrollments",
        k,
    )?;
    ensure(
        !(before.space.strict && was.toggle) || is.toggle,
        "the toggle was turned off under the strict latch",
        k,
    )?;
    let listed = after.roster.administrator(is.id);
    let administrator = is.is_active() && is.roles.contains(RoleId::ADMINISTRATOR);
    ensure(
        listed.is_some() == administrator,
        "the roster has wrong administrators",
        k,
    )?;
    ensure(
        listed.is_none_or(|it| it.enrolled == is_enrolled(is)),
        "the roster has a wrong enrollment",
        k,
    )?;
    let has_passkey = is.second_factor.active().any(|it| it.is_passkey());
    ensure(
        !before.space.demanded || listed.is_none_or(|it| it.passkey == has_passkey),
        "the roster has a wrong passkey",
        k,
    )?;
    // A reset is the case of S10.
    ensure(
        !(before.must(k) && after.covered(k, false)) || after.must(k),
        "S8 a requirement was lowered under a mandate",
        k,
    )
}

/// S10: a reset never lowers the requirement. Only deactivation erases an authenticator.
fn of_reset(before: &World, after: &World, k: usize, granted: Option<Action>) -> Promise {
    let (was, is) = (&before.people[k].account, &after.people[k].account);
    if let Some(Action::Reset(_, _, j) | Action::Reactivate(_, _, j)) = granted
        && j == k
    {
        ensure(is.toggle == was.toggle, "S10 a reset changed the toggle", k)?;
        ensure(
            matches!(is.second_factor, SecondFactor::ResetDue { .. }),
            "S10 a reset did not require a reset code",
            k,
        )?;
    }
    let erased = was.second_factor != SecondFactor::None && is.second_factor == SecondFactor::None;
    ensure(
        !erased || !is.is_active(),
        "an authenticator was removed",
        k,
    )
}

/// After enabling, an administrator's password alone changes nothing.
fn of_administration(before: &World, action: Action) -> Promise {
    let (Action::ScheduleMandate(k, s)
    | Action::MandateNow(k, s)
    | Action::CancelMandate(k, s)
    | Action::RenewBreakGlassCode(k, s)
    | Action::Reset(k, s, _)
    | Action::UndoReportOf(k, s, _)
    | Action::Employ(k, s, _)
    | Action::Promote(k, s, _)
    | Action::Demote(k, s, _)
    | Action::Deactivate(k, s, _)
    | Action::Reactivate(k, s, _)) = action
    else {
        return Ok(());
    };
    let thief = before.holder(k, s) == Who::Thief && !before.people[k].has_phone(Who::Thief);
    ensure(
        !(thief && before.organization.is_enabled()),
        "a thief without the phone gave an administrator's command",
        k,
    )
}

/// Break-glass serves only an administrator, opens after a day, and readmits only the named account.
fn of_break_glass(before: &World, after: &World, action: Action, is_in: bool) -> Promise {
    if let Action::VerifyCode(k, _)
    | Action::Confirm(k, _)
    | Action::ConfirmPasskey(k, _)
    | Action::ConfirmToken(k, _) = action
        && after.people[k]
            .account
            .roles
            .contains(RoleId::ADMINISTRATOR)
        && is_in
    {
        let opening = matches!(after.organization.break_glass, BreakGlass::Opening { .. });
        ensure(
            !opening,
            "break-glass continued although an administrator logged in",
            k,
        )?;
    }
    let (Action::BreakGlass(k) | Action::CollectResetCode(k)) = action else {
        return Ok(());
    };
    let account = &before.people[k].account;
    ensure(
        account.is_active() && account.roles.contains(RoleId::ADMINISTRATOR),
        "break-glass was opened for another role",
        k,
    )?;
    if let (Action::CollectResetCode(_), BreakGlass::Opening { account, ready, .. }) =
        (action, before.organization.break_glass)
    {
        ensure(ready <= NOW, "break-glass opened before its wait ended", k)?;
        ensure(
            account == id(k),
            "break-glass readmitted another account",
            k,
        )?;
    }
    Ok(())
}

/// To undo a report of loss takes the phone, and the mail or a recovery code. After that, the password alone reports no
/// other for a while.
fn of_reports(before: &World, action: Action) -> Promise {
    match action {
        Action::UndoReport(k, s, _) | Action::UndoReportByCode(k, s) => {
            let (person, holder) = (&before.people[k], before.holder(k, s));
            let codes = person.printed_codes == holder && !person.account.recovery.is_empty();
            ensure(
                before.reads_mail(k, s) || codes,
                "a report was undone without the link or a recovery code",
                k,
            )?;
            ensure(
                person.has_phone(holder),
                "a report was undone without the phone",
                k,
            )
        }
        Action::RenewRecoveryCodes(k, s) => ensure(
            before.people[k].has_phone(before.holder(k, s)),
            "recovery codes were renewed without the phone",
            k,
        ),
        Action::ReportLost(k, ..) => ensure(
            before.people[k].account.reports_refused_until.is_none(),
            "a loss was reported again after the report was undone",
            k,
        ),
        _ => Ok(()),
    }
}

/// What a thief does with the password alone takes no authenticator, no reset code and no recovery code away.
fn of_password(before: &World, after: &World, action: Action) -> Promise {
    for (k, (was, is)) in before.people.iter().zip(&after.people).enumerate() {
        let belongings = [was.printed_codes, was.reset_code];
        if was.has_phone(Who::Thief)
            || action.by(before) != Who::Thief
            || before.space.victim != Some(k)
            || before.space.mailbox
            || belongings.contains(&Who::Thief)
        {
            continue;
        }
        let (was, is) = (&was.account, &is.account);
        ensure(
            !has_secret(was) || has_secret(is),
            "the password alone disabled the authenticator",
            k,
        )?;
        let void = SecondFactor::ResetDue { reset_code: None };
        ensure(
            is.second_factor != void || was.second_factor == void || author_left(before, was),
            "the password alone voided a reset code",
            k,
        )?;
        ensure(
            is.recovery.len() >= was.recovery.len(),
            "the password alone used up a recovery code",
            k,
        )?;
    }
    Ok(())
}

/// Where an authenticator is active, a session that gave no code does not end the others.
fn of_log_outs(before: &World, action: Action) -> Promise {
    let Action::LogOutEverywhere(k, s) = action else {
        return Ok(());
    };
    let (account, session) = (&before.people[k].account, &before.people[k].sessions[s]);
    let gave_code = session.is_some_and(|session| session.level == Level::Level2);
    let takes_none = !before.organization.is_enabled() || !is_enrolled(account);
    let promise = "the password alone ended sessions of codes";
    ensure(gave_code || takes_none, promise, k)
}

pub fn author_left(world: &World, account: &Account) -> bool {
    let SecondFactor::ResetDue {
        reset_code:
            Some(ResetCode {
                origin: Origin::Administrator { by, mark, .. },
                ..
            }),
    } = account.second_factor
    else {
        return false;
    };
    let author = world.roster.administrator(by);
    author.is_none_or(|author| author.mark != mark)
}

/// An account begins no more enrollments in a day than the limit.
fn of_quota(before: &World, action: Action) -> Promise {
    let (Action::Begin(k, ..) | Action::BeginLast(k, _) | Action::BeginReplacement(k, _)) = action
    else {
        return Ok(());
    };
    let used_up = before.people[k]
        .account
        .enrollments
        .wait(limits::ENROLLMENTS_A_DAY, NOW);
    ensure(
        used_up.is_none(),
        "more enrollments were begun than a day allows",
        k,
    )
}
