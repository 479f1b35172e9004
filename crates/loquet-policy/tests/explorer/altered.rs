//! The engine with one guard taken out, by showing it something else than what is, or by undoing one thing that it did.

use crate::actions::*;
use crate::world::*;
use loquet_policy::*;

type Decide = dyn Fn(&Snapshot<'_>, &Command, UnixTime, Fresh) -> Decision;
type Stand = dyn Fn(&Snapshot<'_>, UnixTime) -> Result<Level, Refusal>;

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
pub fn no_break_glass(
    snapshot: &Snapshot<'_>,
    command: &Command,
    now: UnixTime,
    fresh: Fresh,
) -> Decision {
    match command {
        Command::OpenBreakGlass { .. } => refuse(Refusal::NoBreakGlassCode { until: None }),
        _ => decide(snapshot, command, now, fresh),
    }
}

pub fn refuse(refusal: Refusal) -> Decision {
    Decision {
        answer: Err(refusal),
        changes: Changes::default(),
        notices: Vec::new(),
    }
}

/// The engine that sees the one who asks with another face, where the command is one of these. What it was not asked to
/// change stays as it is.
pub fn seen(
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
        if let Some(changed) = &mut decision.changes.actor {
            changed.created = snapshot.actor.created;
        }
        if let Some(actor) = &mut decision.changes.actor
            && actor.authenticator == shown
        {
            actor.authenticator = snapshot.actor.authenticator;
        }
        decision
    })
}

/// The engine that sees the organization otherwise, where the command is one of these, and writes nothing of it.
pub fn in_another(
    when: fn(&Command) -> bool,
    change: impl Fn(&mut Organization, &Account, UnixTime) + 'static,
) -> Without {
    without(move |snapshot, command, now, fresh| {
        let mut organization = snapshot.organization.unwrap().clone();
        if when(command) {
            change(&mut organization, snapshot.actor, now);
        }
        let snapshot = Snapshot {
            organization: Some(&organization),
            ..*snapshot
        };
        let mut decision = decide(&snapshot, command, now, fresh);
        if when(command) && decision.answer.is_err() {
            decision.changes.organization = None;
        }
        decision
    })
}

/// The engine whose decisions about these commands are written differently.
pub fn undoing(
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
pub fn never_oneself(when: fn(&Command) -> bool) -> Without {
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
pub fn mistaking(one: Level, other: Level) -> Without {
    Without {
        decide: Box::new(decide),
        standing: Box::new(move |snapshot, now| {
            standing(snapshot, now).map(|level| if level == one { other } else { level })
        }),
    }
}

/// The engine in which a session that once was worth this is so for ever.
pub fn never_falling(from: Level) -> Without {
    Without {
        decide: Box::new(decide),
        standing: Box::new(move |snapshot, now| {
            standing(snapshot, now).map(|level| match snapshot.session {
                Some(session) if session.level == from => from,
                _ => level,
            })
        }),
    }
}

/// The engine to which the author of a reset code is an administrator still.
pub fn with_any_author() -> Without {
    without(|snapshot, command, now, fresh| {
        let begins = matches!(
            command,
            Command::BeginEnrollment { .. } | Command::ConfirmEnrollment { .. }
        );
        let Authenticator::ResetDue {
            reset_code:
                Some(ResetCode {
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
    })
}

/// The engine to which whoever enrolls shows the reset code that is due.
pub fn with_the_reset_code() -> Without {
    without(|snapshot, command, now, fresh| {
        let (
            Command::BeginEnrollment {
                recovery, access, ..
            },
            Authenticator::ResetDue {
                reset_code: Some(due),
            },
        ) = (command, snapshot.actor.authenticator)
        else {
            return decide(snapshot, command, now, fresh);
        };
        let reset_code = match due.origin {
            Origin::Administrator { digest, .. } | Origin::BreakGlass { digest } => Some(digest),
            Origin::Recovery { .. } => None,
        };
        let shown = Command::BeginEnrollment {
            reset_code,
            recovery: *recovery,
            access: *access,
        };
        decide(snapshot, &shown, now, fresh)
    })
}

/// The engine to which the session that asks is the one that began an enrollment.
pub fn in_the_session_that_began() -> Without {
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
    })
}

/// The engine to which the list has another administrator, when the host deletes one.
pub fn beside_a_phantom() -> Without {
    without(|snapshot, command, now, fresh| {
        let Command::HostDeactivate = command else {
            return decide(snapshot, command, now, fresh);
        };
        let mut roster = snapshot.roster.unwrap().clone();
        let phantom = Administrator {
            account: id(9),
            enrolled: true,
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
    })
}
