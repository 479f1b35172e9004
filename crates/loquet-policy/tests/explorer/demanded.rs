//! Mandates that demand a passkey: what each state and each step must keep, and the guards that it needs.

use crate::A;
use crate::CORE;
use crate::actions::*;
use crate::altered::*;
use crate::guards::Guard;
use crate::passkeys::PASSKEYS;
use crate::promises::{Promise, ensure};
use crate::world::*;
use loquet_policy::*;

/// An administrator who comes to demand passkeys, and a thief who knows the password and finds the older phone or key.
pub const DEMANDED: Space = Space {
    demanded: true,
    steals: true,
    ..PASSKEYS
};

/// Two administrators, each with an app or a passkey, who come to demand passkeys, and who demote each other.
pub const DEMANDED_OF_TWO: Space = Space {
    demanded: true,
    core: true,
    accounts: 2,
    roles: [A, A, A],
    ..CORE
};

fn passkey(it: &Authenticator) -> bool {
    it.is_passkey()
}

fn active_passkey(it: &Authenticator) -> bool {
    it.is_active() && it.is_passkey()
}

impl World {
    /// Returns whether a passkey is demanded of an account, computed independently.
    pub fn demanded(&self, k: usize) -> bool {
        self.space.demanded && self.covered(k, true)
    }

    /// Returns what mandates demand in this space.
    pub fn kind(&self) -> MandateKind {
        match self.space.demanded {
            true => MandateKind::Passkey,
            false => MandateKind::SecondFactor,
        }
    }

    /// Returns whether an account came back after a loss so short a time ago that an app is enough.
    fn is_back(&self, k: usize) -> bool {
        let until = self.people[k].account.codes_until;
        until.is_some_and(|until| NOW < until)
    }
}

/// S1, restated: where a passkey is demanded, no one has rights without one.
pub fn check_rights(world: &World, k: usize, slot: usize, level: Option<Level>) -> Promise {
    let (person, holder) = (&world.people[k], world.holder(k, slot));
    if level.is_none() || !world.demanded(k) || world.is_back(k) {
        return Ok(());
    }
    let some = person.account.second_factor.active().any(passkey);
    ensure(some, "S1 rights without a passkey where one is demanded", k)?;
    // An owner may have lost it since.
    ensure(
        holder == Who::Owner || person.held(holder, active_passkey).is_some(),
        "S1 a thief without a passkey has rights where one is demanded",
        k,
    )
}

/// S13 and S14, restated: beside a passkey, no code logs in or binds where one is demanded, nor does its owner do without.
pub fn check_step(before: &World, outcome: &Outcome, action: Action) -> Promise {
    let after = outcome.world.as_ref().unwrap_or(before);
    let (Action::VerifyCode(k, s)
    | Action::BeginAddition(k, s)
    | Action::BeginReplacement(k, s)
    | Action::Confirm(k, s)
    | Action::Remove(k, s, _)) = action
    else {
        return Ok(());
    };
    if !before.demanded(k) {
        return Ok(());
    }
    let (was, is) = (&before.people[k], &after.people[k].account);
    let had = was.account.second_factor.iter().any(passkey);
    let proves = matches!(
        outcome.answer,
        Some(Ok(
            Grant::Session { .. } | Grant::Pending { resumed: false, .. }
        ))
    );
    let held = was.held(before.holder(k, s), active_passkey).is_some();
    ensure(
        !proves || !had || held,
        "S13 a code counted beside a passkey where one is demanded",
        k,
    )?;
    ensure(
        !was.account.second_factor.iter().any(active_passkey)
            || is.second_factor.iter().any(active_passkey),
        "S14 an owner did away with the last passkey that is demanded",
        k,
    )
}

/// The engine, where nothing is demanded while these commands are decided.
fn demanding_nothing(when: fn(&Command) -> bool) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
        if !when(command) {
            return decide(snapshot, command, now, fresh);
        }
        let known = snapshot.organization.unwrap();
        let organization = Organization {
            mandates: Vec::new(),
            ..known.clone()
        };
        let other = Snapshot {
            organization: Some(&organization),
            ..*snapshot
        };
        let mut decision = decide(&other, command, now, fresh);
        if let Some(changed) = &mut decision.changes.organization {
            changed.mandates.clone_from(&known.mandates);
        }
        decision
    })
}

/// Takes codes for passkeys in the sessions that there are.
fn counting_codes() -> Weakened {
    Weakened {
        decide: Box::new(decide),
        current_level: Box::new(|snapshot, now| {
            let session = snapshot.session.map(|session| Session {
                passkey: true,
                ..*session
            });
            let session = session.as_ref();
            current_level(
                &Snapshot {
                    session,
                    ..*snapshot
                },
                now,
            )
        }),
    }
}

pub fn guards() -> Vec<Guard> {
    vec![
        (
            "where a passkey is demanded, a session of a code has no rights",
            DEMANDED,
            counting_codes(),
            "S1 a thief without",
        ),
        (
            "where a passkey is demanded, no code logs in beside one",
            DEMANDED,
            demanding_nothing(|command| matches!(command, Command::VerifyCode { .. })),
            "S13 a code counted",
        ),
        (
            "the last passkey that is demanded is not removed",
            DEMANDED,
            demanding_nothing(|command| matches!(command, Command::RemoveAuthenticator { .. })),
            "S14 an owner",
        ),
        (
            "no app takes the place of the last passkey that is demanded",
            DEMANDED,
            demanding_nothing(|command| matches!(command, Command::ConfirmEnrollment { .. })),
            "S14 an owner",
        ),
        (
            "the last administrator who has what is demanded cannot be removed",
            DEMANDED_OF_TWO,
            demanding_nothing(|command| matches!(command, Command::RemoveRole { .. })),
            "S6",
        ),
    ]
}
