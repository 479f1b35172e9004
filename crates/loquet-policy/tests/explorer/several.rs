//! Two authenticators of an account: what each step must keep, and the guards that it needs.

use crate::actions::*;
use crate::altered::*;
use crate::guards::{ALONE, Guard};
use crate::promises::{Promise, ensure};
use crate::world::*;
use loquet_policy::*;

/// An administrator who may have two authenticators, and a thief of the password.
pub const SEVERAL: Space = Space {
    several: true,
    links: true,
    losses: true,
    undone: false,
    ..ALONE
};

/// The thief also finds the older phone.
pub const SEVERAL_ROBBED: Space = Space {
    steals: true,
    ..SEVERAL
};

/// Reports of loss by the password alone are undone.
pub const SEVERAL_UNDONE: Space = Space {
    undone: true,
    links: false,
    ..SEVERAL
};

fn settled(it: &Authenticator) -> bool {
    it.is_active() && it.settles(NOW).is_none()
}

/// S13: for three days an authenticator that was added neither adds nor removes one, nor administers. S14: its owner does not
/// remove the last one.
pub fn check_step(before: &World, after: &World, action: Action) -> Promise {
    match action {
        Action::BeginAddition(k, s)
        | Action::BeginReplacement(k, s)
        | Action::RenewRecoveryCodes(k, s)
        | Action::TurnOff(k, s)
        | Action::RenewBreakGlassCode(k, s)
        | Action::Reset(k, s, _) => {
            let held = before.people[k].held(before.holder(k, s), settled);
            ensure(
                held.is_some(),
                "S13 no settled authenticator proved the change",
                k,
            )
        }
        // Of a session's own code only this is told: a thief loses no phone.
        Action::ScheduleMandate(k, s) | Action::MandateNow(k, s) | Action::CancelMandate(k, s) => {
            let thief = before.holder(k, s) == Who::Thief;
            let held = before.people[k].held(Who::Thief, settled);
            ensure(
                !thief || held.is_some(),
                "S13 a thief without a settled authenticator administered",
                k,
            )
        }
        Action::Remove(k, s, which) => {
            let (person, holder) = (&before.people[k], before.holder(k, s));
            let left = after.people[k].account.second_factor.active().next();
            ensure(left.is_some(), "S14 the last authenticator was removed", k)?;
            let mut proved = person.account.second_factor.iter();
            ensure(
                proved.any(|it| it.id != which && settled(it) && person.phone(it) == holder),
                "S13 no other settled authenticator proved the removal",
                k,
            )
        }
        Action::ReportUnrecognized(k, which) => {
            let mut was = before.people[k].account.second_factor.iter();
            let is = &after.people[k].account.second_factor;
            let mut links = before.people[k].account.binding_links.iter();
            let also = links.find(|it| it.authenticator == which);
            let bad = |it: &Authenticator| {
                it.id == which
                    || it.added_by == Some(which)
                    || also.is_some_and(|link| link.takes(it.id))
            };
            ensure(
                !was.any(|it| bad(it) && is.get(it.id).is_some()),
                "what was not recognized, or what it added, stays",
                k,
            )
        }
        _ => Ok(()),
    }
}

const fn removes(command: &Command) -> bool {
    matches!(command, Command::RemoveAuthenticator { .. })
}

/// Removes the last authenticator too.
fn removing_the_last() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let mut decision = decide(snapshot, command, now, fresh);
        if removes(command) && decision.answer == Err(Refusal::AskAnotherAdmin) {
            let mut actor = snapshot.actor.clone();
            actor.second_factor = SecondFactor::ResetDue { reset_code: None };
            decision.answer = Ok(Grant::Done);
            decision.changes.actor = Some(actor);
        }
        decision
    })
}

/// Takes the code of the authenticator that is to be removed for one of the other.
fn removing_itself() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let mut command = *command;
        if let Command::RemoveAuthenticator {
            authenticator,
            code,
        } = &mut command
            && code.by == *authenticator
        {
            let mut all = snapshot.actor.second_factor.active();
            let other = all.find(|it| it.id != *authenticator);
            code.by = other.map_or(code.by, |it| it.id);
        }
        decide(snapshot, &command, now, fresh)
    })
}

pub fn guards() -> Vec<Guard> {
    let mut guards = of_settling();
    guards.extend(of_removal());
    guards
}

fn of_settling() -> Vec<Guard> {
    vec![
        (
            "an authenticator that was added proves log-ins alone for three days",
            SEVERAL,
            with_actor(
                |command| {
                    matches!(
                        command,
                        Command::BeginAddition { .. }
                            | Command::BeginReplacement { .. }
                            | Command::RemoveAuthenticator { .. }
                    )
                },
                |_, _, _, actor| {
                    for authenticator in actor.second_factor.iter_mut() {
                        authenticator.added_by = None;
                    }
                },
            ),
            "S13",
        ),
        (
            "a session of what has not settled administers nothing",
            SEVERAL_ROBBED,
            with_actor(
                |command| {
                    matches!(
                        command,
                        Command::ScheduleMandate { .. } | Command::CancelMandate { .. }
                    )
                },
                |_, _, _, actor| actor.unsettled_proof = None,
            ),
            "S13 a thief",
        ),
    ]
}

fn of_removal() -> Vec<Guard> {
    vec![
        (
            "an owner does not remove the last authenticator",
            SEVERAL,
            removing_the_last(),
            "S14",
        ),
        (
            "a removal takes a code of another authenticator",
            SEVERAL,
            removing_itself(),
            "S13 no other",
        ),
        (
            "the link takes away what was added with it",
            SEVERAL,
            with_actor(
                |command| matches!(command, Command::ReportUnrecognized { .. }),
                |_, _, _, actor| {
                    for link in actor.binding_links.iter_mut() {
                        link.also.clear();
                    }
                },
            ),
            "what was not recognized, or what it added, stays",
        ),
    ]
}
