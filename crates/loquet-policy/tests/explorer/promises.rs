//! S1 to S12, said of worlds and steps in words of their own: nothing here asks the engine what
//! it requires.
//!
//! S7 looks backwards over the whole space and stands in `search.rs`. S11 (no outcome of a code is
//! revealed before its commit) is no matter of rules: `loquet::accept` holds it, with what its
//! documentation refuses to compile and with `loquet`'s `tests/faults.rs`, where a store that
//! fails for ever reveals nothing.

use crate::actions::*;
use crate::happen::confirm;
use crate::world::*;
use loquet_policy::*;

type Promise = Result<(), String>;

fn rights(world: &World, k: usize, slot: usize, engine: &dyn Engine) -> Option<Level> {
    let level = engine
        .standing(&world.snapshot(k, Some(slot), None), NOW)
        .ok()?;
    matches!(level, Level::Level1 | Level::Level2).then_some(level)
}

/// Whether the owner is in.
pub fn is_in(world: &World, k: usize, engine: &dyn Engine) -> bool {
    rights(world, k, 0, engine).is_some()
}

fn promise(holds: bool, what: &str, k: usize) -> Promise {
    if holds {
        Ok(())
    } else {
        Err(format!("{what} (account {k})"))
    }
}

pub fn of_state(world: &World, engine: &dyn Engine) -> Promise {
    let enabled = world.organisation.is_enabled();
    let glass = world.organisation.break_glass;
    promise(
        !enabled || glass != BreakGlass::Unset,
        "S6 enabled without a seal",
        0,
    )?;
    promise(
        enabled || world.organisation.mandates.is_empty(),
        "a mandate where nothing is enabled",
        0,
    )?;
    for (k, person) in world.people.iter().enumerate() {
        let account = &person.account;
        let active = matches!(account.authenticator, Authenticator::Active { .. });
        for slot in 0..world.space.sessions {
            let level = rights(world, k, slot, engine);
            promise(
                level != Some(Level::Level1) || !world.must(k),
                "S1 a Level1 session where multi-factor log-in is required",
                k,
            )?;
            promise(
                level != Some(Level::Level2) || active,
                "S4 Level2 without an authenticator",
                k,
            )?;
            promise(
                level.is_none() || account.is_active(),
                "S5 a leaver has a session",
                k,
            )?;
            // Not among S1 to S12, and what they are for: who has the pass phrase alone has
            // nothing where a second factor is required.
            let thief = world.holder(k, slot) == Who::Thief;
            promise(
                !(thief && level.is_some() && world.must(k)) || person.phone == Who::Thief,
                "a thief without the phone has rights",
                k,
            )?;
            of_pending(world, k, slot, engine)?;
            of_replays(world, k, slot, engine)?;
        }
        let clean =
            !active && account.recovery.is_empty() && account.pendings.iter().all(Option::is_none);
        promise(account.is_active() || clean, "S5 a leaver has a secret", k)?;
        promise(
            enabled || account.authenticator == Authenticator::None,
            "bound before enabling",
            k,
        )?;
        promise(!active || account.ever, "S3 active and never enrolled", k)?;
    }
    Ok(())
}

fn fits(pending: &Pending, account: &Account) -> bool {
    match pending.purpose {
        Purpose::First => account.authenticator == Authenticator::None,
        Purpose::Replace => matches!(account.authenticator, Authenticator::Active { .. }),
        Purpose::Reset => matches!(account.authenticator, Authenticator::ResetDue { .. }),
    }
}

/// S9: only the session that began an enrollment confirms it.
fn of_pending(world: &World, k: usize, slot: usize, engine: &dyn Engine) -> Promise {
    let person = &world.people[k];
    let own = person.sessions[slot].map(|session| session.id);
    if person
        .account
        .pendings_at(NOW)
        .any(|pending| Some(pending.session) == own)
    {
        return Ok(());
    }
    let good = CodeCheck::Good {
        step: STEP + 1,
        offset: 0,
    };
    let snapshot = world.snapshot(k, Some(slot), None);
    let decision = engine.decide(&snapshot, &confirm(k, good), NOW, Fresh { session: NEW });
    promise(decision.answer.is_err(), "S9 another session confirmed", k)
}

/// S12: what was used once is refused, and costs nothing.
fn of_replays(world: &World, k: usize, slot: usize, engine: &dyn Engine) -> Promise {
    if world.people[k].sessions[slot].is_none() {
        return Ok(());
    }
    let snapshot = world.snapshot(k, Some(slot), None);
    let vantage = Vantage::KnownDevice;
    let again = Submitted {
        check: CodeCheck::Good {
            step: STEP,
            offset: 0,
        },
        vantage,
    };
    let older = Submitted {
        check: CodeCheck::Used {
            step: STEP - 1,
            wait: 9,
        },
        vantage,
    };
    for command in [
        Command::GiveCode {
            code: again,
            access: Access::Allowed,
        },
        Command::GiveCode {
            code: older,
            access: Access::Allowed,
        },
        Command::SwitchOff { code: again },
        Command::BeginReplacement {
            code: again,
            recovery: RecoverySet::EMPTY,
        },
    ] {
        let decision = engine.decide(&snapshot, &command, NOW, Fresh { session: NEW });
        // A replacement that this session has begun is shown again without a code.
        let resumed = matches!(decision.answer, Ok(Grant::Pending { resumed: true, .. }));
        promise(
            decision.answer.is_err() || resumed,
            "S12 a used code was accepted",
            k,
        )?;
        let before = world.people[k].account.attempts;
        let after = decision
            .changes
            .actor
            .map_or(before, |actor| actor.attempts);
        promise(before == after, "S12 a used code cost something", k)?;
    }
    let left = world.people[k].account.recovery.len();
    for burnt in left..2 {
        let code = Some(digest(4, k, burnt as u8));
        let command = Command::UseRecoveryCode {
            code,
            vantage,
            access: Access::Allowed,
        };
        let decision = engine.decide(&snapshot, &command, NOW, Fresh { session: NEW });
        promise(
            decision.answer.is_err(),
            "S12 a burnt recovery code was accepted",
            k,
        )?;
    }
    Ok(())
}

pub fn of_step(before: &World, action: Action, outcome: &Outcome) -> Promise {
    let after = outcome.world.as_ref().unwrap_or(before);
    let granted = matches!(outcome.answer, Some(Ok(_)));
    promise(
        !before.organisation.is_enabled() || after.organisation.is_enabled(),
        "S3 multi-factor log-in was disabled",
        0,
    )?;
    for mandate in &before.organisation.mandates {
        let kept = after
            .organisation
            .mandate(mandate.role)
            .map(|mandate| mandate.state);
        promise(
            !matches!(mandate.state, MandateState::InForce { .. })
                || matches!(kept, Some(MandateState::InForce { .. })),
            "S3 a mandate in force went back",
            0,
        )?;
    }
    if let Action::Reset(k, _, j)
    | Action::Promote(k, _, j)
    | Action::Demote(k, _, j)
    | Action::Leave(k, _, j)
    | Action::Rehire(k, _, j)
    | Action::Employ(k, _, j) = action
    {
        promise(!(granted && k == j), "S2 somebody acted on oneself", k)?;
    }
    if granted
        && matches!(
            action,
            Action::Demote(..) | Action::Leave(..) | Action::HostLeave(_)
        )
    {
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
        let enabled = before.organisation.is_enabled();
        promise(
            !enabled || left > 0,
            "S6 the last administrator was taken",
            0,
        )?;
    }
    // What is shown again was allowed before, and is not confirmed by that.
    let again = matches!(
        outcome.answer,
        Some(Ok(Grant::Pending { resumed: true, .. }))
    );
    of_strangers(before, action, granted && !again)?;
    of_administration(before, action, granted)?;
    of_break_glass(before, action, granted)?;
    if granted
        && let Action::GiveCode(k, _) | Action::Confirm(k, _) = action
        && after.people[k]
            .account
            .roles
            .contains(RoleId::ADMINISTRATOR)
    {
        let opening = matches!(after.organisation.break_glass, BreakGlass::Opening { .. });
        promise(
            !opening,
            "break-glass went on although an administrator logged in",
            k,
        )?;
    }
    for k in 0..before.people.len() {
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
        )?;
        if let Action::Reset(_, _, j) | Action::Rehire(_, _, j) = action
            && j == k
            && granted
        {
            promise(is.toggle == was.toggle, "S10 a reset moved the toggle", k)?;
            promise(
                matches!(is.authenticator, Authenticator::ResetDue { .. }),
                "S10 a reset lets in without a ticket",
                k,
            )?;
        }
        // "Never Active → None by its owner": only a leaver's is erased.
        let erased =
            was.authenticator != Authenticator::None && is.authenticator == Authenticator::None;
        promise(
            !erased || !is.is_active(),
            "(A) an authenticator was removed",
            k,
        )?;
    }
    Ok(())
}

/// Once multi-factor log-in is enabled, an administrator's pass phrase alone moves nothing.
fn of_administration(before: &World, action: Action, granted: bool) -> Promise {
    let (Action::Announce(k, s)
    | Action::AnnounceNow(k, s)
    | Action::Cancel(k, s)
    | Action::RenewSeal(k, s)
    | Action::Reset(k, s, _)
    | Action::Employ(k, s, _)
    | Action::Promote(k, s, _)
    | Action::Demote(k, s, _)
    | Action::Leave(k, s, _)
    | Action::Rehire(k, s, _)) = action
    else {
        return Ok(());
    };
    let thief = before.holder(k, s) == Who::Thief && before.people[k].phone != Who::Thief;
    promise(
        !(granted && thief && before.organisation.is_enabled()),
        "a thief without the phone administered",
        k,
    )
}

/// The envelope is for an administrator, opens after a day, and lets in whom it was opened for.
fn of_break_glass(before: &World, action: Action, granted: bool) -> Promise {
    let (Action::BreakGlass(k) | Action::CollectTicket(k)) = action else {
        return Ok(());
    };
    if !granted {
        return Ok(());
    }
    let account = &before.people[k].account;
    promise(
        account.is_active() && account.roles.contains(RoleId::ADMINISTRATOR),
        "break-glass was opened for nobody's administrator",
        k,
    )?;
    if let (Action::CollectTicket(_), BreakGlass::Opening { account, ready, .. }) =
        (action, before.organisation.break_glass)
    {
        promise(ready <= NOW, "break-glass opened before its day", k)?;
        promise(account == id(k), "break-glass let in another", k)?;
    }
    Ok(())
}

/// What the pass phrase alone must never do.
fn of_strangers(before: &World, action: Action, granted: bool) -> Promise {
    let (k, s) = match action {
        Action::Confirm(k, s) | Action::Begin(k, s, _) => (k, s),
        Action::Enroll(k) => (k, 0),
        _ => return Ok(()),
    };
    if !granted {
        return Ok(());
    }
    let person = &before.people[k];
    let thief = before.holder(k, s) == Who::Thief;
    match person.account.authenticator {
        Authenticator::None => {
            let closed = before.organisation.mandates.iter().any(|mandate| {
                matches!(mandate.state, MandateState::InForce { since } if NOW >= since.plus(limits::ENROLLMENT_WINDOW))
            });
            let dormant = closed && before.must(k) && !matches!(action, Action::Confirm(..));
            promise(!dormant, "a pass phrase enrolled a dormant account", k)
        }
        Authenticator::ResetDue {
            ticket:
                Some(Ticket {
                    origin: Origin::Recovery { .. },
                    ..
                }),
        } => promise(
            !thief || person.paper == Who::Thief,
            "a thief enrolled without a recovery code",
            k,
        ),
        Authenticator::ResetDue {
            ticket: Some(ticket),
        } => {
            promise(
                !thief || person.ticket == Who::Thief,
                "a thief enrolled after a reset",
                k,
            )?;
            let stands = match ticket.origin {
                Origin::Administrator { by, mark, .. } => before
                    .roster
                    .administrator(by)
                    .is_some_and(|author| author.mark == mark),
                _ => true,
            };
            promise(stands, "a ticket outlived its author", k)
        }
        Authenticator::ResetDue { ticket: None } => promise(false, "a void ticket enrolled", k),
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
