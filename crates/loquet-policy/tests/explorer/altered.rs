//! The engine with one guard removed, by showing it other rows or by changing what it wrote.

use crate::actions::*;
use crate::request::GOOD;
use crate::world::*;
use loquet_policy::*;

type Decide = dyn Fn(&Snapshot<'_>, &Command, UnixTime, Fresh) -> Decision;
type Stand = dyn Fn(&Snapshot<'_>, UnixTime) -> Result<Level, Refusal>;

pub struct Weakened {
    pub decide: Box<Decide>,
    pub current_level: Box<Stand>,
}

impl Engine for Weakened {
    fn decide(
        &self,
        snapshot: &Snapshot<'_>,
        command: &Command,
        now: UnixTime,
        fresh: Fresh,
    ) -> Decision {
        (self.decide)(snapshot, command, now, fresh)
    }

    fn current_level(&self, snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
        (self.current_level)(snapshot, now)
    }
}

pub fn weakened(
    decide: impl Fn(&Snapshot<'_>, &Command, UnixTime, Fresh) -> Decision + 'static,
) -> Weakened {
    Weakened {
        decide: Box::new(decide),
        current_level: Box::new(current_level),
    }
}

/// The engine without break-glass.
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

/// Shows the engine another actor for these commands. Fields that it did not change keep their stored values.
pub fn with_actor(
    when: fn(&Command) -> bool,
    face: impl Fn(&Snapshot<'_>, &Command, UnixTime, &mut Account) + 'static,
) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
        if !when(command) {
            return decide(snapshot, command, now, fresh);
        }
        let mut actor = snapshot.actor.clone();
        face(snapshot, command, now, &mut actor);
        let shown = actor.second_factor;
        let other = Snapshot {
            actor: &actor,
            ..*snapshot
        };
        let mut decision = decide(&other, command, now, fresh);
        if let Some(changed) = &mut decision.changes.actor {
            changed.created = snapshot.actor.created;
            changed.ever |= snapshot.actor.ever;
        }
        if let Some(actor) = &mut decision.changes.actor
            && actor.second_factor == shown
        {
            actor.second_factor = snapshot.actor.second_factor;
        }
        decision
    })
}

/// Shows the engine another organization for these commands, and discards its changes to it.
pub fn with_organization(
    when: fn(&Command) -> bool,
    change: impl Fn(&mut Organization, &Account, UnixTime) + 'static,
) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
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

/// Changes what the engine wrote for these commands.
pub fn with_changes(
    when: fn(&Command) -> bool,
    undo: impl Fn(&Snapshot<'_>, &mut Changes) + 'static,
) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
        let mut decision = decide(snapshot, command, now, fresh);
        if when(command) && decision.answer.is_ok() {
            undo(snapshot, &mut decision.changes);
        }
        decision
    })
}

/// Hides from the engine that the actor and the subject are the same account.
pub fn without_self_check(when: fn(&Command) -> bool) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
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

/// Mistakes one level for another.
pub fn mistaking_level(one: Level, other: Level) -> Weakened {
    Weakened {
        decide: Box::new(decide),
        current_level: Box::new(move |snapshot, now| {
            current_level(snapshot, now).map(|level| if level == one { other } else { level })
        }),
    }
}

/// Keeps a session at this level forever.
pub fn keeping_level(from: Level) -> Weakened {
    Weakened {
        decide: Box::new(decide),
        current_level: Box::new(move |snapshot, now| {
            current_level(snapshot, now).map(|level| match snapshot.session {
                Some(session) if session.level == from => from,
                _ => level,
            })
        }),
    }
}

/// Treats the author of a reset code as an unchanged administrator.
pub fn with_any_author() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let begins = matches!(
            command,
            Command::BeginEnrollment { .. } | Command::ConfirmEnrollment { .. }
        );
        let SecondFactor::ResetDue {
            reset_code:
                Some(ResetCode {
                    origin: Origin::Administrator { by, mark, .. },
                    ..
                }),
        } = snapshot.actor.second_factor
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
        let entry = Administrator {
            passkey: false,
            account: by,
            enrolled: true,
            suspended: false,
            mark,
        };
        let roster = with_author(real, Some(entry));
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

/// Shows the right link to undo a report.
pub fn with_link() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let mut command = *command;
        if let Command::UndoReport { evidence, .. } = &mut command {
            *evidence = Evidence::Link(undo_link(0));
        }
        decide(snapshot, &command, now, fresh)
    })
}

/// Takes a wrong code for a good one. A used code is another guard's.
pub fn taking_codes(of: fn(&Command) -> bool) -> Weakened {
    weakened(move |snapshot, command, now, fresh| {
        let mut command = *command;
        if of(&command)
            && let Command::UndoReport { code, .. } | Command::RenewRecoveryCodes { code, .. } =
                &mut command
            && matches!(code.check, CodeCheck::Absent | CodeCheck::Wrong { .. })
        {
            code.check = GOOD;
        }
        decide(snapshot, &command, now, fresh)
    })
}

/// Presents the reset code that is due in each enrollment.
pub fn with_reset_code() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let (
            Command::BeginEnrollment {
                recovery, access, ..
            },
            FactorState::ResetDue {
                reset_code: Some(due),
            },
        ) = (command, snapshot.actor.second_factor.state())
        else {
            return decide(snapshot, command, now, fresh);
        };
        let reset_code = match due.origin {
            Origin::Administrator { digest, .. }
            | Origin::Host { digest }
            | Origin::BreakGlass { digest } => Some(digest),
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

/// Treats the confirming session as the one that began the enrollment.
pub fn in_beginning_session() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
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

/// Shows the engine one more administrator when the host deactivates one.
pub fn with_phantom_administrator() -> Weakened {
    weakened(|snapshot, command, now, fresh| {
        let Command::HostDeactivate = command else {
            return decide(snapshot, command, now, fresh);
        };
        let mut roster = snapshot.roster.unwrap().clone();
        let phantom = Administrator {
            passkey: false,
            account: id(9),
            enrolled: true,
            suspended: false,
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
