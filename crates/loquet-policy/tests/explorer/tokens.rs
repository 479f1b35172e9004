//! Hardware tokens: what each step must keep, and the guards that it needs.

use crate::actions::*;
use crate::altered::*;
use crate::guards::{Guard, TOKENS, confirms};
use crate::promises::{Promise, ensure};
use crate::world::*;
use loquet_policy::*;

/// While a token is assigned, nothing but that token is bound.
pub fn check_step(before: &World, after: &World, action: Action) -> Promise {
    match action {
        Action::Confirm(k, _) => ensure(
            !before.people[k].account.awaits_token,
            "an app was enrolled in place of the token",
            k,
        ),
        Action::ConfirmToken(k, _) => ensure(
            before.people[k].account.awaits_token,
            "a token was bound that is not assigned",
            k,
        ),
        // Of an enrollment that goes on, the secret would be the other authenticator's.
        Action::AssignToken(k) | Action::WithdrawToken(k) => ensure(
            after.people[k].account.pendings_at(NOW).next().is_none(),
            "an enrollment went on with another authenticator",
            k,
        ),
        _ => Ok(()),
    }
}

/// Keeps the enrollments that were begun.
fn keeping_pendings(these: fn(&Command) -> bool) -> Weakened {
    with_changes(these, |snapshot, changes| {
        if let Some(actor) = &mut changes.actor {
            actor.pendings = snapshot.actor.pendings;
        }
    })
}

pub fn guards() -> Vec<Guard> {
    vec![
        (
            "an assigned token keeps apps out",
            TOKENS,
            with_actor(confirms, |_, _, _, actor| actor.awaits_token = false),
            "an app was enrolled in place of the token",
        ),
        (
            "a token is confirmed once",
            TOKENS,
            with_actor(
                |command| matches!(command, Command::ConfirmToken { .. }),
                |_, _, _, actor| actor.awaits_token = true,
            ),
            "a token was bound that is not assigned",
        ),
        (
            "an assignment ends enrollments",
            TOKENS,
            keeping_pendings(|command| matches!(command, Command::AssignToken { .. })),
            "an enrollment went on with another authenticator",
        ),
        (
            "a token that is taken back ends enrollments",
            TOKENS,
            keeping_pendings(|command| matches!(command, Command::WithdrawToken)),
            "an enrollment went on with another authenticator",
        ),
    ]
}
