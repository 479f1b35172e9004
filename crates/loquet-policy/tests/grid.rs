//! Who may do what: actor × command × state, printed to `grid.txt`.
//!
//! After a change that is meant, write it anew and read the difference:
//! `cargo test -p loquet-policy --test grid -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and one of these writes its file"
)]

use loquet_policy::*;
use std::collections::BTreeSet;
use std::fmt::Write;

const NOW: UnixTime = UnixTime(2_000_000_000);
const FRESH: Fresh = Fresh {
    session: SessionId(7),
};
const STEP: u64 = 1000;

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn ago(seconds: u64) -> UnixTime {
    UnixTime(NOW.0 - seconds)
}

const GOOD: Submitted = code(CodeCheck::Good {
    step: STEP + 1,
    offset: 0,
});
const WRONG: Submitted = code(CodeCheck::Wrong { behind: None });
const ABSENT: Submitted = code(CodeCheck::Absent);

const fn code(check: CodeCheck) -> Submitted {
    Submitted {
        check,
        vantage: Vantage::KnownDevice,
    }
}

/// Every command, once with evidence that is as good as it gets.
fn commands() -> Vec<Command> {
    let access = Access::Allowed;
    let recovery = RecoverySet::EMPTY;
    let role = RoleId::EMPLOYEE;
    vec![
        Command::Enable {
            seal: digest(1),
            typed_back: true,
        },
        Command::Disable,
        Command::SetPreset {
            preset: Preset::StrictLatch,
        },
        Command::Announce {
            role,
            start: Start::At(NOW.plus(limits::NOTICE)),
        },
        Command::MoveMandate {
            role,
            date: NOW.plus(30 * limits::DAY),
        },
        Command::CancelMandate { role },
        Command::LiftMandate { role },
        Command::RenewSeal {
            seal: digest(1),
            typed_back: true,
            code: GOOD,
        },
        Command::Change {
            setting: Setting::RecoveryCodes { offered: true },
            code: GOOD,
        },
        Command::CancelChange {
            kind: SettingKind::TicketLife,
        },
        Command::Settle,
        Command::LogIn { access },
        Command::GiveCode { code: GOOD, access },
        Command::Resynchronise {
            pair: PairCheck::Good {
                step: STEP + 3,
                drift: 2,
            },
            vantage: Vantage::Stranger,
            access,
        },
        Command::LogOut,
        Command::LogOutEverywhere,
        Command::PassPhraseChanged { by_owner: true },
        Command::BeginEnrollment {
            ticket: Some(digest(2)),
            recovery,
            access,
        },
        Command::BeginReplacement {
            code: GOOD,
            recovery,
        },
        Command::ConfirmEnrollment {
            check: GOOD.check,
            link: digest(3),
            seal: None,
            access,
        },
        Command::AbandonEnrollment,
        Command::RemoveAuthenticator,
        Command::SwitchOn { code: GOOD },
        Command::SwitchOff { code: GOOD },
        Command::UseRecoveryCode {
            code: Some(digest(4)),
            vantage: Vantage::Stranger,
            access,
        },
        Command::ReportLost,
        Command::Repudiate { link: digest(3) },
        Command::Reset {
            ticket: digest(2),
            aloud: false,
            code: GOOD,
        },
        Command::AddRole {
            role: RoleId::ADMINISTRATOR,
            code: GOOD,
        },
        Command::RemoveRole {
            role: RoleId::ADMINISTRATOR,
        },
        Command::Leave,
        Command::Rehire {
            roles: RoleSet::of(RoleId::EMPLOYEE),
            ticket: digest(2),
            code: GOOD,
        },
        Command::HostLeave,
        Command::BreakGlass { seal: digest(1) },
        Command::CollectTicket {
            seal: digest(1),
            ticket: digest(2),
        },
    ]
}

/// The name and number of a command. A new one that is not in the grid does not compile here, or
/// is missed by the guard below.
fn name(command: &Command) -> (usize, &'static str) {
    match command {
        Command::Enable { .. } => (0, "Enable"),
        Command::Disable => (1, "Disable"),
        Command::SetPreset { .. } => (2, "SetPreset(StrictLatch)"),
        Command::Announce { .. } => (3, "Announce"),
        Command::MoveMandate { .. } => (4, "MoveMandate"),
        Command::CancelMandate { .. } => (5, "CancelMandate"),
        Command::LiftMandate { .. } => (6, "LiftMandate"),
        Command::RenewSeal { .. } => (7, "RenewSeal"),
        Command::Change { .. } => (8, "Change(RecoveryCodes on)"),
        Command::CancelChange { .. } => (9, "CancelChange"),
        Command::Settle => (10, "Settle"),
        Command::LogIn { .. } => (11, "LogIn"),
        Command::GiveCode { .. } => (12, "GiveCode"),
        Command::Resynchronise { .. } => (13, "Resynchronise"),
        Command::LogOut => (14, "LogOut"),
        Command::LogOutEverywhere => (15, "LogOutEverywhere"),
        Command::PassPhraseChanged { .. } => (16, "PassPhraseChanged"),
        Command::BeginEnrollment { .. } => (17, "BeginEnrollment"),
        Command::BeginReplacement { .. } => (18, "BeginReplacement"),
        Command::ConfirmEnrollment { .. } => (19, "ConfirmEnrollment"),
        Command::AbandonEnrollment => (20, "AbandonEnrollment"),
        Command::RemoveAuthenticator => (21, "RemoveAuthenticator"),
        Command::SwitchOn { .. } => (22, "SwitchOn"),
        Command::SwitchOff { .. } => (23, "SwitchOff"),
        Command::UseRecoveryCode { .. } => (24, "UseRecoveryCode"),
        Command::ReportLost => (25, "ReportLost"),
        Command::Repudiate { .. } => (26, "Repudiate"),
        Command::Reset { .. } => (27, "Reset"),
        Command::AddRole { .. } => (28, "AddRole(administrator)"),
        Command::RemoveRole { .. } => (29, "RemoveRole(administrator)"),
        Command::Leave => (30, "Leave"),
        Command::Rehire { .. } => (31, "Rehire"),
        Command::HostLeave => (32, "HostLeave"),
        Command::BreakGlass { .. } => (33, "BreakGlass"),
        Command::CollectTicket { .. } => (34, "CollectTicket"),
    }
}

const COMMANDS: usize = 35;

#[derive(Clone)]
struct Scene {
    organisation: Option<Organisation>,
    roster: Roster,
    actor: Account,
    session: Option<Session>,
    subject: Option<Account>,
}

impl Scene {
    fn ask(&self, command: &Command) -> String {
        let mut roster = self.roster.clone();
        for account in self.subject.iter().chain([&self.actor]) {
            roster.admit(account);
        }
        // A ticket in the scene was given out by the other administrator.
        let mut actor = self.actor.clone();
        if let Authenticator::ResetDue {
            ticket: Some(ticket),
        } = &mut actor.authenticator
            && let Origin::Administrator { by, mark, .. } = &mut ticket.origin
        {
            *mark = roster.administrator(*by).map_or(0, |entry| entry.mark);
        }
        let snapshot = Snapshot {
            organisation: self.organisation.as_ref(),
            roster: Some(&roster),
            actor: &actor,
            session: self.session.as_ref(),
            subject: self.subject.as_ref(),
        };
        let decision = decide(&snapshot, command, NOW, FRESH);
        match decision.answer {
            Err(refusal) => refusal.code().to_string(),
            Ok(Grant::Session { session, .. }) => format!("+ {:?}", session.level),
            Ok(Grant::Pending {
                purpose, resumed, ..
            }) => {
                format!("+ {}{purpose:?}", if resumed { "again " } else { "" })
            }
            Ok(Grant::Bound { .. }) => "+ bound".into(),
            Ok(Grant::Recovering { .. }) => "+ recovering".into(),
            Ok(Grant::TicketIssued { .. }) => "+ ticket".into(),
            Ok(Grant::Enabled { .. }) => "+ enabled".into(),
            Ok(Grant::Mandate { .. }) => "+ announced".into(),
            Ok(Grant::Scheduled { .. }) => "+ in 72 h".into(),
            Ok(Grant::Opening { .. }) => "+ in 24 h".into(),
            Ok(Grant::LoggedOut) => "+ out".into(),
            Ok(Grant::Done) => "+ done".into(),
        }
    }
}

fn organisations() -> Vec<(&'static str, Option<Organisation>)> {
    let mut never = Organisation::new(OrgId::from(1u64));
    never.options.ticket_life = limits::TICKET;
    let mut enabled = never.clone();
    enabled.latch = Latch::Enabled {
        since: ago(100 * limits::DAY),
        by: AccountId::from(8u64),
    };
    enabled.break_glass = BreakGlass::Sealed {
        seal: digest(1),
        since: NOW,
        wrong: 0,
    };
    let mandated = |state| {
        let mut organisation = enabled.clone();
        let by = AccountId::from(8u64);
        organisation.mandates.push(Mandate {
            role: RoleId::EMPLOYEE,
            by,
            state,
        });
        organisation
    };
    let date = NOW.plus(8 * limits::DAY);
    let announced = mandated(MandateState::Announced {
        since: NOW,
        date,
        postponements: 0,
    });
    let begun = mandated(MandateState::InForce { since: NOW });
    let late = mandated(MandateState::InForce {
        since: ago(90 * limits::DAY),
    });
    vec![
        ("never", Some(never)),
        ("enabled", Some(enabled)),
        ("announced", Some(announced)),
        ("in force", Some(begun)),
        ("window over", Some(late)),
        ("unreadable", None),
    ]
}

fn account(number: u64, roles: &[RoleId]) -> Account {
    let roles = RoleSet::new(roles.iter().copied()).unwrap();
    Account::new(
        AccountId::from(number),
        OrgId::from(1u64),
        roles,
        ago(400 * limits::DAY),
    )
}

fn enrolled(mut account: Account) -> Account {
    account.authenticator = Authenticator::Active {
        since: ago(9),
        step: STEP,
        drift: 0,
        told: None,
    };
    account.ever = true;
    account.toggle = true;
    account
}

fn administrator(number: u64) -> Account {
    account(number, &[RoleId::EMPLOYEE, RoleId::ADMINISTRATOR])
}

fn session(account: &Account, level: Level, at: UnixTime) -> Option<Session> {
    Some(Session {
        account: account.id,
        id: SessionId(1),
        epoch: account.epoch,
        level,
        at,
    })
}

/// The one who acts: what is bound, and what the session was granted at.
fn actors() -> Vec<(&'static str, Prepare)> {
    fn at(scene: &mut Scene, level: Level, seconds: u64) {
        scene.session = session(&scene.actor, level, ago(seconds));
    }
    fn reset(scene: &mut Scene) {
        let origin = Origin::Administrator {
            digest: digest(2),
            by: AccountId::from(8u64),
            mark: 0,
        };
        let ticket = Ticket {
            origin,
            issued: NOW,
            expires: NOW.plus(99),
            wrong: 0,
        };
        scene.actor.authenticator = Authenticator::ResetDue {
            ticket: Some(ticket),
        };
        scene.actor.ever = true;
    }
    fn disabled(scene: &mut Scene) {
        scene.actor = enrolled(scene.actor.clone());
        scene.actor.authenticator = Authenticator::Disabled {
            since: NOW,
            why: DisabledBy::Loss,
        };
    }
    fn active(scene: &mut Scene) {
        scene.actor = enrolled(scene.actor.clone());
    }
    vec![
        ("nobody logged in, nothing bound", |_| {}),
        ("nothing bound, Level1", |it| at(it, Level::Level1, 9)),
        ("nothing bound, EnrolOnly", |it| at(it, Level::EnrolOnly, 9)),
        ("nobody logged in, active", active),
        ("active, switched off, Level1", |it| {
            active(it);
            it.actor.toggle = false;
            at(it, Level::Level1, 9);
        }),
        ("active, HalfLogin", |it| {
            active(it);
            at(it, Level::HalfLogin, 9);
        }),
        ("active, HalfLogin of 10 minutes", |it| {
            active(it);
            at(it, Level::HalfLogin, 600);
        }),
        ("active, Level2", |it| {
            active(it);
            at(it, Level::Level2, 300);
        }),
        ("active, Level2, code of 5 minutes", |it| {
            active(it);
            at(it, Level::Level2, 301);
        }),
        ("active, Level2 of another epoch", |it| {
            active(it);
            at(it, Level::Level2, 9);
            it.actor.epoch += 1;
        }),
        ("disabled, RecoveryOnly", |it| {
            disabled(it);
            at(it, Level::RecoveryOnly, 9);
        }),
        ("disabled, Level1", |it| {
            disabled(it);
            it.actor.toggle = false;
            at(it, Level::Level1, 9);
        }),
        ("disabled, Level2 before", |it| {
            disabled(it);
            at(it, Level::Level2, 9);
        }),
        ("reset, nobody logged in", reset),
        ("reset, EnrolOnly", |it| {
            reset(it);
            at(it, Level::EnrolOnly, 9);
        }),
        ("reset, Level1", |it| {
            reset(it);
            at(it, Level::Level1, 9);
        }),
        ("left, Level2 before", |it| {
            at(it, Level::Level2, 9);
            it.actor.status = Status::Left { since: NOW };
        }),
    ]
}

/// Whom it is about.
fn subjects() -> Vec<(&'static str, Option<Account>)> {
    let other = administrator(8);
    let mut reset = account(5, &[RoleId::EMPLOYEE]);
    reset.authenticator = Authenticator::ResetDue { ticket: None };
    let mut left = account(6, &[RoleId::EMPLOYEE]);
    left.status = Status::Left { since: NOW };
    let mut stranger = account(7, &[RoleId::EMPLOYEE]);
    stranger.org = OrgId::from(2u64);
    vec![
        ("nobody", None),
        ("oneself", Some(enrolled(administrator(2)))),
        ("an administrator, active", Some(enrolled(other))),
        ("an administrator, nothing bound", Some(administrator(9))),
        (
            "an employee, active",
            Some(enrolled(account(3, &[RoleId::EMPLOYEE]))),
        ),
        (
            "an employee, nothing bound",
            Some(account(4, &[RoleId::EMPLOYEE])),
        ),
        ("an employee, reset", Some(reset)),
        ("an employee who left", Some(left)),
        (
            "the director, rank 9",
            Some(enrolled(account(3, &[RoleId(9)]))),
        ),
        (
            "of an unknown role",
            Some(enrolled(account(3, &[RoleId(77)]))),
        ),
        ("a stranger", Some(stranger)),
    ]
}

fn base(organisation: Option<Organisation>, actor: Account) -> Scene {
    let director = RoleDefinition {
        id: RoleId(9),
        rank: 9,
        implies: None,
    };
    let mut roster = Roster::new(OrgId::from(1u64));
    roster.admit(&enrolled(administrator(8)));
    Scene {
        organisation: organisation.map(|it| it.with_roles([director])),
        roster,
        actor,
        session: None,
        subject: None,
    }
}

fn recent_administrator(organisation: Option<Organisation>) -> Scene {
    let mut scene = base(organisation, enrolled(administrator(2)));
    scene.session = session(&scene.actor, Level::Level2, NOW);
    scene
}

type Prepare = fn(&mut Scene);

/// Single cells for what takes more than a state of the tables to see.
fn details() -> Vec<(&'static str, Command, Prepare)> {
    fn organisation(scene: &mut Scene) -> &mut Organisation {
        scene.organisation.as_mut().unwrap()
    }
    fn nothing_bound(scene: &mut Scene) {
        scene.actor.authenticator = Authenticator::None;
        scene.session = session(&scene.actor, Level::Level1, NOW);
        scene.actor.toggle = false;
    }
    fn pending(scene: &mut Scene, session: u64) {
        nothing_bound(scene);
        let recovery = RecoverySet::EMPTY;
        let session = SessionId(session);
        scene.actor.pendings[0] = Some(Pending {
            purpose: Purpose::First,
            session,
            since: NOW,
            wrong: 0,
            recovery,
        });
    }
    fn reset(scene: &mut Scene, origin: Origin, expires: UnixTime, wrong: u8) {
        scene.actor.authenticator = Authenticator::ResetDue {
            ticket: Some(Ticket {
                origin,
                issued: NOW,
                expires,
                wrong,
            }),
        };
        scene.session = session(&scene.actor, Level::EnrolOnly, NOW);
    }
    fn other(scene: &mut Scene) {
        scene.subject = Some(enrolled(account(3, &[RoleId::EMPLOYEE])));
    }
    fn codes(scene: &mut Scene) {
        organisation(scene).options.recovery_codes = true;
        scene.actor.recovery = RecoverySet::new([digest(4)]).unwrap();
    }
    let access = Access::Allowed;
    let role = RoleId::EMPLOYEE;
    let recovery = RecoverySet::EMPTY;
    let give = |code| Command::GiveCode { code, access };
    let begin = |ticket| Command::BeginEnrollment {
        ticket,
        recovery,
        access,
    };
    let confirm = |check, seal| Command::ConfirmEnrollment {
        check,
        link: digest(3),
        seal,
        access,
    };
    let recover = |code| Command::UseRecoveryCode {
        code,
        vantage: Vantage::Stranger,
        access,
    };
    let reset_other = Command::Reset {
        ticket: digest(2),
        aloud: false,
        code: GOOD,
    };
    let announce = |start| Command::Announce { role, start };
    let never: Prepare = |it| {
        organisation(it).latch = Latch::Never;
        organisation(it).break_glass = BreakGlass::Unset;
    };
    let begun: Prepare = |it| {
        let (by, state) = (it.actor.id, MandateState::InForce { since: NOW });
        organisation(it).mandates = vec![Mandate {
            role: RoleId::EMPLOYEE,
            by,
            state,
        }];
    };
    let announced: Prepare = |it| {
        let date = NOW.plus(8 * limits::DAY);
        let state = MandateState::Announced {
            since: NOW,
            date,
            postponements: 2,
        };
        organisation(it).mandates = vec![Mandate {
            role: RoleId::EMPLOYEE,
            by: it.actor.id,
            state,
        }];
    };
    vec![
        (
            "the code's last group is not typed back",
            Command::Enable {
                seal: digest(1),
                typed_back: false,
            },
            never,
        ),
        (
            "enabled already",
            Command::Enable {
                seal: digest(1),
                typed_back: true,
            },
            |_| {},
        ),
        (
            "StrictLatch to Standard",
            Command::SetPreset {
                preset: Preset::Standard,
            },
            |it| {
                organisation(it).preset = Preset::StrictLatch;
            },
        ),
        (
            "Standard to Standard",
            Command::SetPreset {
                preset: Preset::Standard,
            },
            |_| {},
        ),
        (
            "a date in six days",
            announce(Start::At(NOW.plus(6 * limits::DAY))),
            |_| {},
        ),
        (
            "a date in three years",
            announce(Start::At(NOW.plus(1100 * limits::DAY))),
            |_| {},
        ),
        (
            "now, not confirmed",
            announce(Start::Now { confirmed: false }),
            |_| {},
        ),
        (
            "now, confirmed",
            announce(Start::Now { confirmed: true }),
            |_| {},
        ),
        (
            "a role that nobody defined",
            Command::Announce {
                role: RoleId(77),
                start: Start::Now { confirmed: true },
            },
            |_| {},
        ),
        (
            "announced already",
            announce(Start::Now { confirmed: true }),
            announced,
        ),
        (
            "in force already",
            announce(Start::Now { confirmed: true }),
            begun,
        ),
        (
            "the seal is void",
            announce(Start::Now { confirmed: true }),
            |it| {
                organisation(it).break_glass = BreakGlass::Void {
                    seal: digest(1),
                    until: NOW.plus(9),
                };
            },
        ),
        (
            "the author has nothing bound",
            announce(Start::Now { confirmed: true }),
            nothing_bound,
        ),
        (
            "put off a third time",
            Command::MoveMandate {
                role,
                date: NOW.plus(20 * limits::DAY),
            },
            announced,
        ),
        (
            "the same date",
            Command::MoveMandate {
                role,
                date: NOW.plus(8 * limits::DAY),
            },
            announced,
        ),
        (
            "earlier, seven days ahead",
            Command::MoveMandate {
                role,
                date: NOW.plus(7 * limits::DAY),
            },
            announced,
        ),
        (
            "a ticket of ten days",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: 10 * limits::DAY,
                },
                code: GOOD,
            },
            |_| {},
        ),
        (
            "a longer ticket",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: 2 * limits::DAY,
                },
                code: GOOD,
            },
            |_| {},
        ),
        (
            "a longer ticket, no code",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: 2 * limits::DAY,
                },
                code: ABSENT,
            },
            |_| {},
        ),
        (
            "a shorter ticket, no code",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: limits::HOUR,
                },
                code: ABSENT,
            },
            |_| {},
        ),
        (
            "the same ticket",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: limits::TICKET,
                },
                code: GOOD,
            },
            |_| {},
        ),
        (
            "nothing waits",
            Command::CancelChange {
                kind: SettingKind::RecoveryCodes,
            },
            |_| {},
        ),
        (
            "a place that is not allowed",
            Command::LogIn {
                access: Access::Denied,
            },
            |_| {},
        ),
        (
            "a place that nobody can judge",
            Command::LogIn {
                access: Access::Unknown,
            },
            |_| {},
        ),
        ("a wrong code", give(WRONG), |_| {}),
        ("no code", give(ABSENT), |_| {}),
        ("a malformed code", give(code(CodeCheck::Malformed)), |_| {}),
        (
            "a used code",
            give(code(CodeCheck::Used {
                step: STEP,
                wait: 12,
            })),
            |_| {},
        ),
        (
            "a code of the last step",
            give(code(CodeCheck::Good {
                step: STEP,
                offset: 0,
            })),
            |_| {},
        ),
        ("a good code during a wait", give(GOOD), |it| {
            it.actor.attempts.known.until = NOW.plus(1)
        }),
        ("a good code during a stranger's wait", give(GOOD), |it| {
            it.actor.attempts.stranger.until = NOW.plus(1)
        }),
        (
            "a stranger's good code after 80 failures",
            give(Submitted {
                vantage: Vantage::Stranger,
                ..GOOD
            }),
            |it| {
                it.actor.attempts.total = 80;
            },
        ),
        (
            "a known device's good code after 80 failures",
            give(GOOD),
            |it| it.actor.attempts.total = 80,
        ),
        ("the hundredth wrong code", give(WRONG), |it| {
            it.actor.attempts.total = 99
        }),
        (
            "a phone five steps off",
            Command::Resynchronise {
                pair: PairCheck::Good {
                    step: STEP + 9,
                    drift: 5,
                },
                vantage: Vantage::KnownDevice,
                access,
            },
            |_| {},
        ),
        (
            "another session's enrollment",
            confirm(GOOD.check, None),
            |it| pending(it, 99),
        ),
        (
            "no enrollment begun",
            confirm(GOOD.check, None),
            nothing_bound,
        ),
        (
            "an enrollment of ten minutes",
            confirm(GOOD.check, None),
            |it| {
                pending(it, 1);
                it.actor.pendings[0].as_mut().unwrap().since = ago(600);
            },
        ),
        ("one's own enrollment", confirm(GOOD.check, None), |it| {
            pending(it, 1)
        }),
        (
            "one's own enrollment, wrong code",
            confirm(WRONG.check, None),
            |it| pending(it, 1),
        ),
        ("one's own enrollment, begun again", begin(None), |it| {
            pending(it, 1)
        }),
        (
            "one's own enrollment, given up",
            Command::AbandonEnrollment,
            |it| pending(it, 1),
        ),
        ("three enrollments are begun", begin(None), |it| {
            pending(it, 97);
            it.actor.pendings[1] = it.actor.pendings[0].clone();
            it.actor.pendings[2] = it.actor.pendings[0].clone();
        }),
        ("after a reset, no ticket", begin(None), |it| {
            reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
        }),
        (
            "after a reset, a wrong ticket",
            begin(Some(digest(9))),
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
            },
        ),
        (
            "after a reset, a late ticket",
            begin(Some(digest(2))),
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW, 0);
            },
        ),
        (
            "after a reset, the ticket of a former administrator",
            begin(Some(digest(2))),
            |it| {
                let by = AccountId::from(99u64);
                reset(
                    it,
                    Origin::Administrator {
                        digest: digest(2),
                        by,
                        mark: 1,
                    },
                    NOW.plus(9),
                    0,
                );
            },
        ),
        (
            "after break-glass, from a place that is not allowed",
            Command::LogIn {
                access: Access::Denied,
            },
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
            },
        ),
        (
            "after break-glass, the seal not renewed",
            confirm(GOOD.check, None),
            |it| {
                pending(it, 1);
                it.actor.pendings[0].as_mut().unwrap().purpose = Purpose::Reset;
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
            },
        ),
        (
            "recovery codes are not offered",
            recover(Some(digest(4))),
            |_| {},
        ),
        ("a good recovery code", recover(Some(digest(4))), codes),
        ("a wrong recovery code", recover(Some(digest(9))), codes),
        ("a malformed recovery code", recover(None), codes),
        (
            "a good recovery code, disabled",
            recover(Some(digest(4))),
            |it| {
                codes(it);
                it.actor.authenticator = Authenticator::Disabled {
                    since: NOW,
                    why: DisabledBy::Failures,
                };
                it.actor.attempts.total = 100;
            },
        ),
        (
            "the right link",
            Command::Repudiate { link: digest(3) },
            |it| {
                it.actor.repudiation = Some(Repudiation {
                    link: digest(3),
                    expires: NOW.plus(1),
                });
            },
        ),
        (
            "the right link, too late",
            Command::Repudiate { link: digest(3) },
            |it| {
                it.actor.repudiation = Some(Repudiation {
                    link: digest(3),
                    expires: NOW,
                });
            },
        ),
        (
            "switch off, no code",
            Command::SwitchOff { code: ABSENT },
            |_| {},
        ),
        (
            "switch off for another",
            Command::SwitchOff { code: GOOD },
            other,
        ),
        (
            "switch off under StrictLatch",
            Command::SwitchOff { code: GOOD },
            |it| {
                organisation(it).preset = Preset::StrictLatch;
            },
        ),
        (
            "reset without a code",
            Command::Reset {
                ticket: digest(2),
                aloud: false,
                code: ABSENT,
            },
            other,
        ),
        (
            "reset without a code, stale",
            Command::Reset {
                ticket: digest(2),
                aloud: false,
                code: ABSENT,
            },
            |it| {
                other(it);
                it.session = session(&it.actor, Level::Level2, ago(301));
            },
        ),
        ("reset by a new administrator", reset_other, |it| {
            other(it);
            it.actor.promoted = Some(ago(limits::HOUR));
        }),
        (
            "reset by a new administrator, nobody else enrolled",
            reset_other,
            |it| {
                other(it);
                it.actor.promoted = Some(ago(limits::HOUR));
                it.roster = Roster::new(OrgId::from(1u64));
            },
        ),
        ("the sixth reset in a day", reset_other, |it| {
            other(it);
            it.actor.resets = ResetQuota {
                since: ago(limits::HOUR),
                used: 5,
            };
        }),
        (
            "a role that is held",
            Command::AddRole { role, code: GOOD },
            other,
        ),
        (
            "a role above one's own",
            Command::AddRole {
                role: RoleId(9),
                code: GOOD,
            },
            other,
        ),
        (
            "a ninth role",
            Command::AddRole {
                role: RoleId::PARENT,
                code: GOOD,
            },
            |it| {
                let roles = RoleSet::new((40..48).map(RoleId)).unwrap();
                it.subject = Some(Account {
                    roles,
                    ..account(3, &[])
                });
            },
        ),
        ("the last role", Command::RemoveRole { role }, other),
        (
            "a role that is not held",
            Command::RemoveRole { role: RoleId(9) },
            other,
        ),
        (
            "an administrator, the list says: the last one enrolled",
            Command::RemoveRole {
                role: RoleId::ADMINISTRATOR,
            },
            |it| {
                it.subject = Some(enrolled(administrator(8)));
                it.roster = Roster::new(OrgId::from(1u64));
                it.actor.roles = RoleSet::of(RoleId::EMPLOYEE);
            },
        ),
        (
            "the host deletes the last administrator",
            Command::HostLeave,
            |it| {
                it.roster = Roster::new(OrgId::from(1u64));
            },
        ),
        (
            "re-hired as administrator",
            Command::Rehire {
                roles: RoleSet::of(RoleId::ADMINISTRATOR),
                ticket: digest(2),
                code: GOOD,
            },
            |it| {
                other(it);
                it.subject.as_mut().unwrap().status = Status::Left { since: NOW };
            },
        ),
        (
            "a wrong seal",
            Command::BreakGlass { seal: digest(9) },
            |_| {},
        ),
        (
            "a second break-glass",
            Command::BreakGlass { seal: digest(1) },
            |it| {
                let account = it.actor.id;
                organisation(it).break_glass = BreakGlass::Opening {
                    seal: digest(1),
                    account,
                    ready: NOW.plus(1),
                };
            },
        ),
        (
            "collect before the wait is over",
            Command::CollectTicket {
                seal: digest(1),
                ticket: digest(2),
            },
            |it| {
                let account = it.actor.id;
                organisation(it).break_glass = BreakGlass::Opening {
                    seal: digest(1),
                    account,
                    ready: NOW.plus(1),
                };
            },
        ),
        (
            "collect when the wait is over",
            Command::CollectTicket {
                seal: digest(1),
                ticket: digest(2),
            },
            |it| {
                let account = it.actor.id;
                organisation(it).break_glass = BreakGlass::Opening {
                    seal: digest(1),
                    account,
                    ready: NOW,
                };
            },
        ),
        (
            "collect a day later",
            Command::CollectTicket {
                seal: digest(1),
                ticket: digest(2),
            },
            |it| {
                let account = it.actor.id;
                organisation(it).break_glass = BreakGlass::Opening {
                    seal: digest(1),
                    account,
                    ready: ago(limits::DAY),
                };
            },
        ),
    ]
}

fn grid() -> String {
    let mut text = String::new();
    let organisations = organisations();
    let line = |text: &mut String, label: &str, cells: &[String]| {
        write!(text, "{label:50}").unwrap();
        for cell in cells {
            write!(text, "{cell:20}").unwrap();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    };
    let heads: Vec<String> = organisations
        .iter()
        .map(|(name, _)| (*name).to_string())
        .collect();
    for command in commands() {
        writeln!(text, "== {} ==", name(&command).1).unwrap();
        line(&mut text, "", &heads);
        for (role, actor) in [
            ("parent", account(2, &[RoleId::PARENT])),
            ("employee", account(2, &[RoleId::EMPLOYEE])),
            ("administrator", administrator(2)),
        ] {
            for (state, prepare) in actors() {
                let ask = |(_, organisation): &(&str, Option<Organisation>)| {
                    let mut scene = base(organisation.clone(), actor.clone());
                    prepare(&mut scene);
                    if command.reads_subject() {
                        scene.subject = Some(enrolled(account(3, &[RoleId::EMPLOYEE])));
                    }
                    scene.ask(&command)
                };
                let cells: Vec<String> = organisations.iter().map(ask).collect();
                line(&mut text, &format!("{role}: {state}"), &cells);
            }
        }
        if command.reads_subject() {
            for (whom, subject) in subjects() {
                let ask = |(_, organisation): &(&str, Option<Organisation>)| {
                    let mut scene = recent_administrator(organisation.clone());
                    scene.subject = subject.clone();
                    scene.ask(&command)
                };
                let cells: Vec<String> = organisations.iter().map(ask).collect();
                line(&mut text, &format!("about {whom}"), &cells);
            }
        }
        text.push('\n');
    }
    text += "== An administrator with a recent code, enabled ==\n";
    for (label, command, prepare) in details() {
        let mut scene = recent_administrator(organisations[1].1.clone());
        prepare(&mut scene);
        let label = format!("{}: {label}", name(&command).1);
        writeln!(text, "{label:90}{}", scene.ask(&command)).unwrap();
    }
    text
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/grid.txt");

#[test]
fn the_grid_is_the_committed_one() {
    let (kept, found) = (include_str!("grid.txt"), grid());
    if let Some((line, (kept, found))) = kept
        .lines()
        .zip(found.lines())
        .enumerate()
        .find(|(_, (kept, found))| kept != found)
    {
        panic!("line {} was\n  {kept}\nand is\n  {found}", line + 1);
    }
    assert_eq!(kept.len(), found.len());
}

#[test]
#[ignore = "writes the file that the other test compares with"]
fn write_the_grid() {
    std::fs::write(FILE, grid()).unwrap();
}

#[test]
fn no_command_is_missing_from_the_grid() {
    let numbers: BTreeSet<usize> = commands().iter().map(|command| name(command).0).collect();
    assert_eq!(numbers, (0..COMMANDS).collect());
}

/// Every reason for a refusal, so that none is promised that never comes.
fn refusals() -> Vec<Refusal> {
    let (date, role, wait) = (NOW, RoleId(0), 0);
    use Refusal::*;
    vec![
        UnknownAccount,
        LogInRefused,
        LogInRequired,
        StaleLogIn,
        LogInExpired,
        EnrolOnly,
        CodeRequired,
        RecoverFirst,
        PolicyUnavailable,
        AccessDenied,
        AccessUnknown,
        Latched,
        AlreadyEnabled,
        NotEnabled,
        Unchanged,
        UnknownRole { role },
        AlreadyAnnounced { date },
        NothingAnnounced,
        TooSoon { earliest: date },
        NotConfirmed,
        TooManyPostponements,
        WouldStrandAdmin,
        SealNotConfirmed,
        OutOfBounds { least: 0, most: 0 },
        NothingScheduled,
        Malformed,
        WrongCode { behind: None },
        AlreadyUsed { wait },
        Throttled { wait },
        KnownDeviceOnly,
        Disabled,
        NoAuthenticator,
        AlreadyBound,
        EnrolFirst,
        TicketRequired,
        WrongTicket,
        TicketExpired,
        NotYours,
        NothingPending,
        TooManyPendings,
        SealFirst,
        AskAnotherAdmin,
        NotOffered,
        WrongRecoveryCode,
        WrongLink,
        Mandated {
            role,
            since: None,
            by: None,
        },
        StepUp,
        NotOwner,
        NotAdmin,
        NotFresh,
        SelfReset,
        SelfPromotion,
        SelfDemotion,
        SelfOffboard,
        Rank,
        TooNew { until: date },
        TooManyResets { wait },
        LastEnrolledAdmin,
        UseLeave,
        NoSuchRole,
        TooManyRoles,
        HasLeft,
        NotLeft,
        NotSealed,
        AlreadyOpen { ready: date },
        WrongSeal,
        TooEarly { ready: date },
    ]
}

/// What only the shell around the engine answers.
const SHELL: [Refusal; 2] = [Refusal::AlreadyCompleted, Refusal::Busy];

#[test]
fn every_refusal_occurs_in_the_grid() {
    let text = grid();
    let words: BTreeSet<&str> = text.split_whitespace().collect();
    let missing: Vec<&str> = refusals()
        .iter()
        .map(Refusal::code)
        .filter(|code| !words.contains(code))
        .collect();
    assert_eq!(missing, [""; 0]);
    let upper = |word: &&str| word.contains('_') || word.chars().all(|c| c.is_ascii_uppercase());
    let known: BTreeSet<&str> = refusals().iter().map(Refusal::code).collect();
    let unknown: Vec<&&str> = words
        .iter()
        .filter(|word| word.len() > 3 && upper(word) && !known.contains(*word))
        .collect();
    assert!(
        unknown.iter().all(|word| word.starts_with('=')),
        "{unknown:?}"
    );
}

#[test]
fn codes_of_refusals_are_distinct_and_spelled_alike() {
    let all: Vec<Refusal> = refusals().into_iter().chain(SHELL).collect();
    let codes: BTreeSet<&str> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), all.len());
    for code in codes {
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
            "{code}"
        );
    }
}
