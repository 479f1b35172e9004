//! The actors, their states and the subjects.

use crate::aim::aimed;
use crate::fixture::{digest, known};
use loquet_policy::*;

pub(crate) const NOW: UnixTime = UnixTime(2_000_000_000);
pub(crate) const FRESH: Fresh = Fresh {
    session: SessionId(7),
};
pub(crate) const STEP: u64 = 1000;

pub(crate) fn ago(seconds: u64) -> UnixTime {
    UnixTime(NOW.0 - seconds)
}

pub(crate) const GOOD: Submitted = known(CodeCheck::Good {
    step: STEP + 1,
    offset: 0,
});
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) organization: Option<Organization>,
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
        // The other administrator issued the reset code of a scene.
        let mut actor = self.actor.clone();
        if let SecondFactor::ResetDue {
            reset_code: Some(reset_code),
        } = &mut actor.second_factor
            && let Origin::Administrator { by, mark, .. } = &mut reset_code.origin
        {
            *mark = roster.administrator(*by).map_or(0, |entry| entry.mark);
        }
        let snapshot = Snapshot {
            organization: self.organization.as_ref(),
            roster: Some(&roster),
            actor: &actor,
            session: self.session.as_ref(),
            subject: self.subject.as_ref(),
        };
        decide(&snapshot, &aimed(command, &actor), NOW, FRESH)
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
            Ok(Grant::ResetCodeIssued { .. }) => "+ reset code".into(),
            Ok(Grant::Enabled { .. }) => "+ enabled".into(),
            Ok(Grant::Mandate { .. }) => "+ announced".into(),
            Ok(Grant::Scheduled { .. }) => "+ in 72 h".into(),
            Ok(Grant::Opening { .. }) => "+ in 24 h".into(),
            Ok(Grant::LoggedOut) => "+ logged out".into(),
            Ok(Grant::Done) => "+ done".into(),
        }
    }
}

pub(crate) fn organizations() -> Vec<(&'static str, Option<Organization>)> {
    let mut never = Organization::new(OrgId::from(1u64));
    never.options.reset_code_life = limits::RESET_CODE;
    let mut enabled = never.clone();
    enabled.latch = Latch::Enabled {
        since: ago(100 * limits::DAY),
        by: AccountId::from(8u64),
    };
    enabled.break_glass = BreakGlass::Ready {
        break_glass: digest(1),
        since: NOW,
        wrong: 0,
    };
    let mandated = |state| {
        let mut organization = enabled.clone();
        let by = AccountId::from(8u64);
        organization.mandates.push(Mandate {
            role: RoleId::STAFF,
            by,
            state,
        });
        organization
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
        ("not enabled", Some(never)),
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
    account.second_factor = SecondFactor::of(Authenticator::new(AuthenticatorId(1), ago(9), STEP));
    account.last_authenticator = AuthenticatorId(1);
    account.ever = true;
    account.toggle = true;
    account
}

pub(crate) fn administrator(number: u64) -> Account {
    account(number, &[RoleId::STAFF, RoleId::ADMINISTRATOR])
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

/// An actor: the name, the preparation, and the session with the seconds since it was granted.
pub(crate) type Actor = (&'static str, Prepare, Option<(Level, u64)>);

pub(crate) fn actors() -> Vec<Actor> {
    use Level::{EnrollOnly, HalfLogin, Level1, Level2};
    let mut actors: Vec<Actor> = vec![
        ("no session, nothing bound", |_| {}, None),
        ("nothing bound, Level1", |_| {}, Some((Level1, 300))),
        (
            "nothing bound, Level1 of 5 minutes",
            |_| {},
            Some((Level1, 301)),
        ),
        ("nothing bound, EnrollOnly", |_| {}, Some((EnrollOnly, 300))),
        (
            "nothing bound, EnrollOnly of 5 minutes",
            |_| {},
            Some((EnrollOnly, 301)),
        ),
        (
            "thirty enrollments begun, Level1",
            enrollments_used_up,
            Some((Level1, 9)),
        ),
        ("awaiting import, Level1", awaiting, Some((Level1, 9))),
        ("imported, Level1", imported, Some((Level1, 9))),
        ("token assigned, Level1", assigned, Some((Level1, 9))),
        ("confirming a token, Level1", confirming, Some((Level1, 9))),
        ("address change begun, Level1", changing, Some((Level1, 9))),
        ("no session, active", active, None),
        ("active, turned off, Level1", off, Some((Level1, 9))),
        ("active, HalfLogin", active, Some((HalfLogin, 9))),
        (
            "active, HalfLogin of 10 minutes",
            active,
            Some((HalfLogin, 600)),
        ),
        ("active, Level2", active, Some((Level2, 300))),
        (
            "active, Level2, code of 5 minutes",
            active,
            Some((Level2, 301)),
        ),
    ];
    actors.extend(with_several());
    actors.extend(without_rights());
    actors
}

fn with_several() -> Vec<Actor> {
    use Level::Level2;
    vec![
        ("two active, Level2", two, Some((Level2, 9))),
        ("three active, Level2", three, Some((Level2, 9))),
        ("two, the newer one young, Level2", young, Some((Level2, 9))),
        (
            "two, the older one suspended, Level2",
            older_lost,
            Some((Level2, 9)),
        ),
    ]
}

/// Sessions of what is not active any more.
fn without_rights() -> Vec<Actor> {
    use Level::{EnrollOnly, Level1, Level2, RecoveryOnly};
    vec![
        (
            "active, Level2 of another epoch",
            another_epoch,
            Some((Level2, 9)),
        ),
        ("disabled, RecoveryOnly", disabled, Some((RecoveryOnly, 9))),
        ("disabled, Level1", disabled_and_off, Some((Level1, 9))),
        ("disabled, was Level2", disabled, Some((Level2, 9))),
        (
            "suspended, RecoveryOnly",
            suspended,
            Some((RecoveryOnly, 9)),
        ),
        ("suspended, was Level2", suspended, Some((Level2, 9))),
        ("reset, no session", reset, None),
        ("reset, EnrollOnly", reset, Some((EnrollOnly, 9))),
        ("reset, Level1", reset, Some((Level1, 9))),
        ("deactivated, was Level2", left, Some((Level2, 9))),
    ]
}

fn active(scene: &mut Scene) {
    scene.actor = enrolled(scene.actor.clone());
}

fn changing(scene: &mut Scene) {
    scene.actor.address_change = Some(AddressChange {
        by_host: false,
        code: digest(5),
        sent: ago(599),
        first: ago(599),
        codes: 1,
        wrong: 0,
    });
}

fn enrollments_used_up(scene: &mut Scene) {
    scene.actor.enrollments = DailyQuota {
        since: ago(limits::DAY - 1),
        used: limits::ENROLLMENTS_A_DAY,
    };
}

fn awaiting(scene: &mut Scene) {
    scene.actor.awaits_import = true;
}

fn assigned(scene: &mut Scene) {
    scene.actor.awaits_token = true;
}

fn confirming(scene: &mut Scene) {
    assigned(scene);
    scene.actor.pendings[0] = scene.session.map(|session| Pending {
        by: None,
        purpose: Purpose::First,
        session: session.id,
        since: NOW,
        wrong: 0,
        recovery: RecoverySet::EMPTY,
    });
}

fn imported(scene: &mut Scene) {
    active(scene);
    for authenticator in scene.actor.second_factor.iter_mut() {
        authenticator.origin = AuthenticatorOrigin::Imported {
            proved: false,
            weak: false,
        };
    }
}

/// So many authenticators, each added with a code of the first, long ago.
fn bound(scene: &mut Scene, count: u16) {
    active(scene);
    let each = (1..=count).map(|number| Authenticator {
        added_by: (number > 1).then_some(AuthenticatorId(1)),
        ..Authenticator::new(AuthenticatorId(number), ago(limits::SETTLING), STEP)
    });
    let authenticators = Authenticators::new(each).unwrap();
    scene.actor.second_factor = SecondFactor::Bound { authenticators };
    scene.actor.last_authenticator = AuthenticatorId(count);
}

fn two(scene: &mut Scene) {
    bound(scene, 2);
}

fn three(scene: &mut Scene) {
    bound(scene, 3);
}

fn young(scene: &mut Scene) {
    bound(scene, 2);
    for authenticator in scene.actor.second_factor.iter_mut().skip(1) {
        authenticator.since = ago(limits::SETTLING - 1);
    }
}

fn older_lost(scene: &mut Scene) {
    bound(scene, 2);
    let (since, link) = (NOW, digest(3));
    for authenticator in scene.actor.second_factor.iter_mut().take(1) {
        authenticator.suspended = Some(Suspension { since, link });
    }
}

fn off(scene: &mut Scene) {
    active(scene);
    scene.actor.toggle = false;
}

fn another_epoch(scene: &mut Scene) {
    active(scene);
    scene.actor.epoch += 1;
}

fn disabled(scene: &mut Scene) {
    active(scene);
    let (since, why) = (NOW, DisabledBy::Failures);
    scene.actor.second_factor = SecondFactor::Disabled { since, why };
}

fn suspended(scene: &mut Scene) {
    active(scene);
    scene.actor.second_factor = lost(NOW);
}

fn lost(since: UnixTime) -> SecondFactor {
    let link = digest(3);
    SecondFactor::of(Authenticator {
        suspended: Some(Suspension { since, link }),
        ..Authenticator::new(AuthenticatorId(1), since, 1)
    })
}

fn disabled_and_off(scene: &mut Scene) {
    disabled(scene);
    scene.actor.toggle = false;
}

fn reset(scene: &mut Scene) {
    let (by, mark) = (AccountId::from(8u64), 0);
    let reset_code = ResetCode {
        origin: Origin::Administrator {
            digest: digest(2),
            by,
            mark,
        },
        issued: NOW,
        expires: NOW.plus(99),
    };
    scene.actor.second_factor = SecondFactor::ResetDue {
        reset_code: Some(reset_code),
    };
    scene.actor.ever = true;
}

fn left(scene: &mut Scene) {
    scene.actor.status = Status::Deactivated { since: NOW };
}

/// Returns the subjects.
pub(crate) fn subjects() -> Vec<(&'static str, Option<Account>)> {
    let other = administrator(8);
    let mut reset = account(5, &[RoleId::STAFF]);
    reset.second_factor = SecondFactor::ResetDue { reset_code: None };
    let mut suspended = enrolled(account(10, &[RoleId::STAFF]));
    suspended.second_factor = lost(NOW);
    let mut left = account(6, &[RoleId::STAFF]);
    left.status = Status::Deactivated { since: NOW };
    let mut stranger = account(7, &[RoleId::STAFF]);
    stranger.org = OrgId::from(2u64);
    vec![
        ("no account", None),
        ("the actor", Some(enrolled(administrator(2)))),
        ("an administrator, active", Some(enrolled(other))),
        ("an administrator, nothing bound", Some(administrator(9))),
        (
            "an employee, active",
            Some(enrolled(account(3, &[RoleId::STAFF]))),
        ),
        (
            "an employee, nothing bound",
            Some(account(4, &[RoleId::STAFF])),
        ),
        ("an employee, reset", Some(reset)),
        ("an employee, suspended", Some(suspended)),
        ("a deactivated employee", Some(left)),
        (
            "the director, rank 9",
            Some(enrolled(account(3, &[RoleId(9)]))),
        ),
        (
            "an account with an undefined role",
            Some(enrolled(account(3, &[RoleId(77)]))),
        ),
        ("an account of another organization", Some(stranger)),
    ]
}

pub(crate) fn base(organization: Option<Organization>, actor: Account) -> Scene {
    let director = RoleDefinition {
        id: RoleId(9),
        rank: 9,
        implies: None,
    };
    let mut roster = Roster::new(OrgId::from(1u64));
    roster.admit(&enrolled(administrator(8)));
    Scene {
        organization: organization.map(|it| it.with_roles([director])),
        roster,
        actor,
        session: None,
        subject: None,
    }
}

pub(crate) fn recent_administrator(organization: Option<Organization>) -> Scene {
    let mut scene = base(organization, enrolled(administrator(2)));
    scene.session = session(&scene.actor, Level::Level2, NOW);
    scene
}

pub(crate) type Prepare = fn(&mut Scene);
