//! The guards, each with a small space and the engine without it.

use crate::administration;
use crate::altered::*;
use crate::world::*;
use crate::{A, CORE, E, P};
use loquet_policy::*;

/// The guard, the space, the engine without it, the promise that breaks.
pub type Guard = (&'static str, Space, Without, &'static str);

pub const THIEF: Space = Space {
    sessions: 2,
    victim: Some(1),
    roles: [A, E, E],
    people: false,
    ..CORE
};

/// One administrator alone, and a thief of the password.
pub const BURNT: Space = Space {
    accounts: 1,
    sessions: 2,
    victim: Some(0),
    recovery_codes: true,
    counters: true,
    people: false,
    links: true,
    ..CORE
};

pub const fn begins(command: &Command) -> bool {
    matches!(command, Command::BeginEnrollment { .. })
}

pub const fn confirms(command: &Command) -> bool {
    matches!(command, Command::ConfirmEnrollment { .. })
}

pub const fn resets(command: &Command) -> bool {
    matches!(command, Command::Reset { .. })
}

pub const fn collects(command: &Command) -> bool {
    matches!(command, Command::CollectResetCode { .. })
}

/// An administrator alone, and a thief of the password.
pub const ALONE: Space = Space {
    accounts: 1,
    sessions: 2,
    victim: Some(0),
    people: false,
    losses: false,
    ..CORE
};

pub const QUIET: Space = Space {
    people: false,
    losses: false,
    ..CORE
};

pub fn guards() -> Vec<Guard> {
    let mut guards = of_levels();
    guards.extend(of_mandates());
    guards.extend(of_enrollment());
    guards.extend(of_pendings());
    guards.extend(administration::guards());
    guards
}

fn of_levels() -> Vec<Guard> {
    vec![
        (
            "a code is compared with the last accepted step",
            CORE,
            seen(
                |_| true,
                |_, _, _, actor| {
                    if let Authenticator::Active { step, .. } = &mut actor.authenticator {
                        *step = 0;
                    }
                },
            ),
            "S12",
        ),
        (
            "sessions are worth what the rules say now",
            CORE,
            never_falling(Level::Level1),
            "S1",
        ),
        (
            "Level2 ends with the authenticator",
            BURNT,
            never_falling(Level::Level2),
            "S4",
        ),
        (
            "half a log-in has no rights",
            ALONE,
            mistaking(Level::HalfLogin, Level::Level1),
            "S1",
        ),
        (
            "whoever must enroll may do nothing else",
            QUIET,
            mistaking(Level::EnrollOnly, Level::Level1),
            "S1",
        ),
        (
            "the strict latch holds the switch",
            Space {
                strict: true,
                ..ALONE
            },
            in_another(
                |command| matches!(command, Command::TurnOff { .. }),
                |organization, _, _| organization.preset = Preset::Standard,
            ),
            "the switch went off under the strict latch",
        ),
    ]
}

fn of_mandates() -> Vec<Guard> {
    vec![
        (
            "the switch stays on under a mandate",
            Space {
                roles: [A, E, E],
                people: false,
                ..CORE
            },
            in_another(
                |command| matches!(command, Command::TurnOff { .. }),
                |organization, _, _| organization.mandates.clear(),
            ),
            "S8",
        ),
        (
            "a mandate in force is not cancelled",
            Space {
                roles: [A, P, P],
                ..QUIET
            },
            in_another(
                |command| matches!(command, Command::CancelMandate { .. }),
                |organization, _, now| {
                    for mandate in &mut organization.mandates {
                        mandate.state = MandateState::Announced {
                            since: now,
                            date: now.plus(1),
                            postponements: 0,
                        };
                    }
                },
            ),
            "S3",
        ),
    ]
}

fn of_enrollment() -> Vec<Guard> {
    vec![
        (
            "multi-factor log-in comes with a break-glass code",
            QUIET,
            undoing(
                |command| matches!(command, Command::Enable { .. }),
                |_, changes| {
                    if let Some(organization) = &mut changes.organization {
                        organization.break_glass = BreakGlass::Unset;
                    }
                },
            ),
            "S6",
        ),
        (
            "nobody enrolls before multi-factor log-in is enabled",
            QUIET,
            in_another(
                |command| begins(command) || confirms(command),
                |organization, actor, now| {
                    organization.latch = Latch::Enabled {
                        since: now,
                        by: actor.id,
                    };
                },
            ),
            "bound before enabling",
        ),
        (
            "what is bound is not enrolled anew",
            ALONE,
            seen(begins, |_, _, _, actor| {
                if matches!(actor.authenticator, Authenticator::Active { .. }) {
                    actor.authenticator = Authenticator::None;
                }
            }),
            "S9",
        ),
        (
            "what is disabled is recovered and not enrolled anew",
            ALONE,
            seen(begins, |_, _, _, actor| {
                if matches!(actor.authenticator, Authenticator::Disabled { .. }) {
                    actor.authenticator = Authenticator::None;
                }
            }),
            "a disabled authenticator was replaced",
        ),
        (
            "the enrollment window closes",
            THIEF,
            seen(|_| true, |_, _, now, actor| actor.created = now),
            "a password enrolled a dormant account",
        ),
    ]
}

fn of_pendings() -> Vec<Guard> {
    vec![
        (
            "only the session that began an enrollment confirms it",
            THIEF,
            in_the_session_that_began(),
            "S9",
        ),
        (
            "a confirmed enrollment ends the others",
            THIEF,
            undoing(confirms, |snapshot, changes| {
                if let (Some(actor), Some(session)) = (&mut changes.actor, snapshot.session) {
                    actor.pendings = snapshot.actor.pendings.clone();
                    for slot in &mut actor.pendings {
                        if slot.as_ref().is_some_and(|it| it.session == session.id) {
                            *slot = None;
                        }
                    }
                }
            }),
            "S9",
        ),
        (
            "a loss ends the replacement that was begun",
            ALONE,
            undoing(
                |command| matches!(command, Command::ReportLost),
                |snapshot, changes| {
                    if let Some(actor) = &mut changes.actor {
                        actor.pendings = snapshot.actor.pendings.clone();
                    }
                },
            ),
            "S9",
        ),
        (
            "a used recovery code is burnt",
            BURNT,
            seen(
                |command| matches!(command, Command::UseRecoveryCode { .. }),
                |_, _, _, actor| actor.recovery = codes(0, 2),
            ),
            "S12",
        ),
    ]
}
