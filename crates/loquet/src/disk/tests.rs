//! Golden samples of the disk format.

use std::sync::Arc;

use loquet_otp::{Secret, Totp};
use loquet_policy::{
    Account, AccountId, Audience, Authenticator, AuthenticatorId, Digest, Event, Latch, Mandate,
    MandateKind, MandateState, OrgId, Organization, Pending, Purpose, RecoverySet, RoleId, RoleSet,
    Roster, SecondFactor, SessionId, UnixTime,
};
use proptest::prelude::*;

use super::*;
use crate::audit::AuditHead;
use crate::devices::Devices;
use crate::keyring::Keyring;
use crate::records::{
    AccountRecord, AssignedToken, AuthenticatorDetails, BoundSecret, OrganizationRecord, PastRules,
    PendingSecret, Reminded, Rules, Secrets,
};
use crate::session::live::Sessions;
use crate::store::{
    AccountRow, AttemptId, AttemptRow, MetadataRow, OrganizationRow, RosterRow, Version,
};

/// Each body as it is written, in every part: `NAME.v1.json`. Once released, a change that makes one of them fail needs a new
/// version and a way from the old one, not a new sample.
const ACCOUNT: &str = include_str!("../../tests/data/account.v1.json");
const ROOT: &str = include_str!("../../tests/data/root.v1.json");
const ORGANIZATION: &str = include_str!("../../tests/data/organization.v1.json");
const ROSTER: &str = include_str!("../../tests/data/roster.v1.json");
const ATTEMPT: &str = include_str!("../../tests/data/attempt.v1.json");
const NOTICE: &str = include_str!("../../tests/data/notice.v1.json");

fn ring() -> Keyring {
    Keyring::single(1, [7; 32])
}

fn keys() -> RowKeys {
    RowKeys::new(Arc::new(ring()), &[8; 32])
}

fn account() -> AccountRecord {
    let org = OrgId::from(9_u64);
    let roles = RoleSet::new([RoleId::STAFF, RoleId(7)]).unwrap();
    let mut facts = Account::new(AccountId::from(3_u64), org, roles, UnixTime(1_790_000_000));
    facts.ever = true;
    facts.toggle = true;
    facts.epoch = 4;
    let id = AuthenticatorId(2);
    facts.second_factor = SecondFactor::of(Authenticator {
        drift: -2,
        told: Some(59_666_669),
        ..Authenticator::new(id, UnixTime(1_790_000_100), 59_666_670)
    });
    facts.last_authenticator = id;
    facts.pendings[1] = Some(Pending {
        purpose: Purpose::Replace,
        by: Some(id),
        session: SessionId(0xfeed),
        since: UnixTime(1_790_000_200),
        wrong: 1,
        recovery: RecoverySet::new([Digest::from_bytes([5; 32])]).unwrap(),
    });
    let pending = PendingSecret {
        session: SessionId(0xfeed),
        secret: Secret::from([2; 20]),
    };
    AccountRecord {
        audit: AuditHead {
            seq: 12,
            head: [6; 32],
        },
        secrets: Secrets {
            bound: vec![BoundSecret {
                details: AuthenticatorDetails {
                    id,
                    totp: Totp::default(),
                    serial: Some("1000133508267".into()),
                    name: "Bureau".into(),
                    passkey: None,
                },
                secret: Some(Secret::from([1; 20])),
            }],
            token: Some(AssignedToken {
                serial: "1000133508268".into(),
                totp: Totp::default(),
                secret: Some(Secret::from([4; 20])),
            }),
            pendings: vec![pending],
        },
        devices: devices(),
        sessions: sessions(),
        ..AccountRecord::new(facts, "chloé", "chloe@example.org")
    }
}

fn sessions() -> Sessions {
    serde_json::from_value(serde_json::json!([
        { "id": 77, "kind": "level2", "at": 1_790_000_300 },
        { "id": 0xfeed, "kind": "incomplete", "at": 1_790_000_200 },
    ]))
    .unwrap()
}

fn devices() -> Devices {
    serde_json::from_value(serde_json::json!({
        "last": 3,
        "known": [
            {
                "number": 2,
                "digest": Digest::from_bytes([1; 32]),
                "former": Digest::from_bytes([2; 32]),
                "network": "203.0.113.0",
                "country": "CA",
                "first": 1_790_000_000,
                "last": 1_790_000_300,
            },
            {
                "number": 3,
                "digest": Digest::from_bytes([3; 32]),
                "network": "2001:db8:1::",
                "first": 1_790_000_100,
                "last": 1_790_000_200,
            },
        ],
        "places": [7, u64::MAX],
        "spared": [1],
    }))
    .unwrap()
}

fn organization() -> OrganizationRecord {
    let mut facts = Organization::new(OrgId::from(9_u64));
    let by = AccountId::from(1_u64);
    facts.latch = Latch::Enabled {
        since: UnixTime(1_790_000_000),
        by,
    };
    facts.mandates.push(Mandate {
        kind: MandateKind::SecondFactor,
        role: RoleId::STAFF,
        by,
        state: MandateState::InForce {
            since: UnixTime(1_790_604_800),
        },
    });
    let rules = Rules::new("default deny\nallow 203.0.113.0/28\n".into());
    facts.options.access_rules = Some(rules.digest);
    OrganizationRecord {
        rules: vec![rules],
        devices: Some(UnixTime(1_790_000_000)),
        past: vec![
            PastRules {
                rules: None,
                until: UnixTime(1_790_000_400),
            },
            PastRules {
                rules: Some(Digest::from_bytes([4; 32])),
                until: UnixTime(1_790_000_500),
            },
        ],
        reminded: vec![Reminded {
            kind: MandateKind::SecondFactor,
            role: RoleId::MEMBER,
            date: UnixTime(1_790_604_800),
            days: 7,
        }],
        ..OrganizationRecord::new(facts, "À petits pas")
    }
}

fn written(account: &AccountRecord) -> AccountRow {
    write_account::<DiskError>(account, AT, &keys(), || Ok([9; 24])).unwrap()
}

/// The version of the account's row.
const AT: Version = Version(12);

fn root() -> MetadataRow {
    write_root(&[3; 32], AT, &ring(), [9; 24]).unwrap()
}

fn notice() -> NoticeBody {
    let account = AccountId::from(3_u64);
    NoticeBody {
        about: Some(account),
        epoch: Some(4),
        ..NoticeBody::new(Notice {
            to: Audience::Owner { account },
            event: Event::Bound {
                purpose: Purpose::First,
                passkey: false,
            },
        })
    }
}

const REFUSED: FirstOutcome = FirstOutcome::Refused(Refusal::AlreadyUsed { wait: 12 });

fn attempt() -> AttemptRow {
    let id = (AttemptId([5; 16]), AccountId::from(3_u64));
    write_attempt(id, UnixTime(1_790_000_000), [4; 16], REFUSED, &keys()).unwrap()
}

fn notice_row() -> NoticeRow {
    let row = NoticeRow {
        to: AccountId::from(3_u64),
        org: OrgId::from(9_u64),
        at: UnixTime(1_790_000_000),
        body: String::new(),
    };
    write_notice(row, &notice(), &keys()).unwrap()
}

#[test]
fn bodies_are_written_as_samples() {
    let roster = Roster::new(OrgId::from(9_u64));
    let keys = keys();
    for (now, golden) in [
        (written(&account()).body, ACCOUNT),
        (root().body, ROOT),
        (
            write_organization(&organization(), AT, &keys).unwrap().body,
            ORGANIZATION,
        ),
        (write_roster(&roster, AT, &keys).unwrap().body, ROSTER),
        (attempt().body, ATTEMPT),
        (notice_row().body, NOTICE),
    ] {
        assert_eq!(now, golden.trim_end());
    }
}

#[test]
fn samples_are_read() {
    let keys = keys();
    let row = AccountRow {
        body: ACCOUNT.trim_end().into(),
        ..written(&account())
    };
    let (read, expected) = (read_account(&row, AT, &keys).unwrap(), account());
    assert_eq!(read.facts, expected.facts);
    assert_eq!(read.devices, expected.devices);
    assert_eq!(read.sessions, expected.sessions);
    let bound = |of: &AccountRecord| -> Vec<_> {
        let bound = of.secrets.bound.iter();
        bound
            .map(|it| (it.details.clone(), it.secret.clone()))
            .collect()
    };
    assert_eq!(bound(&read), bound(&expected));
    let secret = |of: &AccountRecord| of.secrets.token.as_ref().unwrap().secret.clone();
    assert_eq!(secret(&read), secret(&expected));
    let session = SessionId(0xfeed);
    assert_eq!(
        read.secrets.pending(session),
        expected.secrets.pending(session)
    );
    let closed = read_account_with(&row, AT, &keys, Decrypt::Nothing).unwrap();
    assert!(closed.secrets.bound.iter().all(|it| it.secret.is_none()));
    assert!(closed.secrets.pendings.is_empty());
    assert!(secret(&closed).is_none());
    let (_, head) = read_audited(&row, AT, &keys).unwrap();
    assert_eq!(head, expected.audit);
    let attempt = AttemptRow {
        body: ATTEMPT.trim_end().into(),
        ..attempt()
    };
    assert_eq!(read_attempt(&attempt, &keys).unwrap(), REFUSED);
    let row = NoticeRow {
        body: NOTICE.trim_end().into(),
        ..notice_row()
    };
    assert_eq!(read_notice(&row, &keys).unwrap(), notice());
}

#[test]
fn samples_of_organization_and_root_are_read() {
    let (org, keys) = (OrgId::from(9_u64), keys());
    let row = OrganizationRow {
        id: org,
        enabled: true,
        body: ORGANIZATION.trim_end().into(),
    };
    let read = read_organization(&row, AT, &keys).unwrap();
    let expected = organization();
    assert_eq!(read.facts, expected.facts);
    assert!(read.devices.is_some());
    assert_eq!(read.past, expected.past);
    assert_eq!(read.reminded, expected.reminded);
    assert_eq!(
        read.rules_in_force(UnixTime(0)),
        Some("default deny\nallow 203.0.113.0/28\n")
    );
    let row = RosterRow {
        org,
        body: ROSTER.trim_end().into(),
    };
    assert_eq!(read_roster(&row, AT, &keys).unwrap(), Roster::new(org));
    let row = MetadataRow {
        body: ROOT.into(),
        // Nothing authenticates it, and nothing is decided by it.
        mark: 77,
        ..root()
    };
    assert_eq!(*read_root(&row, AT, &ring()).unwrap(), [3; 32]);
    assert_eq!(root_key(&row), Ok(1));
    assert!(read_root(&row, Version(13), &ring()).is_err());
}

/// Authentic, and yet another text than this Loquet writes.
#[test]
fn newer_and_damaged_formats_are_refused() {
    let keys = keys();
    let read = |from: &str, to: &str| {
        let row = written(&account());
        let (_, json) = row.body.split_once(",\"row\":").unwrap();
        let json = json.strip_suffix('}').unwrap().replace(from, to);
        let row = keys.sign(AccountRow { body: json, ..row }, AT).unwrap();
        read_account(&row, AT, &keys).unwrap_err()
    };
    for (from, to) in [
        ("\"v\":1,\"label\"", "\"v\":2,\"label\""),
        ("\"v\":1,\"label\"", "\"v\":2,\"etiquette\""),
    ] {
        let error = read(from, to);
        assert!(
            matches!(error, DiskError::Newer { version: 2, .. }),
            "{error}"
        );
    }
    let error = read("\"toggle\":true", "\"toggle\":CANARY").to_string();
    assert!(
        error.contains("column") && !error.contains("CANARY"),
        "{error}"
    );
}

#[test]
fn body_shows_no_secret() {
    let body = written(&account()).body;
    for secret in [[1_u8; 20], [2; 20], [4; 20]] {
        for shown in [
            BASE64.encode(secret),
            loquet_enrollment::base32::encode(&secret).to_string(),
        ] {
            assert!(!body.contains(&shown));
        }
    }
    assert!(!format!("{:?}", account()).contains("[1, 1"));
}

proptest! {
    /// Behind a MAC that is right: what another version of Loquet wrote, or a fault of this one.
    #[test]
    fn authentic_text_never_panics(at in 0_usize..1_600, cut in 0_usize..40, new in "[\\[\\]{},:\"a-z0-9-]{0,20}") {
        let keys = keys();
        let row = written(&account());
        let (_, json) = row.body.split_once(",\"row\":").unwrap();
        let mut body = json.strip_suffix('}').unwrap().to_owned();
        let from = at.min(body.len());
        let to = from.saturating_add(cut).min(body.len());
        prop_assume!(body.is_char_boundary(from) && body.is_char_boundary(to));
        body.replace_range(from..to, &new);
        let row = keys.sign(AccountRow { body, ..row }, AT).unwrap();
        if let Ok(read) = read_account(&row, AT, &keys) {
            prop_assert_eq!((read.facts.id, read.facts.org), (row.id, row.org));
        }
    }
}
