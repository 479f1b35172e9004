//! S1 to S12, said of worlds and steps in words of their own: nothing here asks the engine what
//! it requires.
//!
//! S7 looks backwards over the whole space and stands in `search.rs`. S11 (no outcome of a code is
//! revealed before its commit) is no matter of rules: `loquet::accept` holds it, with what its
//! documentation refuses to compile and with `loquet`'s `tests/service/faults.rs`, where a store
//! that fails for ever reveals nothing.

use crate::actions::*;
use crate::asked::confirm;
use crate::world::*;
use loquet_policy::*;

pub type Promise = Result<(), String>;

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

pub fn promise(holds: bool, what: &str, k: usize) -> Promise {
    if holds {
        Ok(())
    } else {
        Err(format!("{what} (account {k})"))
    }
}

pub fn of_state(world: &World, engine: &dyn Engine) -> Promise {
    let enabled = world.organization.is_enabled();
    let glass = world.organization.break_glass;
    promise(
        !enabled || glass != BreakGlass::Unset,
        "S6 enabled without a break-glass code",
        0,
    )?;
    promise(
        enabled || world.organization.mandates.is_empty(),
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
            // Not among S1 to S12, and what they are for: who has the password alone has
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
    let (vantage, access) = (Vantage::KnownDevice, Access::Allowed);
    let (step, offset, wait, recovery) = (STEP, 0, 9, RecoverySet::EMPTY);
    let [code, older] = [
        CodeCheck::Good { step, offset },
        CodeCheck::Used {
            step: STEP - 1,
            wait,
        },
    ]
    .map(|check| Submitted { check, vantage });
    for command in [
        Command::VerifyCode { code, access },
        Command::VerifyCode {
            code: older,
            access,
        },
        Command::TurnOff { code },
        Command::BeginReplacement { code, recovery },
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
            access,
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
