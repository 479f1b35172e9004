//! The promises S1 to S12 about one state, stated without the engine's own definition of "required".
//!
//! - S7 ("each active account can get back in") needs a backward search, in `search.rs`.
//! - S11 ("the outcome of a code is not revealed before its commit") is kept by the `loquet` crate:
//!   compile-fail examples in its documentation, and `tests/service/faults.rs`, where a store that always
//!   fails reveals nothing.

use crate::actions::*;
use crate::demanded;
use crate::passkeys;
use crate::request::confirm;
use crate::world::*;
use loquet_policy::*;

pub type Promise = Result<(), String>;

fn rights(world: &World, k: usize, slot: usize, engine: &dyn Engine) -> Option<Level> {
    let level = engine
        .current_level(&world.snapshot(k, Some(slot), None), NOW)
        .ok()?;
    matches!(level, Level::Level1 | Level::Level2).then_some(level)
}

/// Returns whether the owner's session has rights.
pub fn has_rights(world: &World, k: usize, engine: &dyn Engine) -> bool {
    rights(world, k, 0, engine).is_some()
}

pub fn ensure(holds: bool, what: &str, k: usize) -> Promise {
    if holds {
        Ok(())
    } else {
        Err(format!("{what} (account {k})"))
    }
}

/// The promises about the organization.
pub fn check_organization(world: &World) -> Promise {
    let enabled = world.organization.is_enabled();
    let glass = world.organization.break_glass;
    ensure(
        !enabled || glass != BreakGlass::Unset,
        "S6 enabled without a break-glass code",
        0,
    )?;
    ensure(
        enabled || world.organization.mandates.is_empty(),
        "a mandate before enabling",
        0,
    )?;
    Ok(())
}

/// The promises about one account, which depend on its [view](World::view).
pub fn check_account(world: &World, k: usize, engine: &dyn Engine) -> Promise {
    let (person, enabled) = (&world.people[k], world.organization.is_enabled());
    let account = &person.account;
    let active = account.second_factor.active().next().is_some();
    for slot in 0..world.space.sessions {
        let level = rights(world, k, slot, engine);
        ensure(
            level != Some(Level::Level1) || !world.must(k),
            "S1 a Level1 session where multi-factor log-in is required",
            k,
        )?;
        ensure(
            level != Some(Level::Level2) || active,
            "S4 Level2 without an authenticator",
            k,
        )?;
        ensure(
            level.is_none() || account.is_active(),
            "S5 a deactivated account has a session",
            k,
        )?;
        demanded::check_rights(world, k, slot, level)?;
        // Not one of S1 to S12, but their purpose: the password alone gives no rights where a second
        // factor is required.
        let thief = world.holder(k, slot) == Who::Thief;
        ensure(
            !(thief && level.is_some() && world.must(k)) || person.has_phone(Who::Thief),
            "a thief without the phone has rights",
            k,
        )?;
        of_pending(world, k, slot, engine)?;
        of_replays(world, k, slot, engine)?;
    }
    let clean = !has_secret(account)
        && account.recovery.is_empty()
        && account.pendings.iter().all(Option::is_none);
    ensure(
        account.is_active() || clean,
        "S5 a deactivated account has a secret",
        k,
    )?;
    ensure(
        enabled || account.second_factor == SecondFactor::None || person.moved,
        "an authenticator was enrolled before enabling",
        k,
    )?;
    ensure(!active || account.ever, "S3 active without `ever`", k)?;
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
    let decision = engine.decide(
        &snapshot,
        &confirm(world, k, good),
        NOW,
        Fresh { session: NEW },
    );
    ensure(
        decision.answer.is_err(),
        "S9 another session confirmed the enrollment",
        k,
    )
}

/// A used code of an active authenticator, an older one, and one of a suspended one.
fn used_codes(world: &World, k: usize, source: CodeSource) -> [Submitted; 3] {
    let (offset, wait) = (0, 9);
    let used = |these: fn(&Authenticator) -> bool, older: bool| {
        let mut bound = world.people[k].account.second_factor.iter();
        let found = bound.find(|it| these(it));
        let by = found.map_or(BOUND, |it| it.id);
        let check = match found {
            Some(it) if it.is_passkey() => {
                passkeys::signed(UnixTime(it.step - u64::from(older)), passkeys::NEXT)
            }
            _ if older => CodeCheck::Used {
                step: STEP - 1,
                wait,
            },
            _ => CodeCheck::Good { step: STEP, offset },
        };
        Submitted { check, by, source }
    };
    let active = Authenticator::is_active;
    [
        used(active, false),
        used(active, true),
        used(|it| !it.is_active(), false),
    ]
}

/// S12: a used code is refused and costs nothing.
fn of_replays(world: &World, k: usize, slot: usize, engine: &dyn Engine) -> Promise {
    if world.people[k].sessions[slot].is_none() {
        return Ok(());
    }
    let snapshot = world.snapshot(k, Some(slot), None);
    let (source, access) = (CodeSource::KnownDevice, Access::Allowed);
    let evidence = Evidence::Link(undo_link(k));
    let recovery = RecoverySet::EMPTY;
    let [code, older, undoing] = used_codes(world, k, source);
    for command in [
        Command::VerifyCode { code, access },
        Command::VerifyCode {
            code: older,
            access,
        },
        Command::TurnOff { code },
        Command::BeginReplacement { code, recovery },
        Command::UndoReport {
            evidence,
            code: undoing,
            access,
        },
    ] {
        let decision = engine.decide(&snapshot, &command, NOW, Fresh { session: NEW });
        // A replacement that this session began is shown again without a code.
        let resumed = matches!(decision.answer, Ok(Grant::Pending { resumed: true, .. }));
        ensure(
            decision.answer.is_err() || resumed,
            "S12 a used code was accepted",
            k,
        )?;
        let before = world.people[k].account.attempts;
        let after = decision
            .changes
            .actor
            .map_or(before, |actor| actor.attempts);
        ensure(before == after, "S12 a used code cost something", k)?;
    }
    let left = world.people[k].account.recovery.len();
    for used in left..2 {
        let code = Some(digest(4, k, used as u8));
        let command = Command::UseRecoveryCode { code, access };
        let decision = engine.decide(&snapshot, &command, NOW, Fresh { session: NEW });
        ensure(
            decision.answer.is_err(),
            "S12 a used recovery code was accepted",
            k,
        )?;
    }
    Ok(())
}
