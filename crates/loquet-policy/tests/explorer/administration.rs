//! The guards of reset codes, of what administrators do, and of break-glass.

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
            "an enrollment after a reset shows the reset code",
            THIEF,
            with_the_reset_code(),
            "a thief enrolled after a reset",
        ),
        (
            "a void reset code lets nobody in",
            BURNT,
            seen(begins, |_, command, now, actor| {
                let void = Authenticator::ResetDue { reset_code: None };
                if let Command::BeginEnrollment { reset_code, .. } = command
                    && actor.authenticator == void
                {
                    let origin = Origin::BreakGlass {
                        digest: reset_code.unwrap_or(digest(9, 0, 9)),
                    };
                    actor.authenticator = Authenticator::ResetDue {
                        reset_code: Some(ResetCode {
                            origin,
                            issued: now,
                            expires: now.plus(limits::DAY),
                            wrong: 0,
                        }),
                    };
                }
            }),
            "a void reset code enrolled",
        ),
        (
            "a recovery belongs to the session that showed the code",
            BURNT,
            seen(begins, |snapshot, _, _, actor| {
                if let (
                    Authenticator::ResetDue {
                        reset_code:
                            Some(ResetCode {
                                origin: Origin::Recovery { session },
                                ..
                            }),
                    },
                    Some(own),
                ) = (&mut actor.authenticator, snapshot.session)
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
            "whoever comes back shows a reset code",
            Space {
                losses: false,
                ..CORE
            },
            undoing(
                |command| matches!(command, Command::Reactivate { .. }),
                |_, changes| {
                    if let Some(subject) = &mut changes.subject {
                        subject.authenticator = Authenticator::None;
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
        ("nobody resets themself", CORE, never_oneself(resets), "S2"),
        (
            "after a reset nobody is let in without a reset code",
            CORE,
            undoing(resets, |_, changes| {
                if let Some(subject) = &mut changes.subject {
                    subject.authenticator = Authenticator::None;
                }
            }),
            "S10",
        ),
        (
            "who leaves takes no secret along",
            CORE,
            undoing(
                |command| matches!(command, Command::Deactivate),
                |snapshot, changes| {
                    if let (Some(left), Some(was)) = (&mut changes.subject, snapshot.subject) {
                        left.authenticator = was.authenticator;
                    }
                },
            ),
            "S5",
        ),
        (
            "nobody leaves the last enrolled administrator's chair empty",
            CORE,
            beside_a_phantom(),
            "S6",
        ),
    ]
}

fn of_administrators() -> Vec<Guard> {
    vec![
        (
            "nobody demotes themself",
            CORE,
            never_oneself(|command| matches!(command, Command::RemoveRole { .. })),
            "S2",
        ),
        (
            "nobody lets themself go",
            CORE,
            never_oneself(|command| matches!(command, Command::Deactivate)),
            "S2",
        ),
        (
            "an administrator's commands need a recent code",
            ALONE,
            without(|snapshot, command, now, fresh| {
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
            "a thief without the phone administered",
        ),
        (
            "the list of administrators knows who is enrolled",
            QUIET,
            undoing(confirms, |_, changes| changes.roster = None),
            "the list says enrolled wrongly",
        ),
        (
            "whoever is reset is no enrolled administrator",
            QUIET,
            undoing(
                |command| matches!(command, Command::Reset { .. }),
                |_, changes| changes.roster = None,
            ),
            "the list says enrolled wrongly",
        ),
        (
            "whoever leaves is off the list of administrators",
            CORE,
            undoing(
                |command| matches!(command, Command::Deactivate | Command::HostDeactivate),
                |_, changes| changes.roster = None,
            ),
            "the list of administrators is wrong",
        ),
    ]
}

fn of_break_glass() -> Vec<Guard> {
    vec![
        (
            "break-glass waits for a day",
            QUIET,
            in_another(collects, |organization, _, now| {
                if let BreakGlass::Opening { ready, .. } = &mut organization.break_glass {
                    *ready = now;
                }
            }),
            "break-glass opened before its day",
        ),
        (
            "break-glass lets in the named administrator alone",
            QUIET,
            in_another(collects, |organization, actor, _| {
                if let BreakGlass::Opening { account, .. } = &mut organization.break_glass {
                    *account = actor.id;
                }
            }),
            "break-glass let in another",
        ),
        (
            "break-glass is for administrators",
            Space {
                roles: [A, E, P],
                ..QUIET
            },
            seen(
                |command| matches!(command, Command::OpenBreakGlass { .. }),
                |_, _, _, actor| actor.roles = A.set(),
            ),
            "break-glass was opened for nobody's administrator",
        ),
        (
            "an administrator's log-in cancels break-glass",
            CORE,
            undoing(
                |command| matches!(command, Command::VerifyCode { .. }),
                |snapshot, changes| {
                    if let (Some(is), Some(was)) =
                        (&mut changes.organization, snapshot.organization)
                    {
                        is.break_glass = was.break_glass;
                    }
                },
            ),
            "break-glass went on",
        ),
    ]
}
