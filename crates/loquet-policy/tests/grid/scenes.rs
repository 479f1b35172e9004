//! Who acts in which state, and about whom.

use loquet_policy::*;

pub(crate) const NOW: UnixTime = UnixTime(2_000_000_000);
pub(crate) const FRESH: Fresh = Fresh {
    session: SessionId(7),
};
pub(crate) const STEP: u64 = 1000;

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

pub(crate) fn ago(seconds: u64) -> UnixTime {
    UnixTime(NOW.0 - seconds)
}

pub(crate) const GOOD: Submitted = code(CodeCheck::Good {
    step: STEP + 1,
    offset: 0,
});
pub(crate) const WRONG: Submitted = code(CodeCheck::Wrong { behind: None });
pub(crate) const ABSENT: Submitted = code(CodeCheck::Absent);

pub(crate) const fn code(check: CodeCheck) -> Submitted {
    Submitted {
        check,
        vantage: Vantage::KnownDevice,
    }
}

#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) organisation: Option<Organisation>,
    pub(crate) roster: Roster,
    pub(crate) actor: Account,
    pub(crate) session: Option<Session>,
    pub(crate) subject: Option<Account>,
}

impl Scene {
    pub(crate) fn decide(&self, command: &Command) -> Decision {
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
        decide(&snapshot, command, NOW, FRESH)
    }

    pub(crate) fn ask(&self, command: &Command) -> String {
        match self.decide(command).answer {
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

pub(crate) fn organisations() -> Vec<(&'static str, Option<Organisation>)> {
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

pub(crate) fn account(number: u64, roles: &[RoleId]) -> Account {
    let roles = RoleSet::new(roles.iter().copied()).unwrap();
    Account::new(
        AccountId::from(number),
        OrgId::from(1u64),
        roles,
        ago(400 * limits::DAY),
    )
}

pub(crate) fn enrolled(mut account: Account) -> Account {
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

pub(crate) fn administrator(number: u64) -> Account {
    account(number, &[RoleId::EMPLOYEE, RoleId::ADMINISTRATOR])
}

pub(crate) fn session(account: &Account, level: Level, at: UnixTime) -> Option<Session> {
    Some(Session {
        account: account.id,
        id: SessionId(1),
        epoch: account.epoch,
        level,
        at,
    })
}

/// The one who acts: what is bound, and what the session was granted at.
pub(crate) fn actors() -> Vec<(&'static str, Prepare)> {
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
pub(crate) fn subjects() -> Vec<(&'static str, Option<Account>)> {
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

pub(crate) fn base(organisation: Option<Organisation>, actor: Account) -> Scene {
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

pub(crate) fn recent_administrator(organisation: Option<Organisation>) -> Scene {
    let mut scene = base(organisation, enrolled(administrator(2)));
    scene.session = session(&scene.actor, Level::Level2, NOW);
    scene
}

pub(crate) type Prepare = fn(&mut Scene);

pub(crate) fn organisation(scene: &mut Scene) -> &mut Organisation {
    scene.organisation.as_mut().unwrap()
}
pub(crate) fn nothing_bound(scene: &mut Scene) {
    scene.actor.authenticator = Authenticator::None;
    scene.session = session(&scene.actor, Level::Level1, NOW);
    scene.actor.toggle = false;
}
pub(crate) fn pending(scene: &mut Scene, session: u64) {
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
pub(crate) fn reset(scene: &mut Scene, origin: Origin, expires: UnixTime, wrong: u8) {
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
pub(crate) fn other(scene: &mut Scene) {
    scene.subject = Some(enrolled(account(3, &[RoleId::EMPLOYEE])));
}
pub(crate) fn codes(scene: &mut Scene) {
    organisation(scene).options.recovery_codes = true;
    scene.actor.recovery = RecoverySet::new([digest(4)]).unwrap();
}

pub(crate) fn never(it: &mut Scene) {
    organisation(it).latch = Latch::Never;
    organisation(it).break_glass = BreakGlass::Unset;
}

pub(crate) fn begun(it: &mut Scene) {
    let (by, state) = (it.actor.id, MandateState::InForce { since: NOW });
    organisation(it).mandates = vec![Mandate {
        role: RoleId::EMPLOYEE,
        by,
        state,
    }];
}

pub(crate) fn announced(it: &mut Scene) {
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
}
