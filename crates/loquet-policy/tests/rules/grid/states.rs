//! The actors, their states and the subjects.

use super::actors::lost;
use crate::aim::{aimed, submitted};
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
const SIGNED: CodeCheck = CodeCheck::Signed {
    issued: NOW,
    counter: 6,
    backed_up: false,
};

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
        let mut command = aimed(command, &actor);
        // A passkey shows no code.
        if let Some(code) = submitted(&mut command)
            && actor
                .second_factor
                .get(code.by)
                .is_some_and(Authenticator::is_passkey)
        {
            code.check = SIGNED;
        }
        decide(&snapshot, &command, NOW, FRESH)
    }

    pub(crate) fn ask(&self, command: &Command) -> String {
        match self.decide(command).answer {
            Err(refusal) => refusal.code().to_string(),
            Ok(Grant::Session { level, .. }) => format!("+ {level:?}"),
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
    let mandated = |kind, state| {
        let mut organization = enabled.clone();
        let by = AccountId::from(8u64);
        organization.mandates.push(Mandate {
            kind,
            role: RoleId::STAFF,
            by,
            state,
        });
        organization
    };
    let date = NOW.plus(8 * limits::DAY);
    let state = MandateState::Announced {
        since: NOW,
        date,
        postponements: 0,
    };
    let announced = mandated(MandateKind::SecondFactor, state);
    let state = MandateState::InForce { since: NOW };
    let begun = mandated(MandateKind::SecondFactor, state);
    let passkeys = mandated(MandateKind::Passkey, state);
    let since = ago(90 * limits::DAY);
    let late = mandated(MandateKind::SecondFactor, MandateState::InForce { since });
    vec![
        ("not enabled", Some(never)),
        ("enabled", Some(enabled)),
        ("announced", Some(announced)),
        ("in force", Some(begun)),
        ("window over", Some(late)),
        ("passkeys demanded", Some(passkeys)),
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
        passkey: false,
        account: account.id,
        id: SessionId(1),
        epoch: account.epoch,
        level,
        at,
    })
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
