//! Imported authenticators: what each step must keep, and the guards that it needs.

use crate::actions::*;
use crate::altered::*;
use crate::guards::{Guard, MOVED, MOVED_AND_ROBBED, begins};
use crate::promises::{Promise, ensure};
use crate::world::*;
use loquet_policy::*;

/// An import binds only what was never bound, where nothing was, and enabling shows that it works.
pub fn check_step(before: &World, action: Action) -> Promise {
    match action {
        Action::Import(k) => {
            let person = &before.people[k];
            ensure(!person.moved, "an import brought a phone back", k)?;
            let untouched =
                !person.account.ever && person.account.second_factor == SecondFactor::None;
            ensure(untouched, "an import replaced an authenticator", k)
        }
        Action::Enable(k, s) => {
            let person = &before.people[k];
            let recent = person.sessions[s].is_some_and(|session| {
                session.level == Level::Level2 && NOW.since(session.at) <= limits::RECENT
            });
            ensure(
                recent || !has_secret(&person.account),
                "multi-factor log-in was enabled without a code of the import",
                k,
            )?;
            ensure(
                !person.account.awaits_import,
                "multi-factor log-in was enabled before the import",
                k,
            )
        }
        _ => Ok(()),
    }
}

const fn imports(command: &Command) -> bool {
    matches!(command, Command::ImportAuthenticator { .. })
}

/// Imports this kind of key as if it had never been bound, nor any other.
fn importing_anew(kind: ImportedKey) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
        let mut actor = snapshot.actor.clone();
        let mut command = *command;
        if let Command::ImportAuthenticator { key, .. } = &mut command
            && *key == kind
        {
            *key = ImportedKey::Unused;
            actor.ever = false;
            actor.second_factor = SecondFactor::None;
        }
        let snapshot = Snapshot {
            actor: &actor,
            ..*snapshot
        };
        decide(&snapshot, &command, now, fresh)
    })
}

pub fn guards() -> Vec<Guard> {
    vec![
        (
            "an import binds only where nothing was ever bound",
            MOVED,
            importing_anew(ImportedKey::Unused),
            "an import replaced an authenticator",
        ),
        (
            "a key is imported once",
            MOVED,
            importing_anew(ImportedKey::Former),
            "an import brought a phone back",
        ),
        (
            "an account that awaits its import enrolls with a reset code",
            MOVED,
            with_actor(begins, |_, _, _, actor| actor.awaits_import = false),
            "a password enrolled before the import",
        ),
        (
            "an import counts after its first code",
            MOVED,
            with_changes(imports, |_, changes| {
                if let Some(actor) = &mut changes.actor {
                    for authenticator in actor.second_factor.iter_mut() {
                        let (proved, weak) = (true, false);
                        authenticator.origin = AuthenticatorOrigin::Imported { proved, weak };
                    }
                }
            }),
            "the roster has a wrong enrollment",
        ),
        (
            "who awaits an import does not enable",
            MOVED_AND_ROBBED,
            with_actor(
                |command| matches!(command, Command::Enable { .. }),
                |_, _, _, actor| actor.awaits_import = false,
            ),
            "multi-factor log-in was enabled before the import",
        ),
        (
            "enabling takes a code of an imported authenticator",
            MOVED,
            with_actor(
                |command| matches!(command, Command::Enable { .. }),
                |_, _, _, actor| actor.second_factor = SecondFactor::None,
            ),
            "multi-factor log-in was enabled without a code of the import",
        ),
    ]
}
