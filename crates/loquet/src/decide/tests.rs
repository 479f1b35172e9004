//! Decisions as values: what they ask for and what they write, before any store sees it.

use loquet_ipfilter::Geo;
use loquet_otp::{Secret, Totp};
use loquet_policy::{
    Account, AccountId, Audience, Authenticator, AuthenticatorId, Command, Digest, Event, Latch,
    Level, MandateKind, Notice, OrgId, Organization, Purpose, Refusal, RoleId, RoleSet, Roster,
    SecondFactor, Session, SessionId, SessionLimits, UnixTime,
};

use super::recipients::once_each;
use super::*;
use crate::admin::organization::ApplyDue;
use crate::admin::settings::Harden;
use crate::admin::users::Reset;
use crate::decide::commit::Decided;
use crate::devices::{DeviceId, Devices, LogIn as DeviceLogIn, session_on};
use crate::disk::FirstOutcome;
use crate::edge::Entropy;
use crate::hash::MacKey;
use crate::records::{AccountRecord, BoundSecret, OrganizationRecord, Secrets};
use crate::session::attempt::Attempt;
use crate::session::live::Sessions;
use crate::session::mfa_session::SessionSigner;
use crate::session::operations::{LogIn, LogOutEverywhere, VerifyCode};
use crate::store::{AttemptId, RowKey, Version};

mod sessions;
mod undeliverable;

const NOW: UnixTime = UnixTime(1_790_000_000);
const SECRET: [u8; 20] = [9; 20];
const SESSION: SessionId = SessionId(77);
const HALF_LOG_IN: SessionId = SessionId(78);
const VERSION: Version = Version(5);

fn entropy() -> Entropy {
    Entropy {
        secret: Secret::from([1; 20]),
        session: [3; 8],
        mark: [4; 16],
    }
}

fn keys() -> Keys {
    Keys {
        break_glass: [1; 32],
        link: [2; 32],
        place: [3; 32],
        recovery: [4; 32],
        imported: [5; 32],
        attempt: [7; 32],
        passkey: [9; 32],
    }
}
const ATTEMPT: AttemptId = AttemptId([6; 16]);

/// Both sessions on no device, and the complete one on the one that is remembered, and on one that is not.
fn live() -> Sessions {
    let mut sessions = Sessions::default();
    sessions.replace(None, &session(Level::Level2));
    sessions.replace(None, &session(Level::HalfLogin));
    for number in [0, 1, 2] {
        let id = session_on(number, [1; 8]);
        let on = Session {
            id,
            ..session(Level::Level2)
        };
        sessions.replace(None, &on);
    }
    sessions
}

/// A user with an authenticator and a remembered device.
fn person(id: u64, role: RoleId) -> AccountRecord {
    let org = OrgId::from(9_u64);
    let mut facts = Account::new(id.into(), org, RoleSet::of(role), NOW);
    let bound = AuthenticatorId(1);
    facts.second_factor = SecondFactor::of(Authenticator::new(bound, NOW, 0));
    facts.ever = true;
    let secrets = Secrets {
        bound: vec![BoundSecret::new(
            bound,
            Secret::from(SECRET),
            Totp::default(),
        )],
        ..Secrets::default()
    };
    let mut devices = Devices::default();
    devices.remember(DeviceLogIn {
        account: facts.id,
        number: 1,
        fresh: DeviceId::from_entropy([8; 16]),
        address: None,
        place: None,
        country: None,
        now: NOW,
    });
    AccountRecord {
        secrets,
        devices,
        sessions: live(),
        ..AccountRecord::new(facts, &id.to_string(), &id.to_string())
    }
}

fn organization() -> OrganizationRecord {
    let mut facts = Organization::new(OrgId::from(9_u64));
    facts.latch = Latch::Enabled {
        since: NOW,
        by: 1_u64.into(),
    };
    OrganizationRecord {
        devices: Some(UnixTime(0)),
        ..OrganizationRecord::new(facts, "À petits pas")
    }
}

/// An administrator, and a user whom a command is about.
fn facts(subject: Option<AccountRecord>) -> Facts {
    let actor = person(1, RoleId::ADMINISTRATOR);
    let organization = organization();
    let mut roster = Roster::new(organization.facts.id);
    roster.admit(&actor.facts);
    let (id, org) = (actor.facts.id, organization.facts.id);
    let rows = [
        RowKey::Account(id),
        RowKey::Organization(org),
        RowKey::Roster(org),
    ];
    Facts {
        organization: Some(organization),
        roster: Some(roster),
        actor: Some(actor),
        subject,
        access: AccessCheck::Open,
        repeated: None,
        key_owner: None,
        token: None,
        geo: Geo::default(),
        read: rows.map(|key| (key, VERSION)).into(),
    }
}

fn session(level: Level) -> Session {
    let id = match level {
        Level::HalfLogin => HALF_LOG_IN,
        _ => SESSION,
    };
    Session {
        passkey: false,
        account: 1_u64.into(),
        id,
        epoch: 0,
        level,
        at: NOW,
    }
}

fn code() -> String {
    let totp = Totp::default();
    let key = Secret::from(SECRET).key(totp.algorithm);
    totp.generate(&key, NOW.0).to_string()
}

fn decided<C: Operation>(operation: &C, facts: &Facts) -> Decided<C::Grant> {
    decided_by(operation, Attempt::default(), NOW, facts)
}

fn decided_by<C: Operation>(
    operation: &C,
    attempt: Attempt,
    now: UnixTime,
    facts: &Facts,
) -> Decided<C::Grant> {
    let input = Input {
        attempt: &attempt,
        id: ATTEMPT,
        limits: &SessionLimits::default(),
        now,
        entropy: &entropy(),
        keys: &keys(),
        signer: SessionSigner {
            keys: [MacKey::new(&[8; 32])].into(),
            kind: "",
        },
        unrecorded: 0,
        passkeys: None,
    };
    decide(operation, &input, facts)
}

fn reset(subject: u64) -> Reset {
    Reset {
        session: session(Level::Level2),
        subject: subject.into(),
        aloud: false,
        typed: code().into(),
    }
}

#[test]
fn no_row_is_requested_twice() {
    let asked = needs(&reset(1), ATTEMPT, &Facts::default());
    assert_eq!(asked.len(), 2, "oneself once: {asked:?}");
    let asked = needs(&reset(2), ATTEMPT, &Facts::default());
    assert_eq!(asked.len(), 3, "{asked:?}");
    let missing = Facts {
        organization: None,
        roster: None,
        ..facts(None)
    };
    let asked = needs(&reset(2), ATTEMPT, &missing);
    assert!(asked.is_empty(), "they are not there: {asked:?}");
    let unread = Facts {
        read: vec![(RowKey::Account(1_u64.into()), VERSION)],
        ..missing
    };
    assert_eq!(needs(&reset(2), ATTEMPT, &unread).len(), 2);
}

#[test]
fn reset_leaves_no_secret_and_no_device() {
    let facts = facts(Some(person(2, RoleId::STAFF)));
    let decided = decided(&reset(2), &facts);
    let subject = decided.change().unwrap().subject.as_ref().unwrap();
    assert!(subject.secrets.bound.is_empty());
    assert!(subject.devices.list(NOW).is_empty());
    let actor = &decided.change().unwrap().actor;
    assert!(!actor.secrets.bound.is_empty(), "the actor's own stays");
    assert_eq!(actor.devices.list(NOW).len(), 1);
}

#[test]
fn account_of_another_organization_is_unknown() {
    let mut stranger = person(2, RoleId::STAFF);
    stranger.facts.org = OrgId::from(10_u64);
    for subject in [Some(stranger), None] {
        let decided = decided(&reset(2), &facts(subject));
        assert!(decided.change().is_none());
    }
}

#[test]
fn unchanged_rows_are_not_written() {
    let account = 1_u64.into();
    let facts = facts(None);
    let applied = decided(&ApplyDue { account }, &facts);
    let change = applied.change().unwrap();
    assert!(change.organization.is_none(), "nothing is due");
    assert!(change.roster.is_none());
    let record = &change.record;
    assert_eq!([record.policy, record.roster], [VERSION.0; 2], "as read");
    let entered = decided(&LogIn::new(account), &facts);
    assert!(entered.change().unwrap().roster.is_none());
}

#[test]
fn attempt_keeps_its_refusal() {
    let give = |typed: &str| VerifyCode {
        session: session(Level::HalfLogin),
        typed: typed.into(),
    };
    let wrong = if code() == "000000" {
        "000001"
    } else {
        "000000"
    };
    let counted = decided(&give(wrong), &facts(None));
    let outcome = &counted.change().unwrap().outcome;
    assert!(matches!(
        outcome,
        FirstOutcome::Refused(Refusal::WrongCode { .. })
    ));
    let granted = decided(&give(&code()), &facts(None));
    assert!(matches!(
        granted.change().unwrap().outcome,
        FirstOutcome::Granted
    ));
}

#[test]
fn refusals_without_intent_leave_no_record() {
    let half = session(Level::HalfLogin);
    let typed = "12345".into();
    let malformed = decided(
        &VerifyCode {
            session: half,
            typed,
        },
        &facts(None),
    );
    assert!(malformed.change().is_none());
    let idle = decided(&Harden { session: half }, &facts(None));
    let record = &idle.change().unwrap().record;
    assert_eq!(record.verdict, "CODE_REQUIRED");
}

#[test]
fn only_letters_to_owners_have_links() {
    let decided = decided(&reset(2), &facts(Some(person(2, RoleId::STAFF))));
    let change = decided.change().unwrap();
    let account = 1_u64.into();
    let (owner, all) = (Audience::Owner { account }, Audience::Administrators);
    let bound = Event::Bound {
        purpose: Purpose::First,
        passkey: false,
    };
    for (to, event, linked) in [
        (owner, bound, true),
        (all, bound, false),
        (owner, Event::ReportedLost, true),
        (all, Event::ReportedLost, false),
        (owner, Event::CodeReused, false),
    ] {
        let link = change.epoch_of_link(&Notice { to, event });
        assert_eq!(link.is_some(), linked, "{to:?} {event:?}");
    }
}

#[test]
fn notice_is_about_the_decided_account() {
    let log_in = LogIn::new(1_u64);
    let alone = decided(&log_in, &facts(None));
    let both = decided(&reset(2), &facts(Some(person(2, RoleId::STAFF))));
    let (alone, both) = (alone.change().unwrap(), both.change().unwrap());
    let [actor, subject, third]: [AccountId; 3] = [1_u64, 2, 3].map(Into::into);
    let owner = Audience::Owner { account: third };
    let (all, event) = (Audience::Administrators, Event::ResetCodeVoid);
    for (change, to, event, about) in [
        (alone, all, event, Some(actor)),
        (both, all, event, Some(subject)),
        (both, owner, event, Some(third)),
        (both, all, Event::Demoted { account: third }, Some(third)),
        (both, all, Event::BreakGlassCodeVoid, None),
    ] {
        let notice = Notice { to, event };
        assert_eq!(change.about(&notice), about, "{notice:?}");
    }
}

#[test]
fn administrators_are_told_once() {
    let announced = |role| {
        let date = NOW;
        let event = Event::MandateAnnounced {
            kind: MandateKind::SecondFactor,
            role,
            date,
        };
        let notice = |to| Notice { to, event };
        vec![
            notice(Audience::Covered { role }),
            notice(Audience::Administrators),
        ]
    };
    let organization = organization();
    let of = |notices| once_each(notices, Some(&organization)).len();
    assert_eq!(of(announced(RoleId::STAFF)), 1, "they are employees");
    assert_eq!(of(announced(RoleId::MEMBER)), 2, "and no parents");
    let mut others = announced(RoleId::STAFF);
    others.truncate(1);
    others.push(Notice {
        to: Audience::Administrators,
        event: Event::BreakGlassCodeVoid,
    });
    assert_eq!(of(others), 2, "another event");
    assert_eq!(once_each(announced(RoleId::STAFF), None).len(), 2);
}

#[test]
fn unreadable_access_rules_refuse_everyone() {
    let unreadable = Facts {
        access: AccessCheck::Unreadable,
        ..facts(None)
    };
    let entered = decided(&LogIn::new(1_u64), &unreadable);
    let record = &entered.change().unwrap().record;
    assert_eq!(record.verdict, "ACCESS_UNKNOWN");
    let rule = Some("access ACCESS_UNKNOWN");
    assert_eq!(record.rule.as_deref(), rule);
}
