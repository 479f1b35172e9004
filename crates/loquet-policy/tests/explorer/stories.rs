//! Each guard is necessary: without it the explorer finds the way to a broken promise, and the
//! shortest is kept in `stories.txt`. To write it anew:
//! `cargo test -p loquet-policy --test explorer -- --ignored write_the_stories`.

use crate::actions::*;
use crate::necessary;
use crate::search::{Broken, explore, way_back, way_back_for};
use crate::world::*;
use crate::{A, CORE, E, P};
use loquet_policy::*;

type Decide = dyn Fn(&Snapshot<'_>, &Command, UnixTime, Fresh) -> Decision;
type Stand = dyn Fn(&Snapshot<'_>, UnixTime) -> Result<Level, Refusal>;

/// The production function with one guard taken out, by showing it something else than what is,
/// or by undoing one thing that it did.
pub struct Without {
    pub decide: Box<Decide>,
    pub standing: Box<Stand>,
}

impl Engine for Without {
    fn decide(
        &self,
        snapshot: &Snapshot<'_>,
        command: &Command,
        now: UnixTime,
        fresh: Fresh,
    ) -> Decision {
        (self.decide)(snapshot, command, now, fresh)
    }

    fn standing(&self, snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
        (self.standing)(snapshot, now)
    }
}

pub fn without(
    decide: impl Fn(&Snapshot<'_>, &Command, UnixTime, Fresh) -> Decision + 'static,
) -> Without {
    Without {
        decide: Box::new(decide),
        standing: Box::new(standing),
    }
}

/// The host never opens the break-glass.
fn no_break_glass(
    snapshot: &Snapshot<'_>,
    command: &Command,
    now: UnixTime,
    fresh: Fresh,
) -> Decision {
    match command {
        Command::BreakGlass { .. } => refuse(Refusal::NotSealed { until: None }),
        _ => decide(snapshot, command, now, fresh),
    }
}

fn refuse(refusal: Refusal) -> Decision {
    Decision {
        answer: Err(refusal),
        changes: Changes::default(),
        notices: Vec::new(),
    }
}

pub const THIEF: Space = Space {
    sessions: 2,
    victim: Some(1),
    roles: [A, E, E],
    people: false,
    ..CORE
};

/// The guard, the space, the engine without it, the promise that breaks.
pub type Guard = (&'static str, Space, Without, &'static str);

fn guards() -> Vec<Guard> {
    vec![
        (
            "a code is compared with the last accepted step",
            CORE,
            without(|snapshot, command, now, fresh| {
                let mut actor = snapshot.actor.clone();
                if let Authenticator::Active { step, .. } = &mut actor.authenticator {
                    *step = 0;
                }
                decide(
                    &Snapshot {
                        actor: &actor,
                        ..*snapshot
                    },
                    command,
                    now,
                    fresh,
                )
            }),
            "S12",
        ),
        (
            "sessions are worth what the rules say now",
            CORE,
            Without {
                decide: Box::new(decide),
                standing: Box::new(|snapshot, now| {
                    standing(snapshot, now).map(|level| match snapshot.session {
                        Some(session) if session.level == Level::Level1 => Level::Level1,
                        _ => level,
                    })
                }),
            },
            "S1",
        ),
        (
            "Level2 ends with the authenticator",
            BURNT,
            Without {
                decide: Box::new(decide),
                standing: Box::new(|snapshot, now| {
                    standing(snapshot, now).map(|level| match snapshot.session {
                        Some(session) if session.level == Level::Level2 => Level::Level2,
                        _ => level,
                    })
                }),
            },
            "S4",
        ),
        (
            "nobody resets themself",
            CORE,
            without(|snapshot, command, now, fresh| {
                let mut other = snapshot.subject.cloned();
                if let (Command::Reset { .. }, Some(subject)) = (command, &mut other) {
                    subject.id = id(7);
                    let snapshot = Snapshot {
                        subject: Some(subject),
                        ..*snapshot
                    };
                    let mut decision = decide(&snapshot, command, now, fresh);
                    decision.changes.subject = None;
                    return decision;
                }
                decide(snapshot, command, now, fresh)
            }),
            "S2",
        ),
        (
            "nobody leaves the last enrolled administrator's chair empty",
            CORE,
            without(|snapshot, command, now, fresh| {
                let Command::HostLeave = command else {
                    return decide(snapshot, command, now, fresh);
                };
                let mut roster = snapshot.roster.unwrap().clone();
                let phantom = Administrator {
                    account: id(9),
                    enrolled: true,
                    promoted: NOW,
                    mark: 9,
                };
                roster.administrators.push(phantom);
                let snapshot = Snapshot {
                    roster: Some(&roster),
                    ..*snapshot
                };
                let mut decision = decide(&snapshot, command, now, fresh);
                if let Some(roster) = &mut decision.changes.roster {
                    roster.administrators.retain(|entry| entry.account != id(9));
                }
                decision
            }),
            "S6",
        ),
        (
            "who leaves takes no secret along",
            CORE,
            without(|snapshot, command, now, fresh| {
                let mut decision = decide(snapshot, command, now, fresh);
                if let (Command::Leave, Some(left)) = (command, &mut decision.changes.subject) {
                    left.authenticator = snapshot.subject.unwrap().authenticator;
                }
                decision
            }),
            "S5",
        ),
        (
            "the switch stays on under a mandate",
            Space {
                roles: [A, E, E],
                people: false,
                ..CORE
            },
            without(|snapshot, command, now, fresh| {
                let Command::SwitchOff { .. } = command else {
                    return decide(snapshot, command, now, fresh);
                };
                let mut organisation = snapshot.organisation.unwrap().clone();
                organisation.mandates.clear();
                let snapshot = Snapshot {
                    organisation: Some(&organisation),
                    ..*snapshot
                };
                let mut decision = decide(&snapshot, command, now, fresh);
                decision.changes.organisation = None;
                decision
            }),
            "S8",
        ),
        (
            "only the session that began an enrollment confirms it",
            THIEF,
            without(|snapshot, command, now, fresh| {
                let Command::ConfirmEnrollment { .. } = command else {
                    return decide(snapshot, command, now, fresh);
                };
                let pending = snapshot.actor.pendings.iter().flatten().next();
                let session = snapshot.session.map(|session| Session {
                    id: pending.map_or(session.id, |pending| pending.session),
                    ..*session
                });
                decide(
                    &Snapshot {
                        session: session.as_ref(),
                        ..*snapshot
                    },
                    command,
                    now,
                    fresh,
                )
            }),
            "S9",
        ),
        (
            "after a reset nobody is let in without a ticket",
            CORE,
            without(|snapshot, command, now, fresh| {
                let mut decision = decide(snapshot, command, now, fresh);
                if let (Command::Reset { .. }, Some(subject)) =
                    (command, &mut decision.changes.subject)
                {
                    subject.authenticator = Authenticator::None;
                }
                decision
            }),
            "S10",
        ),
        (
            "an enrollment after a reset shows the ticket",
            THIEF,
            without(|snapshot, command, now, fresh| {
                let (
                    Command::BeginEnrollment {
                        recovery, access, ..
                    },
                    Authenticator::ResetDue { ticket: Some(due) },
                ) = (command, snapshot.actor.authenticator)
                else {
                    return decide(snapshot, command, now, fresh);
                };
                let ticket = match due.origin {
                    Origin::Administrator { digest, .. } | Origin::BreakGlass { digest } => {
                        Some(digest)
                    }
                    Origin::Recovery { .. } => None,
                };
                let shown = Command::BeginEnrollment {
                    ticket,
                    recovery: *recovery,
                    access: *access,
                };
                decide(snapshot, &shown, now, fresh)
            }),
            "a thief enrolled after a reset",
        ),
        (
            "the enrollment window closes",
            THIEF,
            without(|snapshot, command, now, fresh| {
                let mut actor = snapshot.actor.clone();
                actor.created = now;
                let mut decision = decide(
                    &Snapshot {
                        actor: &actor,
                        ..*snapshot
                    },
                    command,
                    now,
                    fresh,
                );
                if let Some(actor) = &mut decision.changes.actor {
                    actor.created = snapshot.actor.created;
                }
                decision
            }),
            "a pass phrase enrolled a dormant account",
        ),
        (
            "a demoted author's tickets are void",
            Space {
                accounts: 3,
                roles: [A, A, E],
                losses: false,
                core: true,
                ..CORE
            },
            without(|snapshot, command, now, fresh| {
                let begins = matches!(
                    command,
                    Command::BeginEnrollment { .. } | Command::ConfirmEnrollment { .. }
                );
                let Authenticator::ResetDue {
                    ticket:
                        Some(Ticket {
                            origin: Origin::Administrator { by, mark, .. },
                            ..
                        }),
                } = snapshot.actor.authenticator
                else {
                    return decide(snapshot, command, now, fresh);
                };
                let real = snapshot.roster.unwrap();
                let author = real.administrator(by).copied();
                if !begins || author.is_some_and(|author| author.mark == mark) {
                    return decide(snapshot, command, now, fresh);
                }
                let with_author = |roster: &Roster, author: Option<Administrator>| {
                    let mut roster = roster.clone();
                    roster.administrators.retain(|entry| entry.account != by);
                    roster.administrators.extend(author);
                    roster.administrators.sort_by_key(|entry| entry.account);
                    roster
                };
                let standing = Administrator {
                    account: by,
                    enrolled: true,
                    promoted: now,
                    mark,
                };
                let roster = with_author(real, Some(standing));
                let snapshot = Snapshot {
                    roster: Some(&roster),
                    ..*snapshot
                };
                let mut decision = decide(&snapshot, command, now, fresh);
                if let Some(roster) = &mut decision.changes.roster {
                    *roster = with_author(roster, author);
                }
                decision
            }),
            "a ticket outlived its author",
        ),
        (
            "an administrator's log-in cancels break-glass",
            CORE,
            without(|snapshot, command, now, fresh| {
                let mut decision = decide(snapshot, command, now, fresh);
                if let (Command::GiveCode { .. }, Some(organisation)) =
                    (command, &mut decision.changes.organisation)
                {
                    organisation.break_glass = snapshot.organisation.unwrap().break_glass;
                }
                decision
            }),
            "break-glass went on",
        ),
        (
            "a mandate in force is not cancelled",
            Space {
                roles: [A, P, P],
                people: false,
                losses: false,
                ..CORE
            },
            without(|snapshot, command, now, fresh| {
                let Command::CancelMandate { .. } = command else {
                    return decide(snapshot, command, now, fresh);
                };
                let mut organisation = snapshot.organisation.unwrap().clone();
                for mandate in &mut organisation.mandates {
                    let date = now.plus(1);
                    mandate.state = MandateState::Announced {
                        since: now,
                        date,
                        postponements: 0,
                    };
                }
                let snapshot = Snapshot {
                    organisation: Some(&organisation),
                    ..*snapshot
                };
                decide(&snapshot, command, now, fresh)
            }),
            "S3",
        ),
    ]
}

fn tell(guard: &str, broken: &Broken) -> String {
    let steps = broken
        .story
        .iter()
        .enumerate()
        .map(|(at, step)| format!("  {}. {step}\n", at + 1));
    format!(
        "Without the guard: {guard}\n{}  => {}\n\n",
        steps.collect::<String>(),
        broken.promise
    )
}

fn stories() -> String {
    let mut told = String::new();
    for (guard, space, engine, promise) in guards().into_iter().chain(necessary::guards()) {
        let broken = match explore(space, &engine) {
            Err(broken) => broken,
            Ok(_) => panic!("nothing breaks without the guard: {guard}"),
        };
        assert!(broken.promise.contains(promise), "{guard}: {broken:#?}");
        told += &tell(guard, &broken);
    }
    told += &locked_out_in_a_few_steps();
    told += &burnt_with_the_codes_in_hand();
    told
}

/// Two administrators are not enough: without break-glass one loses the phone and demotes the
/// other while still logged in.
fn locked_out_in_a_few_steps() -> String {
    let engine = without(no_break_glass);
    let space = Space {
        links: false,
        ..CORE
    };
    let mut explored = explore(space, &engine).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let broken = way_back(&mut explored, &engine).expect_err("somebody is locked out");
    tell("there is a sealed break-glass code", &broken)
}

/// Recovery codes open a disabled authenticator too. Shown without break-glass, since that would
/// be the other way back.
fn burnt_with_the_codes_in_hand() -> String {
    let holds_codes = |world: &World| {
        world.people[0].account.recovery.len() == 2 && world.people[0].paper == Who::Owner
    };
    let with = without(no_break_glass);
    let mut explored = explore(BURNT, &with).unwrap_or_else(|broken| panic!("{broken:#?}"));
    way_back_for(&mut explored, &with, holds_codes).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let engine = without(|snapshot, command, now, fresh| match command {
        Command::UseRecoveryCode { .. }
            if matches!(snapshot.actor.authenticator, Authenticator::Disabled { .. }) =>
        {
            refuse(Refusal::Disabled { since: None })
        }
        _ => no_break_glass(snapshot, command, now, fresh),
    });
    let mut explored = explore(BURNT, &engine).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let broken =
        way_back_for(&mut explored, &engine, holds_codes).expect_err("somebody is locked out");
    tell("recovery codes open a disabled authenticator", &broken)
}

/// One administrator alone, and a thief of the pass phrase.
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

#[test]
fn every_guard_is_necessary() {
    let told = stories();
    let kept = include_str!("stories.txt");
    assert!(
        told == kept,
        "the stories are others now, write them anew:\n{told}"
    );
}

#[test]
#[ignore = "writes the file that the other test compares with"]
fn write_the_stories() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explorer/stories.txt");
    std::fs::write(file, stories()).unwrap();
}
