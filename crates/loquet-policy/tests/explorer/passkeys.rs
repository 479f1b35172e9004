//! Passkeys beside codes: what each step must keep, and the guards that it needs.

use crate::actions::*;
use crate::altered::*;
use crate::guards::Guard;
use crate::promises::{Promise, ensure};
use crate::several::SEVERAL;
use crate::world::*;
use loquet_policy::*;

/// An administrator with a phone and a passkey, each of which may be the older one, and a thief of the password.
pub const PASSKEYS: Space = Space {
    passkeys: true,
    links: false,
    ..SEVERAL
};

/// The thief also finds the older one.
pub const PASSKEYS_ROBBED: Space = Space {
    steals: true,
    ..PASSKEYS
};

/// Codes are tried until no more are checked.
pub const PASSKEYS_EXHAUSTED: Space = Space {
    sessions: 1,
    victim: None,
    counters: true,
    losses: false,
    ..PASSKEYS
};

/// A passkey, as every state has it.
pub const KEPT: AuthenticatorOrigin = AuthenticatorOrigin::Passkey {
    counter: 5,
    backed_up: false,
};

/// What it counts next.
pub const NEXT: u32 = 6;
/// The last challenge that it answered.
pub const ANSWERED: u64 = NOW.0 - 1;
pub const SIGNED: CodeCheck = signed(NOW, NEXT);
pub const COPIED: CodeCheck = signed(NOW, 5);

pub const fn signed(issued: UnixTime, counter: u32) -> CodeCheck {
    CodeCheck::Signed {
        issued,
        counter,
        backed_up: false,
    }
}

fn passkeys(account: &Account) -> impl Iterator<Item = &Authenticator> {
    account.second_factor.iter().filter(|it| it.is_passkey())
}

/// A code changes nothing that is bound beside a passkey, wrong codes take no passkey away, and a copy proves nothing.
pub fn check_step(before: &World, outcome: &Outcome, action: Action) -> Promise {
    let after = outcome.world.as_ref().unwrap_or(before);
    match action {
        Action::BeginAddition(k, s)
        | Action::BeginReplacement(k, s)
        | Action::RenewRecoveryCodes(k, s)
        | Action::TurnOff(k, s)
        | Action::Remove(k, s, _)
            if matches!(
                outcome.answer,
                Some(Ok(Grant::Pending { resumed: false, .. }
                    | Grant::Done
                    | Grant::Session { .. }))
            ) =>
        {
            let (person, holder) = (&before.people[k], before.holder(k, s));
            let reported = |it: &Suspension| {
                let age = it.since.age(NOW).unwrap_or(0);
                it.link.is_some() && age < limits::SETTLING
            };
            let counts = |it: &Authenticator| {
                it.settles(NOW).is_none() && it.suspended.as_ref().is_none_or(reported)
            };
            let has_passkey = passkeys(&person.account).any(counts);
            let held = person.held(holder, |it| it.is_active() && it.is_passkey());
            ensure(
                !has_passkey || held.is_some(),
                "S13 a code changed what is bound beside a passkey",
                k,
            )
        }
        Action::WrongCode(k, ..) => {
            let is = &after.people[k].account.second_factor;
            let settled = |it: &&Authenticator| it.is_active() && it.settles(NOW).is_none();
            let mut kept = passkeys(&before.people[k].account).filter(settled);
            ensure(
                kept.all(|it| is.get(it.id).is_some()),
                "wrong codes took a passkey away",
                k,
            )
        }
        Action::AnswerByCopy(k, s) => {
            ensure(
                !matches!(outcome.answer, Some(Ok(_))),
                "S4 a copy of a passkey proved the account",
                k,
            )?;
            let checked = outcome.answer == Some(Err(Refusal::PasskeyCloned));
            let held = before.people[k].held(before.holder(k, s), Authenticator::is_passkey);
            let is = &after.people[k].account.second_factor;
            ensure(
                !checked || held.is_none_or(|it| is.get(it.id).is_some_and(|it| !it.is_active())),
                "a passkey is accepted that has a copy",
                k,
            )
        }
        _ => Ok(()),
    }
}

/// Counts from now on, as a passkey that has not answered yet.
fn forgetting_the_count() -> Weakened {
    with_actor(
        |command| matches!(command, Command::VerifyCode { .. }),
        |_, _, _, actor| {
            for it in actor.second_factor.iter_mut().filter(|it| it.is_passkey()) {
                it.origin = AuthenticatorOrigin::Passkey {
                    counter: 0,
                    backed_up: false,
                };
            }
        },
    )
}

/// Takes passkeys for apps where an addition begins, whose codes may add.
fn adding_by_code() -> Weakened {
    with_actor(
        |command| {
            matches!(
                command,
                Command::BeginAddition { .. } | Command::BeginReplacement { .. }
            )
        },
        |_, _, _, actor| {
            let all = actor.second_factor.iter_mut();
            for it in all.filter(|it| it.is_passkey()) {
                it.origin = AuthenticatorOrigin::Enrolled;
            }
        },
    )
}

/// Takes what was reported lost for what has a copy, which no code need spare.
fn lifting_by_report() -> Weakened {
    with_actor(
        |command| {
            matches!(
                command,
                Command::BeginReplacement { .. } | Command::RemoveAuthenticator { .. }
            )
        },
        |_, _, _, actor| {
            let suspended = actor.second_factor.iter_mut();
            for report in suspended.filter_map(|it| it.suspended.as_mut()) {
                report.link = None;
            }
        },
    )
}

/// Wrong codes disable passkeys too.
fn disabling_all() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let mut decision = decide(snapshot, command, now, fresh);
        let told = |it: &Notice| it.event == Event::DisabledByFailures;
        if let Some(actor) = &mut decision.changes.actor
            && decision.notices.iter().any(told)
        {
            let why = DisabledBy::Failures;
            actor.second_factor = SecondFactor::Disabled { since: now, why };
        }
        decision
    })
}

pub fn guards() -> Vec<Guard> {
    vec![
        (
            "a passkey counts its signatures",
            PASSKEYS,
            forgetting_the_count(),
            "S4 a copy",
        ),
        (
            "beside a passkey, no code changes what is bound",
            PASSKEYS_ROBBED,
            adding_by_code(),
            "S13 a code changed",
        ),
        (
            "a report of loss lifts no rule of the passkey",
            PASSKEYS_ROBBED,
            lifting_by_report(),
            "S13 a code changed",
        ),
        (
            "wrong codes disable what can be guessed",
            PASSKEYS_EXHAUSTED,
            disabling_all(),
            "wrong codes took a passkey",
        ),
    ]
}
