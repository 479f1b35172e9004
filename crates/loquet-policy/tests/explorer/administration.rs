//! The guards of reset codes, of administrators' commands and of break-glass.

use crate::altered::*;
use crate::guards::*;
use crate::world::*;
use crate::{A, CORE, E, P};
use loquet_policy::*;

pub fn guards() -> Vec<Guard> {
    let mut guards = of_reset_codes();
    guards.extend(of_authors());
    guards.extend(of_people());
    guards.extend(of_administrators());
    guards.extend(of_break_glass());
    guards
}

fn of_reset_codes() -> Vec<Guard> {
    vec![
        (
            "an enrollment after a reset requires the reset code",
            THIEF,
            with_reset_code(),
            "a thief enrolled after a reset",
        ),
        (
            "a void reset code is refused",
            EXHAUSTED,
            with_actor(begins, |_, command, now, actor| {
                let void = SecondFactor::ResetDue { reset_code: None };
                if let Command::BeginEnrollment { reset_code, .. } = command
                    && actor.second_factor == void
                {
                    let origin = Origin::BreakGlass {
                        digest: reset_code.unwrap_or(digest(9, 0, 9)),
                    };
                    actor.second_factor = SecondFactor::ResetDue {
                        reset_code: Some(ResetCode {
                            origin,
                            issued: now,
                            expires: now.plus(limits::DAY),
                        }),
                    };
                }
            }),
            "a void reset code enrolled",
        ),
        (
            "a recovery belongs to the session that used the code",
            EXHAUSTED,
            with_actor(begins, |snapshot, _, _, actor| {
                if let (
                    SecondFactor::ResetDue {
                        reset_code:
                            Some(ResetCode {
                                origin: Origin::Recovery { session },
                                ..
                            }),
                    },
                    Some(own),
                ) = (&mut actor.second_factor, snapshot.session)
                {
                    *session = own.id;
                }
            }),
            "a thief enrolled without a recovery code",
        ),
    ]
}

fn of_authors() -> Vec<Guard> {
    vec![
        (
            "a reactivated account requires a reset code",
            Space {
                losses: false,
                ..CORE
            },
            with_changes(
                |command| matches!(command, Command::Reactivate { .. }),
                |_, changes| {
                    if let Some(subject) = &mut changes.subject {
                        subject.second_factor = SecondFactor::None;
                    }
                },
            ),
            "S10",
        ),
        (
            "a demoted author's reset codes are void",
            Space {
                accounts: 3,
                roles: [A, A, E],
                losses: false,
                core: true,
                ..CORE
            },
            with_any_author(),
            "a reset code outlived its author",
        ),
    ]
}

fn of_people() -> Vec<Guard> {
    vec![
        (
            "administrators cannot reset themselves",
            CORE,
            without_self_check(resets),
            "S2",
        ),
        (
            "a reset requires a reset code",
            CORE,
            with_changes(resets, |_, changes| {
                if let Some(subject) = &mut changes.subject {
                    subject.second_factor = SecondFactor::None;
                }
            }),
            "S10",
        ),
        (
            "deactivation erases the secret",
            CORE,
            with_changes(
                |command| matches!(command, Command::Deactivate),
                |snapshot, changes| {
                    if let (Some(left), Some(was)) = (&mut changes.subject, snapshot.subject) {
                        left.second_factor = was.second_factor;
                    }
                },
            ),
            "S5",
        ),
        (
            "the last administrator cannot be removed",
            CORE,
            with_phantom_administrator(),
            "S6",
        ),
    ]
}

fn of_administrators() -> Vec<Guard> {
    vec![
        (
            "administrators cannot demote themselves",
            CORE,
            without_self_check(|command| matches!(command, Command::RemoveRole { .. })),
            "S2",
        ),
        (
            "administrators cannot deactivate themselves",
            CORE,
            without_self_check(|command| matches!(command, Command::Deactivate)),
            "S2",
        ),
        (
            "an administrator's commands need a recent code",
            ALONE,
            weakened(|snapshot, command, now, fresh| {
                let mut session = snapshot.session.copied();
                if let (Command::ScheduleMandate { .. }, Some(session)) = (command, &mut session)
                    && session.level == Level::Level1
                {
                    (session.level, session.at) = (Level::Level2, now);
                }
                let snapshot = Snapshot {
                    session: session.as_ref(),
                    ..*snapshot
                };
                decide(&snapshot, command, now, fresh)
            }),
            "a thief without the phone gave an administrator's command",
        ),
        (
            "the roster records enrollments",
            QUIET,
            with_changes(confirms, |_, changes| changes.roster = None),
            "the roster has a wrong enrollment",
        ),
        (
            "the roster records resets",
            QUIET,
            with_changes(
                |command| matches!(command, Command::Reset { .. }),
                |_, changes| changes.roster = None,
            ),
            "the roster has a wrong enrollment",
        ),
        (
            "the roster records deactivations",
            CORE,
            with_changes(
                |command| matches!(command, Command::Deactivate | Command::HostDeactivate),
                |_, changes| changes.roster = None,
            ),
            "the roster has wrong administrators",
        ),
    ]
}

fn of_break_glass() -> Vec<Guard> {
    vec![
        (
            "break-glass waits for a day",
            QUIET,
            with_organization(collects, |organization, _, now| {
                if let BreakGlass::Opening { ready, .. } = &mut organization.break_glass {
                    *ready = now;
                }
            }),
            "break-glass opened before its wait ended",
        ),
        (
            "break-glass readmits only the named administrator",
            QUIET,
            with_organization(collects, |organization, actor, _| {
                if let BreakGlass::Opening { account, .. } = &mut organization.break_glass {
                    *account = actor.id;
                }
            }),
            "break-glass readmitted another account",
        ),
        (
            "break-glass is for administrators",
            Space {
                roles: [A, E, P],
                ..QUIET
            },
            with_actor(
                |command| matches!(command, Command::OpenBreakGlass { .. }),
                |_, _, _, actor| actor.roles = A.set(),
            ),
            "break-glass was opened for another role",
        ),
        (
            "an administrator's log-in cancels break-glass",
            CORE,
            with_changes(
                |command| matches!(command, Command::VerifyCode { .. }),
                |snapshot, changes| {
                    if let (Some(is), Some(was)) =
                        (&mut changes.organization, snapshot.organization)
                    {
                        is.break_glass = was.break_glass;
                    }
                },
            ),
            "break-glass continued",
        ),
    ]
}
