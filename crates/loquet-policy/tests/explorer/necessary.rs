//! The guards of enrollment, of the ways back, and of what administrators do, each taken out: see `stories.rs`.

use crate::stories::{BURNT, Guard, THIEF, Without, without};
use crate::world::*;
use crate::{A, CORE, E, P};
use loquet_policy::*;

/// The engine that sees the one who asks with another face, where the command is one of these. What it was not asked to
/// change stays as it is.
fn seen(
    when: fn(&Command) -> bool,
    face: impl Fn(&Snapshot<'_>, &Command, UnixTime, &mut Account) + 'static,
) -> Without {
    without(move |snapshot, command, now, fresh| {
        if !when(command) {
            return decide(snapshot, command, now, fresh);
        }
        let mut actor = snapshot.actor.clone();
        face(snapshot, command, now, &mut actor);
        let shown = actor.authenticator;
        let other = Snapshot {
            actor: &actor,
            ..*snapshot
        };
        let mut decision = decide(&other, command, now, fresh);
        if let Some(actor) = &mut decision.changes.actor
            && actor.authenticator == shown
        {
            actor.authenticator = snapshot.actor.authenticator;
        }
        decision
    })
}

/// The engine that sees the organisation otherwise, where the command is one of these, and writes nothing of it.
fn in_another(
    when: fn(&Command) -> bool,
    change: impl Fn(&mut Organisation, &Account, UnixTime) + 'static,
) -> Without {
    without(move |snapshot, command, now, fresh| {
        let mut organisation = snapshot.organisation.unwrap().clone();
        if when(command) {
            change(&mut organisation, snapshot.actor, now);
        }
        let snapshot = Snapshot {
            organisation: Some(&organisation),
            ..*snapshot
        };
        let mut decision = decide(&snapshot, command, now, fresh);
        if when(command) && decision.answer.is_err() {
            decision.changes.organisation = None;
        }
        decision
    })
}

/// The engine whose decisions about these commands are written differently.
fn undoing(
    when: fn(&Command) -> bool,
    undo: impl Fn(&Snapshot<'_>, &mut Changes) + 'static,
) -> Without {
    without(move |snapshot, command, now, fresh| {
        let mut decision = decide(snapshot, command, now, fresh);
        if when(command) && decision.answer.is_ok() {
            undo(snapshot, &mut decision.changes);
        }
        decision
    })
}

/// The engine to which the one who asks and the one who is asked about are never the same.
fn never_oneself(when: fn(&Command) -> bool) -> Without {
    without(move |snapshot, command, now, fresh| {
        let mut subject = snapshot.subject.cloned();
        if let (true, Some(subject)) = (when(command), &mut subject) {
            subject.id = id(7);
        }
        let snapshot = Snapshot {
            subject: subject.as_ref(),
            ..*snapshot
        };
        let mut decision = decide(&snapshot, command, now, fresh);
        if when(command) {
            decision.changes.subject = None;
        }
        decision
    })
}

/// The engine that takes one level for another.
fn mistaking(one: Level, other: Level) -> Without {
    Without {
        decide: Box::new(decide),
        standing: Box::new(move |snapshot, now| {
            standing(snapshot, now).map(|level| if level == one { other } else { level })
        }),
    }
}

const fn begins(command: &Command) -> bool {
    matches!(command, Command::BeginEnrollment { .. })
}

const fn confirms(command: &Command) -> bool {
    matches!(command, Command::ConfirmEnrollment { .. })
}

const fn collects(command: &Command) -> bool {
    matches!(command, Command::CollectTicket { .. })
}

/// An administrator alone, and a thief of the pass phrase.
const ALONE: Space = Space {
    accounts: 1,
    sessions: 2,
    victim: Some(0),
    people: false,
    losses: false,
    ..CORE
};

const QUIET: Space = Space {
    people: false,
    losses: false,
    ..CORE
};

pub fn guards() -> Vec<Guard> {
    let mut guards = of_levels();
    guards.extend(of_enrollment());
    guards.extend(of_tickets());
    guards.extend(of_administrators());
    guards.extend(of_break_glass());
    guards
}

fn of_levels() -> Vec<Guard> {
    vec![
        (
            "half a log-in has no rights",
            ALONE,
            mistaking(Level::HalfLogin, Level::Level1),
            "S1",
        ),
        (
            "whoever must enroll may do nothing else",
            QUIET,
            mistaking(Level::EnrolOnly, Level::Level1),
            "S1",
        ),
        (
            "the strict latch holds the switch",
            Space {
                strict: true,
                ..ALONE
            },
            in_another(
                |command| matches!(command, Command::SwitchOff { .. }),
                |organisation, _, _| organisation.preset = Preset::Standard,
            ),
            "the switch went off under the strict latch",
        ),
    ]
}

fn of_enrollment() -> Vec<Guard> {
    vec![
        (
            "multi-factor log-in comes with a sealed break-glass code",
            QUIET,
            undoing(
                |command| matches!(command, Command::Enable { .. }),
                |_, changes| {
                    if let Some(organisation) = &mut changes.organisation {
                        organisation.break_glass = BreakGlass::Unset;
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
                |organisation, actor, now| {
                    organisation.latch = Latch::Enabled {
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

fn of_tickets() -> Vec<Guard> {
    vec![
        (
            "a void ticket lets nobody in",
            BURNT,
            seen(begins, |_, command, now, actor| {
                let void = Authenticator::ResetDue { ticket: None };
                if let Command::BeginEnrollment { ticket, .. } = command
                    && actor.authenticator == void
                {
                    let origin = Origin::BreakGlass {
                        digest: ticket.unwrap_or(digest(9, 0, 9)),
                    };
                    actor.authenticator = Authenticator::ResetDue {
                        ticket: Some(Ticket {
                            origin,
                            issued: now,
                            expires: now.plus(limits::DAY),
                            wrong: 0,
                        }),
                    };
                }
            }),
            "a void ticket enrolled",
        ),
        (
            "a recovery belongs to the session that showed the code",
            BURNT,
            seen(begins, |snapshot, _, _, actor| {
                if let (
                    Authenticator::ResetDue {
                        ticket:
                            Some(Ticket {
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
        (
            "whoever comes back shows a ticket",
            Space {
                losses: false,
                ..CORE
            },
            undoing(
                |command| matches!(command, Command::Rehire { .. }),
                |_, changes| {
                    if let Some(subject) = &mut changes.subject {
                        subject.authenticator = Authenticator::None;
                    }
                },
            ),
            "S10",
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
            never_oneself(|command| matches!(command, Command::Leave)),
            "S2",
        ),
        (
            "an administrator's commands need a recent code",
            ALONE,
            without(|snapshot, command, now, fresh| {
                let mut session = snapshot.session.copied();
                if let (Command::Announce { .. }, Some(session)) = (command, &mut session)
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
                |command| matches!(command, Command::Leave | Command::HostLeave),
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
            in_another(collects, |organisation, _, now| {
                if let BreakGlass::Opening { ready, .. } = &mut organisation.break_glass {
                    *ready = now;
                }
            }),
            "break-glass opened before its day",
        ),
        (
            "break-glass lets in the named administrator alone",
            QUIET,
            in_another(collects, |organisation, actor, _| {
                if let BreakGlass::Opening { account, .. } = &mut organisation.break_glass {
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
                |command| matches!(command, Command::BreakGlass { .. }),
                |_, _, _, actor| actor.roles = A.set(),
            ),
            "break-glass was opened for nobody's administrator",
        ),
    ]
}
