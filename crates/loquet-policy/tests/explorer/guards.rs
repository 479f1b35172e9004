//! The guards, each with a small space and an engine without it.

use crate::administration;
use crate::altered::*;
use crate::demanded;
use crate::imports;
use crate::passkeys;
use crate::several;
use crate::tokens;
use crate::world::*;
use crate::{A, CORE, E, P};
use loquet_policy::*;

/// The guard, the space, the engine without the guard, and the promise that breaks.
pub type Guard = (&'static str, Space, Weakened, &'static str);

pub const THIEF: Space = Space {
    sessions: 2,
    victim: Some(1),
    roles: [A, E, E],
    people: false,
    ..CORE
};

/// One administrator and a thief of the password, with recovery codes and failure counts.
pub const EXHAUSTED: Space = Space {
    accounts: 1,
    sessions: 2,
    victim: Some(0),
    recovery_codes: true,
    counters: true,
    people: false,
    links: true,
    ..CORE
};

/// An administrator whose phone is stolen by a thief who knows the password.
pub const ROBBED: Space = Space {
    losses: true,
    steals: true,
    recovery_codes: true,
    ..ALONE
};

/// An administrator whose mail is read by a thief who knows the password.
pub const WIRETAPPED: Space = Space {
    mailbox: true,
    steals: false,
    ..ROBBED
};

/// Two administrators with authenticators elsewhere, which are imported, lost and reset.
pub const MOVED: Space = Space {
    imports: true,
    people: false,
    ..CORE
};

/// An administrator with an authenticator elsewhere, and a thief who knows the password and finds the phone.
pub const MOVED_AND_ROBBED: Space = Space {
    imports: true,
    losses: true,
    steals: true,
    undone: false,
    ..ALONE
};

/// An administrator whose password a thief knows, and to whom the host assigns hardware tokens.
pub const TOKENS: Space = Space {
    tokens: true,
    losses: true,
    ..ALONE
};

pub const fn begins(command: &Command) -> bool {
    matches!(command, Command::BeginEnrollment { .. })
}

pub const fn confirms(command: &Command) -> bool {
    matches!(command, Command::ConfirmEnrollment { .. })
}

const fn reports_loss(command: &Command) -> bool {
    matches!(command, Command::ReportLost { .. })
}

pub const fn resets(command: &Command) -> bool {
    matches!(command, Command::Reset { .. })
}

pub const fn collects(command: &Command) -> bool {
    matches!(command, Command::CollectResetCode { .. })
}

/// Begins an enrollment as if none of these authenticators were, or ever had been, bound.
fn showing_none(these: fn(FactorState) -> bool) -> Weakened {
    with_actor(begins, move |_, _, _, actor| {
        if these(actor.second_factor.state()) {
            actor.second_factor = SecondFactor::None;
            actor.ever = false;
        }
    })
}

/// One administrator and a thief of the password.
pub const ALONE: Space = Space {
    undone: true,
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
    guards.extend(of_recovery_codes());
    guards.extend(of_reports());
    guards.extend(imports::guards());
    guards.extend(tokens::guards());
    guards.extend(several::guards());
    guards.extend(passkeys::guards());
    guards.extend(demanded::guards());
    guards.extend(administration::guards());
    guards
}

fn of_levels() -> Vec<Guard> {
    vec![
        (
            "a code is compared with the last accepted step",
            CORE,
            with_actor(
                |_| true,
                |_, _, _, actor| {
                    for authenticator in actor.second_factor.iter_mut() {
                        authenticator.step = 0;
                    }
                },
            ),
            "S12",
        ),
        (
            "the level of a session is computed anew",
            CORE,
            keeping_level(Level::Level1),
            "S1",
        ),
        (
            "Level2 ends with the authenticator",
            EXHAUSTED,
            keeping_level(Level::Level2),
            "S4",
        ),
        (
            "a half log-in has no rights",
            ALONE,
            mistaking_level(Level::HalfLogin, Level::Level1),
            "S1",
        ),
        (
            "a session that must enroll has no other rights",
            QUIET,
            mistaking_level(Level::EnrollOnly, Level::Level1),
            "S1",
        ),
        (
            "the strict latch keeps the toggle on",
            Space {
                strict: true,
                ..ALONE
            },
            with_organization(
                |command| matches!(command, Command::TurnOff { .. }),
                |organization, _, _| organization.preset = Preset::Standard,
            ),
            "the toggle was turned off under the strict latch",
        ),
    ]
}

fn of_mandates() -> Vec<Guard> {
    vec![
        (
            "the toggle stays on under a mandate",
            Space {
                roles: [A, E, E],
                people: false,
                ..CORE
            },
            with_organization(
                |command| matches!(command, Command::TurnOff { .. }),
                |organization, _, _| organization.mandates.clear(),
            ),
            "S8",
        ),
        (
            "a mandate in force cannot be cancelled",
            Space {
                roles: [A, P, P],
                ..QUIET
            },
            with_organization(
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
            "enabling sets a break-glass code",
            QUIET,
            with_changes(
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
            "an enrollment requires enabled multi-factor log-in",
            QUIET,
            with_organization(
                |command| begins(command) || confirms(command),
                |organization, actor, now| {
                    organization.latch = Latch::Enabled {
                        since: now,
                        by: actor.id,
                    };
                },
            ),
            "an authenticator was enrolled before enabling",
        ),
        (
            "an active authenticator cannot be enrolled again",
            ALONE,
            showing_none(|bound| matches!(bound, FactorState::Active)),
            "S9",
        ),
        (
            "a disabled authenticator must be recovered",
            EXHAUSTED,
            showing_none(|bound| matches!(bound, FactorState::Disabled { .. })),
            "a disabled authenticator was replaced",
        ),
        (
            "the enrollment window closes",
            THIEF,
            with_actor(|_| true, |_, _, now, actor| actor.created = now),
            "a password enrolled a dormant account",
        ),
    ]
}

fn of_pendings() -> Vec<Guard> {
    vec![
        (
            "only the session that began an enrollment confirms it",
            THIEF,
            in_beginning_session(),
            "S9",
        ),
        (
            "an account begins thirty enrollments a day",
            EXHAUSTED,
            with_actor(begins, |_, _, _, actor| {
                actor.enrollments.used = actor.enrollments.used.min(limits::ENROLLMENTS_A_DAY - 1);
            }),
            "more enrollments were begun than a day allows",
        ),
        (
            "a confirmed enrollment ends the others",
            THIEF,
            with_changes(confirms, |snapshot, changes| {
                if let (Some(actor), Some(session)) = (&mut changes.actor, snapshot.session) {
                    actor.pendings = snapshot.actor.pendings;
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
            "a report of loss ends a pending replacement",
            ALONE,
            with_changes(reports_loss, |snapshot, changes| {
                if let Some(actor) = &mut changes.actor {
                    actor.pendings = snapshot.actor.pendings;
                }
            }),
            "S9",
        ),
    ]
}

fn of_recovery_codes() -> Vec<Guard> {
    vec![
        (
            "a recovery code is used once",
            EXHAUSTED,
            with_actor(
                |command| matches!(command, Command::UseRecoveryCode { .. }),
                |_, _, _, actor| actor.recovery = codes(0, 2),
            ),
            "S12",
        ),
        (
            "renewing the recovery codes takes a code",
            EXHAUSTED,
            taking_codes(|command| matches!(command, Command::RenewRecoveryCodes { .. })),
            "recovery codes were renewed without the phone",
        ),
    ]
}

fn of_reports() -> Vec<Guard> {
    vec![
        (
            "ending all sessions takes a code",
            ALONE,
            with_actor(
                |command| matches!(command, Command::LogOutEverywhere),
                |_, _, _, actor| actor.second_factor = SecondFactor::None,
            ),
            "the password alone ended sessions of codes",
        ),
        (
            "a report by the password alone only suspends",
            ALONE,
            with_changes(reports_loss, |_, changes| {
                if let Some(actor) = &mut changes.actor {
                    actor.second_factor = SecondFactor::Disabled {
                        since: NOW,
                        why: DisabledBy::Failures,
                    };
                }
            }),
            "the password alone disabled the authenticator",
        ),
        (
            "a report is undone with the link or a recovery code",
            ROBBED,
            with_link(),
            "a report was undone without the link or a recovery code",
        ),
        (
            "a report is undone with a code",
            WIRETAPPED,
            taking_codes(|command| matches!(command, Command::UndoReport { .. })),
            "a report was undone without the phone",
        ),
        (
            "after an undone report the password alone reports no other",
            ALONE,
            with_actor(reports_loss, |_, _, _, actor| {
                actor.reports_refused_until = None
            }),
            "a loss was reported again after the report was undone",
        ),
        (
            "a suspended authenticator cannot be enrolled again",
            ALONE,
            showing_none(|bound| matches!(bound, FactorState::Suspended { .. })),
            "a suspended authenticator was replaced",
        ),
    ]
}
